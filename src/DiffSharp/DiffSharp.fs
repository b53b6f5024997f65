namespace DiffSharp

open DiffSharp.Util

/// The library's main class: creation, configuration, and every operation as a function.
type dsharp =

    /// A tensor from a number, or from a nested array, sequence or tuple of numbers, booleans or scalar tensors, in
    /// which it is differentiable. The default element type is that of the values, except that double precision becomes
    /// Float32, unless the values are an array and the default type is Float64.
    static member tensor(value: obj, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        Tensor.create (value, ?device = device, ?dtype = dtype, ?backend = backend)

    /// Seeds every random number generator of the process, from the clock if no seed is given.
    static member seed(?seed: int) =
        let seed = defaultArg seed System.Environment.TickCount
        Random.Seed seed
        TorchSharp.torch.manual_seed (int64 seed) |> ignore

    /// Whether a value is a tensor.
    static member isTensor(value: obj) = value :? Tensor

    /// The version of the library.
    static member version = typeof<Tensor>.Assembly.GetName().Version |> string

    /// Writes a tensor to a file in NumPy's format .npy, as <c>Tensor.save</c> does. Raises ArgumentException for other
    /// objects: DiffSharp 1.0.7 saves any object, but reading its format can run code from the file.
    static member save(value: obj, fileName: string) : unit =
        match value with
        | :? Tensor as tensor -> tensor.save fileName
        | other -> invalidArg (nameof value) $"Expecting a tensor to save, found a value of type {other.GetType()}"

    /// Reads a tensor from a file in NumPy's format .npy, as <c>Tensor.load</c> does. Raises InvalidCastException if
    /// <c>'T</c> is no type of a tensor.
    static member load<'T>(fileName: string) : 'T =
        match box (Tensor.load fileName) with
        | :? 'T as loaded -> loaded
        | _ -> raise (System.InvalidCastException $"Expecting to load a tensor from {fileName}, not a {typeof<'T>}")

    /// An uninitialised tensor of the given shape.
    static member empty(shape: seq<int>, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        emptyAt (Shape.create shape) (placeDefault device dtype)

    /// An uninitialised vector of the given length.
    static member empty(length: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        emptyAt [| length |] (placeDefault device dtype)

    /// A tensor of zeros of the given shape.
    static member zeros(shape: seq<int>, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        zerosAt (Shape.create shape) (placeDefault device dtype)

    /// A vector of zeros of the given length.
    static member zeros(length: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        zerosAt [| length |] (placeDefault device dtype)

    /// A tensor of ones of the given shape.
    static member ones(shape: seq<int>, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        onesAt (Shape.create shape) (placeDefault device dtype)

    /// A vector of ones of the given length.
    static member ones(length: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        onesAt [| length |] (placeDefault device dtype)

    /// A tensor of the given shape of uniform random numbers on [0, 1).
    static member rand(shape: seq<int>, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        uniformAt (Shape.create shape) (placeDefault device dtype)

    /// A vector of the given length of uniform random numbers on [0, 1).
    static member rand(length: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        uniformAt [| length |] (placeDefault device dtype)

    /// A tensor of the given shape of standard normal random numbers.
    static member randn(shape: seq<int>, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        normalAt (Shape.create shape) (placeDefault device dtype)

    /// A vector of the given length of standard normal random numbers.
    static member randn(length: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        normalAt [| length |] (placeDefault device dtype)

    /// A vector without elements.
    static member empty(?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        emptyAt [| 0 |] (placeDefault device dtype)

    /// The scalar 0.
    static member zero(?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        zerosAt [||] (placeDefault device dtype)

    /// The scalar 1.
    static member one(?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        onesAt [||] (placeDefault device dtype)

    /// A tensor of the given shape that repeats one value.
    static member full(shape: seq<int>, value: scalar, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        filled (Shape.create shape) value (placeDefault device dtype)

    /// A vector of the given length that repeats one value.
    static member full(length: int, value: scalar, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        filled [| length |] value (placeDefault device dtype)

    /// A scalar tensor.
    static member scalar(value: scalar, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        filled [||] value (placeDefault device dtype)

    /// The numbers startVal, startVal + step, … below endVal.
    static member arange
        (endVal: float, ?startVal: float, ?step: float, ?device: Device, ?dtype: Dtype, ?backend: Backend)
        =
        ignore backend

        dsharp
            .zero(?device = device, ?dtype = dtype, ?backend = backend)
            .arangeLike(endVal = endVal, ?startVal = startVal, ?step = step)

    /// The numbers startVal, startVal + step, … below endVal.
    static member arange(endVal: int, ?startVal: int, ?step: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend

        dsharp
            .zero(?device = device, ?dtype = dtype, ?backend = backend)
            .arangeLike(endVal = endVal, ?startVal = startVal, ?step = step)

    /// Equally spaced numbers from startVal to endVal, both included.
    static member linspace
        (startVal: float, endVal: float, steps: int, ?device: Device, ?dtype: Dtype, ?backend: Backend)
        =
        dsharp.zero(?device = device, ?dtype = dtype, ?backend = backend).linspaceLike(startVal, endVal, steps)

    /// Equally spaced numbers from startVal to endVal, both included.
    static member linspace(startVal: int, endVal: int, steps: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        dsharp.zero(?device = device, ?dtype = dtype, ?backend = backend).linspaceLike(startVal, endVal, steps)

    /// Powers of the base (10 by default) with equally spaced exponents from startVal to endVal.
    static member logspace
        (startVal: float, endVal: float, steps: int, ?baseVal: float, ?device: Device, ?dtype: Dtype, ?backend: Backend)
        =
        dsharp
            .zero(?device = device, ?dtype = dtype, ?backend = backend)
            .logspaceLike(startVal, endVal, steps, ?baseVal = baseVal)

    /// Powers of the base (10 by default) with equally spaced exponents from startVal to endVal.
    static member logspace
        (startVal: int, endVal: int, steps: int, ?baseVal: int, ?device: Device, ?dtype: Dtype, ?backend: Backend)
        =
        dsharp
            .zero(?device = device, ?dtype = dtype, ?backend = backend)
            .logspaceLike(startVal, endVal, steps, ?baseVal = baseVal)

    /// The identity matrix with the given numbers of rows and columns (square by default), of type Int32 unless one is
    /// given.
    static member eye(rows: int, ?cols: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        Tensor.eye (rows, ?cols = cols, ?device = device, ?dtype = dtype, ?backend = backend)

    /// A vector of zeros with a one at the given index.
    static member onehot(length: int, hot: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        dsharp.zero(?device = device, ?dtype = dtype, ?backend = backend).onehotLike(length, hot)

    /// A tensor of the given shape of random integers in [low, high).
    static member randint(low: int, high: int, shape: seq<int>, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        integersAt (Shape.create shape) low high (placeDefault device dtype)

    /// A vector of the given length of random integers in [low, high).
    static member randint(low: int, high: int, length: int, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        ignore backend
        integersAt [| length |] low high (placeDefault device dtype)

    /// Draws indices with replacement, by the probabilities in a vector or in each row of a matrix, which gives a row
    /// of indices. Int32 unless a type is given.
    static member multinomial
        (probs: Tensor, numSamples: int, ?normalize: bool, ?device: Device, ?dtype: Dtype, ?backend: Backend)
        =
        probs.multinomial (numSamples, ?normalize = normalize, ?device = device, ?dtype = dtype, ?backend = backend)

    /// 1 with the probability that each element gives, else 0.
    static member bernoulli(probs: Tensor, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        probs.bernoulli (?device = device, ?dtype = dtype, ?backend = backend)

    /// Sets each element to 0 with probability p (0.5 by default). The others are not rescaled.
    static member dropout(input: Tensor, ?p: double) = input.dropout (?p = p)

    /// Sets each channel of a tensor [n, c, h, w] to 0 with probability p (0.5 by default).
    static member dropout2d(input: Tensor, ?p: double) = input.dropout2d (?p = p)

    /// Sets each channel of a tensor [n, c, d, h, w] to 0 with probability p (0.5 by default).
    static member dropout3d(input: Tensor, ?p: double) = input.dropout3d (?p = p)

    /// Zeros with this tensor's shape, type and device, or those given.
    static member zerosLike(input: Tensor, ?shape: seq<int>, ?device, ?dtype, ?backend) =
        input.zerosLike (?shape = shape, ?device = device, ?dtype = dtype, ?backend = backend)

    /// Ones with this tensor's shape, type and device, or those given.
    static member onesLike(input: Tensor, ?shape: seq<int>, ?device, ?dtype, ?backend) =
        input.onesLike (?shape = shape, ?device = device, ?dtype = dtype, ?backend = backend)

    /// Uniform random numbers on [0, 1) with this tensor's shape, type and device, or those given.
    static member randLike(input: Tensor, ?shape: seq<int>, ?device, ?dtype, ?backend) =
        input.randLike (?shape = shape, ?device = device, ?dtype = dtype, ?backend = backend)

    /// Standard normal random numbers with this tensor's shape, type and device, or those given.
    static member randnLike(input: Tensor, ?shape: seq<int>, ?device, ?dtype, ?backend) =
        input.randnLike (?shape = shape, ?device = device, ?dtype = dtype, ?backend = backend)

    /// A tensor that repeats one value, with this tensor's shape, type and device, or those given.
    static member fullLike(input: Tensor, value: scalar, ?shape: seq<int>, ?device, ?dtype, ?backend) =
        input.fullLike (value, ?shape = shape, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The numbers startVal, startVal + step, … below endVal.
    static member arangeLike
        (input: Tensor, endVal: float, ?startVal: float, ?step: float, ?device: Device, ?dtype: Dtype, ?backend: Backend) =
        input.arangeLike (
            endVal = endVal,
            ?startVal = startVal,
            ?step = step,
            ?device = device,
            ?dtype = dtype,
            ?backend = backend
        )

    /// The integers startVal, startVal + step, … below endVal, of type Int32 if none is given.
    static member arangeLike
        (input: Tensor, endVal: int, ?startVal: int, ?step: int, ?device: Device, ?dtype: Dtype, ?backend: Backend)
        =
        input.arangeLike (
            endVal = endVal,
            ?startVal = startVal,
            ?step = step,
            ?device = device,
            ?dtype = dtype,
            ?backend = backend
        )

    /// A vector of zeros with a one at the given index.
    static member onehotLike(input: Tensor, length: int, hot: int, ?device, ?dtype, ?backend) =
        input.onehotLike (length, hot, ?device = device, ?dtype = dtype, ?backend = backend)

    /// Random integers in [low, high) with this tensor's shape, type and device, or those given.
    static member randintLike(input: Tensor, low: int, high: int, ?shape: seq<int>, ?device, ?dtype, ?backend) =
        input.randintLike (low, high, ?shape = shape, ?device = device, ?dtype = dtype, ?backend = backend)

    /// The scalar 0 with this tensor's type and device, or those given.
    static member zeroLike(input: Tensor, ?device, ?dtype, ?backend) =
        input.zeroLike (?device = device, ?dtype = dtype, ?backend = backend)

    /// The scalar 1 with this tensor's type and device, or those given.
    static member oneLike(input: Tensor, ?device, ?dtype, ?backend) =
        input.oneLike (?device = device, ?dtype = dtype, ?backend = backend)

    /// The number of elements.
    static member nelement(input: Tensor) = input.nelement

    /// A tensor of the given values, as in <c>create</c>, with this tensor's type and device, or those given.
    static member like(input: Tensor, value: obj, ?device, ?dtype, ?backend) =
        input.like (value, ?device = device, ?dtype = dtype, ?backend = backend)

    /// A constant copy.
    static member clone(input: Tensor) = input.clone ()

    /// Converts the elements to another type.
    static member cast(input: Tensor, dtype: Dtype) = input.cast dtype

    /// Moves the tensor to a device and converts its elements to a type, where given.
    static member move(input: Tensor, ?device, ?dtype, ?backend) =
        input.move (?device = device, ?dtype = dtype, ?backend = backend)

    /// Sets the defaults given: device, (floating-point) type, backend and printer. Process-wide.
    static member config(?device: Device, ?dtype: Dtype, ?backend: Backend, ?printer: Printer) =
        match dtype with
        | Some dtype when not dtype.IsFloatingPoint ->
            failwith $"Expecting a floating-point type as the default, found {dtype}"
        | _ -> ()

        device |> Option.iter (fun device -> Device.Default <- device)
        dtype |> Option.iter (fun dtype -> Dtype.Default <- dtype)
        backend |> Option.iter (fun backend -> Backend.Default <- backend)
        printer |> Option.iter (fun printer -> Printer.Default <- printer)

    /// The current defaults.
    static member config() = Device.Default, Dtype.Default, Backend.Default, Printer.Default

    /// Sets all defaults at once.
    static member config(configuration: (Device * Dtype * Backend * Printer)) =
        let device, dtype, backend, printer = configuration
        dsharp.config (device, dtype, backend, printer)

    /// The available backends.
    static member backends() = [ Backend.Reference; Backend.Torch ]

    /// The available devices, of one kind if given.
    static member devices(?backend: Backend, ?deviceType: DeviceType) =
        ignore backend

        let all = [
            Device.CPU
            if TorchSharp.torch.cuda.is_available () then
                for index in 0 .. TorchSharp.torch.cuda.device_count () - 1 do
                    Device(DeviceType.CUDA, index)
        ]

        match deviceType with
        | None -> all
        | Some kind -> all |> List.filter (fun device -> device.DeviceType = kind)

    /// The available backends, each with its devices.
    static member backendsAndDevices() = [
        for backend in dsharp.backends () -> backend, dsharp.devices (backend = backend)
    ]

    /// Whether a backend is available.
    static member isBackendAvailable(backend: Backend) = dsharp.backends () |> List.contains backend

    /// Whether a device is available.
    static member isDeviceAvailable(device: Device, ?backend: Backend) =
        dsharp.devices (?backend = backend) |> List.contains device

    /// Whether a device of a kind is available.
    static member isDeviceTypeAvailable(deviceType: DeviceType, ?backend: Backend) =
        not (List.isEmpty (dsharp.devices (?backend = backend, deviceType = deviceType)))

    /// Whether a CUDA device is available.
    static member isCudaAvailable(?backend: Backend) =
        dsharp.isDeviceTypeAvailable (DeviceType.CUDA, ?backend = backend)
