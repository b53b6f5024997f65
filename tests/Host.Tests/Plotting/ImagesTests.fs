/// Grids of images, and the limits of a picture.
module Host.Tests.ImagesTests

open System
open Expecto
open Host.Tests.PlottingSupport
open Host.Tests.Support
open ScoreFunctional.Host.Plotting.Images
open ScoreFunctional.Host.Training
open SkiaSharp

[<Tests>]
let gridTests =
    testList "grids of images" [
        testCase "a grid puts each image into its cell, and every pixel is one of an image's"
        <| fun () ->
            // Five images of 2 by 3 pixels, each of its own grey; three columns, every pixel doubled.
            let images = Array.init 30 (fun i -> float32 (i / 6) * 0.2f + 0.1f)
            use picture = decoded (ImageGrid.Png(ReadOnlySpan images, 1, 2, 3, GridLayout(3, 2, 1, 7uy)))
            Expect.equal (picture.Width, picture.Height) (3 * 7 + 1, 2 * 5 + 1) "the size"
            Expect.equal picture.ColorType SKColorType.Gray8 "a grey picture"

            let expected x y =
                let column, row = (x - 1) / 7, (y - 1) / 5
                let image = 3 * row + column

                if x > 0 && y > 0 && (x - 1) % 7 < 6 && (y - 1) % 5 < 4 && image < 5 then
                    byte (images[image * 6] * 255f + 0.5f)
                else
                    7uy

            for x in 0 .. picture.Width - 1 do
                for y in 0 .. picture.Height - 1 do
                    Expect.equal (picture.GetPixel(x, y).Green) (expected x y) $"pixel {x}, {y}"

        testCase "the channels of a coloured image are red, green and blue"
        <| fun () ->
            let images = [| 1f; 0f; 0.2f; 0.4f; 0.6f; 0.8f |]
            use picture = decoded (ImageGrid.Png(ReadOnlySpan images, 3, 1, 2, GridLayout(1, 1, 0)))
            Expect.equal (picture.GetPixel(0, 0)) (SKColor(255uy, 51uy, 153uy)) "the first pixel"
            Expect.equal (picture.GetPixel(1, 0)) (SKColor(0uy, 102uy, 204uy)) "the second"

        testCase "values outside [0, 1] are clipped and NaN is black"
        <| fun () ->
            let images = [| -3f; 2f; nanf; 0.5f |]
            use picture = decoded (ImageGrid.Png(ReadOnlySpan images, 1, 2, 2, GridLayout(1, 1, 0)))
            Expect.sequenceEqual picture.Bytes [| 0uy; 255uy; 0uy; 128uy |] "the greys"

        testCase "a number of values that is no whole number of images is refused"
        <| fun () ->
            for count, channels in [ 7, 1; 8, 2 ] do
                Expect.throwsT<ArgumentException>
                    (fun () -> ImageGrid.Png(ReadOnlySpan(Array.zeroCreate<float32> count), channels, 2, 2) |> ignore)
                    $"{count} values of {channels} channels"
    ]

[<Tests>]
let limitTests =
    testList "limits" [
        testCase "one picture shows ten thousand images and a hundred thousand points"
        <| fun () ->
            for shape, most in [ SampleShape.Image, 10_000; SampleShape.Point, 100_000 ] do
                SamplePicture.Require(most, shape)
                expectError [ string most; "--npy" ] (fun () -> SamplePicture.Require(most + 1, shape))

            expectError [ "10000" ] (fun () ->
                SamplePicture.Of(
                    ReadOnlySpan(Array.zeroCreate<float32>(10_001 * 784)),
                    SampleShape.Image,
                    Designs.designOf "--dataset strokes"
                )
                |> ignore)
    ]
