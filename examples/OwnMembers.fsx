(**
# How to add a member

Everything that can be chosen is a member of a [table](../docs/tables.md): one value with its name, a summary, a citation, its settings, and the
way it is made of them. To add one is to write that value. It goes to one of two places:

* **Into the library**: one more entry of the list in the file of its table.
* **Into a script of your own**: a list named `members`, which the commands take with `--script FILE.fsx`. This page is such a script.

| kind | value | file of its table | option |
| --- | --- | --- | --- |
| data set | `Member<Dataset>` | `src/Core/Datasets.fs` | `--dataset` |
| process | `Member<Sde>` | `src/Core/Processes.fs` | `--sde` |
| objective | `Member<ObjectiveDesign>` | `src/Core/Objectives.fs` | `--objective` |
| sampler | `Member<Sampler>` | `src/Core/Samplers.fs` | `--sampler` |
| network | `Member<NetworkDesign>` | `src/Core/Networks.fs` | `--network` |

The parameterisations (`src/Core/Models.fs`), optimisers (`src/Core/Optimisers.fs`) and schedules (`src/Core/Schedules.fs`) are tables
of the same form.

## What follows by itself

* `score list`, `score train --help`, completion in a shell, and the nearest name when somebody mistypes it;
* its settings on the command line, `--objective soft-snr:floor=10`, each checked against its range;
* its name and settings in the JSON of specifications, `run.json` and checkpoints, and its citation in `score cite`;
* its line in `ScoreTables` for C# programs, whose options take the same names;
* the properties that the tests hold every member of its table to: a sampler of the library to the order that it states, an objective to its
  minimum, a process to its marginal;
* its row in the [tables](../docs/tables.md) and in [theory](../docs/theory.md), once `bash docs/update.sh` has written them anew: a test fails
  until it has.

In the history, the commits `samplers: add DPM-Solver-2`, `objectives: add P2 weights` and `processes: add the cosine process` each add a member
and touch one file of `src`.

## A script with five members

    [lang=text]
    ./score list sampler --script examples/OwnMembers.fsx
    ./score train --script examples/OwnMembers.fsx --dataset triangle --sde circle \
        --objective soft-snr:floor=10 --network two-layer:width=64 --sampler midpoint:steps=12

The commands define `SCORE` and bring the libraries with them. Run by itself, `dotnet fsi examples/OwnMembers.fsx`, the script takes them from
the build (`./test` makes one).
*)
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

(**
### A data set

The shape of a sample, how samples are drawn with a key, and the density where it is known: `Datasets.ofDensity` makes all of it of a density
in the plane. A member without settings returns its value from an otherwise empty `settings` expression.
*)
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

(**
### A process

Drift and diffusion, the marginal α(t) and σ(t), and the time of a noise level. A setting has a name, a default, a range and a meaning; what
the expression returns is made anew for each value of it. `Processes.entry` takes name and citation from the process.
*)
/// A process along a circle, α = cos ωt and σ = sin ωt: dx = −ω tan(ωt) x dt + √(2ω tan ωt) dw.
let circle =
    settings {
        let! omega = Setting.number "omega" 1.5 (Range.between 1. 1.55) "angle at time 1"

        return {
            Process =
                Process.create
                    "circle"
                    (Process.linear (fun t -> -omega * tan (omega * t)))
                    (fun t -> sqrt (2. * omega * tan (omega * t)))
                    1.
            Marginal = fun t -> { Alpha = cos (omega * t); Sigma = sin (omega * t) }
            TimeOf = fun level -> atan level / omega
        }
    }
    |> Processes.entry "Variance preserving with α = cos ωt"

(**
### An objective

A function from a process to an `Objective`, and words for its times and weight. What else the table prints follows from the kind of
the loss: this one is denoising.
*)
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

(**
### A sampler

A schedule, a step, the order that it states and the evaluations that it takes. This one is like `uniPc` in all but the step.
`Samplers.entry` adds the setting `steps`, whose meaning its second argument says.
*)
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

(**
### A network

A function from the shape of a sample to a `Network`: named layers and a pure function of a batch and its noise label. Parameters, their
names in checkpoints and their initial values follow from the layers.
*)
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

(**
### The list

The commands look for `members`: each value as the case of `Extension` that is named after its kind.
*)
let members = [
    Extension.Dataset triangle
    Extension.Process circle
    Extension.Objective softSnr
    Extension.Sampler midpoint
    Extension.Network twoLayer
]

(**
## All five at work

What `./score train` does with them, in a few lines: the tables with five members more, a specification by their names, a
training session, samples. The promise: 95 % of the samples lie at a corner of the triangle.
*)
#if !SCORE
let tables = List.fold Tables.add Tables.standard members

let found =
    Overrides.start tables Presets.standard (Choice.ofName "triangle") {
        Overrides.none with
            Network = Some(Choice.ofName "two-layer")
            Process = Some(Choice.ofName "circle")
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
    exit 1
#endif
(*** include-output ***)
