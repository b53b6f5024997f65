namespace ScoreFunctional.Interop

open DiffSharp
open ScoreFunctional

/// <summary>The core's choices as static functions of plain numbers, for callers that see no F#.</summary>
[<AbstractClass; Sealed>]
type Build private () =

    /// <summary>The convolutional encoder–decoder; widths from the finest resolution to the coarsest. Dense layers between the
    /// middle blocks are for images of one side, and there are none where <c>denseChannels</c> is 0.</summary>
    static member Unet
        (
            channels: int,
            patch: int,
            widths: int[],
            blocks: int,
            middle: int,
            groupSize: int,
            embedding: int,
            denseSide: int,
            denseChannels: int,
            denseHidden: int
        ) : Network =
        Unet.create {
            Channels = channels
            Patch = patch
            Widths = List.ofArray widths
            Blocks = blocks
            Middle = middle
            GroupSize = groupSize
            Embedding = embedding
            Dense =
                if denseChannels = 0 then
                    None
                else
                    Some { Side = denseSide; Channels = denseChannels; Hidden = denseHidden }
        }

    /// <summary>The fully connected network for samples of so many numbers.</summary>
    static member Mlp(dimension: int, width: int, layers: int, embedding: int) : Network =
        Mlp.create { Dimension = dimension; Width = width; Layers = layers; Embedding = embedding }

    /// <summary>Variance exploding.</summary>
    static member Ve(sigmaMin: float, sigmaMax: float) : Sde = Sde.ve sigmaMin sigmaMax

    /// <summary>Variance preserving.</summary>
    static member Vp(betaMin: float, betaMax: float) : Sde = Sde.vp betaMin betaMax

    /// <summary>Sub-variance preserving.</summary>
    static member SubVp(betaMin: float, betaMax: float) : Sde = Sde.subVp betaMin betaMax

    /// <summary>EDM: noise level proportional to time.</summary>
    static member Edm(sigmaMin: float, sigmaMax: float) : Sde = Sde.edm sigmaMin sigmaMax

    /// <summary>Denoising over a table of noise levels, weight σ².</summary>
    static member AtLevels(sde: Sde, levels: float[]) : Objective = Objective.atLevels sde levels

    /// <summary>Denoising over uniform times, weight σ².</summary>
    static member Continuous(sde: Sde) : Objective = Objective.continuous sde

    /// <summary>Denoising over uniform times, weight g².</summary>
    static member Likelihood(sde: Sde) : Objective = Objective.likelihood sde

    /// <summary>EDM's loss over log-normal noise levels, each batch stratified or not.</summary>
    static member LogNormal(sde: Sde, mean: float, deviation: float, sigmaData: float, stratified: bool) : Objective =
        if stratified then
            Objective.edmStratified sde mean deviation sigmaData
        else
            Objective.edm sde mean deviation sigmaData

    /// <summary>Geometric noise levels, from the largest to the smallest.</summary>
    static member GeometricLevels(largest: float, smallest: float, count: int) : float[] =
        Levels.geometric largest smallest count

    /// <summary>Equally spaced noise levels, from the largest to the smallest.</summary>
    static member UniformLevels(largest: float, smallest: float, count: int) : float[] =
        Levels.uniform largest smallest count

    /// <summary>The founding noise levels.</summary>
    static member FoundingLevels(count: int) : float[] = Levels.founding count

    /// <summary>Heun's method over Karras et al.'s noise levels.</summary>
    static member Heun(rho: float, sigmaMax: float, sigmaMin: float) : Sampler = Samplers.heunOver rho sigmaMax sigmaMin

    /// <summary>Euler's method on the probability flow.</summary>
    static member Euler() : Sampler = Samplers.euler

    /// <summary>Euler–Maruyama on the reverse-time SDE.</summary>
    static member EulerMaruyama() : Sampler = Samplers.eulerMaruyama

    /// <summary>Annealed Langevin dynamics with <c>α_l = βσ_l²</c> over these noise levels, in Welling and Teh's convention,
    /// from <c>N(0, start²)</c>.</summary>
    static member AnnealedLangevin(beta: float, levels: float[], start: float) : Sampler =
        Samplers.annealedLangevin Convention.Half (Langevin.founding beta) levels start

/// <summary>What the core knows by name.</summary>
[<AbstractClass; Sealed>]
type Catalogue private () =

    /// <summary>The samplers with their defaults.</summary>
    static member Samplers: Sampler[] = Samplers.table

    /// <summary>The processes with their defaults.</summary>
    static member Processes: Sde[] = Sde.table

    /// <summary>The densities in the plane.</summary>
    static member Densities: Density[] = Densities.table

    /// <summary>One line a person can look up.</summary>
    static member Print(citation: Citation) : string = Citations.print citation

    /// <summary>The order in which an epoch of a run looks at its n samples.</summary>
    static member Order(seed: int64, epoch: int, n: int) : int[] =
        Arrays.key seed |> Key.label "order" |> Key.atStep epoch |> Key.permutation n

    /// <summary>Points of a density, two numbers each; point k of a seed is the same in any request.</summary>
    static member Points(density: Density, seed: int64, first: int64, count: int) : float32[] =
        Primitives.scope
            (fun () ->
                let key = Arrays.key seed |> Key.label "points" |> Key.fromSample first
                density.Sample key count |> Arrays.ofTensor)
            (fun _ -> [])

    /// <summary>Log-density (nats) of points, two numbers each.</summary>
    static member LogDensity(density: Density, points: float32[]) : float[] =
        Primitives.scope
            (fun () ->
                let x = (Arrays.batch [| 2 |] points).cast Dtype.Float64
                density.LogDensity x |> Batch.toArray)
            (fun _ -> [])
