/// Arrays in plain managed code: what the operations are checked against.
module DiffSharp.Tests.Reference

/// A dense array of numbers, row by row.
type Grid = { Sizes: int[]; Data: float[] }

let grid (sizes: int list) (data: float[]) = { Sizes = Array.ofList sizes; Data = data }

/// The flat position of an index.
let offset (sizes: int[]) (index: int[]) = Array.fold2 (fun flat size i -> flat * size + i) 0 sizes index

/// The index of a flat position.
let indexOf (sizes: int[]) (flat: int) =
    let index = Array.zeroCreate sizes.Length
    let mutable rest = flat

    for d = sizes.Length - 1 downto 0 do
        index.[d] <- rest % sizes.[d]
        rest <- rest / sizes.[d]

    index

let at (g: Grid) (index: int[]) = g.Data.[offset g.Sizes index]

/// The values of an array given by their index, row by row.
let build (sizes: int list) (value: int[] -> float) =
    let sizes = Array.ofList sizes
    Array.init (Array.fold (*) 1 sizes) (indexOf sizes >> value)

/// All indices of an array of the given sizes.
let indices (sizes: int list) = [| for flat in 0 .. Tensors.sizeOf sizes - 1 -> indexOf (Array.ofList sizes) flat |]

/// Reduces one dimension of an array by a function of its values.
let reduce (dim: int) (f: float[] -> float) (g: Grid) =
    let kept = g.Sizes |> Array.removeAt dim |> List.ofArray

    build kept (fun index -> f (Array.init g.Sizes.[dim] (fun i -> at g (Array.insertAt dim i index))))

/// Replaces the values along one dimension by a function of them.
let along (dim: int) (f: float[] -> float[]) (g: Grid) =
    build (List.ofArray g.Sizes) (fun index ->
        let line = Array.init g.Sizes.[dim] (fun i -> at g (Array.updateAt dim i index))
        (f line).[index.[dim]])

let variance (correction: int) (values: float[]) =
    let mean = Array.average values
    (values |> Array.sumBy (fun v -> (v - mean) ** 2.0)) / float (values.Length - correction)

let softmax (values: float[]) =
    let largest = Array.max values
    let exps = values |> Array.map (fun v -> exp (v - largest))
    let total = Array.sum exps
    exps |> Array.map (fun e -> e / total)

let logsumexp (values: float[]) =
    let largest = Array.max values
    largest + log (values |> Array.sumBy (fun v -> exp (v - largest)))

/// The product of two matrices.
let matmul (a: Grid) (b: Grid) =
    let n, k, m = a.Sizes.[0], a.Sizes.[1], b.Sizes.[1]
    build [ n; m ] (fun i -> Array.sum [| for j in 0 .. k - 1 -> at a [| i.[0]; j |] * at b [| j; i.[1] |] |])

/// The determinant of a 2×2 matrix.
let det2 (m: float[]) = m.[0] * m.[3] - m.[1] * m.[2]

/// The inverse of a 2×2 matrix.
let inv2 (m: float[]) =
    let d = det2 m
    [| m.[3] / d; -m.[1] / d; -m.[2] / d; m.[0] / d |]

/// The value at an index, 0 outside.
let private padded (g: Grid) (index: int[]) =
    if Array.forall2 (fun i size -> i >= 0 && i < size) index g.Sizes then
        at g index
    else
        0.0

/// The sizes of a convolution's output.
let private outputSizes (sizes: int[]) (kernel: int[]) (stride: int) (padding: int) (dilation: int) =
    Array.map2 (fun size k -> (size + 2 * padding - dilation * (k - 1) - 1) / stride + 1) sizes kernel

/// The convolution of [n, c, …] with [o, c, …], by its definition.
let conv (stride: int) (padding: int) (dilation: int) (x: Grid) (w: Grid) =
    let kernel = w.Sizes.[2..]
    let output = outputSizes x.Sizes.[2..] kernel stride padding dilation

    build (x.Sizes.[0] :: w.Sizes.[0] :: List.ofArray output) (fun index ->
        Array.sum [|
            for c in 0 .. x.Sizes.[1] - 1 do
                for k in indices (List.ofArray kernel) do
                    let place = Array.map2 (fun o k -> o * stride - padding + k * dilation) index.[2..] k
                    padded x (Array.append [| index.[0]; c |] place) * at w (Array.append [| index.[1]; c |] k)
        |])

/// The transposed convolution of [n, c, …] with [c, o, …]: each input value spreads over a window of the output.
let convTranspose (stride: int) (padding: int) (dilation: int) (x: Grid) (w: Grid) =
    let kernel = w.Sizes.[2..]

    let output =
        Array.map2 (fun size k -> (size - 1) * stride - 2 * padding + dilation * (k - 1) + 1) x.Sizes.[2..] kernel

    build (x.Sizes.[0] :: w.Sizes.[1] :: List.ofArray output) (fun index ->
        Array.sum [|
            for c in 0 .. x.Sizes.[1] - 1 do
                for k in indices (List.ofArray kernel) do
                    let spread = Array.map2 (fun o k -> o + padding - k * dilation) index.[2..] k

                    if spread |> Array.forall (fun s -> s % stride = 0) then
                        let place = spread |> Array.map (fun s -> s / stride)
                        padded x (Array.append [| index.[0]; c |] place) * at w (Array.append [| c; index.[1] |] k)
        |])

/// Reduces windows of [n, c, …], as wide as they step.
let pool (size: int) (f: float[] -> float) (x: Grid) =
    let output = x.Sizes.[2..] |> Array.map (fun s -> s / size)
    let window = indices [ for _ in output -> size ]

    build (x.Sizes.[0] :: x.Sizes.[1] :: List.ofArray output) (fun index ->
        window
        |> Array.map (fun k -> at x (Array.append index.[..1] (Array.map2 (fun o k -> o * size + k) index.[2..] k)))
        |> f)
