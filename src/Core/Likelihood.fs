namespace ScoreFunctional

// Log-densities by the probability flow, and bits per dimension with an error budget.

open System
open DiffSharp

/// <summary>The method for the divergence of the flow.</summary>
[<RequireQualifiedAccess>]
type DivergenceEstimator =
    /// <summary>The exact trace of the Jacobian: d vector–Jacobian products.</summary>
    | Exact
    /// <summary>Hutchinson's estimate with Rademacher probes, fixed along the flow: one vector–Jacobian product per probe.</summary>
    | Hutchinson of probes: int

/// <summary>The variable u in which the probability flow is integrated, an increasing function of time.</summary>
type TimeChange = {
    /// <summary>Its value at the start of the flow, at a time just above zero.</summary>
    From: float
    /// <summary>Its value at t = 1.</summary>
    Until: float
    /// <summary>The time of a value, <c>u → t</c>.</summary>
    Time: float -> float
    /// <summary>The rate <c>dt/du</c> at a value.</summary>
    Rate: float -> float
    /// <summary>The standard deviation of the noise in x at a value. Errors of points are in this unit: an error of one unit changes the
    /// log-density by about one nat.</summary>
    Width: float -> float
    /// <summary>The factor from the derivative of the log-density in u, at the start, to its change from there to zero
    /// noise.</summary>
    Rest: float
    /// <summary>The change of the logarithm of the data's scale that this factor misses: its part not linear in the variance of the
    /// noise.</summary>
    Scale: float
}

/// <summary>Settings for the computation of log-densities.</summary>
type LikelihoodSettings = {
    /// <summary>The method for the divergence.</summary>
    Trace: DivergenceEstimator
    /// <summary>The tolerance of a step for the points, in standard deviations of the noise.</summary>
    Points: float
    /// <summary>The tolerance of a step for the log-density, in nats.</summary>
    Nats: float
    /// <summary>The first step to try, as a fraction of the interval.</summary>
    InitialStep: float
}

/// <summary>Log-densities and their errors by source, each <c>[n]</c>, float64, in nats.</summary>
type Likelihoods = {
    /// <summary>The log-density: the mean over probes.</summary>
    LogDensity: Tensor
    /// <summary>The estimate of each probe, <c>[n; k]</c>.</summary>
    PerProbe: Tensor
    /// <summary>Standard error from the probes: the standard deviation of the estimates over √k. Zero for the exact divergence, NaN for
    /// one probe. Estimates are skewed if a few directions dominate the off-diagonal part of the Jacobian; Student's confidence
    /// intervals then need about sixteen probes.</summary>
    Probes: Tensor
    /// <summary>Estimated error of the solver: the sum over steps of the error estimate in the log-density, plus √d times that in the
    /// points (in standard deviations of the noise), as for d independent errors.</summary>
    Solver: Tensor
    /// <summary>The change of the log-density, to first order, from the early stop to zero noise. The density at the early stop is
    /// itself a normalised density.</summary>
    EarlyStop: Tensor
    /// <summary>Evaluations of the score.</summary>
    Nfe: int
}

