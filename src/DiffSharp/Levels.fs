namespace DiffSharp

open System.Collections.Generic
open ScoreFunctional.Kernels
open TorchSharp

/// A variable of differentiation: its node in the engine's graph, with its tangent in forward mode, or the outputs
/// differentiated so far in reverse mode.
[<Sealed; AllowNullLiteral>]
type internal Variable(node: torch.Tensor, tangent: torch.Tensor | null, tangentLevel: Level) =
    member _.Node = node
    /// Null in reverse mode.
    member _.Tangent = tangent
    /// The levels on which the tangent depends.
    member _.TangentLevel = tangentLevel
    /// Outputs differentiated so far, each with its cotangent and the level of both.
    member val Cotangents = List<struct (torch.Tensor * torch.Tensor * Level)>()
    /// The accumulated derivative; null before the first.
    member val Derivative: torch.Tensor | null = null with get, set
    member val DerivativeLevel: Level = null with get, set

/// The derivatives in progress that a tensor takes part in, innermost first; null for a constant. Every tensor whose engine
/// tensor requires a gradient has a level, so a result without one can be detached from its graph.
and [<Sealed; AllowNullLiteral>] internal Level(tag: uint32, forward: bool, variables: Variable[], outer: Level) =
    member _.Tag = tag
    member _.Forward = forward
    member _.Variables = variables
    member _.Outer = outer

    /// Whether the derivative with this tag is among them. A cotangent may take part in any.
    member level.DependsOn(other: uint32) : bool =
        tag = other
        || tag = Differentiation.CotangentTag
        || (tag > other && not (isNull outer) && outer.DependsOn other)

    interface IDependence with
        member level.DependsOn(other) = level.DependsOn other

module internal Level =
    let private union (a: Variable[]) (b: Variable[]) =
        if obj.ReferenceEquals(a, b) then
            a
        else
            let missing = b |> Array.filter (fun v -> not (Array.exists (fun w -> obj.ReferenceEquals(v, w)) a))
            if missing.Length = 0 then a else Array.append a missing

    /// The levels of a result of two operands. Allocates only if they differ.
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

    /// The levels without the one of this tag.
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

    /// The level of this tag, or null.
    let rec find (tag: uint32) (level: Level) : Level =
        if isNull level || level.Tag < tag then null
        elif level.Tag = tag then level
        else find tag level.Outer

    let rec depth (level: Level) = if isNull level then 0 else 1 + depth level.Outer

/// Derivatives of engine tensors.
module internal Autograd =
    /// A new node for a tensor: a leaf, or a view if the tensor is already part of a graph.
    let variable (tensor: torch.Tensor) =
        if tensor.requires_grad then
            // A view is a node of its own. An alias would share the node of the outer variable, so that inner derivatives
            // would include the outer one's.
            use _grad = torch.enable_grad ()
            tensor.view_as tensor
        else
            tensor.detach().requires_grad_(true)

    /// The vector-Jacobian products of cotangents of outputs in inputs, the variables of the derivative with this tag. Null where no
    /// output depends on an input.
    let vjp
        (tag: uint32)
        (outputs: torch.Tensor[])
        (inputs: torch.Tensor[])
        (cotangents: torch.Tensor[])
        (createGraph: bool)
        : (torch.Tensor | null)[] =
        // The engine raises if there is no graph, and its exceptions end the process here.
        if outputs |> Array.exists (fun output -> not output.requires_grad) then
            invalidOp "Expecting an output recorded for derivatives, found one computed without recording"

        let gradients =
            Differentiation.WithRespectTo(
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

    /// The Jacobian-vector product of an output for tangents of its inputs. The vector-Jacobian product is linear in the
    /// cotangent; its derivative in the cotangent is the Jacobian-vector product. Null if it is zero throughout.
    let jvp
        (tag: uint32)
        (output: torch.Tensor)
        (inputs: torch.Tensor[])
        (tangents: torch.Tensor[])
        (createGraph: bool)
        : torch.Tensor | null =
        if not output.requires_grad then
            null
        else
            use _grad = torch.enable_grad ()
            let cotangent = torch.zeros_like(output).detach().requires_grad_(true)
            let gradients = vjp tag [| output |] inputs [| cotangent |] true

            let outputs, tangents =
                [|
                    for i in 0 .. inputs.Length - 1 do
                        match gradients.[i] with
                        | null -> ()
                        | gradient when gradient.requires_grad -> gradient, tangents.[i]
                        | _ -> ()
                |]
                |> Array.unzip

            if outputs.Length = 0 then
                null
            else
                (vjp Differentiation.CotangentTag outputs [| cotangent |] tangents createGraph).[0]
