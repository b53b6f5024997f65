namespace DiffSharp

open ScoreFunctional.Kernels
open TorchSharp

/// <summary>What this floor offers beyond DiffSharp: operations on the engine's tensors made operations on <c>Tensor</c>, and the lifetime
/// of native memory.</summary>
[<RequireQualifiedAccess>]
module Engine =
    let private guarded (name: string) (tensors: Tensor[]) (work: Operand[] -> 'a) : 'a =
        try
            work (tensors |> Array.map (fun t -> Operand(t.raw, t.level)))
        with error ->
            let shapes = tensors |> Array.map (fun t -> Interop.describe t.raw) |> String.concat " and "
            raise (Interop.translate name shapes error)

    /// <summary>An operation on the engine's tensors, differentiable to any order as libtorch's graph differentiates it.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="inputs">Its inputs; the result takes part in every derivative that one of them does.</param>
    /// <param name="operation">What it computes.</param>
    let apply (name: string) (inputs: Tensor[]) (operation: Operand[] -> torch.Tensor) : Tensor =
        Tensor(guarded name inputs operation, Tensor.levels inputs)

    /// <summary><c>apply</c> for an operation of several results.</summary>
    let applyAll (name: string) (inputs: Tensor[]) (operation: Operand[] -> torch.Tensor[]) : Tensor[] =
        let level = Tensor.levels inputs
        guarded name inputs operation |> Array.map (fun result -> Tensor(result, level))

    /// <summary>Whether none of these takes part in a derivative.</summary>
    let constants (tensors: Tensor list) = tensors |> List.forall (fun t -> isNull t.level)

    /// <summary>Runs a computation and frees all native memory it made, except that of the tensors kept, which passes to the
    /// enclosing scope.</summary>
    let scope (work: unit -> 'a) (keep: 'a -> Tensor list) : 'a =
        use scope = torch.NewDisposeScope()
        let result = work ()

        for tensor in keep result do
            scope.MoveToOuter tensor.raw |> ignore

        result

    /// <summary>Runs a computation of which no derivative is taken from outside; the engine records nothing. Derivatives taken
    /// inside are unaffected.</summary>
    let noGrad (work: unit -> 'a) : 'a =
        use _grad = torch.no_grad ()
        work ()

    /// <summary>The gradient of a scalar in x, and what was found beside it.</summary>
    let gradWithAux (f: Tensor -> struct (Tensor * 'a)) (x: Tensor) : struct (Tensor * 'a) =
        use _grad = torch.enable_grad ()
        let tag = DiffSharp.Util.GlobalNestingLevel.Next()
        let variable = x.reverseDiff (nestingTag = tag)
        let struct (value, beside) = f variable
        struct (pullback tag value variable (value.onesLike ()), beside)

    /// <summary>The number of native tensors alive in the process.</summary>
    let liveTensors () : int64 = torch.Tensor.TotalCount

    /// <summary>Frees tensors that nobody will use again, before their scope ends.</summary>
    let free (tensors: Tensor list) =
        for tensor in tensors do
            tensor.raw.Dispose()
