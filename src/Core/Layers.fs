namespace ScoreFunctional

// Layers, and networks built from them.

open System
open DiffSharp

/// <summary>A class-conditional network: it takes the class of each sample, or none.</summary>
type ConditionalNetwork = {
    /// <summary>The number of classes.</summary>
    Classes: int
    /// <summary>The network with no class for any sample. The conditional network has the same parameters.</summary>
    Network: Network
    /// <summary>Flat parameters <c>[p]</c> and one label per sample to the raw network, as <c>Network.Apply</c>.</summary>
    ApplyLabelled: Tensor -> Labels -> Field
}

/// <summary>A layer of a network: its parameters, and a function from their tensors to its value. Layers combine with
/// <c>layer { let! … and! … }</c>, so all shapes are known before any parameter has a value.</summary>
type Layer<'a> = {
    /// <summary>Parameters in order.</summary>
    Parameters: Parameter list
    /// <summary>The tensors of the parameters, from an offset in an array on, to the value.</summary>
    Bind: Tensor[] -> int -> 'a
}

/// <summary>Layers and their combinators. Initial values are those of PyTorch unless stated otherwise: weights and biases uniform
/// on ±1/√(fan in).</summary>
module Layer =

    /// <summary>A layer without parameters.</summary>
    let value (x: 'a) : Layer<'a> = { Parameters = []; Bind = fun _ _ -> x }

    /// <summary>Applies a function to the value of a layer.</summary>
    let map (f: 'a -> 'b) (part: Layer<'a>) : Layer<'b> = {
        Parameters = part.Parameters
        Bind = fun tensors offset -> f (part.Bind tensors offset)
    }

    /// <summary>A pair of layers; the parameters of the first come before those of the second.</summary>
    let both (a: Layer<'a>) (b: Layer<'b>) : Layer<'a * 'b> =
        let skip = a.Parameters.Length

        {
            Parameters = a.Parameters @ b.Parameters
            Bind = fun tensors offset -> a.Bind tensors offset, b.Bind tensors (offset + skip)
        }

    /// <summary>A list of layers as one, as PyTorch's <c>ModuleList</c>.</summary>
    let list (parts: Layer<'a> list) : Layer<'a list> = {
        Parameters = parts |> List.collect _.Parameters
        Bind =
            fun tensors offset ->
                parts
                |> List.mapFold (fun at part -> part.Bind tensors at, at + part.Parameters.Length) offset
                |> fst
    }

    /// <summary>Prepends a prefix and a dot to the names of a layer's parameters.</summary>
    let named (prefix: string) (part: Layer<'a>) = {
        part with
            Parameters = part.Parameters |> List.map (fun p -> { p with Name = prefix + "." + p.Name })
    }

    /// <summary>Applies layers one after another, as PyTorch's <c>Sequential</c>. It frees each intermediate result once the next layer
    /// has used it.</summary>
    let sequential (layers: (Tensor -> Tensor) list) (x: Tensor) : Tensor =
        Loop.fold List.singleton (fun h layer -> layer h) x layers

    /// <summary>One parameter.</summary>
    let parameter (name: string) (shape: int[]) (initial: Initial) : Layer<Tensor> = {
        Parameters = [ { Name = name; Shape = shape; Initial = initial } ]
        Bind = fun tensors offset -> tensors[offset]
    }

    let private weights shape bound =
        let fanIn = Array.fold (*) 1 (Array.tail shape)

        let initial =
            match bound with
            | None -> Initial.Uniform(1. / sqrt (float fanIn))
            | Some constant -> Initial.Constant constant

        both (parameter "weight" shape initial) (parameter "bias" [| shape[0] |] initial)

    let private weighted shape bound apply = weights shape bound |> map (fun (weight, bias) -> apply weight bias)

    /// <summary><c>[n; i] → [n; o]</c>, affine.</summary>
    let linear (inputs: int) (outputs: int) : Layer<Tensor -> Tensor> =
        weighted [| outputs; inputs |] None Primitives.linear

    /// <summary><c>linear</c> with zero initial weight and bias.</summary>
    let linearZero (inputs: int) (outputs: int) : Layer<Tensor -> Tensor> =
        weighted [| outputs; inputs |] (Some 0.) Primitives.linear

    /// <summary>The weight <c>[o; i]</c> and bias <c>[o]</c> of <c>linear</c>.</summary>
    let affine (inputs: int) (outputs: int) : Layer<Tensor * Tensor> = weights [| outputs; inputs |] None

    /// <summary>The weight and bias of <c>linearZero</c>.</summary>
    let affineZero (inputs: int) (outputs: int) : Layer<Tensor * Tensor> = weights [| outputs; inputs |] (Some 0.)

    /// <summary>A convolution with a k × k kernel, zero padding of k/2 and a bias.</summary>
    let conv (kernel: int) (stride: int) (inputs: int) (outputs: int) : Layer<Tensor -> Tensor> =
        weighted [| outputs; inputs; kernel; kernel |] None (Primitives.conv2d stride (kernel / 2))

    /// <summary><c>conv</c> of stride 1 with zero initial weight and bias.</summary>
    let convZero (kernel: int) (inputs: int) (outputs: int) : Layer<Tensor -> Tensor> =
        weighted [| outputs; inputs; kernel; kernel |] (Some 0.) (Primitives.conv2d 1 (kernel / 2))

    /// <summary><c>convZero</c> plus a residual of the shape of its result, the first argument.</summary>
    let convZeroOnto (kernel: int) (inputs: int) (outputs: int) : Layer<Tensor -> Tensor -> Tensor> =
        weighted [| outputs; inputs; kernel; kernel |] (Some 0.) (Primitives.conv2dAdd 1 (kernel / 2))

    let private normalised activate groups channels : Layer<Tensor -> Tensor> =
        both
            (parameter "weight" [| channels |] (Initial.Constant 1.))
            (parameter "bias" [| channels |] (Initial.Constant 0.))
        |> map (fun affine -> Primitives.normalise groups (Some affine) None 1e-5 activate)

    /// <summary>Group normalisation with a scale (initially 1) and a shift (initially 0) per channel, ε = 1e-5.</summary>
    let groupNorm (groups: int) (channels: int) = normalised false groups channels

    /// <summary><c>groupNorm</c>, then SiLU.</summary>
    let groupNormSilu (groups: int) (channels: int) = normalised true groups channels

    /// Frequencies from π/2 to 8π in equal ratios: they resolve the label c = ¼ ln σ for σ from 0.001 to 100.
    let private frequencies count =
        Array.init count (fun j -> 0.5 * Math.PI * 2. ** (4. * float j / float (max 1 (count - 1))))

    /// <summary>The embedding of the noise label <c>c [n]</c> of <c>x [n; …]</c>: cosines and sines of 16 frequencies, then two affine
    /// maps, each followed by SiLU: <c>[n; width]</c>.</summary>
    let embedding (width: int) : Layer<Tensor -> Tensor -> Tensor> =
        let count = 16
        let rates = frequencies count

        both (named "0" (affine (2 * count) width)) (named "2" (affine width width))
        |> map (fun (first, second) x c -> Batch.fourier rates x c |> Primitives.mlp None [ first; second ] None)

    /// <summary><c>embedding</c> plus a learned vector for the class of each sample, or for no class: labels, x and c to
    /// <c>[n; width]</c> (the class embedding of Dhariwal and Nichol 2021, section 3.1, and the null label of Ho and Salimans
    /// 2022).</summary>
    /// <exception cref="T:System.ArgumentException">A label out of range, or not one label per sample.</exception>
    let labelled (classes: int) (width: int) : Layer<Labels -> Tensor -> Tensor -> Tensor> =
        both (embedding width) (parameter "class" [| classes + 1; width |] (Initial.Normal 1.))
        |> map (fun (embed, table) labels x c ->
            if labels.Length <> Batch.size x then
                invalidArg
                    (nameof labels)
                    $"expected one label per sample for {Batch.size x} samples, found {labels.Length} labels"

            let row label =
                match label with
                | None -> classes
                | Some k when k >= 0 && k < classes -> k
                | Some k -> invalidArg (nameof labels) $"expected classes 0 to {classes - 1}, found {k}"

            let chosen = labels |> Array.map row

            // An embedding lookup as a product with one-hot rows, which DiffSharp can differentiate.
            let units =
                Array.init (labels.Length * (classes + 1)) (fun i ->
                    if i % (classes + 1) = chosen[i / (classes + 1)] then 1. else 0.)

            let units =
                dsharp.tensor(units, dtype = x.dtype, device = x.device).view [| labels.Length; classes + 1 |]

            embed x c + units.matmul table)

/// <summary>Computation expression for layers: <c>let!</c> with any number of <c>and!</c>, then <c>return</c>.</summary>
type LayerBuilder() =
    /// <summary>The pair of both layers.</summary>
    member _.MergeSources(a: Layer<'a>, b: Layer<'b>) = Layer.both a b

    /// <summary>Applies a function to the value of a layer.</summary>
    member _.BindReturn(part: Layer<'a>, f: 'a -> 'b) = Layer.map f part

    /// <summary>A layer without parameters.</summary>
    member _.Return(x: 'a) = Layer.value x

/// <summary>The builder of layers.</summary>
[<AutoOpen>]
module LayerBuilding =

    /// <summary><c>layer { let! conv = Layer.conv 3 1 8 8 and! norm = Layer.groupNorm 4 8 in return norm >> conv }</c></summary>
    let layer = LayerBuilder()

/// <summary>Networks as pure functions of one flat vector.</summary>
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Network =

    let private elements (p: Parameter) = Array.fold (*) 1 p.Shape

    // In float, since an integer could overflow; exact for every number of parameters that fits into a vector.
    let private total (parameters: Parameter[]) =
        parameters |> Array.sumBy (fun p -> p.Shape |> Array.fold (fun n length -> n * float length) 1.)

    /// <summary>The number of parameters.</summary>
    /// <exception cref="T:System.ArgumentException">More than 2^31 − 1 parameters, the limit of a vector.</exception>
    let count (network: Network) : int =
        let found = total network.Parameters

        if found > float Int32.MaxValue then
            invalidArg (nameof network) $"expected a network of at most {Int32.MaxValue} parameters, found {found}"

        int found

    /// <summary>Splits a flat vector into the tensors of these parameters.</summary>
    /// <exception cref="T:System.ArgumentException">The vector has another length.</exception>
    let unflatten (parameters: Parameter[]) (flat: Tensor) : Tensor[] =
        let sizes = parameters |> Array.map elements

        if flat.dim <> 1 || flat.nelement <> Array.sum sizes then
            invalidArg (nameof flat) $"expected {Array.sum sizes} parameters, found shape %A{List.ofArray flat.shape}"

        Primitives.unflatten (parameters |> Array.map _.Shape) flat

    /// <summary>A network from a layer whose value is a field of points and noise labels.</summary>
    let create (name: string) (citation: Citation) (part: Layer<Field>) : Network =
        let parameters = Array.ofList part.Parameters

        {
            Name = $"{name}, {total parameters} parameters"
            Citation = citation
            Parameters = parameters
            Apply = fun flat -> part.Bind (unflatten parameters flat) 0
        }

    /// <summary>A conditional network from a layer whose value maps labels to a field of points and noise labels.</summary>
    /// <exception cref="T:System.ArgumentException">Fewer than one class.</exception>
    let conditional (name: string) (citation: Citation) (classes: int) (part: Layer<Labels -> Field>) =
        if classes < 1 then
            invalidArg (nameof classes) $"expected at least one class, found {classes}"

        let unlabelled (field: Labels -> Field) : Field = fun x c -> field (Array.create (Batch.size x) None) x c

        let network = create name citation (part |> Layer.map unlabelled)

        {
            Classes = classes
            Network = network
            ApplyLabelled = fun flat -> part.Bind (unflatten network.Parameters flat) 0
        }

    /// <summary>Initial parameters <c>[p]</c>, float32. Those of one tensor depend only on the key and its name.</summary>
    let init (network: Network) (key: Key) : Tensor =
        let values (p: Parameter) : float32[] =
            let key, shape = Key.label p.Name key, [| 1; elements p |]

            match p.Initial with
            | Initial.Normal deviation -> Key.normalArray shape key |> Array.map (fun z -> float32 deviation * z)
            | Initial.Uniform bound -> Key.uniformArray shape key |> Array.map (fun u -> float32 bound * (2f * u - 1f))
            | Initial.Constant value -> Array.create (elements p) (float32 value)

        dsharp.tensor (network.Parameters |> Array.collect values, dtype = Dtype.Float32, device = Device.CPU)