/// <summary>Log-densities by the probability flow <c>dx/dt = f − ½g²s</c>, along which
/// <c>d log p_t(x_t)/dt = −∇·(f − ½g²s)</c> (Chen et al. 2018; Song et al. 2021, section 4.3 and appendix D.2).</summary>
module Likelihood =

    /// <summary>Time itself, from the earliest training time of the process. For a process without a known noise level.</summary>
    let identityTime (proc: Process) : TimeChange = {
        From = proc.TrainFrom
        Until = 1.
        Time = id
        Rate = fun _ -> 1.
        Width = fun t -> sqrt t * proc.PriorSigma
        Rest = proc.TrainFrom
        Scale = 0.
    }

    /// <summary>The logarithm of the noise level, <c>u = ln(σ/α)</c>, from a level on. Then <c>d(x/α)/du = x/α − D</c>, smooth at every
    /// level.</summary>
    /// <remarks>For any Gaussian marginal <c>d ln(σ/α)/dt = ½(g/σ)²</c>. To first order log p is linear in the variance of the
    /// noise, so its change to zero noise is half its derivative in ln σ.</remarks>
    /// <exception cref="T:System.ArgumentException">A level that is not positive, or not below the process's largest.</exception>
    let logNoiseLevel (sde: Sde) (level: float) : TimeChange =
        let largest = sde.Level 1.

        if not (level > 0. && level < largest) then
            invalidArg (nameof level) $"expected a noise level between 0 and {largest}, found {level}"

        let time u = sde.TimeOf(exp u)
        let width u = (sde.Marginal(time u)).Sigma
        let logScale u = log (sde.Marginal(time u)).Alpha
        let start, h = log level, 1e-3
        let slope = (logScale (start + h) - logScale (start - h)) / (2. * h)

        {
            From = start
            Until = log largest
            Time = time
            Rate = fun u -> 2. * (width u / sde.Diffusion(time u)) ** 2.
            Width = width
            Rest = 0.5
            Scale = logScale start - 0.5 * slope
        }

    /// <summary><c>log N(x; 0, σ²I)</c> of each sample of <c>x [n; …]</c>, float64 <c>[n]</c>.</summary>
    let normal (sigma: float) (x: Tensor) =
        let x = x.cast Dtype.Float64
        let d = float (Batch.dimension x)
        Batch.dot x x * (-0.5 / (sigma * sigma)) - d * (0.5 * log (2. * Math.PI) + log sigma)

    /// <summary>The exact divergence, with tolerances for an error far below 1e-3 nats in a few dimensions.</summary>
    let precise: LikelihoodSettings = {
        Trace = DivergenceEstimator.Exact
        Points = 1e-6
        Nats = 1e-6
        InitialStep = 0.02
    }

    /// <summary>Hutchinson's estimate with a number of Rademacher probes, with tolerances for images, whose log-densities are hundreds of
    /// nats.</summary>
    let estimated (probes: int) : LikelihoodSettings = {
        Trace = DivergenceEstimator.Hutchinson probes
        Points = 1e-2
        Nats = 0.05
        InitialStep = 0.05
    }

    /// The number k of estimates, and a function to the value of a field and k estimates of its divergence, [n; k] in float64.
    let private estimator (settings: LikelihoodSettings) (x: Tensor) (key: Key) =
        match settings.Trace with
        | DivergenceEstimator.Exact ->
            1,
            fun field x ->
                let struct (value, trace) = Divergence.exact field x
                struct (value, (trace.cast Dtype.Float64).unsqueeze 1)
        | DivergenceEstimator.Hutchinson k when k > 0 ->
            let probes = [ for i in 0 .. k - 1 -> Divergence.probe Probe.Rademacher x (Key.child i key) ]

            k,
            fun field x ->
                let struct (value, vjp) = Divergence.vjp field x
                let along v = (vjp v * v).cast Dtype.Float64 |> Batch.sum
                struct (value, dsharp.stack (probes |> List.map along, dim = 1))
        | DivergenceEstimator.Hutchinson k -> invalidArg (nameof settings) $"expected at least one probe, found {k}"

    /// The mean over the columns of [n; k], and its standard error.
    let private overProbes trace (estimates: Tensor) =
        let k = estimates.shape[1]
        let mean = estimates.mean 1

        match trace with
        | DivergenceEstimator.Exact -> mean, mean * 0.
        | DivergenceEstimator.Hutchinson 1 -> mean, mean * nan
        | DivergenceEstimator.Hutchinson _ ->
            let difference = estimates - mean.unsqueeze 1
            mean, ((difference * difference).sum 1 / float (k * (k - 1))).sqrt()

    /// <summary>Log-densities of <c>x [n; …]</c>, points at the start of the time change, under any process and score. The prior is
    /// the log-density at t = 1, <c>x [n; …] → [n]</c>, float64. Row k depends only on its x, the key and its index; its probes
    /// are fixed along the flow.</summary>
    /// <exception cref="T:System.ArgumentException">No probe.</exception>
    /// <exception cref="T:System.InvalidOperationException">A sample cannot keep the tolerance.</exception>
    let along
        (settings: LikelihoodSettings)
        (timeChange: TimeChange)
        (prior: Tensor -> Tensor)
        (proc: Process)
        (score: Score)
        (key: Key)
        (x: Tensor)
        : Likelihoods =
        let flow = Process.flow proc score
        let n = Batch.size x

        let work () =
            let probes, divergence = estimator settings x key

            let slope: OdeFunction =
                fun y u ->
                    let struct (t, rate) = u |> Batch.mapPair (fun u -> struct (timeChange.Time u, timeChange.Rate u))

                    let struct (v, d) = divergence (fun x -> Batch.scale rate (flow x t)) y.Head
                    [ v; d ]

            let solution =
                Ode.dormandPrinceIn
                    [ timeChange.Width; fun _ -> 1. ]
                    {
                        Tolerances =
                            [ settings.Points; settings.Nats ] |> List.map (fun e -> { Absolute = e; Relative = 0. })
                        InitialStep = settings.InitialStep
                        MaxSteps = 10000
                    }
                    slope
                    timeChange.From
                    timeChange.Until
                    [ x; dsharp.zeros ([ n; probes ], dtype = Dtype.Float64, device = x.device) ]

            let last = solution.Y.Head
            let estimates = solution.Y[1] + (prior last).unsqueeze 1
            let mean, error = overProbes settings.Trace estimates
            // −(∇·v + v·s) is the derivative of log p at a fixed point, by the continuity equation.
            let u = Batch.fill n timeChange.From
            let start = slope [ x ] u
            let s = Score.apply score x (Batch.map timeChange.Time u)
            let dot (v: Tensor) = (v * s).cast Dtype.Float64 |> Batch.sum
            let scaled = dot x + float (Batch.dimension x)

            {
                LogDensity = mean
                PerProbe = estimates
                Probes = error
                Solver = solution.Error[1] + solution.Error[0] * sqrt (float (Batch.dimension x))
                EarlyStop = (start[1].mean 1 + dot start[0]) * timeChange.Rest + scaled * timeChange.Scale
                Nfe = solution.Nfe + 2
            }

        Primitives.noGrad work

    /// <summary>Log-densities of <c>x [n; …]</c> in nats under a process with its prior <c>N(0, PriorSigma²)</c>. The flow starts at
    /// a noise level σ/α.</summary>
    /// <exception cref="T:System.ArgumentException">No probe, or a level outside the range of the process.</exception>
    /// <exception cref="T:System.InvalidOperationException">A sample cannot keep the tolerance.</exception>
    let logDensity (settings: LikelihoodSettings) (sde: Sde) (level: float) (score: Score) (key: Key) (x: Tensor) =
        along settings (logNoiseLevel sde level) (normal sde.PriorSigma) sde.Process score key x

    /// <summary>Uniform dequantisation of values on a grid: <c>x + (u − ½)·spacing</c>, with independent u uniform on [0, 1) (Theis,
    /// van den Oord and Bethge 2016, section 3.1). The expected log-density of the result plus <c>d ln spacing</c> is a lower
    /// bound of the log-probability on the grid.</summary>
    let dequantise (spacing: float) (key: Key) (x: Tensor) =
        let u = Key.uniform x.dtype x.shape key
        x + (u.move (device = x.device) - 0.5) * spacing

    /// <summary>Bits per dimension from the log-density (nats) of d values on a grid: <c>−(log p + d ln spacing)/(d ln 2)</c>.</summary>
    let bitsPerDimension (spacing: float) (d: int) (nats: float) = -(nats / float d + log spacing) / log 2.

