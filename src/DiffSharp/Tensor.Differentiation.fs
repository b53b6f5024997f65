namespace DiffSharp

open DiffSharp.Util

/// Tensors as variables of differentiation. A tensor made a variable belongs to the level of derivative given by
/// its nesting tag; results computed from it belong to the same level until <c>primal</c> takes them out of it.
[<AutoOpen>]
module TensorDifferentiation =
    let private requireFloat (t: Tensor) =
        if not t.dtype.IsFloatingPoint then
            failwith $"Expecting a floating-point tensor to differentiate, found {t.dtype}"

    let private requireShape (what: string) (expected: int[]) (found: int[]) =
        if not (Shape.equal expected found) then
            failwith $"Expecting {what} of shape {Shape.show expected}, found shape {Shape.show found}"

    /// The tensor out of the given level; let go of its graph where it belongs to no other.
    let internal outOf (tag: uint32) (t: Tensor) =
        let outer = Level.without tag t.level

        if obj.ReferenceEquals(outer, t.level) then t
        elif isNull outer then Tensor.constant (t.raw.detach ())
        else Tensor(t.raw, outer)

    let private orZeros (like: Tensor) (raw: TorchSharp.torch.Tensor | null) (level: Level) =
        match raw with
        | null -> Tensor.constant (TorchSharp.torch.zeros_like (like.raw.detach ()))
        | raw when isNull level -> Tensor.constant (if raw.requires_grad then raw.detach () else raw)
        | raw -> Tensor(raw, level)

    /// The derivative of a result along the directions of the forward variables of a level.
    let internal forwardDerivative (level: Level) (t: Tensor) =
        let variables = level.Variables

        let outer =
            variables
            |> Array.fold
                (fun outer (v: Variable) -> Level.merge outer v.DirectionLevel)
                (Level.without level.Tag t.level)

        let nodes = variables |> Array.map (fun v -> v.Node)
        let directions = variables |> Array.map (fun v -> nonNull v.Direction)
        orZeros t (Autograd.push level.Tag t.raw nodes directions (not (isNull outer))) outer

    /// The pullback of a cotangent of an output to a variable. A graph of the derivative is kept only where the
    /// output or the cotangent belongs to an enclosing derivative.
    let internal pullback (tag: uint32) (output: Tensor) (variable: Tensor) (cotangent: Tensor) =
        requireShape "a cotangent" output.shape cotangent.shape

        if not output.raw.requires_grad then
            orZeros variable null null
        else
            let outer = Level.merge (Level.without tag output.level) cotangent.level
            let cotangent = cotangent.cast output.dtype

            let gradients =
                Autograd.pull tag [| output.raw |] [| variable.raw |] [| cotangent.raw |] (not (isNull outer))

            orZeros variable gradients.[0] outer

    let private zerosOf (dtype: Dtype) (shape: int64[]) =
        Tensor.constant (TorchSharp.torch.zeros (shape, dtype = Interop.toTorchType dtype))

    type Tensor with

        /// The tensor out of its innermost derivative; a constant is itself.
        member t.primal: Tensor = if isNull t.level then t else outOf t.level.Tag t

        /// The tensor out of all derivatives.
        member t.primalDeep: Tensor = if isNull t.level then t else Tensor.constant (t.raw.detach ())

        /// The tensor out of all derivatives, a constant.
        member t.noDiff() = t.primalDeep

        /// The tensor and the variables of differentiation behind it, from the innermost derivative out, and a text with the
        /// summary of each, indented by its derivative. What was computed on the way is the engine's, and not listed.
        member t.ancestors() : Tensor list * string =
            let rec behind (depth: int) (level: Level) =
                if isNull level then
                    []
                else
                    let here = [
                        for v in level.Variables do
                            if not (obj.ReferenceEquals(v.Node, t.raw)) then
                                depth, Tensor(v.Node, Level(level.Tag, level.Forward, [| v |], level.Outer))
                    ]

                    here @ behind (depth + 1) level.Outer

            let all = (0, t) :: behind 1 t.level
            let line (depth: int, ancestor: Tensor) = String.replicate depth " " + ancestor.summary ()
            List.map snd all, all |> List.map line |> String.concat "\n"

        /// Makes the tensor a forward-mode variable that moves in the given direction (same shape), at the level of
        /// the nesting tag (the current one by default).
        member t.forwardDiff(derivative: Tensor, ?nestingTag: uint32) =
            requireFloat t
            requireShape "a derivative" t.shape derivative.shape
            let tag = defaultArg nestingTag GlobalNestingLevel.Current
            let node = Autograd.variable t.raw
            let direction = derivative.cast t.dtype
            let variable = Variable(node, direction.raw, direction.level)
            Tensor(node, Level(tag, true, [| variable |], t.level))

        /// Makes the tensor a reverse-mode variable at the level of the nesting tag (the current one by default),
        /// with an initial derivative if one is given.
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

        /// The derivative at the innermost level: in forward mode that along the directions of its variables, in
        /// reverse mode that accumulated by <c>reverse</c> (of shape [0] before). Only that of a reverse-mode
        /// variable can be set.
        member t.derivative
            with get (): Tensor =
                let level = t.innermost

                if level.Forward then
                    forwardDerivative level t
                else
                    match t.variable with
                    | null ->
                        // A result on the way: what has been pushed back so far, pulled to it.
                        level.Variables
                        |> Seq.collect (fun v -> v.Pushes)
                        |> Seq.distinct
                        |> Seq.fold
                            (fun sum (struct (output, cotangent, outer)) ->
                                let pulled =
                                    Autograd.pull
                                        level.Tag
                                        [| output |]
                                        [| t.raw |]
                                        [| cotangent |]
                                        (not (isNull outer))

                                sum + orZeros t pulled.[0] outer)
                            (orZeros t null null)
                    | variable ->
                        match variable.Derivative with
                        | null -> zerosOf t.dtype [| 0L |]
                        | derivative -> Tensor(derivative, variable.DerivativeLevel)
            and set (value: Tensor) =
                match t.variable with
                | null -> failwith "Expecting a reverse-mode variable to set the derivative of, found a result"
                | variable ->
                    variable.Derivative <- value.raw
                    variable.DerivativeLevel <- value.level

        /// The derivative taken at every level in turn.
        member t.derivativeDeep: Tensor =
            let derivative = t.derivative

            if isNull derivative.level then derivative else derivative.derivativeDeep

        /// Forgets what was pushed back to the variables behind the tensor; sets their derivatives to zero if asked.
        member t.reverseReset(zeroDerivatives: bool) =
            if t.isReverseDiff then
                for variable in t.level.Variables do
                    if zeroDerivatives || isNull variable.Derivative then
                        variable.Pushes.Clear()
                        variable.Derivative <- TorchSharp.torch.zeros_like (variable.Node.detach ())
                        variable.DerivativeLevel <- null

        /// Adds to the derivatives of the variables behind the tensor the pullback of a cotangent of its shape.
        member t.reversePush(value: Tensor) =
            requireShape "a value" t.shape value.shape

            if t.isReverseDiff then
                let outer = Level.merge (Level.without t.level.Tag t.level) value.level
                let variables = t.level.Variables
                let cotangent = value.cast(t.dtype).raw

                let gradients =
                    Autograd.pull
                        t.level.Tag
                        [| t.raw |]
                        (variables |> Array.map (fun v -> v.Node))
                        [| cotangent |]
                        (not (isNull outer))

                Array.iter2
                    (fun (variable: Variable) gradient ->
                        variable.Pushes.Add(struct (t.raw, cotangent, outer))

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

        /// Propagates a cotangent (ones by default) back to the variables behind the tensor, whose derivatives are
        /// reset first unless <c>zeroDerivatives</c> is false.
        member t.reverse(?value: Tensor, ?zeroDerivatives: bool) =
            let value =
                match value with
                | Some value -> value
                | None -> Tensor.constant (TorchSharp.torch.ones_like (t.raw.detach ()))

            requireShape "a value" t.shape value.shape
            t.reverseReset (defaultArg zeroDerivatives true)
            t.reversePush value

        /// Propagates a cotangent back to the variables behind the tensor.
        member t.backward(value: Tensor) = t.reverse value
