namespace DiffSharp

open System
open ScoreFunctional.Kernels
open TorchSharp

/// A multi-dimensional array of numbers or booleans, differentiable in forward and reverse mode to any order.
[<Sealed>]
type Tensor internal (raw: torch.Tensor, level: Level) =
    inherit TensorBase(raw, level)

    static member internal constant(raw: torch.Tensor) = Tensor(raw, null)

    // ---- single engine calls; their errors name the operation and the shapes ----

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

    /// The levels of a result of all tensors.
    static member internal levels(tensors: Tensor[]) : Level =
        let mutable level: Level = null

        for tensor in tensors do
            level <- Level.merge level tensor.level

        level

    static member inline internal real (name: string) (a: Tensor) ([<InlineIfLambda>] f: torch.Tensor -> torch.Tensor) =
        if not a.dtype.IsFloatingPoint then
            opNotSupported name a.dtype

        Tensor.unary name a f

    /// The two tensors converted to the result type of arithmetic on both.
    static member internal widened(name: string, a: Tensor, b: Tensor) : struct (Tensor * Tensor) =
        if a.dtype = b.dtype then
            struct (a, b)
        else
            match Dtype.widen a.dtype b.dtype with
            | None -> opNotSupported2 name a.dtype b.dtype
            | Some common -> struct (a.cast common, b.cast common)

    /// The tensor and the scalar converted to the type of arithmetic on both.
    static member internal widened(a: Tensor, b: scalar) : struct (Tensor * scalar) =
        match tryWidenScalar a.dtype b with
        | ValueSome common -> struct (a.cast common, b.cast common)
        | ValueNone -> struct (a, b)

    // ---- element type and device ----

    /// Converts the elements to another type.
    member t.cast(dtype: Dtype) =
        if t.dtype = dtype then
            t
        else
            let keeps = dtype.IsFloatingPoint && t.dtype.IsFloatingPoint
            let source = if keeps then raw else raw.detach ()
            Tensor(source.to_type (Interop.toTorchType dtype), (if keeps then level else null))

    /// Converts the elements to the type that corresponds to a .NET type.
    member t.cast<'T>() = t.cast (Interop.dtypeOf<'T>())

    /// The slice within inclusive bounds, one row <c>[first; last; 1 to drop the dimension]</c> per dimension.
    member t.GetSlice(bounds: int[,]) : Tensor =
        let part = Slicing.slice t.shape bounds raw
        if obj.ReferenceEquals(part, raw) then t else Tensor(part, level)

    /// The element or sub-tensor at an index.
    member t.Item
        with get ([<ParamArray>] index: int[]): Tensor =
            if index.Length = 0 then t else Tensor(Slicing.item t.shape index raw, level)

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

    // ---- arithmetic ----

    /// The scalar 0 of the default type.
    static member Zero =
        Tensor.constant (Interop.place Dtype.Default Device.Default (Interop.ofFloat64s [| 0.0 |] [||]))

    /// The scalar 1 of the default type.
    static member One =
        Tensor.constant (Interop.place Dtype.Default Device.Default (Interop.ofFloat64s [| 1.0 |] [||]))

    /// Element-wise sum; shapes broadcast, types widen.
    static member (+)(a: Tensor, b: Tensor) : Tensor =
        let struct (a, b) = Tensor.widened ("+", a, b)
        Tensor.binary "+" a b (fun x y -> x.Plus y)

    /// Adds a scalar to every element. In sums, differences and products, integers and booleans become the default type
    /// if the scalar is a floating-point number, and booleans become Int64 if it is an integer.
    static member (+)(a: Tensor, b: scalar) : Tensor =
        let struct (a, b) = Tensor.widened (a, b)
        Tensor.unary "+" a (fun x -> Interop.withScalar b (fun b -> x.Plus b))

    /// Adds a scalar to every element.
    static member (+)(a: scalar, b: Tensor) : Tensor = b + a

    /// Element-wise difference; shapes broadcast, types widen.
    static member (-)(a: Tensor, b: Tensor) : Tensor =
        let struct (a, b) = Tensor.widened ("-", a, b)

        if a.dtype = Dtype.Bool then
            opNotSupported2 "-" a.dtype b.dtype

        Tensor.binary "-" a b (fun x y -> x.sub y)

    /// Subtracts a scalar from every element.
    static member (-)(a: Tensor, b: scalar) : Tensor =
        let struct (a, b) = Tensor.widened (a, b)

        if a.dtype = Dtype.Bool then
            opNotSupported "-" a.dtype

        Tensor.unary "-" a (fun x -> Interop.withScalar b (fun b -> x.sub b))

    /// Subtracts every element from a scalar.
    static member (-)(a: scalar, b: Tensor) : Tensor =
        let struct (b, a) = Tensor.widened (b, a)

        if b.dtype = Dtype.Bool then
            opNotSupported "-" b.dtype

        Tensor.unary "-" b (fun y -> Interop.withScalar a (fun a -> y.neg().Plus a))

    /// Element-wise product; shapes broadcast, types widen.
    static member (*)(a: Tensor, b: Tensor) : Tensor =
        let struct (a, b) = Tensor.widened ("*", a, b)
        Tensor.binary "*" a b (fun x y -> x.mul y)

    /// Multiplies every element by a scalar.
    static member (*)(a: Tensor, b: scalar) : Tensor =
        let struct (a, b) = Tensor.widened (a, b)
        Tensor.unary "*" a (fun x -> Interop.withScalar b (fun b -> x.mul b))

    /// Multiplies every element by a scalar.
    static member (*)(a: scalar, b: Tensor) : Tensor = b * a

    /// Element-wise quotient; shapes broadcast, types widen, and the quotient of integers has the default type.
    static member (/)(a: Tensor, b: Tensor) : Tensor =
        let struct (a, b) = Tensor.widened ("/", a, b)
        let quotient = Dtype.divisionType a.dtype b.dtype
        Tensor.binary "/" (a.cast quotient) (b.cast quotient) (fun x y -> x.div y)

    /// Divides every element by a scalar; the quotient of integers has the default type.
    static member (/)(a: Tensor, b: scalar) : Tensor =
        Tensor.unary "/" (a.cast (widenScalarForDivision a.dtype b.dtype)) (fun x ->
            Interop.withScalar b (fun b -> x.div b))

    /// Divides a scalar by every element; the quotient of integers has the default type.
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
        Tensor.real "pow" a (fun x -> Interop.withScalar b (fun b -> x.pow b))

    static member internal powImpl(a: scalar, b: Tensor) : Tensor =
        let struct (b, a) = Tensor.widened (b, a)

        if not b.dtype.IsFloatingPoint then
            opNotSupported "pow" b.dtype

        Tensor.binary "pow" (b.scalarOfSameKind a) b (fun x y -> x.pow y)

    /// Element-wise power <c>a ** b</c>; shapes broadcast, types widen. All powers require floating-point types.
    static member Pow(a: Tensor, b: Tensor) = Tensor.powImpl (a, b)

    /// Raises every element to a scalar power.
    static member Pow(a: Tensor, b: scalar) = Tensor.powImpl (a, b)

    /// Raises every element to a scalar power.
    static member Pow(a: Tensor, b: float) = Tensor.powImpl (a, (b :> scalar))

    /// Raises every element to a scalar power.
    static member Pow(a: Tensor, b: int) = Tensor.powImpl (a, (b :> scalar))

    /// Raises a scalar to the power of every element.
    static member Pow(a: scalar, b: Tensor) = Tensor.powImpl (a, b)

    /// Raises a scalar to the power of every element.
    static member Pow(a: float, b: Tensor) = Tensor.powImpl ((a :> scalar), b)

    /// Raises a scalar to the power of every element.
    static member Pow(a: int, b: Tensor) = Tensor.powImpl ((a :> scalar), b)

    /// Negates every element.
    static member (~-)(a: Tensor) : Tensor =
        if a.dtype = Dtype.Bool then
            opNotSupported "neg" a.dtype

        Tensor.unary "neg" a (fun x -> x.neg ())

    /// Applies a function, as in <c>x --> f --> g</c>.
    static member inline (-->)(t: Tensor, f: Tensor -> ^a) = f t

    // ---- elementary functions ----

    /// The absolute value; its derivative at 0 is 0.
    static member Abs(a: Tensor) : Tensor =
        if a.dtype = Dtype.Bool then
            opNotSupported "abs" a.dtype

        // The engine's second derivative of abs is a tensor without storage, which only the engine can read.
        Tensor.unary "abs" a (fun x -> if x.requires_grad then x.mul (x.detach().sign()) else x.abs ())

    /// Rounds down; the derivative is 0.
    static member Floor(a: Tensor) : Tensor = Tensor.real "floor" a (fun x -> x.floor ())

    /// Rounds up; the derivative is 0.
    static member Ceiling(a: Tensor) : Tensor = Tensor.real "ceil" a (fun x -> x.ceil ())

    /// Rounds to the nearest integer, halves to even; the derivative is 0.
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

    // ---- the same functions as methods ----

    /// Element-wise sum; shapes broadcast, types widen.
    member a.add(b: Tensor) : Tensor = a + b

    /// Adds a scalar to every element.
    member a.add(b: scalar) : Tensor = a + b

    /// Element-wise difference; shapes broadcast, types widen.
    member a.sub(b: Tensor) : Tensor = a - b

    /// Subtracts a scalar from every element.
    member a.sub(b: scalar) : Tensor = a - b

    /// Element-wise product; shapes broadcast, types widen.
    member a.mul(b: Tensor) : Tensor = a * b

    /// Multiplies every element by a scalar.
    member a.mul(b: scalar) : Tensor = a * b

    /// Element-wise quotient; shapes broadcast, types widen, and the quotient of integers has the default type.
    member a.div(b: Tensor) : Tensor = a / b

    /// Divides every element by a scalar; the quotient of integers has the default type.
    member a.div(b: scalar) : Tensor = a / b

    /// Element-wise power; shapes broadcast, types widen.
    member a.pow(b: Tensor) = Tensor.powImpl (a, b)

    /// Raises every element to a scalar power.
    member a.pow(b: scalar) = Tensor.powImpl (a, b)

    /// Negates every element.
    member a.neg() : Tensor = -a

    /// -1, 0 or 1 for negative, zero and positive elements; its derivative is 0.
    member a.sign() = Tensor.unary "sign" a (fun x -> x.sign ())

    /// max(a, 0); its derivative at 0 is 0.
    member a.relu() =
        if a.dtype = Dtype.Bool then
            opNotSupported "relu" a.dtype

        Tensor.unary "relu" a (fun x -> x.relu ())

    /// The logistic function, 1 / (1 + exp(-a)).
    member a.sigmoid() = Tensor.real "sigmoid" a (fun x -> x.sigmoid ())

    /// log(1 + exp(a)), without overflow.
    member a.softplus() = Tensor.real "softplus" a (fun x -> x.softplus ())

    /// The absolute value; its derivative at 0 is 0.
    member a.abs() = Tensor.Abs a

    /// Rounds down; the derivative is 0.
    member a.floor() = Tensor.Floor a

    /// Rounds up; the derivative is 0.
    member a.ceil() = Tensor.Ceiling a

    /// Rounds to the nearest integer, halves to even; the derivative is 0.
    member a.round() = Tensor.Round a

    /// The exponential.
    member a.exp() = Tensor.Exp a

    /// The natural logarithm.
    member a.log() = Tensor.Log a

    /// The logarithm to base 10.
    member a.log10() = Tensor.Log10 a

    /// The square root.
    member a.sqrt() = Tensor.Sqrt a

    /// The sine.
    member a.sin() = Tensor.Sin a

    /// The cosine.
    member a.cos() = Tensor.Cos a

    /// The tangent.
    member a.tan() = Tensor.Tan a

    /// The hyperbolic sine.
    member a.sinh() = Tensor.Sinh a

    /// The hyperbolic cosine.
    member a.cosh() = Tensor.Cosh a

    /// The hyperbolic tangent.
    member a.tanh() = Tensor.Tanh a

    /// The inverse sine.
    member a.asin() = Tensor.Asin a

    /// The inverse cosine.
    member a.acos() = Tensor.Acos a

    /// The inverse tangent.
    member a.atan() = Tensor.Atan a
