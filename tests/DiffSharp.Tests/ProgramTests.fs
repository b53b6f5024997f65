/// Programs as users of DiffSharp write them: distributions, a model with its parameters, and its training.
module DiffSharp.Tests.ProgramTests

open System
open System.Collections.Specialized
open System.IO
open DiffSharp
open DiffSharp.Compose
open DiffSharp.Util
open Expecto

/// A normal distribution with a mean and a standard deviation for each element.
type private Normal(mean: Tensor, stddev: Tensor) =
    do
        if mean.shape <> stddev.shape then
            failwithf "Expecting mean and stddev with same shape, received %A, %A" mean.shape stddev.shape

    member _.batchShape: Shape = mean.shape
    member _.eventShape = Shape.scalar
    member _.sample() = mean + stddev * dsharp.randnLike mean

    member _.logprob(value: Tensor) =
        let v = value - mean
        -(v * v) / (2. * stddev * stddev) - log stddev - logSqrt2Pi

/// An empirical distribution over values of any type, equal ones together.
type private Empirical<'T when 'T: equality>(values: seq<'T>) =
    let values, counts = values |> Array.ofSeq |> Array.getUniqueCounts true
    let probs = let c = dsharp.tensor counts in c / c.sum ()
    member _.mode = values.[Seq.maxIndex (probs.unstack () |> Seq.map float)]
    member _.prob(value: 'T) = probs.[Array.findIndex ((=) value) values]

/// Layers with named parameters that are read and written as one vector.
type private Network(sizes: int list) =
    let parameters = OrderedDictionary()

    do
        for i, (inputs, outputs) in List.indexed (List.pairwise sizes) do
            let bound = 1. / sqrt (float inputs)
            parameters.[$"weight{i}"] <- (dsharp.rand [ inputs; outputs ] * 2. - 1.) * bound
            parameters.[$"bias{i}"] <- dsharp.zeros [ outputs ]

    let keys: string[] = OrderedDictionary.copyKeys parameters
    let get (key: string) = nonNull parameters.[key] :?> Tensor
    member _.nparameters = keys |> Array.sumBy (fun key -> shapeLength (get key).shape)

    member _.parametersVector
        with get () = keys |> Array.map (fun key -> (get key).view -1) |> dsharp.cat
        and set (vector: Tensor) =
            let lengths = keys |> Array.map (fun key -> shapeLength (get key).shape)

            for key, part in Array.zip keys (vector.split lengths) do
                parameters.[key] <- part.view (get key).shape

    member _.forward(x: Tensor) =
        let last = sizes.Length - 2

        (x, [ 0..last ])
        ||> List.fold (fun x i ->
            let y = dsharp.matmul (x, get $"weight{i}") + get $"bias{i}"
            if i = last then y else y --> dsharp.tanh)

    /// The output as a function of the vector of parameters, which the model holds afterwards.
    member m.asFunction (x: Tensor) (vector: Tensor) =
        m.parametersVector <- vector
        m.forward x

let private train (steps: int) (rate: float) (loss: Tensor -> Tensor) (start: Tensor) =
    (start, seq { 1..steps })
    ||> Seq.fold (fun parameters _ ->
        let g = dsharp.grad loss parameters
        (parameters - rate * g).noDiff())

[<Tests>]
let tests =
    testSequenced
    <| testList "programs" [
        testCase "a distribution and the gradient of its likelihood" (fun () ->
            let mean, stddev = dsharp.tensor [ 1.0; -2.0 ], dsharp.tensor [ 0.5; 2.0 ]
            let distribution = Normal(mean, stddev)
            let x = dsharp.tensor [ 2.0; 0.0 ]
            let expected = dsharp.tensor [ -2.225791; -2.112086 ]
            Expect.isTrue ((distribution.logprob x).allclose(expected, 1e-5)) $"{distribution.logprob x}"
            Expect.equal (distribution.batchShape, distribution.eventShape) ([| 2 |], [||]) "shapes"
            let score = dsharp.grad (fun x -> (distribution.logprob x).sum()) x
            Expect.isTrue (score.allclose (-(x - mean) / (stddev * stddev), 1e-5)) $"{score}"
            dsharp.seed 3
            let draws = dsharp.stack [ for _ in 1..2000 -> distribution.sample () ]
            // Five standard errors: 0.5/√2000 and 2/√2000.
            Expect.isTrue ((draws.mean 0).sub(mean).abs().lt(stddev * 0.112).sum() = dsharp.tensor 2L) "mean of draws")

        testCase "a distribution of words" (fun () ->
            let distribution = Empirical [ "a"; "b"; "a"; "c" ]
            Expect.equal distribution.mode "a" "mode"
            Expect.isTrue ((distribution.prob "a").allclose(dsharp.tensor 0.5)) "probability")

        testCase "a network learns, and its parameters come back from a file" (fun () ->
            dsharp.seed 1
            let onehot = memoize (fun (length, hot) -> dsharp.onehot (length, hot))
            let inputs = dsharp.stack [ for i in 0..3 -> onehot (4, i) ]
            let targets = dsharp.tensor [ [ 0.0 ]; [ 1.0 ]; [ 1.0 ]; [ 0.0 ] ]
            let net = Network [ 4; 8; 1 ]
            Expect.equal net.nparameters (4 * 8 + 8 + 8 + 1) "parameters"
            let loss = net.asFunction inputs >> dsharp.mseLoss targets
            let before = float (loss net.parametersVector)
            net.parametersVector <- train 200 0.3 loss net.parametersVector
            let after = float (loss net.parametersVector)
            Expect.isLessThan after (0.02 * before) $"loss from {before}"

            TensorStorageTests.withFile (fun name ->
                dsharp.save (net.parametersVector, name)
                let other = Network [ 4; 8; 1 ]
                other.parametersVector <- dsharp.load name
                Expect.equal (other.forward inputs) (net.forward inputs) "outputs"))

        testCase "printing goes to the console" (fun () ->
            let console = Console.Out
            use text = new StringWriter()
            Console.SetOut text

            try
                print (dsharp.tensor [ 1; 2 ])
            finally
                Console.SetOut console

            Expect.stringContains (string text) "tensor([1, 2],dtype=Int32)" "text")
    ]
