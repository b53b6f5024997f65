/// Losses by differences, and penalties.
module Core.Tests.LossesTests

open System
open DiffSharp
open Expecto
open ScoreFunctional
open Core.Tests.Support
open Core.Tests.ObjectiveSupport

[<Tests>]
let tests =
    testList "losses" [
        testList "differences" [
            for name, loss, exact in
                [
                    "sliced", Loss.slicedDifferences, Loss.sliced Probe.Rademacher
                    "reduced", Loss.slicedReducedDifferences, Loss.slicedReduced Probe.Rademacher
                ] do
                testCase $"the {name} form is off by the square of its step" (fun () ->
                    let x0 = data 200
                    let noised = Perturbation.noised sde x0 (Batch.fill 200 0.2) (normal64 [| 200; 2 |] "z") key
                    let target = (exact other noised).Value

                    let errors = [
                        for step in [ 0.4; 0.2; 0.1; 0.05 ] do
                            let off = (loss step Probe.Rademacher other noised).Value - target
                            single ((off * off).mean().sqrt())
                    ]

                    let slope = order [ 1; 2; 4; 8 ] errors
                    // Three halvings of a smooth function: the next term of the expansion is below a tenth of the order.
                    Expect.isLessThan (abs (slope - 2.)) 0.1 $"order {slope}")
        ]

        testList "regularisation" [
            testCase "a penalty on the field's size shrinks the minimiser by 1 + κ, and every rate with it" (fun () ->
                let s, t, kappa = 0.8, sde.TimeOf 0.5, 0.3
                let noised = moments sde s t
                let objective = Objective.explicit sde |> Objective.regularised kappa Penalty.magnitude
                let loss = objective.Terms.Head.Loss
                let f (theta: float) = single ((loss (Score(fun x _ -> x * -theta)) noised).Value.mean())
                let lowest = 1. + lowest (fun u -> f (1. + u))
                let struct (alpha, sigma) = alphaSigma sde t
                let exact = 1. / ((alpha * alpha * s * s + sigma * sigma) * (1. + kappa))
                Expect.floatClose { absolute = 0.; relative = 1e-9 } lowest exact "minimiser")

            testCase "stiffness is the Jacobian's Frobenius norm, asymmetry that of J − Jᵀ" (fun () ->
                let field, a = matrixField 3
                let n = 6000

                let noised =
                    Perturbation.noised sde (normal64 [| n; 3 |] "x") (Batch.fill n 0.3) (normal64 [| n; 3 |] "z") key

                let score = Score(fun x _ -> field x)
                let struct (_, sigma) = alphaSigma sde 0.3
                let frobenius (m: Tensor) = single ((m * m).sum()) * sigma * sigma / 3.

                let found (penalty: Penalty) =
                    values (penalty score noised { Value = noised.T; Score = field noised.X })

                meanIs (frobenius a) (found (Penalty.stiffness Probe.Gaussian)) "stiffness"
                meanIs (frobenius (a - a.transpose ())) (found (Penalty.asymmetry Probe.Rademacher)) "asymmetry")
        ]
    ]
