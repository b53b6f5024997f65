namespace DiffSharp

open System.Collections.Generic
open ScoreFunctional.Kernels
open TorchSharp

/// A variable of differentiation: the node of the engine's graph that stands for it, and either the direction
/// in which it moves (forward mode) or the outputs pushed back so far (reverse mode).
[<Sealed; AllowNullLiteral>]
type internal Variable(node: torch.Tensor, direction: torch.Tensor | null, directionLevel: Level) =
    member _.Node = node
    /// Null in reverse mode.
    member _.Direction = direction
    /// The levels on which the direction itself depends.
    member _.DirectionLevel = directionLevel
    /// Outputs propagated from, each with its cotangent.
    member val Pushes = List<struct (torch.Tensor * torch.Tensor * Level)>()
    /// The derivative accumulated, null before the first push.
    member val Derivative: torch.Tensor | null = null with get, set
    member val DerivativeLevel: Level = null with get, set

/// The derivatives being taken of which a tensor is part, innermost first; null for a constant. A tensor whose
/// engine tensor requires a gradient always has one, so that a result without one can be let go of its graph.
and [<Sealed; AllowNullLiteral>] internal Level(tag: uint32, forward: bool, variables: Variable[], outer: Level) =
    member _.Tag = tag
    member _.Forward = forward
    member _.Variables = variables
    member _.Outer = outer

    /// Whether the derivative of this tag is among them. A cotangent may take part in any.
    member level.On(wanted: uint32) : bool =
        tag = wanted
        || tag = Differentiation.OfCotangent
        || (tag > wanted && not (isNull outer) && outer.On wanted)

    interface IDependence with
        member level.On(wanted) = level.On wanted

module internal Level =
    let private union (a: Variable[]) (b: Variable[]) =
        if obj.ReferenceEquals(a, b) then
            a
        else
            let missing = b |> Array.filter (fun v -> not (Array.exists (fun w -> obj.ReferenceEquals(v, w)) a))
            if missing.Length = 0 then a else Array.append a missing

    /// The levels of a result of two operands. Allocates only where the operands differ.
    let rec merge (a: Level) (b: Level) : Level =
        if isNull b || obj.ReferenceEquals(a, b) then
            a
        elif isNull a then
            b
        elif a.Tag > b.Tag then
            let outer = merge a.Outer b

            if obj.ReferenceEquals(outer, a.Outer) then
                a
            else
                Level(a.Tag, a.Forward, a.Variables, outer)
        elif b.Tag > a.Tag then
            merge b a
        elif a.Forward <> b.Forward then
            failwith $"Expecting forward or reverse mode at nesting tag {a.Tag}, found both"
        else
            let variables = union a.Variables b.Variables
            let outer = merge a.Outer b.Outer

            if obj.ReferenceEquals(variables, a.Variables) && obj.ReferenceEquals(outer, a.Outer) then
                a
            else
                Level(a.Tag, a.Forward, variables, outer)

    /// The levels without that of one tag.
    let rec without (tag: uint32) (level: Level) : Level =
        if isNull level || level.Tag < tag then
            level
        elif level.Tag = tag then
            level.Outer
        else
            let outer = without tag level.Outer

            if obj.ReferenceEquals(outer, level.Outer) then
                level
            else
                Level(level.Tag, level.Forward, level.Variables, outer)

    /// The level of one tag, or null.
    let rec find (tag: uint32) (level: Level) : Level =
        if isNull level || level.Tag < tag then null
        elif level.Tag = tag then level
        else find tag level.Outer

    let rec depth (level: Level) = if isNull level then 0 else 1 + depth level.Outer

/// Derivatives of engine tensors.
module internal Autograd =
    /// A node of its own for a tensor: a leaf, or a view of a tensor that is already part of a graph.
    let variable (tensor: torch.Tensor) =
        if tensor.requires_grad then
            // A view is a node; an alias would be another handle of the same one, and inner derivatives would see
            // what the outer variable does.
            use _grad = torch.enable_grad ()
            tensor.view_as tensor
        else
            tensor.detach().requires_grad_(true)

    /// Cotangents pulled back from outputs to inputs, which are what the derivative of this tag is taken in; null where an output
    /// does not depend on an input.
    let pull
        (tag: uint32)
        (outputs: torch.Tensor[])
        (inputs: torch.Tensor[])
        (cotangents: torch.Tensor[])
        (createGraph: bool)
        : (torch.Tensor | null)[] =
        // What the engine itself raises here ends the process, and it raises where there is no graph.
        if outputs |> Array.exists (fun output -> not output.requires_grad) then
            invalidOp "Expecting an output recorded for derivatives, found one computed while nothing is recorded"

        let gradients =
            Differentiation.In(
                tag,
                fun () ->
                    torch.autograd.grad (
                        outputs,
                        inputs,
                        cotangents,
                        retain_graph = true,
                        create_graph = createGraph,
                        allow_unused = true
                    )
            )

        Array.init inputs.Length (fun i -> Interop.orNull gradients.[i])

    /// The derivative of an output along directions of its inputs, by differentiating the pullback, which is
    /// linear in the cotangent, with respect to the cotangent. Null where it is zero throughout.
    let push
        (tag: uint32)
        (output: torch.Tensor)
        (inputs: torch.Tensor[])
        (directions: torch.Tensor[])
        (createGraph: bool)
        : torch.Tensor | null =
        if not output.requires_grad then
            null
        else
            use _grad = torch.enable_grad ()
            let cotangent = torch.zeros_like(output).detach().requires_grad_(true)
            let gradients = pull tag [| output |] inputs [| cotangent |] true

            let outputs, along =
                [|
                    for i in 0 .. inputs.Length - 1 do
                        match gradients.[i] with
                        | null -> ()
                        | gradient when gradient.requires_grad -> gradient, directions.[i]
                        | _ -> ()
                |]
                |> Array.unzip

            if outputs.Length = 0 then
                null
            else
                (pull Differentiation.OfCotangent outputs [| cotangent |] along createGraph).[0]
