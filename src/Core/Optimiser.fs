namespace ScoreFunctional

// Learning-rate schedules, optimisers and moving averages of the parameters.

open System
open DiffSharp

/// <summary>A learning-rate schedule: the learning rate as a function of the step number, from zero.</summary>
type LearningRate = int -> float

/// <summary>Learning-rate schedules. Products of schedules are schedules.</summary>
module LearningRate =

    /// <summary>The same rate at every step.</summary>
    let constant (rate: float) : LearningRate = fun _ -> rate

    /// <summary>A linear warm-up: <c>min(1, (k + 1)/steps)</c> at step k.</summary>
    let warmUp (steps: int) : LearningRate =
        fun step -> if steps <= 0 then 1. else min 1. (float (step + 1) / float steps)

    /// The fraction of the horizon that is done at a step, in [0, 1].
    let private progress horizon step = if horizon <= 0 then 0. else Math.Clamp(float step / float horizon, 0., 1.)

    /// <summary>Linear decay to zero at the horizon: <c>1 − k/horizon</c> at step k. Without a horizon (0) it stays at 1.</summary>
    let linear (horizon: int) : LearningRate = fun step -> 1. - progress horizon step

    /// <summary>Cosine decay to zero at the horizon: <c>½(1 + cos πk/horizon)</c> at step k. Without a horizon (0) it stays at
    /// 1.</summary>
    let cosine (horizon: int) : LearningRate = fun step -> 0.5 * (1. + cos (Math.PI * progress horizon step))

    /// <summary>The product of two schedules.</summary>
    let times (a: LearningRate) (b: LearningRate) : LearningRate = fun step -> a step * b step

