namespace DiffSharp

/// The kind of hardware that holds a tensor. The numbers are libtorch's.
type DeviceType =
    /// Main memory.
    | CPU = 0
    /// An NVIDIA accelerator.
    | CUDA = 1
    /// Reserved by libtorch for MKLDNN.
    | MKLDNN = 2
    /// Reserved by libtorch for OpenGL.
    | OPENGL = 3
    /// Reserved by libtorch for OpenCL.
    | OPENCL = 4
    /// Reserved by libtorch for IDEEP.
    | IDEEP = 5
    /// An AMD accelerator.
    | HIP = 6
    /// A field-programmable gate array.
    | FPGA = 7
    /// Reserved by libtorch for MSNPU.
    | MSNPU = 8
    /// An XLA device.
    | XLA = 9

/// One device: its kind and its index among devices of that kind (-1 for main memory).
[<Struct>]
type Device =
    /// A device given by its kind and index.
    | Device of DeviceType * int

    /// The kind of the device.
    member x.DeviceType = (let (Device(kind, _)) = x in kind)

    /// The index among the devices of this kind.
    member x.DeviceIndex = (let (Device(_, index)) = x in index)

    /// Main memory.
    static member CPU = Device(DeviceType.CPU, -1)

    /// The first CUDA device.
    static member GPU = Device(DeviceType.CUDA, 0)

    member internal x.Name = (string x.DeviceType).ToLowerInvariant() + string x.DeviceIndex

    /// The kind in lower case followed by the index, <c>cuda0</c>.
    override x.ToString() = x.Name

/// The device used when none is given.
module Device =
    /// The device used when none is given; main memory at the start. Process-wide.
    let mutable Default: Device = Device.CPU

/// The engine that computes. libtorch is the only one; it also serves the other names, so that programs that select them
/// run.
[<RequireQualifiedAccess>]
type Backend =
    /// The reference backend; served by libtorch.
    | Reference
    /// libtorch.
    | Torch
    /// A backend registered by name; served by libtorch.
    | Other of name: string * code: int

    /// The name of the backend.
    member x.Name =
        match x with
        | Reference -> "Reference"
        | Torch -> "Torch"
        | Other(name, _) -> name

    /// The name of the backend.
    override x.ToString() = x.Name

/// The backend used when none is given.
module Backend =
    /// The backend used when none is given. Process-wide.
    let mutable Default = Backend.Torch

/// How much of a tensor is printed: the length from which a dimension is abbreviated, the number of items shown at each
/// end, and the digits after the decimal point.
type Printer =
    /// Abbreviate from 100 items, 3 at each edge, 4 digits.
    | Default
    /// Abbreviate from 10 items, 2 at each edge, 2 digits.
    | Short
    /// Never abbreviate, 4 digits.
    | Full
    /// The three numbers given.
    | Custom of threshold: int * edgeItems: int * precision: int

    /// The length from which a dimension is abbreviated.
    member p.threshold =
        match p with
        | Default -> 100
        | Short -> 10
        | Full -> System.Int32.MaxValue
        | Custom(threshold, _, _) -> threshold

    /// The number of items shown at each end of an abbreviated dimension.
    member p.edgeItems =
        match p with
        | Default -> 3
        | Short -> 2
        | Full -> -1
        | Custom(_, edgeItems, _) -> edgeItems

    /// Digits after the decimal point.
    member p.precision =
        match p with
        | Default
        | Full -> 4
        | Short -> 2
        | Custom(_, _, precision) -> precision

/// The printer used by <c>ToString</c>.
module Printer =
    /// The printer used by <c>ToString</c>. Process-wide.
    let mutable Default: Printer = Printer.Default
