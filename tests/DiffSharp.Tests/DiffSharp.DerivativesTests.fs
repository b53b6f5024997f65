/// The named derivatives against closed forms, and their demands on shapes.
module DiffSharp.Tests.DiffSharpDerivativesTests

open DiffSharp
open DiffSharp.Shorten
open DiffSharp.Numerical
open DiffSharp.Tests.Tensors
open Expecto
open FsCheck

let private close (expected: Tensor) (actual: Tensor) what =
    Expect.equal (shapeOf actual) (shapeOf expected) $"{what}: shape"
    Expect.isTrue (actual.allclose (expected, 1e-9, 1e-9)) $"{what}: expected {expected}, found {actual}"

/// f(x, y, z) = x² y + sin z.
let private field (x: Tensor) = x.[0] * x.[0] * x.[1] + sin x.[2]

let private p = vector [ 2.0; 3.0; 0.5 ]
let private fieldAt = scalar (12.0 + sin 0.5)
let private fieldGradient = vector [ 12.0; 4.0; cos 0.5 ]

let private fieldHessian = matrix [ [ 6.0; 4.0; 0.0 ]; [ 4.0; 0.0; 0.0 ]; [ 0.0; 0.0; -sin 0.5 ] ]

/// F(x, y, z) = (x y, y z², x z).
let private flow (x: Tensor) = dsharp.stack [ x.[0] * x.[1]; x.[1] * x.[2] * x.[2]; x.[0] * x.[2] ]

let private flowAt = vector [ 6.0; 0.75; 1.0 ]

let private flowJacobian = matrix [ [ 3.0; 2.0; 0.0 ]; [ 0.0; 0.25; 3.0 ]; [ 0.5; 0.0; 2.0 ] ]

let private v = vector [ 1.0; -2.0; 0.5 ]

let private finite (NormalFloat value) = value % 10.0

