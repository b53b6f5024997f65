namespace DiffSharp

open System
open TorchSharp

/// The properties of a single tensor: element type, shape, device, values, and the derivatives that it takes part in.
[<AbstractClass>]
type TensorBase internal (raw: torch.Tensor, level: Level) =
    // Cached, because almost every operation reads them and each read calls the engine.
    let mutable typeKnown = false
    let mutable elementType = Dtype.Float32
    let mutable sizes: int[] | null = null

    member internal _.raw = raw
    member internal _.level = level

    /// The type of the elements.
    member _.dtype =
        if not typeKnown then
            elementType <- Interop.ofTorchType raw.dtype
            typeKnown <- true

        elementType

    /// The size of each dimension; empty for a scalar.
    member _.shape: int[] =
        match sizes with
        | null ->
            let found = Shape.ofTorch raw
            sizes <- found
            found
        | known -> known

    /// The number of dimensions.
    member t.dim = t.shape.Length

    /// The number of elements.
    member t.nelement = Shape.nelement t.shape

    /// The device that holds the tensor.
    member _.device = Interop.ofTorchDevice raw

    /// The kind of device that holds the tensor.
    member t.deviceType = t.device.DeviceType

    /// The engine that computes, always libtorch.
    member _.backend = Backend.Torch

    /// The size of an element in bytes.
    member t.elementSize = Interop.elementSize t.dtype

    /// The size of all elements in bytes.
    member t.memorySize = int64 t.nelement * int64 t.elementSize

    // ---- values ----

    /// The value of a tensor with one element.
    member t.toScalar() : scalar =
        if t.nelement <> 1 then
            failwith $"Expecting a tensor with one element, found shape {Shape.show t.shape}"

        match t.dtype with
        | Dtype.Bool -> raw.item<bool>() :> scalar
        | Dtype.Byte -> raw.item<byte>() :> scalar
        | Dtype.Int8 -> raw.item<sbyte>() :> scalar
        | Dtype.Int16 -> raw.item<int16>() :> scalar
        | Dtype.Int32 -> raw.item<int32>() :> scalar
        | Dtype.Int64 -> raw.item<int64>() :> scalar
        | Dtype.Float16
        | Dtype.BFloat16 -> raw.to_type(torch.ScalarType.Float32).item<float32>() :> scalar
        | Dtype.Float32 -> raw.item<float32>() :> scalar
        | Dtype.Float64 -> raw.item<float>() :> scalar

    /// The values in row-major order as an element type; single precision for the 16-bit types.
    member private t.flatValues(dtype: Dtype) : Array =
        let typed = if dtype = t.dtype then raw else raw.detach().to_type(Interop.toTorchType dtype)

        match dtype with
        | Dtype.Bool -> Interop.values<bool> typed
        | Dtype.Byte -> Interop.values<byte> typed
        | Dtype.Int8 -> Interop.values<sbyte> typed
        | Dtype.Int16 -> Interop.values<int16> typed
        | Dtype.Int32 -> Interop.values<int32> typed
        | Dtype.Int64 -> Interop.values<int64> typed
        | Dtype.Float16
        | Dtype.BFloat16 -> Interop.values<float32>(typed.detach().to_type torch.ScalarType.Float32)
        | Dtype.Float32 -> Interop.values<float32> typed
        | Dtype.Float64 -> Interop.values<float> typed

    member private t.arrayOf(dtype: Dtype) : Array =
        let flat = t.flatValues dtype

        if t.dim = 0 then
            failwith "Cannot convert a scalar tensor to an array"
        elif t.dim = 1 then
            flat
        else
            let result = Array.CreateInstance(nonNull (flat.GetType().GetElementType()), t.shape)
            Buffer.BlockCopy(flat, 0, result, 0, Buffer.ByteLength flat)
            result

    member private t.arrayOf<'T>(rank: int) : Array =
        if t.dim <> rank then
            failwith $"Cannot convert a tensor of shape {Shape.show t.shape} to a {rank}-dimensional array"

        t.arrayOf (Interop.dtypeOf<'T>())

    /// The values as a .NET array with the tensor's rank and element type.
    member t.toArray() : Array = t.arrayOf t.dtype

    /// The values of a tensor of 1 dimension as elements of a .NET type.
    member t.toArray1D<'T>() = t.arrayOf<'T> 1 |> unbox<'T[]>

    /// The values of a tensor of 2 dimensions as elements of a .NET type.
    member t.toArray2D<'T>() = t.arrayOf<'T> 2 |> unbox<'T[,]>

    /// The values of a tensor of 3 dimensions as elements of a .NET type.
    member t.toArray3D<'T>() = t.arrayOf<'T> 3 |> unbox<'T[,,]>

    /// The values of a tensor of 4 dimensions as elements of a .NET type.
    member t.toArray4D<'T>() = t.arrayOf<'T> 4 |> unbox<'T[,,,]>

    /// The values of a tensor of 5 dimensions as elements of a .NET type.
    member t.toArray5D<'T>() = t.arrayOf<'T> 5

    /// The values of a tensor of 6 dimensions as elements of a .NET type.
    member t.toArray6D<'T>() = t.arrayOf<'T> 6

    /// The one element, as a 32-bit float.
    member t.toSingle() = t.toScalar().toSingle()

    /// The one element, as a 64-bit float.
    member t.toDouble() = t.toScalar().toDouble()

    /// The one element, as an unsigned 8-bit integer.
    member t.toByte() = t.toScalar().toByte()

    /// The one element, as a signed 8-bit integer.
    member t.toSByte() = t.toScalar().toSByte()

    /// The one element, as a 16-bit integer.
    member t.toInt16() = t.toScalar().toInt16()

    /// The one element, as a 32-bit integer.
    member t.toInt32() = t.toScalar().toInt32()

    /// The one element, as a 64-bit integer.
    member t.toInt64() = t.toScalar().toInt64()

    /// The one element, as a boolean.
    member t.toBool() = t.toScalar().toBool()

    interface IConvertible with
        member t.GetTypeCode() =
            match t.dtype with
            | Dtype.Byte -> TypeCode.Byte
            | Dtype.Int8 -> TypeCode.SByte
            | Dtype.Int16 -> TypeCode.Int16
            | Dtype.Int32 -> TypeCode.Int32
            | Dtype.Int64 -> TypeCode.Int64
            | Dtype.Float64 -> TypeCode.Double
            | Dtype.Bool -> TypeCode.Boolean
            | Dtype.Float32
            | Dtype.BFloat16
            | Dtype.Float16 -> TypeCode.Single

        member t.ToSingle(provider) = t.toScalar().ToSingle provider
        member t.ToDouble(provider) = t.toScalar().ToDouble provider
        member t.ToByte(provider) = t.toScalar().ToByte provider
        member t.ToSByte(provider) = t.toScalar().ToSByte provider
        member t.ToInt16(provider) = t.toScalar().ToInt16 provider
        member t.ToInt32(provider) = t.toScalar().ToInt32 provider
        member t.ToInt64(provider) = t.toScalar().ToInt64 provider
        member t.ToBoolean(provider) = t.toScalar().ToBoolean provider
        member t.ToChar(provider) = t.toScalar().ToChar provider
        member t.ToDateTime(provider) = t.toScalar().ToDateTime provider
        member t.ToDecimal(provider) = t.toScalar().ToDecimal provider
        member t.ToUInt16(provider) = t.toScalar().ToUInt16 provider
        member t.ToUInt32(provider) = t.toScalar().ToUInt32 provider
        member t.ToUInt64(provider) = t.toScalar().ToUInt64 provider
        member t.ToString(provider: IFormatProvider) : string = t.toScalar().ToString provider
        member t.ToType(target, provider) = t.toScalar().ToType(target, provider)

    // ---- derivatives ----

    /// The number of nested derivatives that the tensor takes part in.
    member _.depth = Level.depth level

    member internal _.innermost: Level =
        if isNull level then
            failwith "Expecting a tensor that takes part in a derivative, found a constant"

        level

    /// The tag of the innermost derivative that the tensor takes part in. Raises for a constant.
    member t.nestingTag = t.innermost.Tag

    /// Whether the innermost derivative is in forward mode.
    member _.isForwardDiff = not (isNull level) && level.Forward

    /// Whether the innermost derivative is in reverse mode.
    member _.isReverseDiff = not (isNull level) && not level.Forward

    /// Whether the tensor is a constant.
    member _.isNoDiff = isNull level

    /// Whether the innermost derivatives of two tensors have the same mode, or both tensors are constants.
    member t1.isSameDiffType(t2: TensorBase) =
        t1.isForwardDiff = t2.isForwardDiff && t1.isReverseDiff = t2.isReverseDiff

    /// <c>Tensor</c>, <c>TensorF</c> or <c>TensorR</c> for a constant or the mode of the innermost derivative, and the shape.
    member t.summary() =
        let mode =
            if t.isForwardDiff then "F"
            elif t.isReverseDiff then "R"
            else ""

        $"Tensor{mode} %A{t.shape}"

    // ---- identity ----

    /// <c>tensor(…)</c> with the values in nested brackets, abbreviated according to <c>Printer.Default</c>.
    override t.ToString() =
        let rec suffix (level: Level) =
            if isNull level then
                ""
            else
                (if level.Forward then ":fwd" else ":rev") + suffix level.Outer

        Printing.print t.dtype t.device t.shape (Interop.toFloat64s raw) (suffix level)

    /// Whether the other object is a tensor of the same shape and values. Raises InvalidOperationException if the
    /// element types differ.
    override t.Equals(other: obj | null) =
        match other with
        | :? TensorBase as other ->
            if t.dtype <> other.dtype then
                opNotSupported2 "Equals" t.dtype other.dtype

            Shape.equal t.shape other.shape && raw.detach().eq(other.raw.detach ()).all().item<bool>()
        | _ -> false

    /// A hash of the shape and the values.
    override t.GetHashCode() =
        let mutable hash = HashCode()

        for size in t.shape do
            hash.Add size

        for value in Interop.toFloat64s raw do
            hash.Add value

        hash.ToHashCode()

    interface IComparable with
        member t.CompareTo(other: obj | null) =
            match other with
            | :? TensorBase as other when t.dim = 0 && other.dim = 0 ->
                compare (t.toScalar().toDouble()) (other.toScalar().toDouble())
            | :? TensorBase as other ->
                failwith $"Expecting scalars to compare, found shapes {Shape.show t.shape} and {Shape.show other.shape}"
            | _ -> failwith "Cannot compare a tensor with a value of another type"
