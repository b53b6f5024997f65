namespace DiffSharp

open System
open TorchSharp

/// Sums, means, variances and covariances.
[<AutoOpen>]
module TensorReduction =
    let private sumType (dtype: Dtype option) =
        match dtype with
        | Some dtype -> Nullable(Interop.toTorchType dtype)
        | None -> Nullable()

    type Tensor with

        /// The sum of all elements; integers and booleans sum to Int64 unless a type is given.
        member a.sum(?dtype: Dtype) : Tensor = Tensor.unary "sum" a (fun x -> x.sum (sumType dtype))

        /// The sums along a dimension.
        member a.sum(dim: int, ?keepDim: bool, ?dtype: Dtype) : Tensor =
            let dim = Shape.completeDim a.dim dim

            if a.dim = 0 then
                a
            else
                Tensor.unary "sum" a (fun x -> x.sum (int64 dim, defaultArg keepDim false, sumType dtype))

        /// Sums over the dimensions along which the new shape would broadcast to this tensor's.
        member a.sumToSize(newShape: int[], ?dtype: Dtype) : Tensor =
            let oldShape = a.shape

            if Shape.equal oldShape newShape then
                a.cast (defaultArg dtype a.dtype.SummationType)
            elif newShape.Length = 0 then
                a.sum (?dtype = dtype)
            else
                Shape.expanded newShape oldShape |> ignore
                let added = oldShape.Length - newShape.Length
                let mutable result = a.cast a.dtype.SummationType

                for _ in 1..added do
                    result <- result.sum (0, keepDim = false)

                for dim in 0 .. newShape.Length - 1 do
                    if oldShape.[added + dim] <> newShape.[dim] then
                        result <- result.sum (dim, keepDim = true)

                match dtype with
                | Some dtype -> result.cast dtype
                | None -> result

        /// The mean of all elements.
        member a.mean() : Tensor =
            if a.dtype.IsFloatingPoint then
                Tensor.unary "mean" a (fun x -> x.mean ())
            else
                a.sum () / a.nelement

        /// The means along a dimension.
        member a.mean(dim: int, ?keepDim: bool) : Tensor =
            let dim = Shape.completeDim a.dim dim

            if a.dim = 0 then
                a
            elif a.dtype.IsFloatingPoint then
                Tensor.unary "mean" a (fun x -> x.mean ([| int64 dim |], defaultArg keepDim false))
            else
                a.sum (dim, ?keepDim = keepDim) / a.shape.[dim]

        /// The variance of all elements: the sum of squared deviations over n - 1, or over n if <c>unbiased</c> is
        /// false.
        member a.var(?unbiased: bool) : Tensor =
            let n = if defaultArg unbiased true then a.nelement - 1 else a.nelement
            let deviation = a - a.mean ()
            (deviation * deviation).sum() / n

        /// The variances along a dimension.
        member a.var(dim: int, ?keepDim: bool, ?unbiased: bool) : Tensor =
            let dim = Shape.completeDim a.dim dim
            let n = if defaultArg unbiased true then a.shape.[dim] - 1 else a.shape.[dim]
            let deviation = a - a.mean (dim, keepDim = true)
            (deviation * deviation).sum(dim, ?keepDim = keepDim) / n

        /// The square root of the variance of all elements.
        member a.std(?unbiased: bool) : Tensor = Tensor.Sqrt(a.var (?unbiased = unbiased))

        /// The square roots of the variances along a dimension.
        member a.std(dim: int, ?keepDim: bool, ?unbiased: bool) : Tensor =
            Tensor.Sqrt(a.var (dim, ?keepDim = keepDim, ?unbiased = unbiased))

        /// Shifts and scales the values to [0, 1]; zeros if all are equal.
        member t.normalize() : Tensor =
            let low = t.min ()
            let range = t.max () - low

            if range.toDouble () = 0.0 then t.zerosLike () else (t - low) / range

        /// Shifts and scales the values to mean 0 and standard deviation 1; zeros if all are equal.
        member t.standardize() : Tensor =
            let deviation = t.std ()

            if deviation.toDouble () = 0.0 || deviation.hasnan () then
                t.zerosLike ()
            else
                (t - t.mean ()) / deviation

        /// The covariance matrix of variables in rows and observations in columns: the sum of products of deviations
        /// over n - correction (1 by default). Observations may have integer frequencies (fweights) and real weights
        /// (aweights).
        member a.cov(?correction: int64, ?fweights: Tensor, ?aweights: Tensor) : Tensor =
            if a.dim > 2 then
                failwith $"Expecting at most two dimensions, found shape {Shape.show a.shape}"

            if a.dtype = Dtype.Bool then
                failwith "Expecting numbers, found a tensor of type Bool"

            let input = if a.dim < 2 then a.view [| 1; -1 |] else a
            let observations = input.shape.[1]
            let correction = defaultArg correction 1L

            let check (name: string) (fits: Dtype -> bool) (weights: Tensor) =
                if weights.dim > 1 || weights.nelement <> observations then
                    failwith $"Expecting {name} of shape [{observations}], found shape {Shape.show weights.shape}"

                if not (fits weights.dtype) then
                    failwith $"Expecting {name} to be integers (fweights) or reals (aweights), found {weights.dtype}"

                if weights.nelement > 0 && weights.min().toDouble() < 0.0 then
                    failwith $"Expecting {name} to be non-negative, found {weights.min().toDouble()}"

            fweights |> Option.iter (check "fweights" (fun d -> d.IsIntegral))
            aweights |> Option.iter (check "aweights" (fun d -> d.IsFloatingPoint))

            let weights =
                match fweights, aweights with
                | Some f, Some w -> Some(f * w)
                | Some w, None
                | None, Some w -> Some w
                | None, None -> None

            match weights with
            | None ->
                let deviation = input - input.mean (1, keepDim = true)
                let freedom = max 0L (int64 observations - correction)
                let products = Tensor.binary "cov" deviation deviation (fun x y -> x.matmul (y.transpose (0L, 1L)))
                (products / float freedom).squeeze()
            | Some w ->
                let total = w.sum ()

                if total.toDouble () = 0.0 then
                    failwith "Expecting weights with a positive sum, found 0"

                let deviation = input - ((input * w).sum(1) / total).unsqueeze 1

                let freedom =
                    match aweights with
                    | Some aweights when correction <> 0L -> total - (w * aweights).sum() * correction / total
                    | _ -> total - correction

                let freedom = if freedom.toDouble () <= 0.0 then freedom.zeroLike () else freedom

                let products =
                    Tensor.binary "cov" deviation (deviation * w) (fun x y -> x.matmul (y.transpose (0L, 1L)))

                (products / freedom).squeeze()

        /// The correlation matrix of variables in rows and observations in columns.
        member a.corrcoef() : Tensor =
            if a.dim > 2 then
                failwith $"Expecting at most two dimensions, found shape {Shape.show a.shape}"

            let c = a.cov ()

            if c.dim = 0 then
                c / c
            else
                let deviation = c.diagonal().sqrt()
                (c / deviation.view [| -1; 1 |] / deviation.view [| 1; -1 |]).clamp(-1, 1)
