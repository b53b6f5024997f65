namespace DiffSharp

open System

/// The values of a tensor as .NET numbers and arrays, and where and as what they are stored.
[<AutoOpen>]
module TensorValues =
    type Tensor with

        /// The size of an element in bytes.
        member t.elementSize =
            match t.dtype with
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

        /// The size of all elements in bytes.
        member t.memorySize = int64 t.nelement * int64 t.elementSize

        /// The same tensor: every backend is served by libtorch.
        member t.move(_backend: Backend) : Tensor = t

        /// The tensor on another device.
        member t.move(device: Device) =
            if t.device = device then
                t
            else
                Tensor.unary "move" t (fun x -> x.``to`` (Interop.toTorchDevice device))

        /// The tensor on another device or as elements of another type, where given.
        member t.move(?device: Device, ?dtype: Dtype, ?backend: Backend) =
            ignore backend

            let typed =
                match dtype with
                | Some dtype -> t.cast dtype
                | None -> t

            match device with
            | Some device -> typed.move (device: Device)
            | None -> typed

        /// The tensor in main memory.
        member t.cpu() = t.move Device.CPU

        /// The tensor on the first CUDA device.
        member t.gpu() = t.move Device.GPU

        /// The values as elements of type Bool.
        member t.bool() = t.cast Dtype.Bool

        /// The values as elements of type Int8.
        member t.int8() = t.cast Dtype.Int8

        /// The values as elements of type Int16.
        member t.int16() = t.cast Dtype.Int16

        /// The values as elements of type Int32.
        member t.int32() = t.cast Dtype.Int32

        /// The values as elements of type Int32.
        member t.int() = t.cast Dtype.Int32

        /// The values as elements of type Int64.
        member t.int64() = t.cast Dtype.Int64

        /// The values as elements of type Float16.
        member t.float16() = t.cast Dtype.Float16

        /// The values as elements of type BFloat16.
        member t.bfloat16() = t.cast Dtype.BFloat16

        /// The values as elements of type Float32.
        member t.float32() = t.cast Dtype.Float32

        /// The values as elements of type Float64.
        member t.float64() = t.cast Dtype.Float64

        /// The values as elements of type Float64.
        member t.float() = t.cast Dtype.Float64

        /// The values as elements of type Float64.
        member t.double() = t.cast Dtype.Float64

        /// The values as elements of type Byte.
        member t.byte() = t.cast Dtype.Byte

        /// The values as a .NET array with as many dimensions as the tensor (1 to 6), of the type of the elements.
        member t.toArray() : Array =
            let flat = t.flatValues ()

            if t.dim = 0 then
                failwith "Cannot convert a scalar tensor to an array"
            elif t.dim = 1 then
                flat
            else
                let elementType =
                    match flat.GetType().GetElementType() with
                    | null -> typeof<obj>
                    | elementType -> elementType

                let result = Array.CreateInstance(elementType, t.shape)
                Buffer.BlockCopy(flat, 0, result, 0, Buffer.ByteLength flat)
                result

        /// The values of a tensor of 1 dimension as elements of a .NET type.
        member t.toArray1D<'T>() =
            if t.dim <> 1 then
                failwith $"Cannot convert a tensor of shape {Shape.show t.shape} to a 1-dimensional array"

            t.cast<'T>().toArray() |> unbox<'T[]>

        /// The values of a tensor of 2 dimensions as elements of a .NET type.
        member t.toArray2D<'T>() =
            if t.dim <> 2 then
                failwith $"Cannot convert a tensor of shape {Shape.show t.shape} to a 2-dimensional array"

            t.cast<'T>().toArray() |> unbox<'T[,]>

        /// The values of a tensor of 3 dimensions as elements of a .NET type.
        member t.toArray3D<'T>() =
            if t.dim <> 3 then
                failwith $"Cannot convert a tensor of shape {Shape.show t.shape} to a 3-dimensional array"

            t.cast<'T>().toArray() |> unbox<'T[,,]>

        /// The values of a tensor of 4 dimensions as elements of a .NET type.
        member t.toArray4D<'T>() =
            if t.dim <> 4 then
                failwith $"Cannot convert a tensor of shape {Shape.show t.shape} to a 4-dimensional array"

            t.cast<'T>().toArray() |> unbox<'T[,,,]>

        /// The values of a tensor of 5 dimensions as elements of a .NET type.
        member t.toArray5D<'T>() =
            if t.dim <> 5 then
                failwith $"Cannot convert a tensor of shape {Shape.show t.shape} to a 5-dimensional array"

            t.cast<'T>().toArray()

        /// The values of a tensor of 6 dimensions as elements of a .NET type.
        member t.toArray6D<'T>() =
            if t.dim <> 6 then
                failwith $"Cannot convert a tensor of shape {Shape.show t.shape} to a 6-dimensional array"

            t.cast<'T>().toArray()

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
