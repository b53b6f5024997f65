namespace DiffSharp

open System
open System.Runtime.InteropServices
open TorchSharp

/// Conversions between DiffSharp's types and TorchSharp's.
module internal Interop =
    let toTorchType (dtype: Dtype) =
        match dtype with
        | Dtype.Bool -> torch.ScalarType.Bool
        | Dtype.Int8 -> torch.ScalarType.Int8
        | Dtype.Byte -> torch.ScalarType.Byte
        | Dtype.Int16 -> torch.ScalarType.Int16
        | Dtype.Int32 -> torch.ScalarType.Int32
        | Dtype.Int64 -> torch.ScalarType.Int64
        | Dtype.Float16 -> torch.ScalarType.Float16
        | Dtype.BFloat16 -> torch.ScalarType.BFloat16
        | Dtype.Float32 -> torch.ScalarType.Float32
        | Dtype.Float64 -> torch.ScalarType.Float64

    let ofTorchType (dtype: torch.ScalarType) =
        match dtype with
        | torch.ScalarType.Float32 -> Dtype.Float32
        | torch.ScalarType.Float64 -> Dtype.Float64
        | torch.ScalarType.Bool -> Dtype.Bool
        | torch.ScalarType.Int8 -> Dtype.Int8
        | torch.ScalarType.Byte -> Dtype.Byte
        | torch.ScalarType.Int16 -> Dtype.Int16
        | torch.ScalarType.Int32 -> Dtype.Int32
        | torch.ScalarType.Int64 -> Dtype.Int64
        | torch.ScalarType.Float16 -> Dtype.Float16
        | torch.ScalarType.BFloat16 -> Dtype.BFloat16
        | other -> failwith $"Expecting a real element type, found {other}"

    /// The element type that corresponds to a .NET type.
    let dtypeOf<'T> () =
        match box Unchecked.defaultof<'T> with
        | :? float32 -> Dtype.Float32
        | :? double -> Dtype.Float64
        | :? int32 -> Dtype.Int32
        | :? int64 -> Dtype.Int64
        | :? int16 -> Dtype.Int16
        | :? int8 -> Dtype.Int8
        | :? byte -> Dtype.Byte
        | :? bool -> Dtype.Bool
        | _ -> failwith $"Expecting a number or a boolean, found the type {typeof<'T>}"

    /// The size of an element in bytes.
    let elementSize (dtype: Dtype) =
        match dtype with
        | Dtype.Int8
        | Dtype.Byte
        | Dtype.Bool -> 1
        | Dtype.Int16
        | Dtype.Float16
        | Dtype.BFloat16 -> 2
        | Dtype.Int32
        | Dtype.Float32 -> 4
        | Dtype.Int64
        | Dtype.Float64 -> 8

    let toTorchScalar (value: scalar) : Scalar =
        match value.GetTypeCode() with
        | TypeCode.Single -> Scalar.op_Implicit (value.toSingle ())
        | TypeCode.Double -> Scalar.op_Implicit (value.toDouble ())
        | TypeCode.Int32 -> Scalar.op_Implicit (value.toInt32 ())
        | TypeCode.Int64 -> Scalar.op_Implicit (value.toInt64 ())
        | TypeCode.Byte
        | TypeCode.SByte
        | TypeCode.Int16 -> Scalar.op_Implicit (value.toInt64 ())
        | TypeCode.Boolean -> Scalar.op_Implicit (value.toBool ())
        | code -> failwith $"Expecting a number or a boolean as scalar, found a {code}"

    /// The result of an operation with a scalar. The scalar is freed at once; the garbage collector would have to finalise it.
    let inline withScalar (value: scalar) ([<InlineIfLambda>] operation: Scalar -> 'a) : 'a =
        use number = toTorchScalar value
        operation number

    let toTorchDevice (device: Device) =
        torch.Device(enum<TorchSharp.DeviceType>(int device.DeviceType), device.DeviceIndex)

    let ofTorchDevice (tensor: torch.Tensor) =
        Device(enum<DiffSharp.DeviceType>(int tensor.device_type), tensor.device_index)

    /// Converts an engine failure to the kind of exception that DiffSharp raises, with the operation and shapes.
    let translate (operation: string) (shapes: string) (error: exn) : exn =
        if error.GetType() = typeof<Exception> || error :? InvalidOperationException then
            error
        else
            Exception($"Cannot apply '{operation}' to {shapes}: {error.Message}", error)

    let describe (tensor: torch.Tensor) =
        let shape = tensor |> Shape.ofTorch |> Shape.show
        $"shape {shape} ({ofTorchType tensor.dtype})"

    /// Null if the engine returned no tensor, as for the gradient of an input on which the output does not depend.
    let orNull (tensor: torch.Tensor | null) : torch.Tensor | null =
        match tensor with
        | null -> null
        | tensor -> if tensor.IsInvalid then null else tensor

    // Copies the array into engine memory: TorchSharp would pin a clone of it while the tensor lives.
    let private copy (values: 'T[]) (dtype: torch.ScalarType) (shape: int64[]) =
        let tensor = torch.empty (shape, dtype = Nullable dtype)

        if values.LongLength <> tensor.numel () then
            tensor.Dispose()
            invalidArg (nameof values) $"Expecting values for the shape %A{List.ofArray shape}, found {values.Length}"

        if values.Length > 0 then
            MemoryMarshal.AsBytes(Span<'T> values).CopyTo tensor.bytes

        tensor

    let ofFloat32s (values: float32[]) (shape: int64[]) = copy values torch.ScalarType.Float32 shape

    let ofFloat64s (values: float[]) (shape: int64[]) = copy values torch.ScalarType.Float64 shape

    let ofInt64s (values: int64[]) (shape: int64[]) =
        torch.tensor (values, ReadOnlySpan<int64>(shape), Nullable torch.ScalarType.Int64)

    let ofBools (values: bool[]) (shape: int64[]) =
        torch.tensor (values, ReadOnlySpan<int64>(shape), Nullable torch.ScalarType.Bool)

    /// Converts to a type and moves to a device where necessary.
    let place (dtype: Dtype) (device: Device) (tensor: torch.Tensor) =
        let target = toTorchType dtype

        let typed = if tensor.dtype = target then tensor else tensor.to_type target

        if device = Device.CPU then typed else typed.``to`` (toTorchDevice device)

    let values<'T when 'T: unmanaged and 'T: (new: unit -> 'T) and 'T: struct and 'T :> ValueType>
        (tensor: torch.Tensor)
        : 'T[] =
        let plain = if tensor.requires_grad then tensor.detach () else tensor
        let here = if plain.device_type = DeviceType.CPU then plain else plain.cpu ()
        let dense = if here.is_contiguous () then here else here.contiguous ()
        dense.data<'T>().ToArray()

    let toFloat64s (tensor: torch.Tensor) : float[] = values<float>(tensor.detach().to_type torch.ScalarType.Float64)