/// <summary>Optimisers as gradient transformations of the flat vector, as in optax.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Optimiser =

    /// <summary>A transformation without state: step number, parameters and gradient to updates.</summary>
    let stateless (transform: int -> Tensor -> Tensor -> Tensor) : Optimiser = {
        Init = fun _ -> [||]
        Update = fun step parameters gradient state -> { Updates = transform step parameters gradient; State = state }
    }

    /// <summary>The identity transformation.</summary>
    let identity = stateless (fun _ _ gradient -> gradient)

    /// <summary>The tensors that a result holds.</summary>
    let tensors (result: OptimiserResult) = result.Updates :: (result.State |> List.ofArray |> List.map _.Value)

    /// <summary>Applies the second transformation to the updates of the first.</summary>
    let andThen (second: Optimiser) (first: Optimiser) : Optimiser = {
        Init = fun parameters -> Array.append (first.Init parameters) (second.Init parameters)
        Update =
            fun step parameters gradient state ->
                let own = (first.Init parameters).Length

                ({ Updates = gradient; State = [||] }, [ first, state[.. own - 1]; second, state[own..] ])
                ||> Loop.fold tensors (fun before (transform, memory) ->
                    let after = transform.Update step parameters before.Updates memory
                    { after with State = Array.append before.State after.State })
    }

    /// <summary>Applies transformations one after another.</summary>
    let chain (transforms: Optimiser list) : Optimiser =
        transforms |> List.fold (fun before next -> andThen next before) identity

    /// <summary>Clipping by global norm: <c>g·min(1, limit/(‖g‖ + 1e-6))</c>, as PyTorch's <c>clip_grad_norm_</c>.</summary>
    /// <exception cref="T:System.ArgumentException">The limit is not positive.</exception>
    let clip (limit: float) : Optimiser =
        if not (limit > 0.) then
            invalidArg (nameof limit) $"expected a positive norm, found {limit}"

        stateless (fun _ _ gradient -> Primitives.clip limit gradient)

    /// <summary>Stochastic gradient descent: <c>−rate·g</c>.</summary>
    let sgd (rate: LearningRate) : Optimiser = stateless (fun step _ gradient -> gradient * -(rate step))

    /// <summary>AdamW (Loshchilov and Hutter 2019, algorithm 2, in PyTorch's form). At step k, from zero:
    /// <c>m ← β₁m + (1 − β₁)g</c>, <c>v ← β₂v + (1 − β₂)g²</c>,
    /// <c>Δ = −rate(k)·(decay·θ + m̂/(√v̂ + ε))</c>, <c>m̂ = m/(1 − β₁^(k+1))</c>, <c>v̂ = v/(1 − β₂^(k+1))</c>.</summary>
    /// <remarks>State: <c>exp_avg</c> and <c>exp_avg_sq</c>, as in PyTorch.</remarks>
    /// <exception cref="T:System.ArgumentException">A β outside [0, 1).</exception>
    let adamW (rate: LearningRate) (beta1: float) (beta2: float) (epsilon: float) (decay: float) : Optimiser =
        for beta in [ beta1; beta2 ] do
            if not (beta >= 0. && beta < 1.) then
                invalidArg (nameof beta) $"expected a decay in [0, 1), found {beta}"

        {
            Init =
                fun parameters -> [|
                    { Name = "exp_avg"; Value = parameters.zerosLike () }
                    { Name = "exp_avg_sq"; Value = parameters.zerosLike () }
                |]
            Update =
                fun step parameters gradient state ->
                    let struct (updates, m, v) =
                        Primitives.adam
                            (rate step)
                            (beta1, beta2)
                            epsilon
                            decay
                            step
                            parameters
                            gradient
                            state[0].Value
                            state[1].Value

                    {
                        Updates = updates
                        State = [| { state[0] with Value = m }; { state[1] with Value = v } |]
                    }
        }

    /// Iterates Jordan's quintic polynomial ax + bx³ + cx⁵ on the singular values and leaves the singular vectors unchanged. Singular
    /// values in (0, 1] move to between 0.7 and 1.2. In x → (aI + bA + cA²)x with A = xxᵀ, A and the factor of x stay polynomials of the
    /// first A, so all products but the first and the last are of square matrices of the shorter side.
    let private orthogonal iterations (matrix: Tensor) =
        let tall = matrix.shape[0] > matrix.shape[1]
        let wide = if tall then matrix.transpose () else matrix
        let x = wide / (Primitives.norm (wide.view [| -1 |]) + 1e-7)
        let identity = dsharp.eye (x.shape[0], device = x.device, dtype = x.dtype)

        let rec factor n (a: Tensor) =
            let b = 3.4445 * identity - 4.775 * a + 2.0315 * a.matmul a
            if n = 1 then b else (factor (n - 1) (b.matmul(a).matmul b)).matmul b

        let turned = (factor iterations (x.matmul (x.transpose ()))).matmul x
        if tall then turned.transpose () else turned

    /// <summary>Muon (Jordan et al. 2024) for some matrices of the parameters, and another optimiser for the rest. With
    /// the momentum <c>m ← μm + (1 − μ)g</c> and <c>u = μm + (1 − μ)g</c> (Nesterov), the updates of a matrix <c>[r; c]</c> are
    /// <c>Δ = −rate(k)·(decay·θ + scale·√max(r, c)·O(u))</c>. Newton–Schulz iterations compute O(u), in which all singular values of
    /// <c>u</c> are about 1. At a scale of 0.2 the updates are as large as AdamW's at the same rate (Liu et al. 2025,
    /// arXiv:2502.16982).</summary>
    /// <remarks>State: <c>momentum_buffer</c> for all parameters, then the state of the other optimiser. The other optimiser gets all
    /// parameters; its updates of the matrices are discarded.</remarks>
    /// <param name="rate">The learning-rate schedule.</param>
    /// <param name="momentum">The momentum μ.</param>
    /// <param name="scale">The scale of the updates.</param>
    /// <param name="iterations">The number of Newton–Schulz iterations; 5 in the paper.</param>
    /// <param name="decay">Decoupled weight decay.</param>
    /// <param name="matrices">Offset in the flat vector, rows and columns of each matrix, in increasing order of offsets.</param>
    /// <param name="rest">The optimiser of the other parameters.</param>
    /// <exception cref="T:System.ArgumentException">A momentum outside [0, 1), no iteration, or matrices that overlap.</exception>
    let muon
        (rate: LearningRate)
        (momentum: float)
        (scale: float)
        (iterations: int)
        (decay: float)
        (matrices: struct (int * int * int)[])
        (rest: Optimiser)
        : Optimiser =
        if not (momentum >= 0. && momentum < 1.) then
            invalidArg (nameof momentum) $"expected a momentum in [0, 1), found {momentum}"

        if iterations < 1 then
            invalidArg (nameof iterations) $"expected at least one iteration, found {iterations}"

        for struct (a, rows, columns), struct (b, _, _) in Array.pairwise matrices do
            if a + rows * columns > b then
                invalidArg (nameof matrices) $"expected a matrix from {a + rows * columns} on, found one at {b}"

        {
            Init =
                fun parameters ->
                    Array.append
                        [| { Name = "momentum_buffer"; Value = parameters.zerosLike () } |]
                        (rest.Init parameters)
            Update =
                fun step parameters gradient state ->
                    let others = rest.Update step parameters gradient state[1..]
                    let held = Primitives.axpby momentum state[0].Value (1. - momentum) gradient
                    let ahead = Primitives.axpby momentum held (1. - momentum) gradient

                    let change struct (offset, rows, columns) =
                        let size = rate step * scale * sqrt (float (max rows columns))
                        let part (x: Tensor) = x[offset .. offset + rows * columns - 1]
                        let turned = orthogonal iterations ((part ahead).view [| rows; columns |])
                        Primitives.axpby -size (turned.view [| -1 |]) -(rate step * decay) (part parameters)

                    // The other optimiser's updates before, between and after the matrices.
                    let starts = matrices |> Array.map (fun struct (offset, _, _) -> offset)
                    let ends = matrices |> Array.map (fun struct (offset, rows, columns) -> offset + rows * columns)

                    let between =
                        Array.zip (Array.append [| 0 |] ends) (Array.append starts [| parameters.nelement |])
                        |> Array.map (fun (from, next) ->

                            if from < next then [ others.Updates[from .. next - 1].view [| -1 |] ] else [])

                    let updates =
                        between[0]
                        @ List.concat [
                            for matrix, after in Array.zip matrices between[1..] do
                                change matrix :: after
                        ]

                    {
                        Updates = dsharp.cat updates
                        State = Array.append [| { state[0] with Value = held } |] others.State
                    }
        }

