/// Operations as functions of their tensor, for chains with <c>--></c> and for composition: <c>dsharp.sub b</c> is the
/// function that subtracts b from its argument. The documentation of each is at the method of the same name.
module DiffSharp.Compose

type dsharp with

    /// The function <c>tensor</c> of values.
    static member inline tensor(?device: Device, ?dtype: Dtype, ?backend: Backend) =
        fun (value: 'a) -> Tensor.create (Unchecked.nonNull (box value), ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>multinomial</c> of a tensor.
    static member multinomial(numSamples: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        fun (probs: Tensor) -> probs.multinomial (numSamples, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>bernoulli</c> of a tensor.
    static member bernoulli(?device: Device, ?dtype: Dtype, ?backend: Backend) = fun (probs: Tensor) -> probs.bernoulli (?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>dropout</c> of a tensor.
    static member dropout(?p: double) = fun (a: Tensor) -> a.dropout (?p = p)

    /// The function <c>dropout2d</c> of a tensor.
    static member dropout2d(?p: double) = fun (a: Tensor) -> a.dropout2d (?p = p)

    /// The function <c>dropout3d</c> of a tensor.
    static member dropout3d(?p: double) = fun (a: Tensor) -> a.dropout3d (?p = p)

    /// The function <c>zerosLike</c> of a tensor.
    static member zerosLike(shape: seq<int>, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        fun (a: Tensor) -> a.zerosLike (shape = shape, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>onesLike</c> of a tensor.
    static member onesLike(shape: seq<int>, ?device: Device, ?dtype: Dtype, ?backend: Backend) = fun (a: Tensor) -> a.onesLike (shape = shape, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>fullLike</c> of a tensor.
    static member fullLike(value: scalar, ?shape: seq<int>, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        fun (a: Tensor) -> a.fullLike (value, ?shape = shape, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>arangeLike</c> of a tensor.
    static member arangeLike(endVal: float, ?startVal: float, ?step: float, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        fun (a: Tensor) -> a.arangeLike (endVal, ?startVal = startVal, ?step = step, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>arangeLike</c> of a tensor.
    static member arangeLike(endVal: int, ?startVal: int, ?step: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        fun (a: Tensor) -> a.arangeLike (endVal, ?startVal = startVal, ?step = step, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>linspaceLike</c> of a tensor.
    static member linspaceLike(startVal: float, endVal: float, steps: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        fun (a: Tensor) -> a.linspaceLike (startVal, endVal, steps, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>linspaceLike</c> of a tensor.
    static member linspaceLike(startVal: int, endVal: int, steps: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        fun (a: Tensor) -> a.linspaceLike (startVal, endVal, steps, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>logspaceLike</c> of a tensor.
    static member logspaceLike(startVal: float, endVal: float, steps: int, ?baseVal: float, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        fun (a: Tensor) -> a.logspaceLike (startVal, endVal, steps, ?baseVal = baseVal, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>logspaceLike</c> of a tensor.
    static member logspaceLike(startVal: int, endVal: int, steps: int, ?baseVal: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        fun (a: Tensor) -> a.logspaceLike (startVal, endVal, steps, ?baseVal = baseVal, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>onehotLike</c> of a tensor.
    static member onehotLike(length: int, hot: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) = fun (a: Tensor) -> a.onehotLike (length, hot, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>randLike</c> of a tensor.
    static member randLike(shape: seq<int>, ?device: Device, ?dtype: Dtype, ?backend: Backend) = fun (a: Tensor) -> a.randLike (shape = shape, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>randnLike</c> of a tensor.
    static member randnLike(shape: seq<int>, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        fun (a: Tensor) -> a.randnLike (shape = shape, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>randintLike</c> of a tensor.
    static member randintLike(low: int, high: int, ?shape: seq<int>, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        fun (a: Tensor) -> a.randintLike (low, high, ?shape = shape, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>like</c> of a tensor.
    static member like(value: obj, ?device: Device, ?dtype: Dtype, ?backend: Backend) = fun (a: Tensor) -> a.like (value, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The function <c>lt</c> of a tensor.
    static member lt(b: Tensor) = fun (a: Tensor) -> a.lt (b)

    /// The function <c>gt</c> of a tensor.
    static member gt(b: Tensor) = fun (a: Tensor) -> a.gt (b)

    /// The function <c>le</c> of a tensor.
    static member le(b: Tensor) = fun (a: Tensor) -> a.le (b)

    /// The function <c>ge</c> of a tensor.
    static member ge(b: Tensor) = fun (a: Tensor) -> a.ge (b)

    /// The function <c>eq</c> of a tensor.
    static member eq(b: Tensor) = fun (a: Tensor) -> a.eq (b)

    /// The function <c>clamp</c> of a tensor.
    static member clamp(?low: scalar, ?high: scalar) = fun (a: Tensor) -> a.clamp (?low = low, ?high = high)

    /// The function <c>diagonal</c> of a tensor.
    static member diagonal(offset: int, ?dim1: int, ?dim2: int) = fun (a: Tensor) -> a.diagonal (offset = offset, ?dim1 = dim1, ?dim2 = dim2)

    /// The function <c>expand</c> of a tensor.
    static member expand(shape: seq<int>) = fun (a: Tensor) -> a.expand (shape)

    /// The function <c>expandAs</c> of a tensor.
    static member expandAs(b: Tensor) = fun (a: Tensor) -> a.expandAs (b)

    /// The function <c>stack</c> of tensors.
    static member stack(dim: int) = fun (tensors: seq<Tensor>) -> Tensor.stack (tensors, dim = dim)

    /// The function <c>unstack</c> of a tensor.
    static member unstack(dim: int) = fun (a: Tensor) -> a.unstack (dim = dim)

    /// The function <c>cat</c> of tensors.
    static member cat(dim: int) = fun (tensors: seq<Tensor>) -> Tensor.cat (tensors, dim = dim)

    /// The function <c>split</c> of a tensor.
    static member split(sizes: seq<int>, ?dim: int) = fun (a: Tensor) -> a.split (sizes, ?dim = dim)

    /// The function <c>add</c> of a tensor.
    static member add(b: Tensor) = fun (a: Tensor) -> a.add (b)

    /// The function <c>sub</c> of a tensor.
    static member sub(b: Tensor) = fun (a: Tensor) -> a.sub (b)

    /// The function <c>mul</c> of a tensor.
    static member mul(b: Tensor) = fun (a: Tensor) -> a.mul (b)

    /// The function <c>div</c> of a tensor.
    static member div(b: Tensor) = fun (a: Tensor) -> a.div (b)

    /// The function <c>pow</c> of a tensor.
    static member pow(b: Tensor) = fun (a: Tensor) -> a.pow (b)

    /// The function <c>matmul</c> of a tensor.
    static member matmul(b: Tensor) = fun (a: Tensor) -> a.matmul (b)

    /// The function <c>dot</c> of a tensor.
    static member dot(b: Tensor) = fun (a: Tensor) -> a.dot (b)

    /// The function <c>sum</c> of a tensor.
    static member sum(dim: int, ?keepDim: bool) = fun (a: Tensor) -> a.sum (dim, ?keepDim = keepDim)

    /// The function <c>mean</c> of a tensor.
    static member mean(dim: int, ?keepDim: bool) = fun (a: Tensor) -> a.mean (dim, ?keepDim = keepDim)

    /// The function <c>var</c> of a tensor.
    static member var(dim: int, ?keepDim: bool, ?unbiased: bool) = fun (a: Tensor) -> a.var (dim, ?keepDim = keepDim, ?unbiased = unbiased)

    /// The function <c>std</c> of a tensor.
    static member std(dim: int, ?keepDim: bool, ?unbiased: bool) = fun (a: Tensor) -> a.std (dim, ?keepDim = keepDim, ?unbiased = unbiased)

    /// The function <c>cov</c> of a tensor.
    static member cov(?correction: int64, ?fweights: Tensor, ?aweights: Tensor) = fun (a: Tensor) -> a.cov (?correction = correction, ?fweights = fweights, ?aweights = aweights)

    /// The function <c>corrcoef</c> of a tensor.
    static member corrcoef() = fun (a: Tensor) -> a.corrcoef ()

    /// The function <c>gather</c> of a tensor.
    static member gather(dim: int, indices: Tensor) = fun (a: Tensor) -> a.gather (dim, indices)

    /// The function <c>scatter</c> of a tensor.
    static member scatter(dim: int, indices: Tensor, destinationShape: seq<int>) = fun (a: Tensor) -> a.scatter (dim, indices, destinationShape)

    /// The function <c>transpose</c> of a tensor.
    static member transpose(dim0: int, dim1: int) = fun (a: Tensor) -> a.transpose (dim0, dim1)

    /// The function <c>squeeze</c> of a tensor.
    static member squeeze(?dim: int) = fun (a: Tensor) -> a.squeeze (?dim = dim)

    /// The function <c>unsqueeze</c> of a tensor.
    static member unsqueeze(dim: int) = fun (a: Tensor) -> a.unsqueeze (dim)

    /// The function <c>unsqueezeAs</c> of a tensor.
    static member unsqueezeAs(other: Tensor) = fun (a: Tensor) -> a.unsqueezeAs (other)

    /// The function <c>flip</c> of a tensor.
    static member flip(dims: seq<int>) = fun (a: Tensor) -> a.flip (dims)

    /// The function <c>dilate</c> of a tensor.
    static member dilate(dilations: seq<int>) = fun (a: Tensor) -> a.dilate (dilations)

    /// The function <c>undilate</c> of a tensor.
    static member undilate(dilations: seq<int>) = fun (a: Tensor) -> a.undilate (dilations)

    /// The function <c>repeat</c> of a tensor.
    static member repeat(dim: int, times: int) = fun (a: Tensor) -> a.repeat (dim, times)

    /// The function <c>slice</c> of a tensor.
    static member slice(index: seq<int>) = fun (a: Tensor) -> a.[Seq.toArray index]

    /// The function <c>view</c> of a tensor.
    static member view(shape: seq<int>) = fun (a: Tensor) -> a.view (shape)

    /// The function <c>view</c> of a tensor.
    static member view(shape: int) = fun (a: Tensor) -> a.view (shape)

    /// The function <c>viewAs</c> of a tensor.
    static member viewAs(b: Tensor) = fun (a: Tensor) -> a.viewAs (b)

    /// The function <c>flatten</c> of a tensor.
    static member flatten(startDim: int, ?endDim: int) = fun (a: Tensor) -> a.flatten (startDim = startDim, ?endDim = endDim)

    /// The function <c>unflatten</c> of a tensor.
    static member unflatten(dim: int, unflattenedShape: seq<int>) = fun (a: Tensor) -> a.unflatten (dim, unflattenedShape)

    /// The function <c>leakyRelu</c> of a tensor.
    static member leakyRelu(?negativeSlope: float) = fun (a: Tensor) -> a.leakyRelu (?negativeSlope = negativeSlope)

    /// The function <c>softmax</c> of a tensor.
    static member softmax(dim: int) = fun (a: Tensor) -> a.softmax (dim)

    /// The function <c>logsoftmax</c> of a tensor.
    static member logsoftmax(dim: int) = fun (a: Tensor) -> a.logsoftmax (dim)

    /// The function <c>logsumexp</c> of a tensor.
    static member logsumexp(dim: int, ?keepDim: bool) = fun (a: Tensor) -> a.logsumexp (dim, ?keepDim = keepDim)

    /// The function <c>mseLoss</c> of a tensor.
    static member mseLoss(target: Tensor) = fun (input: Tensor) -> input.mseLoss (target)

    /// The function <c>bceLoss</c> of a tensor.
    static member bceLoss(target: Tensor) = fun (input: Tensor) -> input.bceLoss (target)

    /// The function <c>nllLoss</c> of a tensor.
    static member nllLoss(target: Tensor) = fun (input: Tensor) -> input.nllLoss (target)

    /// The function <c>crossEntropyLoss</c> of a tensor.
    static member crossEntropyLoss(target: Tensor) = fun (input: Tensor) -> input.crossEntropyLoss (target)

    /// The function <c>maxpool1d</c> of a tensor.
    static member maxpool1d(kernelSize: int, ?stride: int, ?padding: int) = fun (a: Tensor) -> a.maxpool1d (kernelSize, ?stride = stride, ?padding = padding)

    /// The function <c>maxpool2d</c> of a tensor.
    static member maxpool2d(?kernelSize: int, ?stride: int, ?padding: int, ?kernelSizes: seq<int>, ?strides: seq<int>, ?paddings: seq<int>) =
        fun (a: Tensor) -> a.maxpool2d (?kernelSize = kernelSize, ?stride = stride, ?padding = padding, ?kernelSizes = kernelSizes, ?strides = strides, ?paddings = paddings)

    /// The function <c>maxpool3d</c> of a tensor.
    static member maxpool3d(?kernelSize: int, ?stride: int, ?padding: int, ?kernelSizes: seq<int>, ?strides: seq<int>, ?paddings: seq<int>) =
        fun (a: Tensor) -> a.maxpool3d (?kernelSize = kernelSize, ?stride = stride, ?padding = padding, ?kernelSizes = kernelSizes, ?strides = strides, ?paddings = paddings)

    /// The function <c>maxunpool1d</c> of a tensor.
    static member maxunpool1d(indices: Tensor, kernelSize: int, ?stride: int, ?padding: int, ?outputSize: seq<int>) =
        fun (a: Tensor) -> a.maxunpool1d (indices, kernelSize, ?stride = stride, ?padding = padding, ?outputSize = outputSize)

    /// The function <c>maxunpool2d</c> of a tensor.
    static member maxunpool2d(indices: Tensor, ?kernelSize: int, ?stride: int, ?padding: int, ?kernelSizes: seq<int>, ?strides: seq<int>, ?paddings: seq<int>, ?outputSize: seq<int>) =
        fun (a: Tensor) -> a.maxunpool2d (indices, ?kernelSize = kernelSize, ?stride = stride, ?padding = padding, ?kernelSizes = kernelSizes, ?strides = strides, ?paddings = paddings, ?outputSize = outputSize)

    /// The function <c>maxunpool3d</c> of a tensor.
    static member maxunpool3d(indices: Tensor, ?kernelSize: int, ?stride: int, ?padding: int, ?kernelSizes: seq<int>, ?strides: seq<int>, ?paddings: seq<int>, ?outputSize: seq<int>) =
        fun (a: Tensor) -> a.maxunpool3d (indices, ?kernelSize = kernelSize, ?stride = stride, ?padding = padding, ?kernelSizes = kernelSizes, ?strides = strides, ?paddings = paddings, ?outputSize = outputSize)

    /// The function <c>conv1d</c> of a tensor.
    static member conv1d(b: Tensor, ?stride: int, ?padding: int, ?dilation: int) = fun (a: Tensor) -> a.conv1d (b, ?stride = stride, ?padding = padding, ?dilation = dilation)

    /// The function <c>conv2d</c> of a tensor.
    static member conv2d(b: Tensor, ?stride: int, ?strides: seq<int>, ?padding: int, ?paddings: seq<int>, ?dilation: int, ?dilations: seq<int>) =
        fun (a: Tensor) -> a.conv2d (b, ?stride = stride, ?strides = strides, ?padding = padding, ?paddings = paddings, ?dilation = dilation, ?dilations = dilations)

    /// The function <c>conv3d</c> of a tensor.
    static member conv3d(b: Tensor, ?stride: int, ?strides: seq<int>, ?padding: int, ?paddings: seq<int>, ?dilation: int, ?dilations: seq<int>) =
        fun (a: Tensor) -> a.conv3d (b, ?stride = stride, ?strides = strides, ?padding = padding, ?paddings = paddings, ?dilation = dilation, ?dilations = dilations)

    /// The function <c>convTranspose1d</c> of a tensor.
    static member convTranspose1d(b: Tensor, ?stride: int, ?padding: int, ?dilation: int, ?outputPadding: int) =
        fun (a: Tensor) -> a.convTranspose1d (b, ?stride = stride, ?padding = padding, ?dilation = dilation, ?outputPadding = outputPadding)

    /// The function <c>convTranspose2d</c> of a tensor.
    static member convTranspose2d(b: Tensor, ?stride: int, ?padding: int, ?dilation: int, ?outputPadding: int, ?strides: seq<int>, ?paddings: seq<int>, ?dilations: seq<int>, ?outputPaddings: seq<int>) =
        fun (a: Tensor) -> a.convTranspose2d (b, ?stride = stride, ?padding = padding, ?dilation = dilation, ?outputPadding = outputPadding, ?strides = strides, ?paddings = paddings, ?dilations = dilations, ?outputPaddings = outputPaddings)

    /// The function <c>convTranspose3d</c> of a tensor.
    static member convTranspose3d(b: Tensor, ?stride: int, ?padding: int, ?dilation: int, ?outputPadding: int, ?strides: seq<int>, ?paddings: seq<int>, ?dilations: seq<int>, ?outputPaddings: seq<int>) =
        fun (a: Tensor) -> a.convTranspose3d (b, ?stride = stride, ?padding = padding, ?dilation = dilation, ?outputPadding = outputPadding, ?strides = strides, ?paddings = paddings, ?dilations = dilations, ?outputPaddings = outputPaddings)

    /// The function <c>pad</c> of a tensor.
    static member pad(paddings: seq<int>) = fun (a: Tensor) -> a.pad (paddings)

    /// The function <c>toImage</c> of a tensor.
    static member toImage(?pixelMin: double, ?pixelMax: double, ?normalize: bool, ?gridCols: int) =
        fun (a: Tensor) -> a.toImage (?pixelMin = pixelMin, ?pixelMax = pixelMax, ?normalize = normalize, ?gridCols = gridCols)

    /// The function <c>toImageString</c> of a tensor.
    static member toImageString(?pixelMin: double, ?pixelMax: double, ?normalize: bool, ?gridCols: int, ?asciiPalette: string) =
        fun (a: Tensor) -> a.toImageString (?pixelMin = pixelMin, ?pixelMax = pixelMax, ?normalize = normalize, ?gridCols = gridCols, ?asciiPalette = asciiPalette)

    /// The function <c>cast</c> of a tensor.
    static member cast(dtype: Dtype) = fun (a: Tensor) -> a.cast (dtype)

    /// The function <c>move</c> of a tensor.
    static member move(?device: Device, ?dtype: Dtype, ?backend: Backend) = fun (a: Tensor) -> a.move (?device = device, ?dtype = dtype, ?backend = backend)
