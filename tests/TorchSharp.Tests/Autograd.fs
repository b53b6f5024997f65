/// Gradients, gradient modes, randomness and errors.
module TorchSharp.Tests.Autograd

open System
open Expecto
open TorchSharp
open TorchSharp.Tests.Common

let private leaf elements = (vector elements).requires_grad_()

[<Tests>]
let gradients =
    testList "autograd" [
        testCase "a third derivative through three differentiations" (fun () ->
            let x = leaf [ 2.0 ]
            let derive (y: Tensor) = torch.autograd.grad([| y |], [| x |], create_graph = true)[0]
            let third = derive (derive (derive (x.pow (number 4.0))))
            close (values third) [ 48.0 ] "24 x")

        testCase "cotangents weigh the outputs" (fun () ->
            let x = leaf [ 1.0; 2.0; 3.0 ]
            let y = x.square ()
            let gradient = torch.autograd.grad([| y |], [| x |], [| vector [ 1.0; 10.0; 100.0 ] |])[0]
            close (values gradient) [ 2.0; 40.0; 600.0 ] "2 x v")

        testCase "several outputs and inputs" (fun () ->
            let x, y = leaf [ 2.0 ], leaf [ 3.0 ]
            let gradients = torch.autograd.grad ([| x * y; x.square () |], [| x; y |])
            close (values gradients[0]) [ 7.0 ] "y + 2 x"
            close (values gradients[1]) [ 2.0 ] "x")

        testCase "an unused input raises, or gives null when allowed" (fun () ->
            let x, y = leaf [ 2.0 ], leaf [ 3.0 ]
            raisesWith [ "not have been used" ] (fun () -> torch.autograd.grad ([| x.square () |], [| x; y |]))
            let gradients = torch.autograd.grad ([| x.square () |], [| x; y |], allow_unused = true)
            close (values gradients[0]) [ 4.0 ] "used"
            Expect.isNull (box gradients[1]) "unused")

        testCase "a graph is freed by its differentiation unless retained" (fun () ->
            let x = leaf [ 2.0 ]
            let y = x.square ()
            torch.autograd.grad ([| y |], [| x |], retain_graph = true) |> ignore
            torch.autograd.grad ([| y |], [| x |]) |> ignore
            raisesWith [ "second time" ] (fun () -> torch.autograd.grad ([| y |], [| x |])))

        testCase "without create_graph gradients are constants" (fun () ->
            let x = leaf [ 2.0 ]
            let constant = torch.autograd.grad([| x.pow (number 3.0) |], [| x |])[0]
            Expect.isFalse constant.requires_grad "constant")

        testCase "backward adds to grad" (fun () ->
            let x = leaf [ 1.0; 2.0 ]
            Expect.isNull (box x.grad) "before"
            x.square().sum().backward()
            x.square().sum().backward()
            close (values (nonNull x.grad)) [ 4.0; 8.0 ] "twice"
            x.grad <- null
            Expect.isNull (box x.grad) "cleared")

        testCase "a tensor that is no leaf keeps its gradient on request" (fun () ->
            let x = leaf [ 3.0 ]
            let y = x.square ()
            y.retain_grad ()
            (y * 2.0).sum().backward()
            close (values (nonNull y.grad)) [ 2.0 ] "retained"
            Expect.isTrue x.is_leaf "x"
            Expect.isFalse y.is_leaf "y")

        testCase "detach cuts the graph" (fun () ->
            let x = leaf [ 3.0 ]
            Expect.isFalse (x.square().detach()).requires_grad "detached"
            let gradient = torch.autograd.grad([| x * x.detach () |], [| x |])[0]
            close (values gradient) [ 3.0 ] "one factor counts")

        testCase "modes nest and belong to their thread" (fun () ->
            let x = leaf [ 3.0 ]
            Expect.isTrue (torch.is_grad_enabled ()) "at first"

            do
                use _ = torch.no_grad ()
                Expect.isFalse (x.square ()).requires_grad "no_grad"

                do
                    use _ = torch.enable_grad ()
                    Expect.isTrue (x.square ()).requires_grad "enable_grad inside"

                Expect.isFalse (torch.is_grad_enabled ()) "after the inner mode"
                onThread (fun () -> Expect.isTrue (torch.is_grad_enabled ()) "another thread")

            Expect.isTrue (torch.is_grad_enabled ()) "after the outer mode"

            do
                use _ = torch.inference_mode ()
                Expect.isTrue (torch.is_inference_mode_enabled ()) "inference mode"
                Expect.isFalse (x.square ()).requires_grad "inference mode"

            Expect.isFalse (torch.is_inference_mode_enabled ()) "after inference mode")

        testCase "a gradient through layers matches central differences" (fun () ->
            let shape = [ 2L; 2L; 4L; 4L ]
            let weight = (tensor [ 4L; 2L; 3L; 3L ] (spread 72 -0.5 0.5)).requires_grad_()
            let x = tensor shape (spread 64 -1.0 1.0)

            let loss (w: Tensor) =
                let hidden = torch.nn.functional.conv2d (x, w, padding = [| 1L |])
                let normal = torch.nn.functional.group_norm (torch.nn.functional.silu hidden, 2L)
                torch.nn.functional.softplus(torch.nn.functional.avg_pool2d (normal, 2L)).square().mean()

            let gradient = values (torch.autograd.grad([| loss weight |], [| weight |])[0])
            let elements = values weight

            let numeric i =
                let at step =
                    let moved = Array.copy elements
                    moved[i] <- moved[i] + step
                    (loss (tensor [ 4L; 2L; 3L; 3L ] (List.ofArray moved))).item<float>()

                (at 1e-5 - at -1e-5) / 2e-5

            let places = [ 0; 7; 35; 71 ]
            closeWith centralDifference [ for i in places -> gradient[i] ] (List.map numeric places) "gradient")
    ]

