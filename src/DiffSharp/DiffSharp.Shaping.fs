namespace DiffSharp

/// Changes of shape, convolutions and pooling as functions.
[<AutoOpen>]
module DsharpShaping =
    type dsharp with

        /// The diagonal of two dimensions as the first dimension of the result; offset counts diagonals above the main
        /// one.
        static member diagonal(input: Tensor, ?offset: int, ?dim1: int, ?dim2: int) =
            input.diagonal (?offset = offset, ?dim1 = dim1, ?dim2 = dim2)

        /// The sum of the main diagonal.
        static member trace(input: Tensor) = input.trace ()

        /// Repeats the tensor, without a copy, along dimensions of size 1 and new leading ones; -1 keeps a size.
        static member expand(input: Tensor, shape: seq<int>) = input.expand (shape)

        /// Expands the tensor to the shape of another one.
        static member expandAs(input: Tensor, other: Tensor) = input.expandAs (other)

        /// Splits the tensor along a dimension, and removes the dimension.
        static member unstack(input: Tensor, ?dim: int) = input.unstack (?dim = dim)

        /// Splits the tensor into parts of the given sizes along a dimension.
        static member split(input: Tensor, sizes: seq<int>, ?dim: int) = input.split (sizes, ?dim = dim)

        /// The elements at the given indices along a dimension: <c>r[i,j] = a[indices[i,j], j]</c> for dim 0.
        static member gather(input: Tensor, dim: int, indices: Tensor) = input.gather (dim, indices)

        /// Writes the elements into zeros of the destination shape, at the given indices along a dimension:
        /// <c>r[indices[i,j], j] = a[i,j]</c> for dim 0.
        static member scatter(input: Tensor, dim: int, indices: Tensor, destinationShape: seq<int>) =
            input.scatter (dim, indices, destinationShape)

        /// Reorders the dimensions: dimension i of the result is dimension permutation[i] of the tensor.
        static member permute(input: Tensor, permutation: seq<int>) = input.permute (permutation)

        /// Exchanges two dimensions.
        static member transpose(input: Tensor, dim0: int, dim1: int) = input.transpose (dim0, dim1)

        /// The transpose of a matrix.
        static member transpose(input: Tensor) = input.transpose ()

        /// Removes all dimensions of size 1, or the given one if its size is 1.
        static member squeeze(input: Tensor, ?dim: int) = input.squeeze (?dim = dim)

        /// Inserts a dimension of size 1.
        static member unsqueeze(input: Tensor, dim: int) = input.unsqueeze (dim)

        /// Appends dimensions of size 1 up to the rank of the other tensor.
        static member unsqueezeAs(input: Tensor, other: Tensor) = input.unsqueezeAs (other)

        /// Reverses the given dimensions.
        static member flip(input: Tensor, dims: seq<int>) = input.flip (dims)

        /// Inserts dilation - 1 zeros between neighbours along each dimension.
        static member dilate(input: Tensor, dilations: seq<int>) = input.dilate (dilations)

        /// Every dilation-th element along each dimension: the inverse of <c>dilate</c>.
        static member undilate(input: Tensor, dilations: seq<int>) = input.undilate (dilations)

        /// Repeats the tensor along a dimension of size 1.
        static member repeat(input: Tensor, dim: int, times: int) = input.repeat (dim, times)

        /// The elements, in row-major order, in another shape; one size may be -1.
        static member view(input: Tensor, shape: seq<int>) = input.view (shape)

        /// The elements, in row-major order, in another shape; one size may be -1.
        static member view(input: Tensor, shape: int) = input.view (shape)

        /// The elements in the shape of another tensor.
        static member viewAs(input: Tensor, other: Tensor) = input.viewAs (other)

        /// Merges dimensions startDim to endDim (all by default) into one.
        static member flatten(input: Tensor, ?startDim: int, ?endDim: int) =
            input.flatten (?startDim = startDim, ?endDim = endDim)

        /// Splits one dimension into several.
        static member unflatten(input: Tensor, dim: int, unflattenedShape: seq<int>) =
            input.unflatten (dim, unflattenedShape)

        /// Pads both sides of each dimension with the given number of zeros.
        static member pad(input: Tensor, paddings: seq<int>) = input.pad (paddings)

        /// Max pooling of a tensor [n, c, l].
        static member maxpool1d(input: Tensor, kernelSize: int, ?stride: int, ?padding: int) =
            input.maxpool1d (kernelSize, ?stride = stride, ?padding = padding)

        /// Max pooling of a tensor [n, c, l], and the indices (Int32) of the maxima in l. The stride is the window's
        /// size by default.
        static member maxpool1di(input: Tensor, kernelSize: int, ?stride: int, ?padding: int) =
            input.maxpool1di (kernelSize, ?stride = stride, ?padding = padding)

        /// Max pooling of a tensor [n, c, h, w].
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

        /// Max pooling of a tensor [n, c, h, w], and the flat indices (Int32) of the maxima in h w.
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

        /// Max pooling of a tensor [n, c, d, h, w].
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

        /// Max pooling of a tensor [n, c, d, h, w], and the flat indices (Int32) of the maxima in d h w.
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

        /// The inverse of <c>maxpool1di</c>: puts the maxima at their indices, and zeros elsewhere.
        static member maxunpool1d
            (input: Tensor, indices: Tensor, kernelSize: int, ?stride: int, ?padding: int, ?outputSize: seq<int>)
            =
            input.maxunpool1d (indices, kernelSize, ?stride = stride, ?padding = padding, ?outputSize = outputSize)

        /// The inverse of <c>maxpool2di</c>: puts the maxima at their indices, and zeros elsewhere.
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

        /// The inverse of <c>maxpool3di</c>: puts the maxima at their indices, and zeros elsewhere.
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

        /// Average pooling of a tensor [n, c, l]; padding counts as zeros. The stride is the window's size by default.
        static member avgpool1d(input: Tensor, kernelSize: int, ?stride: int, ?padding: int) =
            input.avgpool1d (kernelSize, ?stride = stride, ?padding = padding)

        /// Average pooling of a tensor [n, c, h, w]; padding counts as zeros.
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

        /// Average pooling of a tensor [n, c, d, h, w]; padding counts as zeros.
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

        /// The convolution of [n, c, l] with filters [o, c, k], of shape [n, o, (l + 2 padding - dilation (k - 1) - 1)
        /// / stride + 1].
        static member conv1d(input: Tensor, filters: Tensor, ?stride: int, ?padding: int, ?dilation: int) =
            input.conv1d (filters, ?stride = stride, ?padding = padding, ?dilation = dilation)

        /// The convolution of [n, c, h, w] with filters [o, c, k, l], of shape [n, o, h', w'] with sizes as in
        /// <c>conv1d</c>.
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

        /// The convolution of [n, c, d, h, w] with filters [o, c, i, j, k], of shape [n, o, d', h', w'] with sizes as
        /// in <c>conv1d</c>.
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

        /// The transposed convolution of [n, c, l] with filters [c, o, k], of shape [n, o, (l - 1) stride - 2 padding +
        /// dilation (k - 1) + outputPadding + 1]: the vector-Jacobian product of <c>conv1d</c> in its input.
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

        /// The transposed convolution of [n, c, h, w] with filters [c, o, k, l], of shape [n, o, h', w'] with sizes as
        /// in <c>convTranspose1d</c>.
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

        /// The transposed convolution of [n, c, d, h, w] with filters [c, o, i, j, k], of shape [n, o, d', h', w'] with
        /// sizes as in <c>convTranspose1d</c>.
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

        /// An image [c, h, w] with values mapped from [0, 1] to [pixelMin, pixelMax]. Vectors and matrices become grey
        /// images; a batch [n, c, h, w] becomes a grid with gridCols columns (about square by default).
        static member toImage(input: Tensor, ?pixelMin: double, ?pixelMax: double, ?normalize: bool, ?gridCols: int) =
            input.toImage (?pixelMin = pixelMin, ?pixelMax = pixelMax, ?normalize = normalize, ?gridCols = gridCols)

        /// The image of <c>toImage</c> as text; the palette's characters go from dark to bright.
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

        /// Joins tensors of one shape along a new dimension.
        static member stack(tensors: seq<Tensor>, ?dim: int) = Tensor.stack (tensors, ?dim = dim)

        /// Joins tensors along an existing dimension; the other dimensions must be equal.
        static member cat(tensors: seq<Tensor>, ?dim: int) = Tensor.cat (tensors, ?dim = dim)

        /// The element or sub-tensor at an index.
        static member slice(input: Tensor, index: seq<int>) = input.[Seq.toArray index]
