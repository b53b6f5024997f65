/// Derivatives by finite differences of step epsilon. Shapes and names are those of the exact derivatives, with the prefix num.
module DiffSharp.Numerical

let private scalarOf (x: Tensor) =
    if x.dim <> 0 then
        failwith $"Expecting x to be a scalar, found shape {Shape.show x.shape}"

let private require (condition: bool) (expected: string) (x: Tensor) (fx: Tensor) =
    if not condition then
        failwith $"Expecting f to be {expected}, found f: {Shape.show x.shape} -> {Shape.show fx.shape}"

let private requireSameCount (x: Tensor) (v: Tensor) =
    if x.nelement <> v.nelement then
        failwith $"Expecting v with as many elements as x ({x.nelement}), found {v.nelement}"

/// The central difference (f(x + εv) - f(x - εv)) / 2ε.
let private central (epsilon: float) (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) : Tensor =
    (f (x + v * epsilon) - f (x - v * epsilon)) / (2.0 * epsilon)

let private basis (x: Tensor) (i: int) = x.onehotLike (x.nelement, i)

let private requireThree (j: Tensor) =
    if j.shape <> [| 3; 3 |] then
        failwith $"Expecting f to have a Jacobian of shape [3; 3], found {Shape.show j.shape}"

let private curlOf (j: Tensor) = dsharp.stack [ j.[2, 1] - j.[1, 2]; j.[0, 2] - j.[2, 0]; j.[1, 0] - j.[0, 1] ]

type dsharp with

    /// The derivative (f(x + epsilon) - f(x - epsilon)) / (2 epsilon), for f of a scalar.
    static member numdiff (epsilon: float) (f: Tensor -> Tensor) (x: Tensor) =
        scalarOf x
        central epsilon f x (x.oneLike ())

    /// f(x) and its derivative, for f of a scalar.
    static member numfdiff epsilon f x = f x, dsharp.numdiff epsilon f x

    /// f(x) and its second derivative, for f of a scalar.
    static member numfdiff2 (epsilon: float) (f: Tensor -> Tensor) (x: Tensor) =
        scalarOf x
        let fx = f x
        fx, (f (x + epsilon) - 2.0 * fx + f (x - epsilon)) / (epsilon * epsilon)

    /// The second derivative, for f of a scalar.
    static member numdiff2 epsilon f x = dsharp.numfdiff2 epsilon f x |> snd

    /// The Jacobian-vector product J v, for f from vectors to vectors.
    static member numjacobianv (epsilon: float) (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) =
        requireSameCount x v
        let d = central epsilon f x v
        require (x.dim = 1 && d.dim = 1) "a vector-valued function of a vector" x d
        d

    /// f(x) and the Jacobian-vector product J v, for f from vectors to vectors.
    static member numfjacobianv epsilon f x v = f x, dsharp.numjacobianv epsilon f x v

    /// f(x) and the Jacobian, for f from vectors to vectors.
    static member numfjacobian (epsilon: float) (f: Tensor -> Tensor) (x: Tensor) =
        let fx = f x
        require (x.dim = 1 && fx.dim = 1) "a vector-valued function of a vector" x fx
        fx, dsharp.stack (Array.init x.nelement (fun i -> central epsilon f x (basis x i)), 1)

    /// The Jacobian, for f from vectors to vectors.
    static member numjacobian epsilon f x = dsharp.numfjacobian epsilon f x |> snd

    /// The gradient's product with v, for f from vectors to scalars.
    static member numgradv (epsilon: float) (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) =
        requireSameCount x v
        let d = central epsilon f x v
        require (x.dim = 1 && d.dim = 0) "a scalar-valued function of a vector" x d
        d

    /// f(x) and the gradient's product with v, for f from vectors to scalars.
    static member numfgradv epsilon f x v = f x, dsharp.numgradv epsilon f x v

    /// f(x) and the gradient, for f from vectors or scalars to scalars.
    static member numfgrad (epsilon: float) (f: Tensor -> Tensor) (x: Tensor) =
        if x.dim = 0 then
            dsharp.numfdiff epsilon f x
        else
            let fx = f x
            require (x.dim = 1 && fx.dim = 0) "a scalar-valued function of a vector or scalar" x fx
            fx, dsharp.stack (Array.init x.nelement (fun i -> central epsilon f x (basis x i)))

    /// The gradient, for f from vectors or scalars to scalars.
    static member numgrad epsilon f x = dsharp.numfgrad epsilon f x |> snd

    /// f(x), the gradient and the Hessian, for f from vectors to scalars.
    static member numfgradhessian (epsilon: float) (f: Tensor -> Tensor) (x: Tensor) =
        let fx, g = dsharp.numfgrad epsilon f x
        require (x.dim = 1 && fx.dim = 0) "a scalar-valued function of a vector" x fx

        let ahead =
            dsharp.stack (Array.init x.nelement (fun i -> dsharp.numgrad epsilon f (x + basis x i * epsilon)))

        fx, g, (ahead - g.expand [| x.nelement; x.nelement |]) / epsilon

    /// The gradient and the Hessian, for f from vectors to scalars.
    static member numgradhessian epsilon f x =
        let _, g, h = dsharp.numfgradhessian epsilon f x
        g, h

    /// f(x) and the Hessian, for f from vectors to scalars.
    static member numfhessian epsilon f x =
        let fx, _, h = dsharp.numfgradhessian epsilon f x
        fx, h

    /// The Hessian, for f from vectors to scalars.
    static member numhessian epsilon f x = dsharp.numfhessian epsilon f x |> snd

    /// f(x) and the Hessian-vector product, for f from vectors to scalars.
    static member numfhessianv (epsilon: float) (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) =
        requireSameCount x v
        let fx, g = dsharp.numfgrad epsilon f x
        require (x.dim = 1 && fx.dim = 0) "a scalar-valued function of a vector" x fx
        fx, (dsharp.numgrad epsilon f (x + v * epsilon) - g) / epsilon

    /// The Hessian-vector product, for f from vectors to scalars.
    static member numhessianv epsilon f x v = dsharp.numfhessianv epsilon f x v |> snd

    /// f(x) and the Laplacian, for f from vectors to scalars.
    static member numflaplacian epsilon f x =
        let fx, h = dsharp.numfhessian epsilon f x
        fx, h.trace ()

    /// The Laplacian, for f from vectors to scalars.
    static member numlaplacian epsilon f x = dsharp.numflaplacian epsilon f x |> snd

    /// f(x) and the curl, for f from 3-vectors to 3-vectors.
    static member numfcurl epsilon f x =
        let fx, j = dsharp.numfjacobian epsilon f x
        requireThree j
        fx, curlOf j

    /// The curl, for f from 3-vectors to 3-vectors.
    static member numcurl epsilon f x = dsharp.numfcurl epsilon f x |> snd

    /// f(x) and the divergence, for f from vectors to vectors of the same length.
    static member numfdivergence epsilon f x =
        let fx, j = dsharp.numfjacobian epsilon f x

        if j.shape.[0] <> j.shape.[1] then
            failwith $"Expecting f to have a square Jacobian, found shape {Shape.show j.shape}"

        fx, j.trace ()

    /// The divergence, for f from vectors to vectors of the same length.
    static member numdivergence epsilon f x = dsharp.numfdivergence epsilon f x |> snd

    /// f(x), the curl and the divergence, for f from 3-vectors to 3-vectors.
    static member numfcurldivergence epsilon f x =
        let fx, j = dsharp.numfjacobian epsilon f x
        requireThree j
        fx, curlOf j, j.trace ()

    /// The curl and the divergence, for f from 3-vectors to 3-vectors.
    static member numcurldivergence epsilon f x =
        let _, c, d = dsharp.numfcurldivergence epsilon f x
        c, d

