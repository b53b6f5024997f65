namespace DiffSharp

open System
open TorchSharp

/// A multi-dimensional array of numbers or booleans, differentiable in forward and reverse mode to any order.
[<Sealed>]
type Tensor internal (raw: torch.Tensor, level: Level) =
    // Asked for on almost every operation, and each costs a call into the engine.
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
            let found = Shape.ints raw.shape
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

    static member internal constant(raw: torch.Tensor) = Tensor(raw, null)

    // ---- one engine call each; failures name the operation and the shapes ----

    static member inline internal unary
        (name: string)
        (a: Tensor)
        ([<InlineIfLambda>] f: torch.Tensor -> torch.Tensor)
        =
        try
            Tensor(f a.raw, a.level)
        with error ->
            raise (Interop.translate name (Interop.describe a.raw) error)

    static member inline internal binary
        (name: string)
        (a: Tensor)
        (b: Tensor)
        ([<InlineIfLambda>] f: torch.Tensor -> torch.Tensor -> torch.Tensor)
        =
        try
            Tensor(f a.raw b.raw, Level.merge a.level b.level)
        with error ->
            raise (Interop.translate name (Interop.describe a.raw + " and " + Interop.describe b.raw) error)

    static member inline internal real (name: string) (a: Tensor) ([<InlineIfLambda>] f: torch.Tensor -> torch.Tensor) =
        if not a.dtype.IsFloatingPoint then
            opNotSupported name a.dtype

        Tensor.unary name a f

    /// The two tensors in the type where they meet.
    static member internal widened(name: string, a: Tensor, b: Tensor) : struct (Tensor * Tensor) =
        if a.dtype = b.dtype then
            struct (a, b)
        else
            match Dtype.widen a.dtype b.dtype with
            | None -> opNotSupported2 name a.dtype b.dtype
            | Some meet -> struct (a.cast meet, b.cast meet)

    /// The tensor in the type it takes beside a scalar, and the scalar in that type.
    static member internal widened(a: Tensor, b: scalar) : struct (Tensor * scalar) =
        match tryWidenScalar a.dtype b with
        | ValueSome meet -> struct (a.cast meet, b.cast meet)
        | ValueNone -> struct (a, b)

    // ---- element type and device ----

    /// The same values as elements of another type.
    member t.cast(dtype: Dtype) =
        if t.dtype = dtype then
            t
        else
            let keeps = dtype.IsFloatingPoint && t.dtype.IsFloatingPoint
            let source = if keeps then raw else raw.detach ()
            Tensor(source.to_type (Interop.toTorchType dtype), (if keeps then level else null))

    /// The same values as elements of the type that corresponds to a .NET type.
    member t.cast<'T>() =
        match box Unchecked.defaultof<'T> with
        | :? float32 -> t.cast Dtype.Float32
        | :? double -> t.cast Dtype.Float64
        | :? int32 -> t.cast Dtype.Int32
        | :? int64 -> t.cast Dtype.Int64
        | :? int16 -> t.cast Dtype.Int16
        | :? int8 -> t.cast Dtype.Int8
        | :? byte -> t.cast Dtype.Byte
        | :? bool -> t.cast Dtype.Bool
        | _ -> failwith $"Cannot cast a tensor of type {t.dtype} to {typeof<'T>}"

    // ---- values ----

    /// The one element of a tensor with a single element.
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

    member internal t.flatValues() : Array =
        match t.dtype with
        | Dtype.Bool -> Interop.values<bool> raw
        | Dtype.Byte -> Interop.values<byte> raw
        | Dtype.Int8 -> Interop.values<sbyte> raw
        | Dtype.Int16 -> Interop.values<int16> raw
        | Dtype.Int32 -> Interop.values<int32> raw
        | Dtype.Int64 -> Interop.values<int64> raw
        | Dtype.Float16
        | Dtype.BFloat16 -> Interop.values<float32>(raw.detach().to_type torch.ScalarType.Float32)
        | Dtype.Float32 -> Interop.values<float32> raw
        | Dtype.Float64 -> Interop.values<float> raw

    /// The part within inclusive bounds, one row <c>[first; last; 1 to drop the dimension]</c> a dimension.
    member t.GetSlice(bounds: int[,]) : Tensor =
        let part = Slicing.slice t.shape bounds raw
        if obj.ReferenceEquals(part, raw) then t else Tensor(part, level)

    /// The element, or the part of lower dimension, at an index.
    member t.Item
        with get ([<ParamArray>] index: int[]): Tensor =
            if index.Length = 0 then t else Tensor(Slicing.item t.shape index raw, level)

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

    /// The one element as single.
    static member op_Explicit(tensor: Tensor) : single = tensor.toScalar().toSingle()

    /// The one element as double.
    static member op_Explicit(tensor: Tensor) : double = tensor.toScalar().toDouble()

    /// The one element as byte.
    static member op_Explicit(tensor: Tensor) : byte = tensor.toScalar().toByte()

    /// The one element as int8.
    static member op_Explicit(tensor: Tensor) : int8 = tensor.toScalar().toSByte()

    /// The one element as int16.
    static member op_Explicit(tensor: Tensor) : int16 = tensor.toScalar().toInt16()

    /// The one element as int32.
    static member op_Explicit(tensor: Tensor) : int32 = tensor.toScalar().toInt32()

    /// The one element as int64.
    static member op_Explicit(tensor: Tensor) : int64 = tensor.toScalar().toInt64()

    /// The one element as bool.
    static member op_Explicit(tensor: Tensor) : bool = tensor.toScalar().toBool()

    // ---- identity ----

    /// <c>tensor(…)</c> with the values in nested brackets, abbreviated as <c>Printer.Default</c> says.
    override t.ToString() =
        let rec suffix (level: Level) =
            if isNull level then
                ""
            else
                (if level.Forward then ":fwd" else ":rev") + suffix level.Outer

        Printing.print t.dtype t.device t.shape (Interop.toFloat64s raw) (suffix level)

    /// Whether the other object is a tensor of the same shape and values. Raises InvalidOperationException
    /// where the element types differ.
    override t.Equals(other: obj | null) =
        match other with
        | :? Tensor as other ->
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
            | :? Tensor as other when t.dim = 0 && other.dim = 0 ->
                compare (t.toScalar().toDouble()) (other.toScalar().toDouble())
            | :? Tensor as other ->
                failwith $"Expecting scalars to compare, found shapes {Shape.show t.shape} and {Shape.show other.shape}"
            | _ -> failwith "Cannot compare a tensor with a value of another type"

    /// The scalar 0 of the default type.
    static member Zero =
        Tensor.constant (Interop.place Dtype.Default Device.Default (Interop.ofFloat64s [| 0.0 |] [||]))

    /// The scalar 1 of the default type.
    static member One =
        Tensor.constant (Interop.place Dtype.Default Device.Default (Interop.ofFloat64s [| 1.0 |] [||]))

    // ---- arithmetic ----

    /// Element-wise sum; shapes broadcast, types widen.
    static member (+)(a: Tensor, b: Tensor) : Tensor =
        let struct (a, b) = Tensor.widened ("+", a, b)
        Tensor.binary "+" a b (fun x y -> x.add y)

    /// A scalar added to every element.
    static member (+)(a: Tensor, b: scalar) : Tensor =
        let struct (a, b) = Tensor.widened (a, b)
        Tensor.unary "+" a (fun x -> x.add (Interop.toTorchScalar b))

    /// A scalar added to every element.
    static member (+)(a: scalar, b: Tensor) : Tensor = b + a

    /// Element-wise difference; shapes broadcast, types widen.
    static member (-)(a: Tensor, b: Tensor) : Tensor =
        let struct (a, b) = Tensor.widened ("-", a, b)

        if a.dtype = Dtype.Bool then
            opNotSupported2 "-" a.dtype b.dtype

        Tensor.binary "-" a b (fun x y -> x.sub y)

    /// A scalar subtracted from every element.
    static member (-)(a: Tensor, b: scalar) : Tensor =
        let struct (a, b) = Tensor.widened (a, b)
        Tensor.unary "-" a (fun x -> x.sub (Interop.toTorchScalar b))

    /// Every element subtracted from a scalar.
    static member (-)(a: scalar, b: Tensor) : Tensor =
        let struct (b, a) = Tensor.widened (b, a)
        Tensor.unary "-" b (fun y -> y.neg().add(Interop.toTorchScalar a))

    /// Element-wise product; shapes broadcast, types widen.
    static member (*)(a: Tensor, b: Tensor) : Tensor =
        let struct (a, b) = Tensor.widened ("*", a, b)
        Tensor.binary "*" a b (fun x y -> x.mul y)

    /// Every element multiplied by a scalar.
    static member (*)(a: Tensor, b: scalar) : Tensor =
        let struct (a, b) = Tensor.widened (a, b)

        if a.dtype = Dtype.Bool then
            opNotSupported "*" a.dtype

        Tensor.unary "*" a (fun x -> x.mul (Interop.toTorchScalar b))

    /// Every element multiplied by a scalar.
    static member (*)(a: scalar, b: Tensor) : Tensor = b * a

    /// Element-wise quotient; shapes broadcast, types widen, integers divide to the default type.
    static member (/)(a: Tensor, b: Tensor) : Tensor =
        let struct (a, b) = Tensor.widened ("/", a, b)
        let quotient = Dtype.divisionType a.dtype b.dtype
        Tensor.binary "/" (a.cast quotient) (b.cast quotient) (fun x y -> x.div y)

    /// Every element divided by a scalar; integers divide to the default type.
    static member (/)(a: Tensor, b: scalar) : Tensor =
        Tensor.unary "/" (a.cast (widenScalarForDivision a.dtype b.dtype)) (fun x -> x.div (Interop.toTorchScalar b))

    /// A scalar divided by every element; integers divide to the default type.
    static member (/)(a: scalar, b: Tensor) : Tensor =
        let b = b.cast (widenScalarForDivision b.dtype a.dtype)
        Tensor.binary "/" (b.scalarOfSameKind a) b (fun x y -> x.div y)

    /// A scalar as a constant 0-dimensional tensor of this tensor's type and device.
    member internal a.scalarOfSameKind(value: scalar) : Tensor =
        Tensor.constant (Interop.place a.dtype a.device (Interop.ofFloat64s [| value.toDouble () |] [||]))

    static member internal powImpl(a: Tensor, b: Tensor) : Tensor =
        let struct (a, b) = Tensor.widened ("pow", a, b)

        if not a.dtype.IsFloatingPoint then
            opNotSupported "pow" a.dtype

        Tensor.binary "pow" a b (fun x y -> x.pow y)

    static member internal powImpl(a: Tensor, b: scalar) : Tensor =
        let struct (a, b) = Tensor.widened (a, b)
        Tensor.real "pow" a (fun x -> x.pow (Interop.toTorchScalar b))

    static member internal powImpl(a: scalar, b: Tensor) : Tensor =
        let struct (b, a) = Tensor.widened (b, a)

        if not b.dtype.IsFloatingPoint then
            opNotSupported "pow" b.dtype

        Tensor.binary "pow" (b.scalarOfSameKind a) b (fun x y -> x.pow y)

    /// Element-wise power <c>a ** b</c>; shapes broadcast, types widen. Floating-point only, as all powers.
    static member Pow(a: Tensor, b: Tensor) = Tensor.powImpl (a, b)

    /// Every element raised to a scalar power.
    static member Pow(a: Tensor, b: scalar) = Tensor.powImpl (a, b)

    /// Every element raised to a scalar power.
    static member Pow(a: Tensor, b: float) = Tensor.powImpl (a, (b :> scalar))

    /// Every element raised to a scalar power.
    static member Pow(a: Tensor, b: int) = Tensor.powImpl (a, (b :> scalar))

    /// A scalar raised to the power of every element.
    static member Pow(a: scalar, b: Tensor) = Tensor.powImpl (a, b)

    /// A scalar raised to the power of every element.
    static member Pow(a: float, b: Tensor) = Tensor.powImpl ((a :> scalar), b)

    /// A scalar raised to the power of every element.
    static member Pow(a: int, b: Tensor) = Tensor.powImpl ((a :> scalar), b)

    /// Every element negated.
    static member (~-)(a: Tensor) : Tensor =
        if a.dtype = Dtype.Bool then
            opNotSupported "neg" a.dtype

        Tensor.unary "neg" a (fun x -> x.neg ())

    /// Applies a function, for chains: <c>x --> f --> g</c>.
    static member inline (-->)(t: Tensor, f: Tensor -> ^a) = f t

    // ---- elementary functions ----

    /// The absolute value; its derivative at 0 is 0.
    static member Abs(a: Tensor) : Tensor =
        if a.dtype = Dtype.Bool then
            opNotSupported "abs" a.dtype

        Tensor.unary "abs" a (fun x -> x.abs ())

    /// The largest integer not above each element; its derivative is 0.
    static member Floor(a: Tensor) : Tensor = Tensor.real "floor" a (fun x -> x.floor ())

    /// The smallest integer not below each element; its derivative is 0.
    static member Ceiling(a: Tensor) : Tensor = Tensor.real "ceil" a (fun x -> x.ceil ())

    /// The nearest integer, halves to even; its derivative is 0.
    static member Round(a: Tensor) : Tensor = Tensor.real "round" a (fun x -> x.round ())

    /// The exponential.
    static member Exp(a: Tensor) : Tensor = Tensor.real "exp" a (fun x -> x.exp ())

    /// The natural logarithm.
    static member Log(a: Tensor) : Tensor = Tensor.real "log" a (fun x -> x.log ())

    /// The logarithm to base 10.
    static member Log10(a: Tensor) : Tensor = Tensor.real "log10" a (fun x -> x.log10 ())

    /// The square root.
    static member Sqrt(a: Tensor) : Tensor = Tensor.real "sqrt" a (fun x -> x.sqrt ())

    /// The sine.
    static member Sin(a: Tensor) : Tensor = Tensor.real "sin" a (fun x -> x.sin ())

    /// The cosine.
    static member Cos(a: Tensor) : Tensor = Tensor.real "cos" a (fun x -> x.cos ())

    /// The tangent.
    static member Tan(a: Tensor) : Tensor = Tensor.real "tan" a (fun x -> x.tan ())

    /// The hyperbolic sine.
    static member Sinh(a: Tensor) : Tensor = Tensor.real "sinh" a (fun x -> x.sinh ())

    /// The hyperbolic cosine.
    static member Cosh(a: Tensor) : Tensor = Tensor.real "cosh" a (fun x -> x.cosh ())

    /// The hyperbolic tangent.
    static member Tanh(a: Tensor) : Tensor = Tensor.real "tanh" a (fun x -> x.tanh ())

    /// The inverse sine.
    static member Asin(a: Tensor) : Tensor = Tensor.real "asin" a (fun x -> x.asin ())

    /// The inverse cosine.
    static member Acos(a: Tensor) : Tensor = Tensor.real "acos" a (fun x -> x.acos ())

    /// The inverse tangent.
    static member Atan(a: Tensor) : Tensor = Tensor.real "atan" a (fun x -> x.atan ())
