namespace ScoreFunctional

open DiffSharp

/// <summary>Loops over pure steps that free native memory after each step. The caller says which tensors a state holds. At the end of a
/// step the loop frees the step's temporary tensors, and those that only the previous state held. It never frees tensors of the
/// caller.</summary>
module Loop =

    /// <summary><c>Seq.fold</c>: one step per item.</summary>
    /// <param name="held">The tensors that a state holds.</param>
    /// <param name="step">The state and an item to the next state.</param>
    /// <param name="start">The first state.</param>
    /// <param name="items">The items.</param>
    let fold
        (held: 'state -> Tensor list)
        (step: 'state -> 'item -> 'state)
        (start: 'state)
        (items: seq<'item>)
        : 'state =
        let loop = new Loop<'state>(held, (fun () -> start))

        for item in items do
            loop.Step(fun state -> step state item)

        loop.State

    /// <summary><c>List.mapFold</c>: one step per item, with a result beside the next state. The caller owns the results.</summary>
    /// <param name="held">The tensors that a state holds.</param>
    /// <param name="found">The tensors that a result holds.</param>
    /// <param name="step">The state and an item to the next state and a result.</param>
    /// <param name="start">Makes the first state.</param>
    /// <param name="items">The items.</param>
    let mapFold
        (held: 'state -> Tensor list)
        (found: 'found -> Tensor list)
        (step: 'state -> 'item -> 'state * 'found)
        (start: unit -> 'state)
        (items: seq<'item>)
        : 'state * 'found[] =
        let both (state, result) = held state @ (result |> Option.map found |> Option.defaultValue [])
        let loop = new Loop<'state * 'found option>(both, (fun () -> start (), None))

        let results = [|
            for item in items do
                loop.Step(fun (state, _) ->
                    let next, result = step state item
                    next, Some result)

                match loop.State with
                | _, None -> ()
                | _, Some result ->
                    loop.Give(found result)
                    result
        |]

        fst loop.State, results

    /// <summary><c>List.map</c> that frees the temporary tensors of each item.</summary>
    /// <param name="held">The tensors that a result holds.</param>
    /// <param name="work">An item to its result.</param>
    /// <param name="items">The items.</param>
    let map (held: 'result -> Tensor list) (work: 'item -> 'result) (items: 'item list) : 'result list =
        items |> List.map (fun item -> Primitives.scope (fun () -> work item) held)

    /// <summary>Repeats a step until a state is done, then applies a final function.</summary>
    /// <param name="held">The tensors that a state holds.</param>
    /// <param name="isDone">Whether a state is the last.</param>
    /// <param name="step">A state to the next.</param>
    /// <param name="finish">The last state to the result.</param>
    /// <param name="start">Makes the first state.</param>
    let until
        (held: 'state -> Tensor list)
        (isDone: 'state -> bool)
        (step: 'state -> 'state)
        (finish: 'state -> 'state)
        (start: unit -> 'state)
        : 'state =
        let loop = new Loop<'state>(held, start)

        while not (isDone loop.State) do
            loop.Step step

        loop.Step finish
        loop.State
