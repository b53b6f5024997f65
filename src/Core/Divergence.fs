namespace ScoreFunctional

// Divergences and Jacobian products of fields, exact and estimated.

open DiffSharp

/// <summary>The distribution of a random probe v. All have <c>E[vvᵀ] = I</c>, so <c>E[vᵀJv] = tr J</c>.</summary>
[<RequireQualifiedAccess>]
type Probe =
    /// <summary>Independent signs ±1: of the three, the smallest variance of the trace estimate (Hutchinson 1989).</summary>
    | Rademacher
    /// <summary>Standard normal numbers.</summary>
    | Gaussian
    /// <summary>Uniform on the sphere of radius √D.</summary>
    | Sphere

/// <summary>Divergences and Jacobian products of a field <c>f: x [n; …] → [n; …]</c> of any rank, whose sample k depends only on sample k
/// of x. J is the Jacobian of one sample.</summary>
module Divergence =

    /// <summary>One random probe per sample, in the shape of <c>x [n; …]</c>. The probe of sample k depends only on the key and its
    /// index.</summary>
    let probe (distribution: Probe) (x: Tensor) (key: Key) : Tensor =
        match distribution with
        | Probe.Rademacher ->
            let u = Key.uniform x.dtype x.shape key
            let signs = (u * 2.).floor() * 2. - 1.
            if signs.device = x.device then signs else signs.move (device = x.device)
        | Probe.Gaussian -> Key.normalLike x key
        | Probe.Sphere ->
            let z = Key.normalLike x key
            Batch.divide (Batch.norm z / sqrt (float (Batch.dimension x))) z

    /// <summary>The Jacobian–vector product of each sample, by forward differentiation: <c>x, v [n; …]</c> to <c>f(x)</c> and
    /// <c>Jv</c>.</summary>
    let jvp (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) : struct (Tensor * Tensor) =
        let fx, jv = dsharp.evalForwardDiff f x v
        struct (fx, jv)

    /// <summary>The vector–Jacobian product of each sample, by reverse differentiation: <c>x [n; …]</c> to <c>f(x)</c> and the function
    /// <c>v [n; …] → Jᵀv</c>, which may be called repeatedly.</summary>
    let vjp (f: Tensor -> Tensor) (x: Tensor) : struct (Tensor * (Tensor -> Tensor)) =
        let fx, vjp = dsharp.evalReverseDiff f x
        struct (fx, vjp)

    /// <summary>The i-th unit vector for each sample, in the shape of <c>x [n; …]</c>.</summary>
    let unit (x: Tensor) (i: int) : Tensor =
        let one = x.onehotLike (Batch.dimension x, i)
        x.zerosLike () + one.view (Array.append [| 1 |] x.shape[1..])

    /// <summary><c>f(x)</c> and the exact divergence <c>∇·f = tr J [n]</c>, by one vector–Jacobian product per dimension.</summary>
    let exact (f: Tensor -> Tensor) (x: Tensor) : struct (Tensor * Tensor) =
        let struct (fx, vjp) = vjp f x

        let trace =
            Seq.init (Batch.dimension x) (fun i ->
                let e = unit x i
                Batch.dot (vjp e) e)
            |> Seq.reduce (+)

        struct (fx, trace)

    /// <summary><c>f(x)</c> and the estimate <c>vᵀJv [n]</c> of the divergence for a probe <c>v [n; …]</c>: one vector–Jacobian
    /// product.</summary>
    let along (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) : struct (Tensor * Tensor) =
        let struct (fx, vjp) = vjp f x
        struct (fx, Batch.dot (vjp v) v)

    /// <summary><c>f(x)</c> and Hutchinson's (1989) unbiased estimate of the divergence, <c>[n]</c>, from one probe per sample.</summary>
    let hutchinson (distribution: Probe) (key: Key) (f: Tensor -> Tensor) (x: Tensor) : struct (Tensor * Tensor) =
        along f x (probe distribution x key)
