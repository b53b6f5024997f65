namespace DiffSharp

open System
open System.Collections.Generic
open DiffSharp.Backends
open ScoreFunctional.Kernels
open TorchSharp

/// An operation of one argument with its value and derivatives, for <c>Tensor.Op</c>. <c>a</c> is the argument, <c>f</c>
/// the value, <c>ad</c> a tangent of the argument, <c>fd</c> a cotangent of the value.
[<AbstractClass>]
type UnaryOp(name: string) =
    /// The name of the operation in error messages.
    member _.name = name

    /// The value f(a), from values alone.
    abstract fRaw: a: RawTensor -> RawTensor

    /// The Jacobian-vector product: the derivative applied to the tangent ad.
    abstract ad_dfda: a: Tensor * ad: Tensor * f: Tensor -> Tensor

    /// The vector-Jacobian product: the transposed derivative applied to the cotangent fd, in differentiable operations.
    abstract fd_dfda: a: Tensor * f: Tensor * fd: Tensor -> Tensor

/// An element-wise operation of one argument, given by its value and derivative.
[<AbstractClass>]
type UnaryOpElementwise(name: string) =
    inherit UnaryOp(name)

    /// The derivative f′(a) of each element, in differentiable operations.
    abstract dfda: a: Tensor * f: Tensor -> Tensor

    /// ad f′(a).
    override op.ad_dfda(a, ad, f) = ad * op.dfda (a, f)

    /// fd f′(a).
    override op.fd_dfda(a, f, fd) = fd * op.dfda (a, f)

/// An operation of two arguments with its value and derivatives, for <c>Tensor.Op</c>. <c>a</c> and <c>b</c> are the
/// arguments, <c>f</c> the value, <c>ad</c> and <c>bd</c> tangents of the arguments, <c>fd</c> a cotangent of the value.
[<AbstractClass>]
type BinaryOp(name: string) =
    /// The name of the operation in error messages.
    member _.name = name

    /// The value f(a, b), from values alone.
    abstract fRaw: a: RawTensor * b: RawTensor -> RawTensor

    /// The Jacobian-vector product in a for the tangent ad.
    abstract ad_dfda: a: Tensor * ad: Tensor * b: Tensor * f: Tensor -> Tensor

    /// The Jacobian-vector product in b for the tangent bd.
    abstract bd_dfdb: a: Tensor * b: Tensor * bd: Tensor * f: Tensor -> Tensor

    /// The vector-Jacobian product in a for the cotangent fd, in differentiable operations.
    abstract fd_dfda: a: Tensor * b: Tensor * f: Tensor * fd: Tensor -> Tensor

    /// The vector-Jacobian product in b for the cotangent fd, in differentiable operations.
    abstract fd_dfdb: a: Tensor * b: Tensor * f: Tensor * fd: Tensor -> Tensor

/// An element-wise operation of two arguments, given by its value and two derivatives. Shapes broadcast, and the
/// derivatives follow.
[<AbstractClass>]
type BinaryOpElementwise(name: string) =
    inherit BinaryOp(name)

    /// The derivative ∂f/∂a of each element, in differentiable operations.
    abstract dfda: a: Tensor * b: Tensor * f: Tensor -> Tensor

    /// The derivative ∂f/∂b of each element, in differentiable operations.
    abstract dfdb: a: Tensor * b: Tensor * f: Tensor -> Tensor

    /// ad ∂f/∂a.
    override op.ad_dfda(a, ad, b, f) = ad * op.dfda (a, b, f)

    /// bd ∂f/∂b.
    override op.bd_dfdb(a, b, bd, f) = bd * op.dfdb (a, b, f)

    /// fd ∂f/∂a.
    override op.fd_dfda(a, b, f, fd) = fd * op.dfda (a, b, f)

    /// fd ∂f/∂b.
    override op.fd_dfdb(a, b, f, fd) = fd * op.dfdb (a, b, f)

/// The data of an operation's node in the engine's graph.
type private OpRule = {
    Arguments: Tensor[]
    Level: Level
    Value: RawTensor[] -> RawTensor
    /// The vector-Jacobian product in the argument with an index, from the arguments, the value and its cotangent.
    Vjp: int -> Tensor[] -> Tensor -> Tensor -> Tensor
}

