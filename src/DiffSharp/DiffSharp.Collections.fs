namespace DiffSharp

/// The functions of F# collections (init, create, map, …) for tensors. Mapping is differentiable.
[<AutoOpen>]
module DsharpCollections =
    let private requireSameShape (a: Tensor) (b: Tensor) =
        if not (Shape.equal a.shape b.shape) then
            failwith $"Expecting tensors of one shape, found {Shape.show a.shape} and {Shape.show b.shape}"

    let private fromElements (like: Tensor) (element: int -> int[] -> Tensor) =
        dsharp.stack(Array.init like.nelement (fun i -> element i (Shape.indexOf like.shape i))).view like.shape

    type dsharp with

        /// A vector whose elements are a function of their index.
        static member init (count: int) (initializer: int -> 'a) = Array.init count initializer |> dsharp.tensor

        /// A matrix whose elements are a function of their indices.
        static member init2d (length1: int) (length2: int) (initializer: int -> int -> 'a) =
            Array2D.init length1 length2 initializer |> dsharp.tensor

        /// A 3-dimensional tensor whose elements are a function of their indices.
        static member init3d (length1: int) (length2: int) (length3: int) (initializer: int -> int -> int -> 'a) =
            Array3D.init length1 length2 length3 initializer |> dsharp.tensor

        /// A 4-dimensional tensor whose elements are a function of their indices.
        static member init4d
            (length1: int)
            (length2: int)
            (length3: int)
            (length4: int)
            (initializer: int -> int -> int -> int -> 'a)
            =
            Array4D.init length1 length2 length3 length4 initializer |> dsharp.tensor

        /// A vector that repeats one value.
        static member create (count: int) (value: 'a) = Array.create count value |> dsharp.tensor

        /// A vector of zeros.
        static member zeroCreate(count: int) = dsharp.zeros count

        /// Maps the elements by a function of their index and value.
        static member mapi (mapping: int[] -> Tensor -> Tensor) (tensor: Tensor) =
            let flat = tensor.view -1
            fromElements tensor (fun i index -> mapping index flat.[i])

        /// Maps the elements of two tensors of one shape by a function of their index and values.
        static member mapi2 (mapping: int[] -> Tensor -> Tensor -> Tensor) (tensor1: Tensor) (tensor2: Tensor) =
            requireSameShape tensor1 tensor2
            let flat1, flat2 = tensor1.view -1, tensor2.view -1
            fromElements tensor1 (fun i index -> mapping index flat1.[i] flat2.[i])

        /// Maps the elements of three tensors of one shape by a function of their index and values.
        static member mapi3
            (mapping: int[] -> Tensor -> Tensor -> Tensor -> Tensor)
            (tensor1: Tensor)
            (tensor2: Tensor)
            (tensor3: Tensor)
            =
            requireSameShape tensor1 tensor2
            requireSameShape tensor2 tensor3
            let flat1, flat2, flat3 = tensor1.view -1, tensor2.view -1, tensor3.view -1
            fromElements tensor1 (fun i index -> mapping index flat1.[i] flat2.[i] flat3.[i])

        /// Maps the elements by a function of their value.
        static member map (mapping: Tensor -> Tensor) (tensor: Tensor) = dsharp.mapi (fun _ v -> mapping v) tensor

        /// Maps the elements of two tensors of one shape by a function of their values.
        static member map2 (mapping: Tensor -> Tensor -> Tensor) (tensor1: Tensor) (tensor2: Tensor) =
            dsharp.mapi2 (fun _ v1 v2 -> mapping v1 v2) tensor1 tensor2

        /// Maps the elements of three tensors of one shape by a function of their values.
        static member map3
            (mapping: Tensor -> Tensor -> Tensor -> Tensor)
            (tensor1: Tensor)
            (tensor2: Tensor)
            (tensor3: Tensor)
            =
            dsharp.mapi3 (fun _ v1 v2 v3 -> mapping v1 v2 v3) tensor1 tensor2 tensor3
