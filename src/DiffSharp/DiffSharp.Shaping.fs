namespace DiffSharp

/// Changes of shape, convolutions and pooling as functions of their operands.
[<AutoOpen>]
module DsharpShaping =
    type dsharp with

        /// The diagonal of two dimensions, a given number of places above the main one, as the first dimension
        /// of the result.
        static member diagonal(input: Tensor, ?offset: int, ?dim1: int, ?dim2: int) =
            input.diagonal (?offset = offset, ?dim1 = dim1, ?dim2 = dim2)

        /// The sum of the main diagonal.
        static member trace(input: Tensor) = input.trace ()

        /// The tensor repeated, without a copy, along dimensions of size 1 and new leading ones; -1 keeps a
        /// size.
        static member expand(input: Tensor, shape: seq<int>) = input.expand (shape)

        /// The tensor expanded to the shape of another one.
        static member expandAs(input: Tensor, other: Tensor) = input.expandAs (other)

        /// The parts along a dimension, without that dimension.
        static member unstack(input: Tensor, ?dim: int) = input.unstack (?dim = dim)

        /// Consecutive parts of the given sizes along a dimension.
        static member split(input: Tensor, sizes: seq<int>, ?dim: int) = input.split (sizes, ?dim = dim)

        /// The elements at the given indices along a dimension: <c>r[i,j] = a[indices[i,j], j]</c> for dim 0.
        static member gather(input: Tensor, dim: int, indices: Tensor) = input.gather (dim, indices)

        /// Zeros of the destination shape with the elements put at the given indices along a dimension:
        /// <c>r[indices[i,j], j] = a[i,j]</c> for dim 0.
        static member scatter(input: Tensor, dim: int, indices: Tensor, destinationShape: seq<int>) =
            input.scatter (dim, indices, destinationShape)

        /// The dimensions reordered: dimension i of the result is dimension permutation[i] of the tensor.
        static member permute(input: Tensor, permutation: seq<int>) = input.permute (permutation)

        /// Two dimensions exchanged.
        static member transpose(input: Tensor, dim0: int, dim1: int) = input.transpose (dim0, dim1)

        /// The transpose of a matrix.
        static member transpose(input: Tensor) = input.transpose ()

        /// Without its dimensions of size 1, or without the one given if its size is 1.
        static member squeeze(input: Tensor, ?dim: int) = input.squeeze (?dim = dim)

        /// With a dimension of size 1 inserted.
        static member unsqueeze(input: Tensor, dim: int) = input.unsqueeze (dim)

        /// With dimensions of size 1 added at the end until it has as many as the other tensor.
        static member unsqueezeAs(input: Tensor, other: Tensor) = input.unsqueezeAs (other)

        /// Reversed along the given dimensions.
        static member flip(input: Tensor, dims: seq<int>) = input.flip (dims)

        /// With dilation - 1 zeros between neighbours along each dimension.
        static member dilate(input: Tensor, dilations: seq<int>) = input.dilate (dilations)

        /// Every dilation-th element along each dimension: the inverse of <c>dilate</c>.
        static member undilate(input: Tensor, dilations: seq<int>) = input.undilate (dilations)

        /// The tensor repeated along a dimension of size 1.
        static member repeat(input: Tensor, dim: int, times: int) = input.repeat (dim, times)

        /// The tensor in another shape with as many elements, row by row; one size may be -1.
        static member view(input: Tensor, shape: seq<int>) = input.view (shape)

        /// The tensor in another shape with as many elements, row by row; one size may be -1.
        static member view(input: Tensor, shape: int) = input.view (shape)

        /// The tensor in the shape of another one.
        static member viewAs(input: Tensor, other: Tensor) = input.viewAs (other)

        /// The tensor with dimensions startDim to endDim (all by default) made one.
        static member flatten(input: Tensor, ?startDim: int, ?endDim: int) =
            input.flatten (?startDim = startDim, ?endDim = endDim)

        /// The tensor with one dimension split into several.
        static member unflatten(input: Tensor, dim: int, unflattenedShape: seq<int>) =
            input.unflatten (dim, unflattenedShape)

        /// With as many zeros as given on both sides of each dimension.
        static member pad(input: Tensor, paddings: seq<int>) = input.pad (paddings)

        /// The maxima of windows of a [n, c, l] tensor.
        static member maxpool1d(input: Tensor, kernelSize: int, ?stride: int, ?padding: int) =
            input.maxpool1d (kernelSize, ?stride = stride, ?padding = padding)

        /// The maxima of windows of a [n, c, l] tensor, and their indices (Int32) in l. The stride is the
        /// window's size by default.
        static member maxpool1di(input: Tensor, kernelSize: int, ?stride: int, ?padding: int) =
            input.maxpool1di (kernelSize, ?stride = stride, ?padding = padding)

        /// The maxima of windows of a [n, c, h, w] tensor.
        static member maxpool2d
            (
                input: Tensor,
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>
            ) =
            input.maxpool2d (
                ?kernelSize = kernelSize,
                ?stride = stride,
                ?padding = padding,
                ?kernelSizes = kernelSizes,
                ?strides = strides,
                ?paddings = paddings
            )

        /// The maxima of windows of a [n, c, h, w] tensor, and their flat indices (Int32) in h w.
        static member maxpool2di
            (
                input: Tensor,
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>
            ) =
            input.maxpool2di (
                ?kernelSize = kernelSize,
                ?stride = stride,
                ?padding = padding,
                ?kernelSizes = kernelSizes,
                ?strides = strides,
                ?paddings = paddings
            )

        /// The maxima of windows of a [n, c, d, h, w] tensor.
        static member maxpool3d
            (
                input: Tensor,
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>
            ) =
            input.maxpool3d (
                ?kernelSize = kernelSize,
                ?stride = stride,
                ?padding = padding,
                ?kernelSizes = kernelSizes,
                ?strides = strides,
                ?paddings = paddings
            )

        /// The maxima of windows of a [n, c, d, h, w] tensor, and their flat indices (Int32) in d h w.
        static member maxpool3di
            (
                input: Tensor,
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>
            ) =
            input.maxpool3di (
                ?kernelSize = kernelSize,
                ?stride = stride,
                ?padding = padding,
                ?kernelSizes = kernelSizes,
                ?strides = strides,
                ?paddings = paddings
            )

        /// The inverse of <c>maxpool1di</c>: maxima put back at their indices, zeros elsewhere.
        static member maxunpool1d
            (input: Tensor, indices: Tensor, kernelSize: int, ?stride: int, ?padding: int, ?outputSize: seq<int>)
            =
            input.maxunpool1d (indices, kernelSize, ?stride = stride, ?padding = padding, ?outputSize = outputSize)

        /// The inverse of <c>maxpool2di</c>: maxima put back at their indices, zeros elsewhere.
        static member maxunpool2d
            (
                input: Tensor,
                indices: Tensor,
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>,
                ?outputSize: seq<int>
            ) =
            input.maxunpool2d (
                indices,
                ?kernelSize = kernelSize,
                ?stride = stride,
                ?padding = padding,
                ?kernelSizes = kernelSizes,
                ?strides = strides,
                ?paddings = paddings,
                ?outputSize = outputSize
            )

        /// The inverse of <c>maxpool3di</c>: maxima put back at their indices, zeros elsewhere.
        static member maxunpool3d
            (
                input: Tensor,
                indices: Tensor,
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>,
                ?outputSize: seq<int>
            ) =
            input.maxunpool3d (
                indices,
                ?kernelSize = kernelSize,
                ?stride = stride,
                ?padding = padding,
                ?kernelSizes = kernelSizes,
                ?strides = strides,
                ?paddings = paddings,
                ?outputSize = outputSize
            )

        /// The means of windows of a [n, c, l] tensor, padding counted as zeros. The stride is the window's
        /// size by default.
        static member avgpool1d(input: Tensor, kernelSize: int, ?stride: int, ?padding: int) =
            input.avgpool1d (kernelSize, ?stride = stride, ?padding = padding)

        /// The means of windows of a [n, c, h, w] tensor, padding counted as zeros.
        static member avgpool2d
            (
                input: Tensor,
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>
            ) =
            input.avgpool2d (
                ?kernelSize = kernelSize,
                ?stride = stride,
                ?padding = padding,
                ?kernelSizes = kernelSizes,
                ?strides = strides,
                ?paddings = paddings
            )

        /// The means of windows of a [n, c, d, h, w] tensor, padding counted as zeros.
        static member avgpool3d
            (
                input: Tensor,
                ?kernelSize: int,
                ?stride: int,
                ?padding: int,
                ?kernelSizes: seq<int>,
                ?strides: seq<int>,
                ?paddings: seq<int>
            ) =
            input.avgpool3d (
                ?kernelSize = kernelSize,
                ?stride = stride,
                ?padding = padding,
                ?kernelSizes = kernelSizes,
                ?strides = strides,
                ?paddings = paddings
            )

        /// [n, c, l] with filters [o, c, k] to [n, o, (l + 2 padding - dilation (k - 1) - 1) / stride + 1].
        static member conv1d(input: Tensor, filters: Tensor, ?stride: int, ?padding: int, ?dilation: int) =
            input.conv1d (filters, ?stride = stride, ?padding = padding, ?dilation = dilation)

        /// [n, c, h, w] with filters [o, c, k, l] to [n, o, h', w'], each size as in <c>conv1d</c>.
        static member conv2d
            (
                input: Tensor,
                filters: Tensor,
                ?stride: int,
                ?strides: seq<int>,
                ?padding: int,
                ?paddings: seq<int>,
                ?dilation: int,
                ?dilations: seq<int>
            ) =
            input.conv2d (
                filters,
                ?stride = stride,
                ?strides = strides,
                ?padding = padding,
                ?paddings = paddings,
                ?dilation = dilation,
                ?dilations = dilations
            )

        /// [n, c, d, h, w] with filters [o, c, i, j, k] to [n, o, d', h', w'], each size as in <c>conv1d</c>.
        static member conv3d
            (
                input: Tensor,
                filters: Tensor,
                ?stride: int,
                ?strides: seq<int>,
                ?padding: int,
                ?paddings: seq<int>,
                ?dilation: int,
                ?dilations: seq<int>
            ) =
            input.conv3d (
                filters,
                ?stride = stride,
                ?strides = strides,
                ?padding = padding,
                ?paddings = paddings,
                ?dilation = dilation,
                ?dilations = dilations
            )

        /// [n, c, l] with filters [c, o, k] to [n, o, (l - 1) stride - 2 padding + dilation (k - 1) +
        /// outputPadding + 1]: the derivative of <c>conv1d</c> in its input.
        static member convTranspose1d
            (input: Tensor, filters: Tensor, ?stride: int, ?padding: int, ?dilation: int, ?outputPadding: int)
            =
            input.convTranspose1d (
                filters,
                ?stride = stride,
                ?padding = padding,
                ?dilation = dilation,
                ?outputPadding = outputPadding
            )

        /// [n, c, h, w] with filters [c, o, k, l] to [n, o, h', w'], each size as in <c>convTranspose1d</c>.
        static member convTranspose2d
            (
                input: Tensor,
                filters: Tensor,
                ?stride: int,
                ?padding: int,
                ?dilation: int,
                ?outputPadding: int,
                ?strides: seq<int>,
                ?paddings: seq<int>,
                ?dilations: seq<int>,
                ?outputPaddings: seq<int>
            ) =
            input.convTranspose2d (
                filters,
                ?stride = stride,
                ?padding = padding,
                ?dilation = dilation,
                ?outputPadding = outputPadding,
                ?strides = strides,
                ?paddings = paddings,
                ?dilations = dilations,
                ?outputPaddings = outputPaddings
            )

        /// [n, c, d, h, w] with filters [c, o, i, j, k] to [n, o, d', h', w'], each size as in
        /// <c>convTranspose1d</c>.
        static member convTranspose3d
            (
                input: Tensor,
                filters: Tensor,
                ?stride: int,
                ?padding: int,
                ?dilation: int,
                ?outputPadding: int,
                ?strides: seq<int>,
                ?paddings: seq<int>,
                ?dilations: seq<int>,
                ?outputPaddings: seq<int>
            ) =
            input.convTranspose3d (
                filters,
                ?stride = stride,
                ?padding = padding,
                ?dilation = dilation,
                ?outputPadding = outputPadding,
                ?strides = strides,
                ?paddings = paddings,
                ?dilations = dilations,
                ?outputPaddings = outputPaddings
            )

        /// The tensor as an image [c, h, w] with values moved from [0, 1] to [pixelMin, pixelMax]: vectors and
        /// matrices become grey, a batch [n, c, h, w] a grid with the given number of columns (about square by
        /// default).
        static member toImage(input: Tensor, ?pixelMin: double, ?pixelMax: double, ?normalize: bool, ?gridCols: int) =
            input.toImage (?pixelMin = pixelMin, ?pixelMax = pixelMax, ?normalize = normalize, ?gridCols = gridCols)

        /// The image (as <c>toImage</c> makes it) in characters, from dark to bright as the palette orders
        /// them.
        static member toImageString
            (
                input: Tensor,
                ?pixelMin: double,
                ?pixelMax: double,
                ?normalize: bool,
                ?gridCols: int,
                ?asciiPalette: string
            ) =
            input.toImageString (
                ?pixelMin = pixelMin,
                ?pixelMax = pixelMax,
                ?normalize = normalize,
                ?gridCols = gridCols,
                ?asciiPalette = asciiPalette
            )

        /// Tensors of one shape joined along a new dimension.
        static member stack(tensors: seq<Tensor>, ?dim: int) = Tensor.stack (tensors, ?dim = dim)

        /// Tensors joined along an existing dimension, the others being equal.
        static member cat(tensors: seq<Tensor>, ?dim: int) = Tensor.cat (tensors, ?dim = dim)

        /// The element, or the part of lower dimension, at an index.
        static member slice(input: Tensor, index: seq<int>) = input.[Seq.toArray index]
