// Members of one's own, values like the library's: a data set, a process, an objective, a sampler and a network. The commands take,
// list and explain them:
//     ./score list sampler --script examples/OwnMembers.fsx
//     ./score train --script examples/OwnMembers.fsx --dataset triangle --sde trig --objective soft-snr:floor=10 \
//         --network two-layer:width=64 --sampler midpoint:steps=12
// Run by itself, it trains with all of them: build first (./test or ./score --version), then
//     dotnet fsi examples/OwnMembers.fsx
#if !SCORE
#I "../artifacts/bin/ScoreFunctional.Host/release"
#r "TorchSharp.dll"
#r "DiffSharp.dll"
#r "ScoreFunctional.Core.dll"
#r "ScoreFunctional.Runs.dll"
#endif

open DiffSharp
open ScoreFunctional
open ScoreFunctional.Runs

let citation = Citations.unpublished "OwnMembers.fsx"

/// Three Gaussians at the corners of a triangle.
let triangle =
    let corners = [ for k in 0..2 -> [| 1.5 * cos (2.1 * float k); 1.5 * sin (2.1 * float k) |] ]
    let mixture = Mixture.isotropic 0.2 corners

    let density: Density = {
        Name = "triangle"
        Sample = fun key n -> Mixture.sample mixture Dtype.Float32 [| n; 2 |] key
        LogDensity = Mixture.logDensity mixture
        Mixture = Some mixture
        Extent = 2.5
    }

    Member.create
        "triangle"
        "Points of the plane: three Gaussians"
        citation
        (settings { return Datasets.ofDensity density })

/// The trigonometric process, α = cos ωt and σ = sin ωt: dx = −ω tan(ωt) x dt + √(2ω tan ωt) dw.
let trig =
    settings {
        let! omega = Setting.number "omega" 1.5 (Range.between 1. 1.55) "angle at time 1"

        return {
            Process =
                Process.create
                    "trig"
                    (Process.linear (fun t -> -omega * tan (omega * t)))
                    (fun t -> sqrt (2. * omega * tan (omega * t)))
                    1.
            Marginal = fun t -> { Alpha = cos (omega * t); Sigma = sin (omega * t) }
            TimeOf = fun level -> atan level / omega
        }
    }
    |> Processes.entry "Variance preserving with α = cos ωt"

/// Denoising whose weight is a soft minimum of the SNR and a floor: λ = c σ²/(SNR + c).
let softSnr =
    settings {
        let! floor = Setting.number "floor" 20. (Range.above 0.) "SNR at which the weight turns"

        let objective (sde: Sde) =
            let weighting: Weighting =
                fun t ->
                    let m = sde.Marginal t
                    floor * m.Sigma ** 2. / (m.Level ** -2. + floor)

            Objective.denoising "soft min-SNR" citation sde (Times.uniform 0.005 |> Times.stratified) weighting

        return Objectives.denoising $"t uniform in strata, λ = {floor}σ²/(SNR + {floor})" objective
    }
    |> Member.create "soft-snr" "Denoising weighted by a soft minimum of the SNR" citation

/// The midpoint method in the noise level: two evaluations per move.
let midpoint =
    let step (sde: Sde) (score: Score) : Step =
        fun key timeStep state ->
            let middle = sde.TimeOf(0.5 * (sde.Level timeStep.From + sde.Level timeStep.To))
            let half = Step.ddim 0. sde score key { timeStep with To = middle } state
            let (Noise noise) = Score.toNoise sde score
            let m, after = sde.Marginal timeStep.From, sde.Marginal timeStep.To
            let ratio = after.Alpha / m.Alpha
            let change = noise half.X (State.each half middle) * (after.Sigma - m.Sigma * ratio)
            half |> State.moved 1 (state.X * ratio + change)

    settings {
        return {
            Samplers.uniPc with
                Name = "midpoint"
                Citation = citation
                Order = Order.Deterministic 2
                Evaluations = Evaluations.Counted("2N", (fun steps -> 2 * steps))
                Step = step
        }
    }
    |> Samplers.entry "The midpoint method in the noise level" "moves from noise to data"

/// One hidden layer, moved by an embedding of the noise level.
let twoLayer =
    let network width (shape: int[]) =
        let d = Array.fold (*) 1 shape

        layer {
            let! enter = Layer.named "enter" (Layer.linear d width)
            and! embed = Layer.named "embedding" (Layer.embedding width)
            and! inner = Layer.named "inner" (Layer.linear width width)
            and! leave = Layer.named "leave" (Layer.linearZero width d)

            return
                fun (x: Tensor) (c: Tensor) ->
                    let h = Primitives.silu (enter (Batch.rows x) + embed x c) |> inner |> Primitives.silu
                    (leave h).view x.shape
        }
        |> Network.create "two-layer" citation

    settings {
        let! width = Setting.whole "width" 128 (8, 4096) "units of a hidden layer"

        return {
            Create = network width
            Conditional = None
            Activations = fun _ -> 12. * float width
        }
    }
    |> Member.create "two-layer" "Two hidden layers" citation

let members = [
    Extension.Dataset triangle
    Extension.Process trig
    Extension.Objective softSnr
    Extension.Sampler midpoint
    Extension.Network twoLayer
]

#if !SCORE
let tables = List.fold Tables.add Tables.standard members

let found =
    Overrides.start tables Presets.standard (Choice.ofName "triangle") {
        Overrides.none with
            Network = Some(Choice.ofName "two-layer")
            Process = Some(Choice.ofName "trig")
            Objective = Some(Choice.ofName "soft-snr")
            Sampler = Some(Choice.ofName "midpoint")
    }
    |> Result.bind (RunDesign.ofSpec tables)

let design =
    match found with
    | Ok design -> design
    | Error fault -> failwith fault

let samples = Option.get (Interop.samples design.Dataset design.Spec.Seed "data")
let session = new TrainingSession(design, 1500, samples)

for _ in 1..1500 do
    session.Step() |> ignore

let generator = new Generator(design, session.Average())
let drawn = generator.Draw(design.Sampler, None, 1.0, 0L, 0L, 2000, 0, ignore)
let points = Interop.densityAt design.Dataset drawn.Values
let inside = points |> Array.averageBy (fun p -> if p > 1e-3 then 100. else 0.)
printfn "%.1f %% of the samples lie at a corner (promised: 95), %d evaluations each" inside drawn.Nfe

if inside < 95. then
    failwith "the samples are not the data's"
#endif
