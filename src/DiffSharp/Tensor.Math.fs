namespace DiffSharp

/// Arithmetic and elementary functions as methods.
[<AutoOpen>]
module TensorMath =
    type Tensor with

        /// Element-wise sum; shapes broadcast, types widen.
        member a.add(b: Tensor) : Tensor = a + b

        /// A scalar added to every element.
        member a.add(b: scalar) : Tensor = a + b

        /// Element-wise difference; shapes broadcast, types widen.
        member a.sub(b: Tensor) : Tensor = a - b

        /// A scalar subtracted from every element.
        member a.sub(b: scalar) : Tensor = a - b

        /// Element-wise product; shapes broadcast, types widen.
        member a.mul(b: Tensor) : Tensor = a * b

        /// Every element multiplied by a scalar.
        member a.mul(b: scalar) : Tensor = a * b

        /// Element-wise quotient; shapes broadcast, types widen, integers divide to the default type.
        member a.div(b: Tensor) : Tensor = a / b

        /// Every element divided by a scalar; integers divide to the default type.
        member a.div(b: scalar) : Tensor = a / b

        /// Element-wise power; shapes broadcast, types widen.
        member a.pow(b: Tensor) = Tensor.powImpl (a, b)

        /// Every element raised to a scalar power.
        member a.pow(b: scalar) = Tensor.powImpl (a, b)

        /// Every element negated.
        member a.neg() : Tensor = -a

        /// -1, 0 or 1 for negative, zero and positive elements; its derivative is 0.
        member a.sign() = Tensor.unary "sign" a (fun x -> x.sign ())

        /// The larger of the element and 0; its derivative at 0 is 0.
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

        /// The largest integer not above each element; its derivative is 0.
        member a.floor() = Tensor.Floor a

        /// The smallest integer not below each element; its derivative is 0.
        member a.ceil() = Tensor.Ceiling a

        /// The nearest integer, halves to even; its derivative is 0.
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
