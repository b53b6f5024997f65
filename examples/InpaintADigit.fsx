(**
# Inpainting a digit

The upper half of a picture is known, and the lower one is sampled given it. The model is the exact score of three hundred
pen-drawn sevens, fours and ones, each blurred a little, so that the right completion is known exactly.

Build once (`./test`), then `dotnet fsi examples/InpaintADigit.fsx` runs the page.
*)
#I "../artifacts/bin/ScoreFunctional.Host/release"
#r "TorchSharp.dll"
#r "DiffSharp.dll"
#r "ScoreFunctional.Core.dll"

open DiffSharp
open ScoreFunctional

let side, count, key, pixels = 16, 300, Key.ofSeed 7UL, 16 * 16
let seven = [ 0.2, 0.2; 0.8, 0.2; 0.45, 0.85 ] // corners of the pen's path, x to the right and y down
let four = [ 0.3, 0.15; 0.25, 0.55; 0.75, 0.55; 0.65, 0.3; 0.65, 0.85 ]
let one = [ 0.35, 0.3; 0.55, 0.15; 0.5, 0.85 ]
let wobble = Key.normalArray [| count; 10 |] key |> Array.map float

/// Ink falls off with the distance to the nearest piece of the path.
let digit i =
    let corner j (x, y) = x + 0.04 * wobble[10 * i + 2 * j], y + 0.04 * wobble[10 * i + 2 * j + 1]
    let path = [| seven; four; one |][i % 3] |> List.mapi corner |> List.pairwise

    let squared (px, py) ((ax, ay), (bx, by)) =
        let u, v = bx - ax, by - ay
        let t = ((px - ax) * u + (py - ay) * v) / (u * u + v * v) |> max 0. |> min 1.
        (px - ax - t * u) ** 2. + (py - ay - t * v) ** 2.

    Array.init pixels (fun p ->
        let at = (float (p % side) + 0.5) / float side, (float (p / side) + 0.5) / float side
        2. * exp (-(path |> List.map (squared at) |> List.min) / 0.0036) - 1.)

(**
## The observation and the samples

`Observation.masked` says which pixels are known, and `Observation.tweedie` turns the score of the data into the score of the data
given these pixels. Any sampler draws from that.
*)
let sde, truth, n = Sde.edm 0.02 40., digit 297, 8
let score = Mixture.score sde (Mixture.isotropic 0.15 (List.init count digit))
let image (values: float[]) = ((Batch.ofArray values).cast Dtype.Float32).view [| 1; 1; side; side |]

let half = Array.init pixels (fun p -> if p < pixels / 2 then 1. else 0.)
let observation = Observation.masked (image half) 0.1 (image truth)
let guided = Observation.tweedie 3 sde observation score
let drawn = Sampler.draw Samplers.heun sde guided 40 Callbacks.none [| n; 1; side; side |] key
let samples = drawn.X.view [| drawn.X.nelement |] |> Batch.toArray |> Array.chunkBySize pixels

let shade v =
    if v > 0.3 then '#'
    else if v > -0.4 then '+'
    else '.'

let line (picture: float[]) = picture |> Array.map shade |> System.String

for truth, sample in Array.zip (Array.chunkBySize side truth) (Array.chunkBySize side samples[0]) do
    printfn "%s  %s" (line truth) (line sample)

(*** include-output ***)

(**
The true digit is on the left, the first sample on the right. The promise: a root mean square error of at most 0.2 where the digit is known
and of at most 0.5 where it is not, pixels being in [−1, 1].
*)
let error part = // root mean square over pixels and samples
    samples
    |> Array.averageBy (fun s -> Array.map2 (fun a b -> (a - b) ** 2.) (part s) (part truth) |> Array.average)
    |> sqrt

let known, missing = error (Array.take (pixels / 2)), error (Array.skip (pixels / 2))
printfn "error: %.3f where the digit is known, %.3f where it is not (promised: 0.2 and 0.5)" known missing

if not (known < 0.2 && missing < 0.5) then
    exit 1
(*** include-output ***)
