namespace DiffSharp

open TorchSharp

/// Products of matrices and vectors, and linear systems.
[<AutoOpen>]
module TensorLinearAlgebra =
    let private requireSquare (name: string) (a: Tensor) =
        if a.dim < 2 || a.dim > 3 || a.shape.[a.dim - 1] <> a.shape.[a.dim - 2] then
            failwith $"Expecting a square matrix or a batch of them for {name}, found shape {Shape.show a.shape}"

    /// Checks that the shapes have a matrix product.
    let private requireProduct (a: Tensor) (b: Tensor) =
        let fits =
            a.dim > 0
            && b.dim > 0
            && a.shape.[a.dim - 1] = b.shape.[max 0 (b.dim - 2)]
            && Shape.canBroadcast a.shape.[.. a.dim - 3] b.shape.[.. b.dim - 3]

        if not fits then
            failwith $"Cannot apply 'matmul' to shapes {Shape.show a.shape} and {Shape.show b.shape}"

        if a.device <> b.device then
            failwith $"Cannot apply 'matmul' to tensors on devices {a.device} and {b.device}"

    type Tensor with

        /// The matrix product of [.., n, k] and [.., k, m], of shape [.., n, m]; leading dimensions broadcast. A vector
        /// counts as a row on the left and as a column on the right; the result lacks its dimension of size 1.
        member a.matmul(b: Tensor) : Tensor =
            let struct (a, b) = Tensor.widened ("matmul", a, b)

            if a.dtype = Dtype.Bool then
                opNotSupported2 "matmul" a.dtype b.dtype

            // TorchSharp's matmul does not catch the engine's exceptions, which then end the process.
            requireProduct a b
            Tensor.binary "matmul" a b (fun x y -> x.matmul y)

        /// The inner product of two vectors of one length, a scalar.
        member a.dot(b: Tensor) : Tensor =
            if a.dim <> 1 || b.dim <> 1 || a.nelement <> b.nelement then
                failwith
                    $"Expecting two vectors of one length, found shapes {Shape.show a.shape} and {Shape.show b.shape}"

            a.matmul b

        /// The matrix products of two batches [b, n, k] and [b, k, m], of shape [b, n, m].
        member a.bmm(b: Tensor) : Tensor =
            if a.dim <> 3 || b.dim <> 3 || a.shape.[0] <> b.shape.[0] || a.shape.[2] <> b.shape.[1] then
                failwith
                    $"Expecting shapes [b; n; k] and [b; k; m], found {Shape.show a.shape} and {Shape.show b.shape}"

            a.matmul b

        /// The outer product of two vectors, or of each pair of rows of two matrices.
        member a.outer(b: Tensor) : Tensor =
            match a.dim, b.dim with
            | 1, 1 -> a.unsqueeze(1).matmul(b.unsqueeze 0)
            | 2, 2 when a.shape.[0] = b.shape.[0] -> a.unsqueeze(2).bmm(b.unsqueeze 1)
            | _ ->
                failwith
                    $"Expecting two vectors, or two matrices with as many rows, found shapes {Shape.show a.shape} and {Shape.show b.shape}"

        /// The determinant of a square matrix [n, n], or of each matrix of a batch [b, n, n].
        member a.det() : Tensor =
            requireSquare "det" a
            Tensor.real "det" a (fun x -> torch.linalg.det x)

        /// The inverse of a square matrix [n, n], or of each matrix of a batch [b, n, n].
        member a.inv() : Tensor =
            requireSquare "inv" a
            Tensor.real "inv" a (fun x -> torch.linalg.inv x)

        /// The solution x of a x = b, for a [n, n] and b [n] or [n, m], or for batches a [k, n, n] and b [k, n] or [k,
        /// n, m].
        member a.solve(b: Tensor) : Tensor =
            requireSquare "solve" a

            let fits =
                (a.dim = 2 && (b.dim = 1 || b.dim = 2) && b.shape.[0] = a.shape.[0])
                || (a.dim = 3 && (b.dim = 2 || b.dim = 3) && b.shape.[0] = a.shape.[0] && b.shape.[1] = a.shape.[1])

            if not fits then
                failwith
                    $"Expecting a right-hand side to match shape {Shape.show a.shape}, found shape {Shape.show b.shape}"

            let struct (a, b) = Tensor.widened ("solve", a, b)

            if not a.dtype.IsFloatingPoint then
                opNotSupported2 "solve" a.dtype b.dtype

            let column = b.dim = a.dim - 1
            let right = if column then b.unsqueeze -1 else b
            let solution = Tensor.binary "solve" a right (fun x y -> torch.linalg.solve (x, y))
            if column then solution.squeeze (solution.dim - 1) else solution

        /// The norm of all elements or along a dimension, of order 2 by default. Order 0 counts non-zero elements; the
        /// infinities give the largest and smallest magnitude. Floating-point types only; 16-bit types are computed in
        /// Float32.
        member t.norm(?order: float, ?dim: int, ?keepDim: bool) : Tensor =
            if not t.dtype.IsFloatingPoint then
                failwith $"Expecting a floating-point tensor, found {t.dtype}"

            let a = if t.elementSize = 2 then t.cast Dtype.Float32 else t

            let sum (x: Tensor) =
                match dim with
                | None -> x.sum ()
                | Some dim -> x.sum (dim, ?keepDim = keepDim)

            let norm =
                match defaultArg order 2.0 with
                | 1.0 -> sum (a.abs ())
                | 2.0 -> (sum (a * a)).sqrt()
                | 0.0 -> sum ((a.ne (a.zerosLike ())).cast a.dtype)
                | System.Double.PositiveInfinity ->
                    match dim with
                    | None -> a.flatten().abs().max()
                    | Some dim -> a.abs().max(dim, ?keepDim = keepDim)
                | System.Double.NegativeInfinity ->
                    match dim with
                    | None -> a.flatten().abs().min()
                    | Some dim -> a.abs().min(dim, ?keepDim = keepDim)
                | order -> (sum (a.abs().pow(order))).pow(1.0 / order)

            norm.cast t.dtype