/// <summary>The decay d of the moving average of the parameters at each step, from zero: <c>average ← d·average + (1 − d)·θ</c>.</summary>
type Ema = int -> float

/// <summary>Moving averages of the parameters.</summary>
module Ema =

    /// The warm-up (1 + n)/(10 + n), with n = first at the first update.
    let private warmed first (decay: float) : Ema =
        if not (decay >= 0. && decay < 1.) then
            invalidArg (nameof decay) $"expected a decay in [0, 1), found {decay}"

        fun step -> min decay (float (1 + first + step) / float (10 + first + step))

    /// <summary>An exponential moving average with the warm-up of Song et al. 2021's code: <c>min(decay, (1 + n)/(10 + n))</c> at update
    /// n from 1, that is 2/11, 3/12, ….</summary>
    /// <exception cref="T:System.ArgumentException">A decay outside [0, 1).</exception>
    let exponential (decay: float) : Ema = warmed 1 decay

    /// <summary><c>exponential</c> with n from 0, that is 1/10, 2/11, …: the first rule of this library, with which older runs
    /// continue.</summary>
    /// <exception cref="T:System.ArgumentException">A decay outside [0, 1).</exception>
    let exponentialFromZero (decay: float) : Ema = warmed 0 decay

    /// <summary>A power-function average: <c>(1 − 1/k)^(γ + 1)</c> at step k from 1 (Karras et al. 2024, equation 127). It needs no
    /// horizon. γ = 16.97 averages over a width of 5 % of the run.</summary>
    let power (gamma: float) : Ema = fun step -> (1. - 1. / float (step + 1)) ** (gamma + 1.)