[<Tests>]
let randomness =
    testList "random" [
        testCase "a seed repeats its draws" (fun () ->
            let draw () =
                torch.manual_seed 42L |> ignore
                values (torch.randn 100L)

            Expect.equal (draw ()) (draw ()) "two runs")

        testCase "a generator of one's own is apart from the process's" (fun () ->
            let draw () =
                use generator = new torch.Generator(7UL)
                values (torch.rand (50L, generator = generator))

            let first = draw ()
            torch.rand 10L |> ignore
            Expect.equal (draw ()) first "same seed"
            Expect.isTrue (first |> Array.forall (fun u -> 0.0 <= u && u < 1.0)) "within [0, 1)")

        testCase "a saved state continues the stream" (fun () ->
            use state = torch.get_rng_state ()
            let first = values (torch.randn 20L)
            torch.set_rng_state state
            Expect.equal (values (torch.randn 20L)) first "continued")

        testCase "randn has mean 0 and variance 1" (fun () ->
            torch.manual_seed 1L |> ignore
            let x = torch.randn (200_000L, torch.ScalarType.Float64)
            // Five standard errors: 1/√n of the mean and √(2/n) of the variance.
            Expect.floatClose { absolute = 0.0112; relative = 0.0 } (x.mean().item<float>()) 0.0 "mean"
            Expect.floatClose { absolute = 0.0158; relative = 0.0 } (x.var().item<float>()) 1.0 "variance")

        testCase "randint stays below its bound and randperm permutes" (fun () ->
            let draws = values (torch.randint (2L, 5L, [| 1000L |]))
            Expect.equal (draws |> Array.distinct |> Array.sort |> List.ofArray) [ 2.0; 3.0; 4.0 ] "randint"
            Expect.equal (values (torch.randperm 50L) |> Array.sort |> List.ofArray) [ 0.0 .. 49.0 ] "randperm")

        testCase "bernoulli and multinomial keep to their weights" (fun () ->
            close (values (torch.bernoulli (vector [ 0.0; 1.0; 1.0 ]))) [ 0.0; 1.0; 1.0 ] "bernoulli"
            let draws = values (torch.multinomial (vector [ 0.0; 1.0; 0.0 ], 5L, true))
            close draws [ 1.0; 1.0; 1.0; 1.0; 1.0 ] "multinomial")
    ]

[<Tests>]
let errors =
    testList "errors" [
        testCase "shapes that do not fit are named" (fun () ->
            raisesWith [ "2x3"; "4x5" ] (fun () -> (torch.zeros (2L, 3L)).matmul(torch.zeros (4L, 5L)))
            raisesWith [ "(2)"; "(3)" ] (fun () -> (torch.zeros 2L).add(torch.zeros 3L))
            raisesWith [ "'[4]'"; "6" ] (fun () -> (torch.zeros 6L).view 4L)

            raisesWith [ "[2, 3, 8, 8]"; "[4, 5, 3, 3]" ] (fun () ->
                torch.nn.functional.conv2d (torch.zeros (2L, 3L, 8L, 8L), torch.zeros (4L, 5L, 3L, 3L))))

        testCase "a message carries no C++ stack" (fun () ->
            let message = libtorchError (fun () -> (torch.zeros 6L).view 4L)
            Expect.isFalse (message.Contains "frame #" || message.Contains ".cpp") message)

        testCase "every thread has its own last error" (fun () ->
            let failure = libtorchError (fun () -> (torch.zeros 6L).view 4L)
            onThread (fun () -> raisesWith [ "2x3" ] (fun () -> (torch.zeros (2L, 3L)).mm(torch.zeros (2L, 3L))))
            Expect.stringContains failure "'[4]'" "the first thread's message")

        testCase "null and disposed tensors are refused" (fun () ->
            raisesWith [ "null" ] (fun () -> (torch.zeros 2L).add(Unchecked.defaultof<Tensor>))
            let x = torch.zeros 2L
            x.Dispose()
            Expect.isTrue x.IsInvalid "disposed"
            Expect.throwsT<InvalidOperationException> (fun () -> x.abs () |> ignore) "use after disposal"
            x.Dispose())

        testCase "CUDA is refused where there is none" (fun () ->
            if torch.cuda.is_available () then
                skiptest "this machine has CUDA"

            Expect.throwsT<InvalidOperationException>
                (fun () -> torch.zeros (2L, device = torch.Device "cuda:0") |> ignore)
                "cuda")

        testCase "devices are described by their names" (fun () ->
            Expect.equal (string (torch.Device "cuda:1")) "cuda:1" "cuda:1"
            Expect.equal (torch.Device "cuda").``type`` DeviceType.CUDA "cuda"
            Expect.equal (string torch.CPU) "cpu" "cpu"
            Expect.throwsT<ArgumentException> (fun () -> torch.Device "abacus" |> ignore) "unknown")
    ]
