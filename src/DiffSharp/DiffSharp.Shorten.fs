/// Short names of derivatives.
module DiffSharp.Shorten

type dsharp with

    /// Short for <c>gradv</c>.
    static member gvp f x v = dsharp.gradv f x v

    /// Short for <c>grad</c>.
    static member g f x = dsharp.grad f x

    /// Short for <c>hessianv</c>.
    static member hvp f x v = dsharp.hessianv f x v

    /// Short for <c>hessian</c>.
    static member h f x = dsharp.hessian f x

    /// Short for <c>gradhessian</c>.
    static member gh f x = dsharp.gradhessian f x

    /// Short for <c>gradhessianv</c>.
    static member ghvp f x v = dsharp.gradhessianv f x v

    /// Short for <c>jacobianv</c>.
    static member jvp f x v = dsharp.jacobianv f x v

    /// Short for <c>jacobianTv</c>.
    static member vjp f x v = dsharp.jacobianTv f x v

    /// Short for <c>jacobian</c>.
    static member j f x = dsharp.jacobian f x

    /// Short for <c>fgradv</c>.
    static member fgvp f x v = dsharp.fgradv f x v

    /// Short for <c>fgrad</c>.
    static member fg f x = dsharp.fgrad f x

    /// Short for <c>fgradhessian</c>.
    static member fgh f x = dsharp.fgradhessian f x

    /// Short for <c>fhessianv</c>.
    static member fhvp f x v = dsharp.fhessianv f x v

    /// Short for <c>fhessian</c>.
    static member fh f x = dsharp.fhessian f x

    /// Short for <c>fgradhessianv</c>.
    static member fghvp f x v = dsharp.fgradhessianv f x v

    /// Short for <c>fjacobianv</c>.
    static member fjvp f x v = dsharp.fjacobianv f x v

    /// Short for <c>fjacobianTv</c>.
    static member fvjp f x v = dsharp.fjacobianTv f x v

    /// Short for <c>fjacobian</c>.
    static member fj f x = dsharp.fjacobian f x
