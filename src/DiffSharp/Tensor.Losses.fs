namespace DiffSharp

/// Activations and losses. The reduction of a loss is "mean" (the default), "sum" or "none".
[<AutoOpen>]
module TensorLosses =
    let private reduce (reduction: string option) (mean: unit -> Tensor) (loss: Tensor) =
        match defaultArg reduction "mean" with
        | "none" -> loss
        | "mean" -> mean ()
        | "sum" -> loss.sum ()
        | other -> failwith $"Expecting reduction to be one of none, mean and sum, found {other}"

    let private requireSameShape (input: Tensor) (target: Tensor) =
        if not (Shape.equal input.shape target.shape) then
            failwith
                $"Expecting input and target of one shape, found {Shape.show input.shape} and {Shape.show target.shape}"

    let private requireUnitInterval (what: string) (t: Tensor) =
        let low, high = t.noDiff().min().toDouble(), t.noDiff().max().toDouble()

        if low < 0.0 || high > 1.0 then
            failwith $"Expecting {what} values from 0 to 1, found {low} to {high}"

    type Tensor with

        /// a where it is positive, negativeSlope a (0.01 by default) where it is negative.
        member a.leakyRelu(?negativeSlope: float) : Tensor =
            let zeros = a.zerosLike ()
            zeros.max a + defaultArg negativeSlope 0.01 * zeros.min a

        /// The natural logarithm of max(a, epsilon); epsilon is 1e-12 by default.
        member a.safelog(?epsilon: float) : Tensor = a.clamp(low = defaultArg epsilon 1e-12).log()

        /// exp(a) over its sum along a dimension.
        member a.softmax(dim: int) : Tensor =
            let dim = Shape.completeDim a.dim dim
            Tensor.real "softmax" a (fun x -> x.softmax (int64 dim))

        /// The logarithm of <c>softmax</c>.
        member a.logsoftmax(dim: int) : Tensor =
            let dim = Shape.completeDim a.dim dim
            Tensor.real "logsoftmax" a (fun x -> x.log_softmax (int64 dim))

        /// The logarithm of the sum of exp(a) along a dimension.
        member a.logsumexp(dim: int, ?keepDim: bool) : Tensor =
            let dim = Shape.completeDim a.dim dim
            Tensor.real "logsumexp" a (fun x -> x.logsumexp (int64 dim, defaultArg keepDim false))

        /// The squared difference of input and target.
        member input.mseLoss(target: Tensor, ?reduction: string) : Tensor =
            requireSameShape input target
            let difference = input - target
            let loss = difference * difference
            loss |> reduce reduction (fun () -> loss.mean ())

        /// The binary cross-entropy -w (t log p + (1 - t) log(1 - p)) of probabilities, with one weight per item of the
        /// batch. Logarithms are clamped to at least -100.
        member input.bceLoss(target: Tensor, ?weight: Tensor, ?reduction: string) : Tensor =
            requireSameShape input target
            requireUnitInterval "input" input
            requireUnitInterval "target" target

            if input.dim < 1 then
                let loss = input.view(-1).bceLoss(target.view -1, ?weight = weight, ?reduction = reduction)
                if loss.dim = 0 then loss else loss.[0]
            else
                let n = input.shape.[0]
                let logarithm (p: Tensor) = p.safelog(1e-12).clamp(low = -100)
                let crossEntropy = target * logarithm input + (1.0 - target) * logarithm (1.0 - input)

                let loss =
                    match weight with
                    | None -> -crossEntropy
                    | Some weight when weight.dim > 0 && weight.shape.[0] = n ->
                        -(weight.unsqueezeAs input * crossEntropy)
                    | Some weight -> failwith $"Expecting weight of shape [{n}], found shape {Shape.show weight.shape}"

                loss |> reduce reduction (fun () -> loss.mean ())

        /// The negative log-likelihood -w[t] input[t] of class t, for input [n, c, …] and target [n, …], with one
        /// weight per class. The mean is weighted.
        member input.nllLoss(target: Tensor, ?weight: Tensor, ?reduction: string) : Tensor =
            let expected =
                if input.dim < 2 then
                    [||]
                else
                    Array.append [| input.shape.[0] |] input.shape.[2..]

            if input.dim < 2 || not (Shape.equal expected target.shape) then
                failwith
                    $"Expecting input of shape [n; c; …] and target of shape [n; …], found {Shape.show input.shape} and {Shape.show target.shape}"

            let classes = input.shape.[1]
            let index = target.cast(Dtype.Int64).unsqueeze 1
            let picked = input.gather(1, index).squeeze(1).neg()

            match weight with
            | None -> picked |> reduce reduction (fun () -> picked.mean ())
            | Some weight ->
                if weight.dim <> 1 || weight.shape.[0] <> classes then
                    failwith $"Expecting weight of shape [{classes}], found shape {Shape.show weight.shape}"

                let sizes = Array.init input.dim (fun d -> if d = 1 then classes else 1)
                let weights = weight.view(sizes).expandAs(input).gather(1, index).squeeze 1
                let loss = picked * weights
                loss |> reduce reduction (fun () -> loss.sum () / weights.sum ())

        /// The negative log-likelihood of the <c>logsoftmax</c> of the input over classes (dimension 1).
        member input.crossEntropyLoss(target: Tensor, ?weight: Tensor, ?reduction: string) : Tensor =
            input.logsoftmax(1).nllLoss(target, ?weight = weight, ?reduction = reduction)
