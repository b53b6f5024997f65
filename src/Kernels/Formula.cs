using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>An element-wise formula over vectors of one length, such as the step of an optimiser. The kernels evaluate it in one pass over
/// memory; libtorch evaluates it operation by operation.</summary>
public abstract record Formula
{
    private sealed record InputAt(int Index) : Formula;

    private sealed record Sum(Formula Left, Formula Right) : Formula;

    private sealed record Difference(Formula Left, Formula Right) : Formula;

    private sealed record Product(Formula Left, Formula Right) : Formula;

    private sealed record Quotient(Formula Left, Formula Right) : Formula;

    private sealed record SquareRoot(Formula Operand) : Formula;

    private sealed record Multiple(Formula Operand, double Factor) : Formula;

    private sealed record Offset(Formula Operand, double Summand) : Formula;

    /// <summary>An input, by its index from 0.</summary>
    public static Formula Input(int index) => new InputAt(index);

    /// <summary>The square root of a formula.</summary>
    public static Formula Root(Formula of) => new SquareRoot(of);

    /// <summary>left + right.</summary>
    public static Formula operator +(Formula left, Formula right) => new Sum(left, right);

    /// <summary>left - right.</summary>
    public static Formula operator -(Formula left, Formula right) => new Difference(left, right);

    /// <summary>left · right.</summary>
    public static Formula operator *(Formula left, Formula right) => new Product(left, right);

    /// <summary>left / right.</summary>
    public static Formula operator /(Formula left, Formula right) => new Quotient(left, right);

    /// <summary>left · right, for a constant.</summary>
    public static Formula operator *(Formula left, double right) => new Multiple(left, right);

    /// <summary>left + right, for a constant.</summary>
    public static Formula operator +(Formula left, double right) => new Offset(left, right);

    /// <summary>Evaluates formulas over inputs of one shape. Shared subformulas are evaluated once. Where a gradient is required, libtorch
    /// evaluates and differentiates them.</summary>
    public static Tensor[] Evaluate(IReadOnlyList<Formula> formulas, IReadOnlyList<Operand> inputs)
    {
        ArgumentNullException.ThrowIfNull(formulas);
        ArgumentNullException.ThrowIfNull(inputs);
        Tensor[] tensors = [.. inputs.Select(input => input.Tensor)];
        var fits = SupportsKernels(tensors) && !RequiresGrad([.. inputs]) && tensors.All(tensor => tensor.is_contiguous() && tensor.numel() == tensors[0].numel());
        return fits ? Fused(formulas, tensors) : Reference(formulas, tensors);
    }

    // The operations in topological order, each once.
    private static List<Formula> TopologicalOrder(IEnumerable<Formula> formulas)
    {
        var ordered = new List<Formula>();
        var seen = new HashSet<Formula>(ReferenceEqualityComparer.Instance);
        void Visit(Formula formula)
        {
            if (formula is not InputAt && seen.Add(formula))
            {
                var (_, left, right, _) = formula.Instruction();
                Visit(left);
                Visit(right);
                ordered.Add(formula);
            }
        }

        foreach (var formula in formulas)
        {
            Visit(formula);
        }

        return ordered;
    }

    // The operation's code in native/kernels/flat.h, its operands and its constant.
    private (int Operation, Formula Left, Formula Right, double Constant) Instruction() => this switch
    {
        Sum f => (0, f.Left, f.Right, 0),
        Difference f => (1, f.Left, f.Right, 0),
        Product f => (2, f.Left, f.Right, 0),
        Quotient f => (3, f.Left, f.Right, 0),
        SquareRoot f => (4, f.Operand, f.Operand, 0),
        Multiple f => (5, f.Operand, f.Operand, f.Factor),
        Offset f => (6, f.Operand, f.Operand, f.Summand),
        _ => throw new NotSupportedException($"expected an operation, found {this}"),
    };

    private static Tensor[] Reference(IReadOnlyList<Formula> formulas, Tensor[] inputs)
    {
        var values = new Dictionary<Formula, Tensor>(ReferenceEqualityComparer.Instance);
        Tensor Value(Formula formula) => formula is InputAt input ? inputs[input.Index] : values[formula];
        foreach (var formula in TopologicalOrder(formulas))
        {
            var (_, left, right, constant) = formula.Instruction();
            Tensor a = Value(left), b = Value(right);
            values[formula] = formula switch
            {
                Sum => a.Plus(b),
                Difference => a - b,
                Product => a * b,
                Quotient => a / b,
                SquareRoot => a.sqrt(),
                Multiple => a.Times(constant),
                _ => a.Plus(constant),
            };
        }

        return [.. formulas.Select(Value)];
    }

    private static unsafe Tensor[] Fused(IReadOnlyList<Formula> formulas, Tensor[] inputs)
    {
        var steps = TopologicalOrder(formulas);
        var indices = new Dictionary<Formula, int>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < steps.Count; i++)
        {
            indices[steps[i]] = inputs.Length + i;
        }

        int Index(Formula formula) => formula is InputAt input ? input.Index : indices[formula];
        Tensor[] results = [.. formulas.Select(formula => formula is InputAt input ? inputs[input.Index] : EmptyOf(inputs[0]))];
        var instructions = stackalloc Instruction[steps.Count];
        var targets = stackalloc float*[steps.Count];
        var sources = stackalloc float*[inputs.Length];
        for (var i = 0; i < steps.Count; i++)
        {
            var (operation, left, right, constant) = steps[i].Instruction();
            instructions[i] = new Instruction(operation, Index(left), Index(right), (float)constant);
            targets[i] = null;
        }

        for (var i = 0; i < formulas.Count; i++)
        {
            if (formulas[i] is not InputAt)
            {
                targets[Index(formulas[i]) - inputs.Length] = Pointer(results[i]);
            }
        }

        for (var i = 0; i < inputs.Length; i++)
        {
            sources[i] = Pointer(inputs[i]);
        }

        Native.score_formula(instructions, steps.Count, sources, inputs.Length, targets, inputs[0].numel());
        return results;
    }
}
