namespace DiffSharp

open DiffSharp.Util

/// Derivatives of functions of tensors. The function comes first, so that partial application gives the derivative as a
/// function. Names that begin with f also return the value. Derivatives nest to any depth: each differentiates at its
/// own level. Shapes that do not fit raise System.Exception.
[<AutoOpen>]
module DsharpDerivatives =
    let private arrow (x: Tensor) (fx: Tensor) = $"f: {Shape.show x.shape} -> {Shape.show fx.shape}"

    let private require (condition: bool) (expected: string) (x: Tensor) (fx: Tensor) =
        if not condition then
            failwith $"Expecting f to be {expected}, found {arrow x fx}"

    let private requireSameShape (x: Tensor) (v: Tensor) =
        if not (Shape.equal x.shape v.shape) then
            failwith $"Expecting x and v of one shape, found {Shape.show x.shape} and {Shape.show v.shape}"

    let private basis (x: Tensor) (i: int) = x.onehotLike(x.nelement, i).viewAs x

    /// Runs f with the engine recording, even inside a caller's <c>no_grad</c>.
    let private recording (f: unit -> 'a) =
        if TorchSharp.torch.is_grad_enabled () then
            f ()
        else
            use _grad = TorchSharp.torch.enable_grad ()
            f ()

    let private curlOf (j: Tensor) = dsharp.stack [ j.[2, 1] - j.[1, 2]; j.[0, 2] - j.[2, 0]; j.[1, 0] - j.[0, 1] ]

    let private requireThree (j: Tensor) =
        if not (Shape.equal j.shape [| 3; 3 |]) then
            failwith $"Expecting f to have a Jacobian of shape [3; 3], found {Shape.show j.shape}"

    type dsharp with

        /// Moves to the next nesting level of derivatives.
        static member nest() = GlobalNestingLevel.Next() |> ignore

        /// Moves to the given nesting level.
        static member nest(level: uint32) = GlobalNestingLevel.Set level

        /// The current nesting level.
        static member nestLevel() = GlobalNestingLevel.Current

        /// Moves to nesting level 0.
        static member nestReset() = GlobalNestingLevel.Reset()

        /// The tensor without its innermost derivative.
        static member primal(tensor: Tensor) = tensor.primal

        /// The derivative at the innermost level.
        static member derivative(tensor: Tensor) = tensor.derivative

        /// The tensor without its innermost derivative, and that derivative.
        static member primalDerivative(tensor: Tensor) = tensor.primal, tensor.derivative

        /// The tensor without its derivatives, a constant.
        static member noDiff(tensor: Tensor) = tensor.noDiff ()

        /// A forward-mode variable of the tensor's value, with the derivative as tangent, at the level of the tag.
        static member forwardDiff (nestingTag: uint32) (derivative: Tensor) (tensor: Tensor) =
            tensor.forwardDiff (derivative, nestingTag)

        /// A reverse-mode variable of the tensor's value, at the level of the tag.
        static member reverseDiff (nestingTag: uint32) (tensor: Tensor) = tensor.reverseDiff (nestingTag = nestingTag)

        /// Sets the derivatives of the variables that the tensor depends on to zero.
        static member reverseReset(tensor: Tensor) = tensor.reverseReset true

        /// Adds the vector-Jacobian products of a cotangent to the derivatives of the variables that the tensor depends on.
        static member reversePush (value: Tensor) (tensor: Tensor) = tensor.reversePush value

        /// Sets the derivatives of the variables that the tensor depends on to the vector-Jacobian products of a cotangent.
        static member reverse (value: Tensor) (tensor: Tensor) = tensor.reverse value

        /// f(x) and the Jacobian-vector product J v. x and v have one shape; all shapes are allowed.
        static member evalForwardDiff (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) : Tensor * Tensor =
            requireSameShape x v
            let tag = GlobalNestingLevel.Next()

            recording (fun () ->
                let fx = f (x.forwardDiff (v, tag))

                match Level.find tag fx.level with
                | null -> fx, fx.zerosLike ()
                | level -> withoutLevel tag fx, jvp level fx)

        /// f(x), and the function from a cotangent (shape of f(x)) to its vector-Jacobian product (shape of x). All shapes
        /// are allowed.
        static member evalReverseDiff (f: Tensor -> Tensor) (x: Tensor) : Tensor * (Tensor -> Tensor) =
            let tag = GlobalNestingLevel.Next()
            let variable = x.reverseDiff (nestingTag = tag)
            let fx = recording (fun () -> f variable)
            withoutLevel tag fx, (fun v -> recording (fun () -> vjp tag fx variable v))

        /// f(x), its directional derivative along v[0], the directional derivative of that along v[1], and so on.
        static member evalForwardDiffs (f: Tensor -> Tensor) (x: Tensor) (v: Tensor[]) : Tensor[] =
            let rec differentiate (f: Tensor -> Tensor list) (remaining: Tensor list) : Tensor -> Tensor list =
                match remaining with
                | [] -> f
                | along :: rest ->
                    let derivative x =
                        let tag = GlobalNestingLevel.Next()

                        recording (fun () ->
                            let values = f ((x: Tensor).forwardDiff(along, tag))
                            let last = List.last values

                            let tangent =
                                match Level.find tag last.level with
                                | null -> last.zerosLike ()
                                | level -> jvp level last

                            (values |> List.map (withoutLevel tag)) @ [ tangent ])

                    differentiate derivative rest

            differentiate (fun x -> [ f x ]) (List.ofArray v) x |> Array.ofList

        /// f(x) and the Jacobian-vector product J v, for f from vectors to vectors.
        static member fjacobianv (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) =
            requireSameShape x v
            let fx, d = dsharp.evalForwardDiff f x v
            require (x.dim = 1 && fx.dim = 1) "a vector-valued function of a vector" x fx
            fx, d

        /// The Jacobian-vector product J v, for f from vectors to vectors.
        static member jacobianv f x v = dsharp.fjacobianv f x v |> snd

        /// f(x) and the gradient's product with v, for f from vectors to scalars.
        static member fgradv (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) =
            requireSameShape x v
            let fx, d = dsharp.evalForwardDiff f x v
            require (x.dim = 1 && fx.dim = 0) "a scalar-valued function of a vector" x fx
            fx, d

        /// The gradient's product with v, for f from vectors to scalars.
        static member gradv f x v = dsharp.fgradv f x v |> snd

        /// f(x) and f'(x), for f from scalars to any shape.
        static member fdiff (f: Tensor -> Tensor) (x: Tensor) =
            if x.dim <> 0 then
                failwith $"Expecting x to be a scalar, found shape {Shape.show x.shape}"

            dsharp.evalForwardDiff f x (x.onesLike ())

        /// f'(x), for f of a scalar.
        static member diff f x = dsharp.fdiff f x |> snd

        /// f(x) and its first n derivatives, for f of a scalar.
        static member ffdiffn (n: int) (f: Tensor -> Tensor) (x: Tensor) =
            if n < 0 then
                failwith $"Expecting an order n >= 0, found {n}"

            if x.dim <> 0 then
                failwith $"Expecting x to be a scalar, found shape {Shape.show x.shape}"

            dsharp.evalForwardDiffs f x (Array.create n (x.onesLike ()))

        /// f(x) and its n-th derivative, for f of a scalar.
        static member fdiffn n f x =
            let all = dsharp.ffdiffn n f x
            Array.head all, Array.last all

        /// The n-th derivative, for f of a scalar.
        static member diffn n f x = dsharp.fdiffn n f x |> snd

        /// f(x) and f''(x), for f of a scalar.
        static member fdiff2 f x = dsharp.fdiffn 2 f x

        /// f''(x), for f of a scalar.
        static member diff2 f x = dsharp.diffn 2 f x

        /// f(x) and the vector-Jacobian product vᵀ J, for f from vectors to vectors or scalars.
        static member fjacobianTv (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) =
            let fx, r = dsharp.evalReverseDiff f x
            require (x.dim = 1 && fx.dim <= 1) "a vector- or scalar-valued function of a vector" x fx

            if not (Shape.equal fx.shape v.shape) then
                failwith $"Expecting f x and v of one shape, found {Shape.show fx.shape} and {Shape.show v.shape}"

            fx, r v

        /// The vector-Jacobian product vᵀ J, for f from vectors to vectors or scalars.
        static member jacobianTv f x v = dsharp.fjacobianTv f x v |> snd

        /// f(x) and the Jacobian, whose row i is the gradient of output i, for f from vectors to vectors.
        static member fjacobian (f: Tensor -> Tensor) (x: Tensor) =
            let fx, r = dsharp.evalReverseDiff f x
            require (x.dim = 1 && fx.dim = 1) "a vector-valued function of a vector" x fx
            fx, dsharp.stack (Array.init fx.nelement (fun i -> r (basis fx i)))

        /// The Jacobian, for f from vectors to vectors.
        static member jacobian f x = dsharp.fjacobian f x |> snd

        /// f(x) and the gradient, for f from vectors or scalars to scalars.
        static member fgrad (f: Tensor -> Tensor) (x: Tensor) =
            if x.dim = 0 then
                dsharp.fdiff f x
            else
                let fx, r = dsharp.evalReverseDiff f x
                require (x.dim = 1 && fx.dim = 0) "a scalar-valued function of a vector or scalar" x fx
                fx, r (fx.onesLike ())

        /// The gradient, for f from vectors or scalars to scalars.
        static member grad f x = dsharp.fgrad f x |> snd

        /// f(x), the gradient's product with v and the Hessian-vector product, for f from vectors to scalars.
        static member fgradhessianv (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) =
            requireSameShape x v
            let mutable fx = x.zeroLike ()

            let along y =
                let value, product = dsharp.fgradv f y v
                fx <- value.primal
                product

            let gv, hv = dsharp.fjacobianTv along x (x.oneLike ())
            fx, gv, hv

        /// The gradient's product with v and the Hessian-vector product, for f from vectors to scalars.
        static member gradhessianv f x v =
            let _, gv, hv = dsharp.fgradhessianv f x v
            gv, hv

        /// f(x) and the Hessian-vector product, for f from vectors to scalars.
        static member fhessianv f x v =
            let fx, _, hv = dsharp.fgradhessianv f x v
            fx, hv

        /// The Hessian-vector product, for f from vectors to scalars.
        static member hessianv f x v = dsharp.fhessianv f x v |> snd

        /// f(x), the gradient and the Hessian, for f from vectors to scalars.
        static member fgradhessian (f: Tensor -> Tensor) (x: Tensor) =
            let mutable fx = x.zeroLike ()

            let gradient y =
                let value, g = dsharp.fgrad f y
                fx <- value.primal
                g

            if x.dim <> 1 then
                failwith $"Expecting x to be a vector, found shape {Shape.show x.shape}"

            let g, h = dsharp.fjacobian gradient x
            fx, g, h

        /// The gradient and the Hessian, for f from vectors to scalars.
        static member gradhessian f x =
            let _, g, h = dsharp.fgradhessian f x
            g, h

        /// f(x) and the Hessian, for f from vectors to scalars.
        static member fhessian (f: Tensor -> Tensor) (x: Tensor) =
            let fx, _, h = dsharp.fgradhessian f x
            fx, h

        /// The Hessian, for f from vectors to scalars.
        static member hessian f x = dsharp.fhessian f x |> snd

        /// f(x) and the Laplacian, the trace of the Hessian, for f from vectors to scalars.
        static member flaplacian f x =
            let fx, h = dsharp.fhessian f x
            fx, h.trace ()

        /// The Laplacian, for f from vectors to scalars.
        static member laplacian f x = dsharp.flaplacian f x |> snd

        /// f(x) and the curl, for f from 3-vectors to 3-vectors.
        static member fcurl f x =
            let fx, j = dsharp.fjacobian f x
            requireThree j
            fx, curlOf j

        /// The curl, for f from 3-vectors to 3-vectors.
        static member curl f x = dsharp.fcurl f x |> snd

        /// f(x) and the divergence, the trace of the Jacobian, for f from vectors to vectors of the same length.
        static member fdivergence f x =
            let fx, j = dsharp.fjacobian f x

            if j.shape.[0] <> j.shape.[1] then
                failwith $"Expecting f to have a square Jacobian, found shape {Shape.show j.shape}"

            fx, j.trace ()

        /// The divergence, for f from vectors to vectors of the same length.
        static member divergence f x = dsharp.fdivergence f x |> snd

        /// f(x), the curl and the divergence, for f from 3-vectors to 3-vectors.
        static member fcurldivergence f x =
            let fx, j = dsharp.fjacobian f x
            requireThree j
            fx, curlOf j, j.trace ()

        /// The curl and the divergence, for f from 3-vectors to 3-vectors.
        static member curldivergence f x =
            let _, c, d = dsharp.fcurldivergence f x
            c, d
