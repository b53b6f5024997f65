namespace ScoreFunctional

/// <summary>A member of the table of networks: the network as a function of the shape of a sample.</summary>
type NetworkDesign = {
    /// <summary>The network for samples of a shape, <c>[channels; height; width]</c> or <c>[d]</c>.</summary>
    /// <remarks>Raises <c>ArgumentException</c> for a shape that it does not support.</remarks>
    Create: int[] -> Network
    /// <summary>The conditional network for a number of classes and samples of a shape, if there is one.</summary>
    Conditional: (int -> int[] -> ConditionalNetwork) option
    /// <summary>An estimate of the activations, in numbers per sample of a shape, that training keeps for the backward pass.</summary>
    Activations: int[] -> float
}

/// <summary>The table of networks.</summary>
module Networks =

    let private size (shape: int[]) = Array.fold (*) 1 shape

    let private width = 1, 65_536

    let private mlp =
        settings {
            let! width = Setting.whole "width" 128 width "units per hidden layer"
            and! layers = Setting.whole "layers" 3 (1, 1000) "number of hidden layers"
            and! embedding = Setting.whole "embedding" 64 (1, 65_536) "width of the embedding of the noise level"

            let sizes shape = {
                Dimension = size shape
                Width = width
                Layers = layers
                Embedding = embedding
            }

            return {
                Create = sizes >> Mlp.create
                Conditional = Some(fun classes shape -> Mlp.conditional classes (sizes shape))
                // Inputs, pre-activations, activations and gradients of each layer: 10 to 11 times its values, as measured.
                Activations = fun shape -> 12. * (float layers * float width + float (size shape))
            }
        }

    let private unet =
        settings {
            let! patch = Setting.whole "patch" 2 (1, 64) "side of the blocks of pixels that become channels"

            and! widths =
                Setting.wholes "widths" [ 64; 128 ] width "channels at each resolution, from the finest to the coarsest"

            and! blocks =
                Setting.whole
                    "blocks"
                    1
                    (1, 100)
                    "residual blocks at each resolution but the coarsest, in encoder and decoder each"

            and! middle = Setting.whole "middle" 3 (1, 100) "residual blocks at the coarsest resolution"
            and! groups = Setting.whole "group-size" 16 width "channels per group of the group normalisation"
            and! embedding = Setting.whole "embedding" 128 width "width of the embedding of the noise level"

            and! dense =
                Setting.whole "dense-channels" 16 width "input channels of the dense layers at the coarsest resolution"
                |> Setting.optional "no dense layers"

            and! hidden = Setting.whole "dense-hidden" 256 width "hidden units of the dense layers"

            let sizes (shape: int[]) : UnetSize =
                let resolutions = widths.Length
                let multiple = if resolutions > 20 then 0 else patch * pown 2 (resolutions - 1)

                if shape.Length <> 3 then
                    invalidArg
                        (nameof shape)
                        $"expected images [channels; height; width], found samples of shape %A{List.ofArray shape}"

                if multiple = 0 || shape[1] % multiple <> 0 || shape[2] % multiple <> 0 then
                    invalidArg
                        (nameof widths)
                        $"expected images whose sides divide into patches of {patch} at {resolutions} resolutions, found {shape[1]} × {shape[2]}"

                {
                    Channels = shape[0]
                    Patch = patch
                    Widths = widths
                    Blocks = blocks
                    Middle = middle
                    GroupSize = groups
                    Embedding = embedding
                    Dense =
                        dense |> Option.map (fun channels -> { Side = shape[1]; Channels = channels; Hidden = hidden })
                }

            // Inputs, normalised values, activations, transformed inputs and gradients of each block: 15 to 19 times its values, as
            // measured on batches of 64 to 200,000.
            let activations (shape: int[]) =
                widths
                |> List.mapi (fun i width ->
                    let places = float shape[1] * float shape[2] / float (patch * patch) / 4. ** float i
                    let count = if i = widths.Length - 1 then middle else 2 * blocks
                    20. * float count * float width * places)
                |> List.sum

            return {
                Create = sizes >> Unet.create
                Conditional = Some(fun classes shape -> Unet.conditional classes (sizes shape))
                Activations = activations
            }
        }

    /// <summary>The networks, as functions of the shape of a sample.</summary>
    let table: Table<NetworkDesign> = {
        Kind = "network"
        Members = [
            Member.create
                "unet"
                "Convolutional encoder–decoder with FiLM on log σ: images only"
                Citations.ronneberger2015
                unet
            Member.create "mlp" "Fully connected layers with FiLM on log σ: images and points" Citations.perez2018 mlp
        ]
    }