/// The node of an operation in the engine's graph. An exception that leaves <c>backward</c> would end the process, so it is
/// reported to the caller of the derivative instead.
type private OpFunction() =
    inherit torch.autograd.SingleTensorFunction<OpFunction>()

    override _.Name = "Tensor.Op"

    override _.forward(context, [<ParamArray>] vars: obj[]) : torch.Tensor =
        let rule = vars.[0] :?> OpRule
        let arguments = vars.[1..] |> Array.map (fun argument -> argument :?> torch.Tensor)
        let value = (rule.Value(arguments |> Array.map (fun (a: torch.Tensor) -> RawTensor a))).Values.raw
        context.save_data ("rule", rule)
        context.save_for_backward (List(Array.append arguments [| value |]))
        value

    override _.backward(context, cotangent: torch.Tensor) : List<torch.Tensor | null> =
        let rule = context.get_data "rule" :?> OpRule
        let saved = context.get_saved_variables () |> Seq.toArray

        let arguments =
            Array.map2 (fun (a: Tensor) raw -> Tensor(raw, a.level)) rule.Arguments saved.[.. saved.Length - 2]

        let value = Tensor(saved.[saved.Length - 1], rule.Level)
        let cotangent = Tensor(cotangent, Level(Differentiation.CotangentTag, false, [||], rule.Level))

        let gradient (index: int) : torch.Tensor | null =
            let argument = arguments.[index]

            if not (argument.raw.requires_grad && Differentiation.NeedsGrad argument.level) then
                null
            else
                try
                    let result = rule.Vjp index arguments value cotangent

                    if not (Shape.canExpand argument.shape result.shape) then
                        failwith
                            $"Expecting a cotangent of shape {Shape.show argument.shape}, found shape {Shape.show result.shape}"

                    result.raw
                with error ->
                    Differentiation.Report error
                    torch.full_like (argument.raw.detach (), Scalar.op_Implicit nan)

        List(Seq.append [ null ] (Seq.init arguments.Length gradient))

/// User-defined operations.
[<AutoOpen>]
module TensorOp =
    let private apply
        (name: string)
        (value: RawTensor[] -> RawTensor)
        (vjp: int -> Tensor[] -> Tensor -> Tensor -> Tensor)
        (arguments: Tensor[])
        : Tensor =
        let level = Tensor.levels arguments

        try
            if isNull level then
                (value (arguments |> Array.map (fun a -> RawTensor a.raw))).Values
            else
                let rule = { Arguments = arguments; Level = level; Value = value; Vjp = vjp }
                let raws = arguments |> Array.map (fun a -> box a.raw)
                Tensor(OpFunction.apply (Array.append [| box rule |] raws), level)
        with error ->
            let shapes = arguments |> Array.map (fun a -> Interop.describe a.raw) |> String.concat " and "
            raise (Exception($"Cannot apply '{name}' to {shapes}: {error.Message}", error))

    type Tensor with

        /// The values, without derivatives.
        member t.primalRaw: RawTensor = RawTensor t.primalDeep

        /// A constant tensor of the values.
        static member ofRawTensor(rawTensor: RawTensor) : Tensor = rawTensor.Values

        /// The function of an operation of one argument, differentiable in both modes and nested. Both modes call
        /// <c>fd_dfda</c>; forward mode uses its transpose in fd. The derivative raises the exceptions of <c>fd_dfda</c>.
        static member Op(ext: UnaryOp) : Tensor -> Tensor =
            let value (arguments: RawTensor[]) = ext.fRaw arguments.[0]
            let vjp (_: int) (arguments: Tensor[]) (f: Tensor) (fd: Tensor) = ext.fd_dfda (arguments.[0], f, fd)
            fun a -> apply ext.name value vjp [| a |]

        /// The function of an operation of two arguments, differentiable in both modes and nested. Both modes call
        /// <c>fd_dfda</c> and <c>fd_dfdb</c>; forward mode uses their transposes in fd. The derivative raises their exceptions.
        static member Op(ext: BinaryOp) : Tensor * Tensor -> Tensor =
            let value (arguments: RawTensor[]) = ext.fRaw (arguments.[0], arguments.[1])

            let vjp (index: int) (arguments: Tensor[]) (f: Tensor) (fd: Tensor) =
                let a, b = arguments.[0], arguments.[1]
                if index = 0 then ext.fd_dfda (a, b, f, fd) else ext.fd_dfdb (a, b, f, fd)

            fun (a, b) -> apply ext.name value vjp [| a; b |]
