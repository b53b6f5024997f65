namespace DiffSharp

open DiffSharp.Util

/// Tensors as variables of differentiation. A variable belongs to the level of its nesting tag, and so do results computed
/// from it, until <c>primal</c> removes the level.
[<AutoOpen>]
module TensorDifferentiation =
    let private requireFloat (t: Tensor) =
        if not t.dtype.IsFloatingPoint then
            failwith $"Expecting a floating-point tensor to differentiate, found {t.dtype}"

    let private requireShape (what: string) (expected: int[]) (found: int[]) =
        if not (Shape.equal expected found) then
            failwith $"Expecting {what} of shape {Shape.show expected}, found shape {Shape.show found}"

    /// The tensor without the given level. It is detached from its graph if it has no other.
    let internal withoutLevel (tag: uint32) (t: Tensor) =
        let outer = Level.without tag t.level

        if obj.ReferenceEquals(outer, t.level) then t
        elif isNull outer then Tensor.constant (t.raw.detach ())
        else Tensor(t.raw, outer)

    let private orZeros (like: Tensor) (raw: TorchSharp.torch.Tensor | null) (level: Level) =
        match raw with
        | null -> Tensor.constant (TorchSharp.torch.zeros_like (like.raw.detach ()))
        | raw when isNull level -> Tensor.constant (if raw.requires_grad then raw.detach () else raw)
        | raw -> Tensor(raw, level)

    /// The Jacobian-vector product of a result for the tangents of a level's forward-mode variables.
    let internal jvp (level: Level) (t: Tensor) =
        let variables = level.Variables

        let outer =
            variables
            |> Array.fold
                (fun outer (v: Variable) -> Level.merge outer v.TangentLevel)
                (Level.without level.Tag t.level)

        let nodes = variables |> Array.map (fun v -> v.Node)
        let tangents = variables |> Array.map (fun v -> nonNull v.Tangent)
        orZeros t (Autograd.jvp level.Tag t.raw nodes tangents (not (isNull outer))) outer

    /// The vector-Jacobian product of an output in a variable. Its graph is kept only if the output or the cotangent belongs
    /// to an enclosing derivative.
    let internal vjp (tag: uint32) (output: Tensor) (variable: Tensor) (cotangent: Tensor) =
        requireShape "a cotangent" output.shape cotangent.shape

        if not output.raw.requires_grad then
            orZeros variable null null
        else
            let outer = Level.merge (Level.without tag output.level) cotangent.level
            let cotangent = cotangent.cast output.dtype

            let gradients =
                Autograd.vjp tag [| output.raw |] [| variable.raw |] [| cotangent.raw |] (not (isNull outer))

            orZeros variable gradients.[0] outer

    let private zerosOf (dtype: Dtype) (shape: int64[]) =
        Tensor.constant (TorchSharp.torch.zeros (shape, dtype = Interop.toTorchType dtype))

    type Tensor with

        /// The tensor without its innermost derivative; a constant is unchanged.
        member t.primal: Tensor = if isNull t.level then t else withoutLevel t.level.Tag t

        /// The tensor without its derivatives, a constant.
        member t.primalDeep: Tensor = if isNull t.level then t else Tensor.constant (t.raw.detach ())

        /// The tensor without its derivatives, a constant.
        member t.noDiff() = t.primalDeep

        /// The tensor and the variables that it depends on, innermost derivative first, and a text with the summary of each,
        /// indented by nesting depth. Intermediate results, which the engine holds, are not listed.
        member t.ancestors() : Tensor list * string =
            let rec variables (depth: int) (level: Level) =
                if isNull level then
                    []
                else
                    let here = [
                        for v in level.Variables do
                            if not (obj.ReferenceEquals(v.Node, t.raw)) then
                                depth, Tensor(v.Node, Level(level.Tag, level.Forward, [| v |], level.Outer))
                    ]

                    here @ variables (depth + 1) level.Outer

            let all = (0, t) :: variables 1 t.level
            let line (depth: int, ancestor: Tensor) = String.replicate depth " " + ancestor.summary ()
            List.map snd all, all |> List.map line |> String.concat "\n"

        /// A forward-mode variable of the tensor's value with the given tangent (same shape), at the level of the nesting tag
        /// (the current one by default).
        member t.forwardDiff(derivative: Tensor, ?nestingTag: uint32) =
            requireFloat t
            requireShape "a derivative" t.shape derivative.shape
            let tag = defaultArg nestingTag GlobalNestingLevel.Current
            let node = Autograd.variable t.raw
            let tangent = derivative.cast t.dtype
            let variable = Variable(node, tangent.raw, tangent.level)
            Tensor(node, Level(tag, true, [| variable |], t.level))

        /// A reverse-mode variable of the tensor's value, at the level of the nesting tag (the current one by default), with
        /// an initial derivative if one is given.
        member t.reverseDiff(?derivative: Tensor, ?nestingTag: uint32) =
            requireFloat t
            let tag = defaultArg nestingTag GlobalNestingLevel.Current
            let node = Autograd.variable t.raw
            let variable = Variable(node, null, null)

            match derivative with
            | Some derivative ->
                if derivative.nelement <> 0 then
                    requireShape "a derivative" t.shape derivative.shape

                variable.Derivative <- derivative.raw
                variable.DerivativeLevel <- derivative.level
            | None -> ()

            Tensor(node, Level(tag, false, [| variable |], t.level))

        member internal t.variable: Variable =
            match t.innermost.Variables |> Array.tryFind (fun v -> obj.ReferenceEquals(v.Node, t.raw)) with
            | Some variable -> variable
            | None -> null

        /// The derivative at the innermost level. In forward mode it is the Jacobian-vector product for the tangents of the
        /// variables. In reverse mode it is the sum that <c>reverse</c> has accumulated, of shape [0] before. It can be set for
        /// a reverse-mode variable only.
        member t.derivative
            with get (): Tensor =
                let level = t.innermost

                if level.Forward then
                    jvp level t
                else
                    match t.variable with
                    | null ->
                        // An intermediate result: its vector-Jacobian products for all cotangents so far.
                        level.Variables
                        |> Seq.collect (fun v -> v.Cotangents)
                        |> Seq.distinct
                        |> Seq.fold
                            (fun sum (struct (output, cotangent, outer)) ->
                                let gradients =
                                    Autograd.vjp
                                        level.Tag
                                        [| output |]
                                        [| t.raw |]
                                        [| cotangent |]
                                        (not (isNull outer))

                                sum + orZeros t gradients.[0] outer)
                            (orZeros t null null)
                    | variable ->
                        match variable.Derivative with
                        | null -> zerosOf t.dtype [| 0L |]
                        | derivative -> Tensor(derivative, variable.DerivativeLevel)
            and set (value: Tensor) =
                match t.variable with
                | null -> failwith "Expecting a reverse-mode variable to set its derivative, found a result"
                | variable ->
                    variable.Derivative <- value.raw
                    variable.DerivativeLevel <- value.level

        /// <c>derivative</c> applied at every level in turn.
        member t.derivativeDeep: Tensor =
            let derivative = t.derivative

            if isNull derivative.level then derivative else derivative.derivativeDeep

        /// Sets the derivatives of the variables that the tensor depends on to zero: all of them if requested, else those not yet
        /// set.
        member t.reverseReset(zeroDerivatives: bool) =
            if t.isReverseDiff then
                for variable in t.level.Variables do
                    if zeroDerivatives || isNull variable.Derivative then
                        variable.Cotangents.Clear()
                        variable.Derivative <- TorchSharp.torch.zeros_like (variable.Node.detach ())
                        variable.DerivativeLevel <- null

        /// Adds the vector-Jacobian products of a cotangent (same shape) to the derivatives of the variables that the tensor
        /// depends on.
        member t.reversePush(value: Tensor) =
            requireShape "a value" t.shape value.shape

            if t.isReverseDiff then
                let outer = Level.merge (Level.without t.level.Tag t.level) value.level
                let variables = t.level.Variables
                let cotangent = value.cast(t.dtype).raw

                let gradients =
                    Autograd.vjp
                        t.level.Tag
                        [| t.raw |]
                        (variables |> Array.map (fun v -> v.Node))
                        [| cotangent |]
                        (not (isNull outer))

                Array.iter2
                    (fun (variable: Variable) gradient ->
                        variable.Cotangents.Add(struct (t.raw, cotangent, outer))

                        match gradient, variable.Derivative with
                        | null, _ -> ()
                        | gradient, null ->
                            variable.Derivative <- gradient
                            variable.DerivativeLevel <- outer
                        | gradient, before ->
                            variable.Derivative <- before.add gradient
                            variable.DerivativeLevel <- Level.merge outer variable.DerivativeLevel)
                    variables
                    gradients

        /// Propagates a cotangent (ones by default) back to the variables that the tensor depends on. Resets their derivatives
        /// first, unless <c>zeroDerivatives</c> is false.
        member t.reverse(?value: Tensor, ?zeroDerivatives: bool) =
            let value =
                match value with
                | Some value -> value
                | None -> Tensor.constant (TorchSharp.torch.ones_like (t.raw.detach ()))

            requireShape "a value" t.shape value.shape
            t.reverseReset (defaultArg zeroDerivatives true)
            t.reversePush value

        /// Propagates a cotangent back to the variables that the tensor depends on.
        member t.backward(value: Tensor) = t.reverse value