/// <summary>A mean over samples in bits per dimension, and its error by source.</summary>
type BitsPerDimension = {
    /// <summary>The mean over samples.</summary>
    Mean: float
    /// <summary>The number of samples.</summary>
    Count: int
    /// <summary>Standard error of the mean over samples, as draws from a larger set. It includes all random sources.</summary>
    Images: float
    /// <summary>Standard error from the probes of the divergence.</summary>
    Probes: float
    /// <summary>Standard error from the dequantisation.</summary>
    Dequantisation: float
    /// <summary>The signed change with a smaller solver tolerance, mean over the repeated samples.</summary>
    Solver: float
    /// <summary>The signed change with a lower starting noise level, mean over the repeated samples.</summary>
    EarlyStop: float
}

/// <summary>Log-densities of samples in nats, with repetitions for the first samples in which one source of error is
/// changed.</summary>
type Rescored = {
    /// <summary>All samples.</summary>
    All: float[]
    /// <summary>The first samples with other probes.</summary>
    Probes: float[]
    /// <summary>The first samples with other probes and another dequantisation.</summary>
    Dequantised: float[]
    /// <summary>The first samples with a smaller tolerance.</summary>
    Solver: float[]
    /// <summary>The first samples from a lower noise level on.</summary>
    EarlyStop: float[]
}

/// <summary>The mean of log-densities in bits per dimension, with its error by source.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module BitsPerDimension =

    /// <summary>The mean over samples of d values on a grid of this spacing, with its error budget. The variance from the probes is half
    /// the mean square of the change with other probes. The change with other probes and another dequantisation gives the variance of
    /// both.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than two samples, or a missing repetition.</exception>
    let budget (spacing: float) (d: int) (nats: Rescored) : BitsPerDimension =
        let n = nats.All.Length
        let parts = [ nats.Probes; nats.Dequantised; nats.Solver; nats.EarlyStop ]

        if n < 2 || parts |> List.exists (fun part -> part.Length < 1 || part.Length > n) then
            invalidArg
                (nameof nats)
                $"expected at least two samples and from one to all of them repeated, found {n} and %A{parts |> List.map _.Length}"

        let bits = 1. / (float d * log 2.)
        let centre = Array.average nats.All
        let changes (again: float[]) = Array.map2 (fun (a: float) b -> b - a) nats.All[.. again.Length - 1] again
        let variance again = changes again |> Array.averageBy (fun change -> 0.5 * change * change)
        let error variance = sqrt (max 0. variance / float n) * bits
        let shift again = -(changes again |> Array.average) * bits

        {
            Mean = Likelihood.bitsPerDimension spacing d centre
            Count = n
            Images = error ((nats.All |> Array.sumBy (fun v -> (v - centre) ** 2.)) / float (n - 1))
            Probes = error (variance nats.Probes)
            Dequantisation = error (variance nats.Dequantised - variance nats.Probes)
            Solver = shift nats.Solver
            EarlyStop = shift nats.EarlyStop
        }
