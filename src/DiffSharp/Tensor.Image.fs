namespace DiffSharp

/// Tensors as images.
[<AutoOpen>]
module TensorImage =
    type Tensor with

        /// An image [c, h, w] with values mapped from [0, 1] to [pixelMin, pixelMax]. Vectors and matrices become grey
        /// images; a batch [n, c, h, w] becomes a grid with gridCols columns (about square by default).
        member t.toImage(?pixelMin: double, ?pixelMax: double, ?normalize: bool, ?gridCols: int) : Tensor =
            let pixelMin = defaultArg pixelMin 0.0
            let pixelMax = defaultArg pixelMax 1.0

            if pixelMin < 0.0 || pixelMax > 1.0 || pixelMax <= pixelMin then
                failwith $"Expecting 0 <= pixelMin < pixelMax <= 1, found {pixelMin} and {pixelMax}"

            let grid () =
                let n, c, h, w = t.shape.[0], t.shape.[1], t.shape.[2], t.shape.[3]
                let columns = defaultArg gridCols (int (ceil (sqrt (float n))))

                if columns < 1 || columns > n then
                    failwith $"Expecting gridCols from 1 to {n}, found {columns}"

                let rows = (n + columns - 1) / columns
                let blanks = rows * columns - n
                let full = if blanks = 0 then t else Tensor.cat [ t; t.zerosLike [| blanks; c; h; w |] ]

                full.view([| rows; columns; c; h; w |]).permute([| 2; 0; 3; 1; 4 |]).view [| c; rows * h; columns * w |]

            let pixels =
                match t.dim with
                | 1 -> t.view([| 1; 1; t.nelement |]).expand [| 3; -1; -1 |]
                | 2 -> t.unsqueeze(0).expand [| 3; -1; -1 |]
                | 3 -> t
                | 4 -> grid ()
                | _ -> failwith $"Expecting 1 to 4 dimensions, found shape {Shape.show t.shape}"

            let coloured =
                match pixels.shape.[0] with
                | 1 -> pixels.expand [| 3; -1; -1 |]
                | 3 -> pixels
                | channels -> failwith $"Expecting 1 or 3 channels, found {channels}"

            let scaled = if defaultArg normalize false then coloured.normalize () else coloured
            pixelMin + scaled * (pixelMax - pixelMin)

        /// The image of <c>toImage</c> as text; the palette's characters go from dark to bright.
        member t.toImageString
            (?pixelMin: double, ?pixelMax: double, ?normalize: bool, ?gridCols: int, ?asciiPalette: string)
            : string =
            let palette = defaultArg asciiPalette " .:-=+*#%@"

            let image =
                t.toImage (?pixelMin = pixelMin, ?pixelMax = pixelMax, ?normalize = normalize, ?gridCols = gridCols)

            let grey = image.mean(0).noDiff().toArray2D<float>()
            let text = System.Text.StringBuilder()

            for y = 0 to Array2D.length1 grey - 1 do
                for x = 0 to Array2D.length2 grey - 1 do
                    let place = int (grey.[y, x] * float palette.Length) - 1
                    text.Append palette.[min (palette.Length - 1) (max 0 place)] |> ignore

                text.AppendLine() |> ignore

            text.ToString()
