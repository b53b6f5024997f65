// Evaluates the network of a specification on inputs from files; bench/torch_load.py writes them and reads the output.
// In the folder given: spec.json; float32 `weights` (flat, in the order of the parameters), `x` [n; 1; 28; 28] and noise
// labels `label` [n]. Written: float32 `output` [n; 1; 28; 28], the network before preconditioning.
#r "../artifacts/bin/ScoreFunctional.Host/release/TorchSharp.dll"
#r "../artifacts/bin/ScoreFunctional.Host/release/DiffSharp.dll"
#r "../artifacts/bin/ScoreFunctional.Host/release/ScoreFunctional.Core.dll"
#r "../artifacts/bin/ScoreFunctional.Host/release/ScoreFunctional.Runs.dll"

open System
open System.IO
open System.Runtime.InteropServices
open DiffSharp
open ScoreFunctional.Runs

let folder = Array.last (Environment.GetCommandLineArgs())

let read name : Tensor =
    let bytes = File.ReadAllBytes(Path.Combine(folder, name))
    dsharp.tensor (MemoryMarshal.Cast<byte, float32>(ReadOnlySpan bytes).ToArray(), dtype = Dtype.Float32)

let design =
    match
        SpecJson.read (File.ReadAllText(Path.Combine(folder, "spec.json")))
        |> Result.bind (RunDesign.ofSpec Tables.standard)
    with
    | Ok design -> design
    | Error message -> failwith message

let label = read "label"
let x = (read "x").view(Array.append [| label.nelement |] (Composition.sampleShape design))
let output = (Composition.network design).Apply (read "weights") x label
let values = output.view(-1).toArray() :?> float32[]
File.WriteAllBytes(Path.Combine(folder, "output"), MemoryMarshal.AsBytes(ReadOnlySpan values).ToArray())