/// Short names of derivatives by finite differences.
module Shorten =
    type dsharp with

        /// Short for <c>numgradv</c>.
        static member numgvp epsilon f x v = dsharp.numgradv epsilon f x v

        /// Short for <c>numgrad</c>.
        static member numg epsilon f x = dsharp.numgrad epsilon f x

        /// Short for <c>numhessianv</c>.
        static member numhvp epsilon f x v = dsharp.numhessianv epsilon f x v

        /// Short for <c>numhessian</c>.
        static member numh epsilon f x = dsharp.numhessian epsilon f x

        /// Short for <c>numgradhessian</c>.
        static member numgh epsilon f x = dsharp.numgradhessian epsilon f x

        /// Short for <c>numjacobianv</c>.
        static member numjvp epsilon f x v = dsharp.numjacobianv epsilon f x v

        /// Short for <c>numjacobian</c>.
        static member numj epsilon f x = dsharp.numjacobian epsilon f x

        /// Short for <c>numfgradv</c>.
        static member numfgvp epsilon f x v = dsharp.numfgradv epsilon f x v

        /// Short for <c>numfgrad</c>.
        static member numfg epsilon f x = dsharp.numfgrad epsilon f x

        /// Short for <c>numfhessianv</c>.
        static member numfhvp epsilon f x v = dsharp.numfhessianv epsilon f x v

        /// Short for <c>numfhessian</c>.
        static member numfh epsilon f x = dsharp.numfhessian epsilon f x

        /// Short for <c>numfgradhessian</c>.
        static member numfgh epsilon f x = dsharp.numfgradhessian epsilon f x

        /// Short for <c>numfjacobianv</c>.
        static member numfjvp epsilon f x v = dsharp.numfjacobianv epsilon f x v

        /// Short for <c>numfjacobian</c>.
        static member numfj epsilon f x = dsharp.numfjacobian epsilon f x
