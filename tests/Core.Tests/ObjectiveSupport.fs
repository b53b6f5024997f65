/// A process, data in the plane and models of them, for claims about objectives.
module Core.Tests.ObjectiveSupport

open DiffSharp
open ScoreFunctional
open Core.Tests.Support

let sde = Sde.vp 0.1 20.
let data n = Mixture.sample (mixtureOf 2) Dtype.Float64 [| n; 2 |] key
let score = Mixture.score sde (mixtureOf 2)
let number (value: float) = dsharp.tensor (value, dtype = Dtype.Float64)
let value (objective: Objective) score x0 key = single (objective.Evaluate score x0 key).Loss

/// A score that is not the exact one.
let other = Score(fun x t -> Score.apply score x t * 1.3)

/// A linear field x ↦ Ax on rows, and A.
let matrixField (d: int) =
    let a = normal64 [| d; d |] "matrix"
    (fun (x: Tensor) -> ((Batch.rows x).matmul(a.transpose ())).view x.shape), a
