namespace DiffSharp

open System
open System.Collections.Generic
open ScoreFunctional.Kernels
open TorchSharp

/// <summary>A state on its way through a loop, and the owner of its native memory. Each step runs in a scope of its own: tensors
/// that the step made and the new state holds live on, those of the old state that the new one no longer holds are freed, and so is
/// everything else that the step made. A tensor that a state holds but no step made is its maker's, and never freed here.</summary>
/// <param name="held">The tensors that a state holds.</param>
/// <param name="start">Makes the first state, as a step does.</param>
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

    /// <summary>The state; its tensors last until the next step.</summary>
    member _.State: 'state =
        let struct (state, _) = current
        state

    /// <summary>Makes a step. After an exception the state is the one before.</summary>
    member _.Step(step: 'state -> 'state) : unit =
        let struct (state, own) = current
        current <- next own (fun () -> step state)

    /// <summary>Gives tensors of the state away: who receives them owns them from here on.</summary>
    member _.Give(tensors: Tensor list) : unit =
        let struct (_, own) = current

        for tensor in tensors do
            own.Remove tensor.raw |> ignore

    interface IDisposable with
        /// <summary>Frees what the loop owns.</summary>
        member _.Dispose() =
            let struct (_, own) = current

            for tensor in own do
                tensor.Dispose()

            own.Clear()

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

    /// <summary>The gradient of a scalar in x, and tensors that were found beside it. What else the function made is freed.</summary>
    let gradWithAux (f: Tensor -> struct (Tensor * Tensor list)) (x: Tensor) : struct (Tensor * Tensor list) =
        scope
            (fun () ->
                use _grad = torch.enable_grad ()
                let tag = DiffSharp.Util.GlobalNestingLevel.Next()
                let variable = x.reverseDiff (nestingTag = tag)
                let struct (value, beside) = f variable
                struct (pullback tag value variable (value.onesLike ()), beside))
            (fun struct (gradient, beside) -> gradient :: beside)

    /// <summary>A tensor of bytes over an array, which both share.</summary>
    /// <param name="shape">Its shape, of as many elements as the array has.</param>
    /// <param name="values">The array.</param>
    let ofBytes (shape: int[]) (values: byte[]) : Tensor =
        use flat = torch.frombuffer (values, torch.ScalarType.Byte)
        Tensor.constant (flat.view (Array.map int64 shape))

    /// <summary>The rows of a tensor at these indices: <c>[n; …]</c> to <c>[indices; …]</c>.</summary>
    let rows (indices: int64[]) (x: Tensor) : Tensor =
        apply "rows" [| x |] (fun a ->
            use places = torch.tensor (indices, device = a[0].Tensor.device)
            a[0].Tensor.index_select(0L, places))

    /// <summary>The number of native tensors alive in the process.</summary>
    let liveTensors () : int64 = torch.Tensor.TotalCount
