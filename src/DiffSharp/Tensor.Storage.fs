namespace DiffSharp

open System
open System.IO
open System.Text
open System.Text.RegularExpressions
open TorchSharp

/// NumPy's format .npy, version 1.0: <c>\x93NUMPY</c>, the version (two bytes), the length of the header (two bytes,
/// little endian), the header with element type, order and shape, then the elements. A file holds only numbers: reading
/// it runs no code, and takes no more memory than the file's length.
module internal NumPy =
    let private magic = Array.append [| 0x93uy |] "NUMPY"B

    /// NumPy has no bfloat16; its elements become untyped items of 2 bytes.
    let private names = [
        Dtype.Float16, "<f2"
        Dtype.Float32, "<f4"
        Dtype.Float64, "<f8"
        Dtype.Int8, "|i1"
        Dtype.Byte, "|u1"
        Dtype.Int16, "<i2"
        Dtype.Int32, "<i4"
        Dtype.Int64, "<i8"
        Dtype.Bool, "|b1"
        Dtype.BFloat16, "|V2"
    ]

    let private header =
        Regex(
            @"^\{'descr': '([^']{3})', 'fortran_order': (True|False), 'shape': \(((?:\d{1,10}, )*(?:\d{1,10},?)?)\), \} *\n$",
            RegexOptions.NonBacktracking
        )

    /// The most elements whose bytes .NET can address at once.
    let private chunk = 1 <<< 27

    /// Calls an action on consecutive parts of a contiguous tensor in main memory.
    let private chunks (tensor: torch.Tensor) (action: torch.Tensor -> unit) =
        let flat = tensor.reshape -1L
        let count = flat.shape.[0]

        for start in 0L .. int64 chunk .. count - 1L do
            action (flat.narrow (0L, start, min (int64 chunk) (count - start)))

    let save (tensor: Tensor) (fileName: string) =
        let name = names |> List.find (fun (dtype, _) -> dtype = tensor.dtype) |> snd
        let sizes = tensor.shape |> Array.map (fun size -> $"{size}, ") |> String.concat ""
        let shape = if tensor.dim = 1 then sizes.TrimEnd ' ' else sizes.TrimEnd [| ','; ' ' |]
        let text = $"{{'descr': '{name}', 'fortran_order': False, 'shape': ({shape}), }}"
        // The header is padded so that the elements begin at a multiple of 64 bytes.
        let length = (magic.Length + 4 + text.Length + 1 + 63) / 64 * 64 - magic.Length - 4
        use file = new BinaryWriter(File.Create fileName)
        file.Write magic
        file.Write [| 1uy; 0uy |]
        file.Write(uint16 length)
        file.Write(Encoding.ASCII.GetBytes(text.PadRight(length - 1) + "\n"))

        chunks (tensor.raw.detach().cpu().contiguous()) (fun part ->
            file.Write(Span.op_Implicit part.bytes: ReadOnlySpan<byte>))

    let private refuse (fileName: string) (what: string) =
        raise (InvalidDataException $"Cannot load {fileName}: {what}")

    /// Reads the element type, order and sizes from a header.
    let private parse (refuse: string -> unit) (text: string) =
        let found = header.Match text

        if not found.Success then
            refuse "expecting the header of a NumPy array, found other text"

        let name = found.Groups.[1].Value

        let dtype =
            match names |> List.tryFind (fun (_, known) -> known = name) with
            | Some(dtype, _) -> dtype
            | None ->
                let known = names |> List.map snd |> String.concat ", "
                refuse $"expecting an element type of {known}, found {name}"
                Dtype.Float32

        let sizes =
            found.Groups.[3].Value.Split([| ','; ' ' |], StringSplitOptions.RemoveEmptyEntries)
            |> Array.map Int64.Parse

        struct (dtype, found.Groups.[2].Value = "True", sizes)

    let load (fileName: string) : Tensor =
        let refuse = refuse fileName
        use file = new BinaryReader(File.OpenRead fileName)
        let start = file.ReadBytes(magic.Length + 4)

        if start.Length < magic.Length + 4 || start.[.. magic.Length - 1] <> magic then
            refuse "expecting a NumPy array, found another kind of file"

        if start.[magic.Length] <> 1uy then
            refuse $"expecting version 1 of the format, found {start.[magic.Length]}"

        let length = int (BitConverter.ToUInt16(start, magic.Length + 2))
        let struct (dtype, transposed, sizes) = parse refuse (Encoding.Latin1.GetString(file.ReadBytes length))

        let rest = file.BaseStream.Length - file.BaseStream.Position
        // In arbitrary precision, because a product of sizes could overflow to a small one.
        let expected =
            sizes |> Array.fold (fun product size -> product * bigint size) (bigint (Interop.elementSize dtype))

        let extent = sizes |> Array.fold (fun product size -> product * bigint (max 1L size)) 1I

        if sizes.Length > 64 || extent > bigint Int32.MaxValue then
            refuse $"expecting at most 64 dimensions and {Int32.MaxValue} elements, found {sizes.Length} and {extent}"

        if expected <> bigint rest then
            refuse $"expecting {expected} bytes of elements, found {rest}"

        // A file of booleans can contain bytes other than 0 and 1, for which the engine's booleans are undefined.
        let stored = if dtype = Dtype.Bool then torch.ScalarType.Byte else Interop.toTorchType dtype
        let raw = torch.empty ((if transposed then Array.rev sizes else sizes), dtype = stored)
        chunks raw (fun part -> file.BaseStream.ReadExactly part.bytes)

        let ordered =
            if transposed then
                raw.permute [| for d in sizes.Length - 1 .. -1 .. 0 -> int64 d |]
            else
                raw

        Tensor.constant (
            if dtype = Dtype.Bool then
                ordered.ne (Scalar.op_Implicit 0)
            else
                ordered.contiguous ()
        )

/// Saves and loads tensors.
[<AutoOpen>]
module TensorStorage =
    type Tensor with

        /// Writes the values to a file in NumPy's format .npy, which <c>numpy.load</c> reads (BFloat16 as untyped items
        /// of 2 bytes). The file does not record derivatives and device. Replaces an existing file.
        member t.save(fileName: string) : unit = NumPy.save t fileName

        /// Reads a tensor from a file in NumPy's format .npy, version 1.0, little endian, without running code from it.
        /// Raises InvalidDataException if the file has another format, or not the length that its header implies. The
        /// tensor is on the given device (or the default one) and has the given type (or the file's).
        static member load(fileName: string, ?device: Device, ?dtype: Dtype, ?backend: Backend) : Tensor =
            let loaded = NumPy.load fileName
            loaded.move (device = defaultArg device Device.Default, ?dtype = dtype, ?backend = backend)
