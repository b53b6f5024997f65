namespace ScoreFunctional

open System
open DiffSharp

/// <summary>A two-dimensional density for training and tests.</summary>
type Density = {
    /// <summary>Name, as typed on the command line.</summary>
    Name: string
    /// <summary>Draws samples <c>[n; 2]</c>, float32. Row k depends only on the key and its index.</summary>
    Sample: Key -> int -> Tensor
    /// <summary>Log-density <c>[n; 2] → [n]</c> in nats; it may be minus infinity.</summary>
    LogDensity: Tensor -> Tensor
    /// <summary>The density as a Gaussian mixture, if it is one: its score is then exact at every noise level.</summary>
    Mixture: Mixture option
    /// <summary>Nearly all probability lies in [−Extent, Extent]².</summary>
    Extent: float
}

/// <summary>Two-dimensional densities with a log-density in closed form. Curves (moons, rings, roll) are mixtures of
/// many narrow Gaussians along the curve, so their scores are exact too.</summary>
module Densities =

    let private ofMixture name extent mixture : Density = {
        Name = name
        Sample = fun key n -> Mixture.sample mixture Dtype.Float32 [| n; 2 |] key
        LogDensity = Mixture.logDensity mixture
        Mixture = Some mixture
        Extent = extent
    }

    /// Points along a curve, with gaps well below one standard deviation.
    let private curve count (point: float -> float * float) = [
        for i in 0 .. count - 1 do
            let x, y = point ((float i + 0.5) / float count)
            [| x; y |]
    ]

    /// <summary>A Gaussian with standard deviations 1 and 0.5.</summary>
    let gaussian =
        Mixture.create [ { Weight = 1.; Mean = [| 0.; 0. |]; Deviation = [| 1.; 0.5 |] } ]
        |> ofMixture "gaussian" 3.

    /// <summary>Eight Gaussians of standard deviation 0.15 on a circle of radius 2.</summary>
    let eightGaussians =
        curve 8 (fun u -> 2. * cos (2. * Math.PI * u), 2. * sin (2. * Math.PI * u))
        |> Mixture.isotropic 0.15
        |> ofMixture "eight-gaussians" 3.

    /// <summary>Two interleaved half circles of radius 1.5, with noise of standard deviation 0.12.</summary>
    let twoMoons =
        let upper = curve 48 (fun u -> 1.5 * cos (Math.PI * u) - 0.75, 1.5 * sin (Math.PI * u) - 0.375)
        let lower = curve 48 (fun u -> 0.75 - 1.5 * cos (Math.PI * u), 0.375 - 1.5 * sin (Math.PI * u))
        Mixture.isotropic 0.12 (upper @ lower) |> ofMixture "two-moons" 3.

    /// <summary>Two concentric circles of radius 1 and 2 and equal weight, with noise of standard deviation 0.1.</summary>
    let rings =
        let ring radius count =
            curve count (fun u -> radius * cos (2. * Math.PI * u), radius * sin (2. * Math.PI * u))
            |> List.map (fun mean -> { Weight = 1. / float count; Mean = mean; Deviation = [| 0.1; 0.1 |] })

        Mixture.create (ring 1. 64 @ ring 2. 128) |> ofMixture "rings" 3.

    /// <summary>A spiral of one and a half turns, with noise of standard deviation 0.1.</summary>
    let swissRoll =
        curve 160 (fun u ->
            // The square root spaces the points about equally along the spiral.
            let angle = 1.5 * Math.PI * (1. + 2. * sqrt u)
            let radius = 2.4 * angle / (4.5 * Math.PI)
            radius * cos angle, radius * sin angle)
        |> Mixture.isotropic 0.1
        |> ofMixture "swiss-roll" 3.

    let private points (values: float[]) =
        dsharp.tensor(values, dtype = Dtype.Float64, device = Device.CPU).cast(Dtype.Float32).view [|
            values.Length / 2
            2
        |]

    /// <summary>A bent Gaussian: <c>x ~ N(0, 1)</c>, <c>y | x ~ N(x² − 1, 0.3²)</c> (Haario, Saksman and Tamminen 1999).</summary>
    let banana: Density =
        let deviation = 0.3

        {
            Name = "banana"
            Sample =
                fun key n ->
                    let z = (Key.normal Dtype.Float64 [| n; 2 |] key).view [| 2 * n |] |> Batch.toArray

                    Array.init (2 * n) (fun i ->
                        if i % 2 = 0 then z[i] else z[i - 1] * z[i - 1] - 1. + deviation * z[i])
                    |> points
            LogDensity =
                fun x ->
                    let columns = x.split ([ 1; 1 ], dim = 1)
                    let first = columns[0].view -1
                    let bent = (columns[1].view -1 - first * first + 1.) / deviation
                    (first * first + bent * bent) * -0.5 - log (2. * Math.PI * deviation)
            Mixture = None
            Extent = 4.
        }

    /// <summary>Uniform on every other square of a 4 × 4 board on [−2, 2]²: eight squares of side 1.</summary>
    let checkerboard: Density = {
        Name = "checkerboard"
        Sample =
            fun key n ->
                let u = (Key.uniform Dtype.Float64 [| n; 3 |] key).view [| 3 * n |] |> Batch.toArray

                Array.init (2 * n) (fun i ->
                    let sample = i / 2
                    let square = min 7 (int (8. * u[3 * sample]))
                    let row = square / 2

                    if i % 2 = 0 then
                        float (2 * (square % 2) + row % 2) - 2. + u[3 * sample + 1]
                    else
                        float row - 2. + u[3 * sample + 2])
                |> points
        LogDensity =
            fun x ->
                let values = x.view ([| x.nelement |]) |> Batch.toArray

                Array.init (x.shape[0]) (fun i ->
                    let column, row = floor (values[2 * i] + 2.), floor (values[2 * i + 1] + 2.)
                    let inside = column >= 0. && column < 4. && row >= 0. && row < 4.

                    if inside && int (column + row) % 2 = 0 then
                        log 0.125
                    else
                        Double.NegativeInfinity)
                |> Batch.ofArray
        Mixture = None
        Extent = 3.
    }

    /// <summary>All densities.</summary>
    let all = [| gaussian; eightGaussians; twoMoons; rings; swissRoll; banana; checkerboard |]