[<Tests>]
let tests =
    testList "calculus" [
        testCase "gradient" (fun () ->
            let value, g = dsharp.fgrad field p
            close fieldAt value "value"
            close fieldGradient g "gradient"
            close fieldGradient (dsharp.grad field p) "without the value"
            close (scalar (cos 0.5)) (dsharp.grad sin (scalar 0.5)) "of a scalar")

        testCase "gradient's product with a vector" (fun () ->
            let value, gv = dsharp.fgradv field p v
            close fieldAt value "value"
            close (fieldGradient.dot v) gv "product"
            close (fieldGradient.dot v) (dsharp.gradv field p v) "without the value")

        testCase "derivatives of functions of a scalar" (fun () ->
            let cube (x: Tensor) = dsharp.stack [ x * x * x; sin x ]
            let x = scalar 2.0
            let value, d = dsharp.fdiff cube x
            close (vector [ 8.0; sin 2.0 ]) value "value"
            close (vector [ 12.0; cos 2.0 ]) d "first"
            close (vector [ 12.0; -sin 2.0 ]) (dsharp.diff2 cube x) "second"
            close (vector [ 6.0; -cos 2.0 ]) (dsharp.diffn 3 cube x) "third"
            close (vector [ 8.0; sin 2.0 ]) (dsharp.diffn 0 cube x) "of order 0"
            close (vector [ 12.0; -sin 2.0 ]) (snd (dsharp.fdiff2 cube x)) "second beside the value"
            Expect.equal (dsharp.ffdiffn 3 cube x).Length 4 "all orders")

        testCase "Jacobian and its products" (fun () ->
            let value, j = dsharp.fjacobian flow p
            close flowAt value "value"
            close flowJacobian j "Jacobian"
            close (flowJacobian.matmul v) (dsharp.jacobianv flow p v) "J v"
            close (flowJacobian.transpose().matmul v) (dsharp.jacobianTv flow p v) "v J"
            close flowAt (fst (dsharp.fjacobianv flow p v)) "value beside J v"
            close flowAt (fst (dsharp.fjacobianTv flow p v)) "value beside v J")

        testCase "Jacobian of a function to more and to fewer dimensions" (fun () ->
            let wide (x: Tensor) = dsharp.cat [ x; x * x ]

            close
                (matrix [ [ 1.0; 0.0 ]; [ 0.0; 1.0 ]; [ 4.0; 0.0 ]; [ 0.0; 6.0 ] ])
                (dsharp.jacobian wide (vector [ 2.0; 3.0 ]))
                "wide"

            let narrow (x: Tensor) = (x * x).sum().view 1
            close (matrix [ [ 4.0; 6.0 ] ]) (dsharp.jacobian narrow (vector [ 2.0; 3.0 ])) "narrow")

        testCase "Hessian and its products" (fun () ->
            let value, g, h = dsharp.fgradhessian field p
            close fieldAt value "value"
            close fieldGradient g "gradient"
            close fieldHessian h "Hessian"
            close fieldHessian (dsharp.hessian field p) "alone"
            let value, gv, hv = dsharp.fgradhessianv field p v
            close fieldAt value "value beside the products"
            close (fieldGradient.dot v) gv "gradient's product"
            close (fieldHessian.matmul v) hv "Hessian's product"
            close (fieldHessian.matmul v) (dsharp.hessianv field p v) "alone"
            let g, h = dsharp.gradhessian field p
            close fieldGradient g "gradient of the pair"
            close fieldHessian h "Hessian of the pair"
            let gv, hv = dsharp.gradhessianv field p v
            close (fieldGradient.dot v) gv "first product of the pair"
            close (fieldHessian.matmul v) hv "second product of the pair"
            close fieldAt (fst (dsharp.fhessian field p)) "value beside the Hessian"
            close fieldAt (fst (dsharp.fhessianv field p v)) "value beside its product")

        testCase "Laplacian" (fun () ->
            let value, l = dsharp.flaplacian field p
            close fieldAt value "value"
            close (scalar (6.0 - sin 0.5)) l "Laplacian"
            close l (dsharp.laplacian field p) "alone")

        testCase "divergence and curl" (fun () ->
            let curl = vector [ -3.0; -0.5; -2.0 ]
            close (scalar 5.25) (dsharp.divergence flow p) "divergence"
            close curl (dsharp.curl flow p) "curl"
            close flowAt (fst (dsharp.fdivergence flow p)) "value beside the divergence"
            close flowAt (fst (dsharp.fcurl flow p)) "value beside the curl"
            let c, d = dsharp.curldivergence flow p
            close curl c "curl of the pair"
            close (scalar 5.25) d "divergence of the pair"
            let value, _, _ = dsharp.fcurldivergence flow p
            close flowAt value "value beside the pair")

        testCase "the curl of a gradient and the divergence of a curl vanish" (fun () ->
            close (vector [ 0.0; 0.0; 0.0 ]) (dsharp.curl (dsharp.grad field) p) "curl of a gradient"
            close (scalar 0.0) (dsharp.divergence (dsharp.curl flow) p) "divergence of a curl")

        testCase "short names" (fun () ->
            close fieldGradient (dsharp.g field p) "g"
            close fieldHessian (dsharp.h field p) "h"
            close flowJacobian (dsharp.j flow p) "j"
            close (flowJacobian.matmul v) (dsharp.jvp flow p v) "jvp"
            close (flowJacobian.transpose().matmul v) (dsharp.vjp flow p v) "vjp"
            close (fieldHessian.matmul v) (dsharp.hvp field p v) "hvp"
            close (fieldGradient.dot v) (dsharp.gvp field p v) "gvp")

        testCase "finite differences agree" (fun () ->
            let near (a: Tensor) (b: Tensor) what = Expect.isTrue (a.allclose (b, 1e-4, 1e-4)) $"{what}: {a} and {b}"

            near (dsharp.numgrad 1e-5 field p) fieldGradient "gradient"
            near (dsharp.numhessian 1e-5 field p) fieldHessian "Hessian"
            near (dsharp.numjacobian 1e-5 flow p) flowJacobian "Jacobian"
            near (dsharp.numjacobianv 1e-5 flow p v) (flowJacobian.matmul v) "J v"
            near (dsharp.numhessianv 1e-5 field p v) (fieldHessian.matmul v) "Hessian's product"
            near (dsharp.numlaplacian 1e-4 field p) (scalar (6.0 - sin 0.5)) "Laplacian"
            near (dsharp.numdivergence 1e-5 flow p) (scalar 5.25) "divergence"
            near (dsharp.numcurl 1e-5 flow p) (vector [ -3.0; -0.5; -2.0 ]) "curl"
            near (dsharp.numdiff2 1e-4 sin (scalar 0.5)) (scalar -(sin 0.5)) "second derivative")

        testProperty "the gradient of a quadratic form is exact" (fun a b c x y ->
            let a, b, c, x, y = finite a, finite b, finite c, finite x, finite y
            let q = matrix [ [ a; b ]; [ b; c ] ]
            let f (t: Tensor) = t.dot (q.matmul t) / 2.0
            let at = vector [ x; y ]
            let close (e: Tensor) (f: Tensor) = f.allclose (e, 1e-9, 1e-9)
            close (q.matmul at) (dsharp.grad f at) && close q (dsharp.hessian f at))

        testCase "of elements scattered to one place, derivatives are those of the one that is kept" (fun () ->
            let indices = dsharp.tensor ([ [ 2; 0; 2; 2 ]; [ 1; 1; 3; 0 ] ], dtype = Dtype.Int64)
            let scatter (x: Tensor) = x.scatter (1, indices, [ 2; 5 ])
            let x = matrix [ [ 1.0; 2.0; 3.0; 4.0 ]; [ 5.0; 6.0; 7.0; 8.0 ] ]
            let change = x + 10.0
            let value, tangent = dsharp.evalForwardDiff scatter x change
            close (scatter x) value "value"
            close (matrix [ [ 2.0; 0.0; 4.0; 0.0; 0.0 ]; [ 8.0; 6.0; 0.0; 7.0; 0.0 ] ]) value "the last is kept"
            close (scatter change) tangent "tangent"
            let cotangent = matrix [ [ 1.0; 2.0; 3.0; 4.0; 5.0 ]; [ 6.0; 7.0; 8.0; 9.0; 10.0 ] ]
            let pulled = snd (dsharp.evalReverseDiff scatter x) cotangent
            close (matrix [ [ 0.0; 1.0; 0.0; 3.0 ]; [ 0.0; 7.0; 9.0; 6.0 ] ]) pulled "cotangent"
            let square (x: Tensor) = scatter (x * x)
            let along y = snd (dsharp.evalForwardDiff square y change)
            close (scatter (2.0 * change * change)) (snd (dsharp.evalForwardDiff along x change)) "second derivative")

        testProperty "forward and reverse modes are adjoint" (fun a b c d ->
            let x, u = vector [ finite a / 5.0; finite b / 5.0 ], vector [ finite c; finite d ]
            let f (t: Tensor) = dsharp.stack [ sin t.[0] * t.[1]; exp (t.[0] / 3.0); t.[0] * t.[0] ]
            let w = vector [ 0.3; -1.2; 0.7 ]
            let left = w.dot (dsharp.jacobianv f x u)
            let right = (dsharp.jacobianTv f x w).dot u
            left.allclose (right, 1e-9, 1e-9))

        testCase "unsuitable shapes are refused with what was expected and found" (fun () ->
            refuses [ "[3]"; "[2]" ] (fun () -> dsharp.gradv field p (vector [ 1.0; 2.0 ]))
            refuses [ "scalar-valued"; "[3] -> [3]" ] (fun () -> dsharp.grad flow p)
            refuses [ "vector-valued"; "[3] -> []" ] (fun () -> dsharp.jacobian field p)
            refuses [ "scalar"; "[3]" ] (fun () -> dsharp.diff field p)

            refuses [ "[3; 3]"; "[1; 3]" ] (fun () ->
                dsharp.curl (fun x -> field x |> fun y -> dsharp.unsqueeze (y, 0)) p)

            refuses [ "square"; "[6; 3]" ] (fun () -> dsharp.divergence (fun x -> dsharp.cat [ x; x ]) p)
            refuses [ "[3]"; "[2]" ] (fun () -> snd (dsharp.evalReverseDiff flow p) (vector [ 1.0; 2.0 ]))
            refuses [ "floating-point"; "Int32" ] (fun () -> dsharp.grad id (dsharp.tensor [ 1; 2 ])))
    ]
