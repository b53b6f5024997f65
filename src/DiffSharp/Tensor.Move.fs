namespace DiffSharp

/// Moves between devices and conversions between element types.
[<AutoOpen>]
module TensorMove =
    type Tensor with

        /// The same tensor: every backend is served by libtorch.
        member t.move(_backend: Backend) : Tensor = t

        /// Moves the tensor to a device.
        member t.move(device: Device) =
            if t.device = device then
                t
            else
                Tensor.unary "move" t (fun x -> x.``to`` (Interop.toTorchDevice device))

        /// Moves the tensor to a device and converts its elements to a type, where given.
        member t.move(?device: Device, ?dtype: Dtype, ?backend: Backend) =
            ignore backend

            let typed =
                match dtype with
                | Some dtype -> t.cast dtype
                | None -> t

            match device with
            | Some device -> typed.move (device: Device)
            | None -> typed

        /// Moves the tensor to main memory.
        member t.cpu() = t.move Device.CPU

        /// Moves the tensor to the first CUDA device.
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
