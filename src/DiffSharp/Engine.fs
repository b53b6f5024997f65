namespace DiffSharp

open System
open System.Collections.Generic
open ScoreFunctional.Kernels
open TorchSharp

/// <summary>The state of a loop and the owner of its native memory. Each step runs in its own scope. After it, the tensors that it
/// made and the new state holds live on; the other tensors that it made are freed, and so are those of the old state that the new one
/// does not hold. The loop never frees a tensor that no step made.</summary>
/// <param name="held">The tensors that a state holds.</param>
/// <param name="start">Makes the first state; counts as a step.</param>
[<Sealed>]
type Loop<'state>(held: 'state -> Tensor list, start: unit -> 'state) =
    let none () = HashSet<torch.Tensor>(HashIdentity.Reference)

    let next (own: HashSet<torch.Tensor>) (work: unit -> 'state) : struct ('state * HashSet<torch.Tensor>) =
        use scope = torch.NewDisposeScope()
        let state = work ()
        let kept = none ()

        for tensor in held state do
            if own.Contains tensor.raw || scope.Contains tensor.raw then
                kept.Add tensor.raw |> ignore

        for tensor in kept do
            scope.MoveToOuter tensor |> ignore

        for tensor in own do
            if not (kept.Contains tensor) then
                tensor.Dispose()

        struct (state, kept)

    let mutable current = next (none ()) start

    /// <summary>The current state. Its tensors are valid until the next step.</summary>
    member _.State: 'state =
        let struct (state, _) = current
        state

    /// <summary>Makes a step. After an exception the state is unchanged.</summary>
    member _.Step(step: 'state -> 'state) : unit =
        let struct (state, own) = current
        current <- next own (fun () -> step state)

    /// <summary>Passes the ownership of some of the state's tensors to the caller.</summary>
    member _.Give(tensors: Tensor list) : unit =
        let struct (_, own) = current

        for tensor in tensors do
            own.Remove tensor.raw |> ignore

    interface IDisposable with
        /// <summary>Frees the tensors that the loop owns.</summary>
        member _.Dispose() =
            let struct (_, own) = current

            for tensor in own do
                tensor.Dispose()

            own.Clear()

/// <summary>Additions to DiffSharp's API: engine operations as operations on <c>Tensor</c>, and the lifetime of native memory.</summary>
[<RequireQualifiedAccess>]
module Engine =
    let private translated (name: string) (tensors: Tensor[]) (work: Operand[] -> 'a) : 'a =
        try
            work (tensors |> Array.map (fun t -> Operand(t.raw, t.level)))
        with error ->
            let shapes = tensors |> Array.map (fun t -> Interop.describe t.raw) |> String.concat " and "
            raise (Interop.translate name shapes error)

    /// <summary>Applies an operation on engine tensors. libtorch's graph differentiates it to any order.</summary>
    /// <param name="name">Its name in errors.</param>
    /// <param name="inputs">Its inputs. The result takes part in all their derivatives.</param>
    /// <param name="operation">The operation.</param>
    let apply (name: string) (inputs: Tensor[]) (operation: Operand[] -> torch.Tensor) : Tensor =
        Tensor(translated name inputs operation, Tensor.levels inputs)

    /// <summary><c>apply</c> for an operation with several results.</summary>
    let applyAll (name: string) (inputs: Tensor[]) (operation: Operand[] -> torch.Tensor[]) : Tensor[] =
        let level = Tensor.levels inputs
        translated name inputs operation |> Array.map (fun result -> Tensor(result, level))

    /// <summary>Whether none of these takes part in a derivative.</summary>
    let constants (tensors: Tensor list) = tensors |> List.forall (fun t -> isNull t.level)

    /// <summary>Runs a computation and frees all tensors that it made, except those to keep, which move to the enclosing
    /// scope.</summary>
    let scope (work: unit -> 'a) (keep: 'a -> Tensor list) : 'a =
        use scope = torch.NewDisposeScope()
        let result = work ()

        for tensor in keep result do
            scope.MoveToOuter tensor.raw |> ignore

        result

    /// <summary>Runs a computation that no enclosing derivative differentiates: the engine records nothing. Derivatives inside the
    /// computation work as usual.</summary>
    let noGrad (work: unit -> 'a) : 'a =
        use _grad = torch.no_grad ()
        work ()

    /// <summary>The gradient in x of a function's scalar value, and the function's auxiliary tensors. Frees all other tensors that the
    /// function made.</summary>
    let gradWithAux (f: Tensor -> struct (Tensor * Tensor list)) (x: Tensor) : struct (Tensor * Tensor list) =
        scope
            (fun () ->
                use _grad = torch.enable_grad ()
                let tag = DiffSharp.Util.GlobalNestingLevel.Next()
                let variable = x.reverseDiff (nestingTag = tag)
                let struct (value, aux) = f variable
                struct (vjp tag value variable (value.onesLike ()), aux))
            (fun struct (gradient, aux) -> gradient :: aux)

    /// <summary>A tensor of bytes that shares the memory of an array.</summary>
    /// <param name="shape">Its shape, with as many elements as the array.</param>
    /// <param name="values">The array.</param>
    let ofBytes (shape: int[]) (values: byte[]) : Tensor =
        use flat = torch.frombuffer (values, torch.ScalarType.Byte)
        Tensor.constant (flat.view (Array.map int64 shape))

    /// <summary>The rows of a tensor at these indices: <c>[n; …]</c> to <c>[indices; …]</c>.</summary>
    let rows (indices: int64[]) (x: Tensor) : Tensor =
        apply "rows" [| x |] (fun a ->
            use index = torch.tensor (indices, device = a[0].Tensor.device)
            a[0].Tensor.index_select(0L, index))

    /// <summary>The number of live native tensors in the process.</summary>
    let liveTensors () : int64 = torch.Tensor.TotalCount
