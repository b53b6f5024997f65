namespace ScoreFunctional

open DiffSharp

/// <summary>Loops over pure steps. A loop is told which tensors a state holds, and owns their native memory: what a step makes and
/// the new state does not hold is freed when the step ends, and so is what the old state alone held. Tensors that a caller gave
/// stay the caller's.</summary>
module Loop =

    /// <summary><c>Seq.fold</c>: a step for each item.</summary>
    /// <param name="held">The tensors that a state holds.</param>
    /// <param name="step">State and item to the next state.</param>
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

    /// <summary><c>List.mapFold</c>: a step for each item, which finds something beside the next state. What it found is the caller's.</summary>
    /// <param name="held">The tensors that a state holds.</param>
    /// <param name="found">The tensors that a finding holds.</param>
    /// <param name="step">State and item to the next state and what was found.</param>
    /// <param name="start">Makes the first state.</param>
    /// <param name="items">The items.</param>
    let mapFold
        (held: 'state -> Tensor list)
        (found: 'found -> Tensor list)
        (step: 'state -> 'item -> 'state * 'found)
        (start: unit -> 'state)
        (items: seq<'item>)
        : 'state * 'found[] =
        let both (state, finding) = held state @ (finding |> Option.map found |> Option.defaultValue [])
        let loop = new Loop<'state * 'found option>(both, (fun () -> start (), None))

        let findings = [|
            for item in items do
                loop.Step(fun (state, _) ->
                    let next, finding = step state item
                    next, Some finding)

                match loop.State with
                | _, None -> ()
                | _, Some finding ->
                    loop.Give(found finding)
                    finding
        |]

        fst loop.State, findings

    /// <summary><c>Seq.map</c>: each result with the tensors that it holds.</summary>
    /// <param name="held">The tensors that a result holds.</param>
    /// <param name="work">An item to its result.</param>
    /// <param name="items">The items.</param>
    let map (held: 'result -> Tensor list) (work: 'item -> 'result) (items: 'item list) : 'result list =
        items |> List.map (fun item -> Primitives.scope (fun () -> work item) held)

    /// <summary>Steps from a state to the first that is done, then one last change of it.</summary>
    /// <param name="held">The tensors that a state holds.</param>
    /// <param name="isDone">Whether a state is the last.</param>
    /// <param name="step">A state to the next.</param>
    /// <param name="finish">The last state to what is returned.</param>
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
