using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>A formula over vectors of one length, element by element: computed in one pass over memory by the kernels, and operation by
/// operation elsewhere. An optimiser's step is one.</summary>
public abstract record Formula
{
    private sealed record InputAt(int Place) : Formula;

    private sealed record Sum(Formula Left, Formula Right) : Formula;

    private sealed record Difference(Formula Left, Formula Right) : Formula;

    private sealed record Product(Formula Left, Formula Right) : Formula;

    private sealed record Quotient(Formula Left, Formula Right) : Formula;

    private sealed record SquareRoot(Formula Of) : Formula;

    private sealed record Multiple(Formula Of, double By) : Formula;

    private sealed record Offset(Formula Of, double By) : Formula;

    /// <summary>An input, by its place from 0.</summary>
    public static Formula Input(int place) => new InputAt(place);

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

    /// <summary>left · right, for a number.</summary>
    public static Formula operator *(Formula left, double right) => new Multiple(left, right);

    /// <summary>left + right, for a number.</summary>
    public static Formula operator +(Formula left, double right) => new Offset(left, right);

    /// <summary>The values of formulas over inputs of one shape; formulas that occur in several are computed once. Derivatives are
    /// those of the composition.</summary>
    public static Tensor[] Evaluate(IReadOnlyList<Formula> formulas, IReadOnlyList<Operand> inputs)
    {
        ArgumentNullException.ThrowIfNull(formulas);
        ArgumentNullException.ThrowIfNull(inputs);
        Tensor[] tensors = [.. inputs.Select(input => input.Tensor)];
        var fits = OnKernels(tensors) && !Recorded([.. inputs]) && tensors.All(tensor => tensor.is_contiguous() && tensor.numel() == tensors[0].numel());
        return fits ? Fused(formulas, tensors) : Reference(formulas, tensors);
    }

    // Every operation after those that it needs, each once.
    private static List<Formula> Ordered(IEnumerable<Formula> formulas)
    {
        var found = new List<Formula>();
        var seen = new HashSet<Formula>(ReferenceEqualityComparer.Instance);
        void Visit(Formula formula)
        {
            if (formula is not InputAt && seen.Add(formula))
            {
                var (_, left, right, _) = formula.Parts();
                Visit(left);
                Visit(right);
                found.Add(formula);
            }
        }

        foreach (var formula in formulas)
        {
            Visit(formula);
        }

        return found;
    }

    // The operation's number in native/kernels/flat.h, its operands and its number.
    private (int Operation, Formula Left, Formula Right, double Number) Parts() => this switch
    {
        Sum f => (0, f.Left, f.Right, 0),
        Difference f => (1, f.Left, f.Right, 0),
        Product f => (2, f.Left, f.Right, 0),
        Quotient f => (3, f.Left, f.Right, 0),
        SquareRoot f => (4, f.Of, f.Of, 0),
        Multiple f => (5, f.Of, f.Of, f.By),
        Offset f => (6, f.Of, f.Of, f.By),
        _ => throw new NotSupportedException($"expected an operation, found {this}"),
    };

    private static Tensor[] Reference(IReadOnlyList<Formula> formulas, Tensor[] inputs)
    {
        var made = new Dictionary<Formula, Tensor>(ReferenceEqualityComparer.Instance);
        Tensor Value(Formula formula) => formula is InputAt input ? inputs[input.Place] : made[formula];
        foreach (var formula in Ordered(formulas))
        {
            var (_, left, right, number) = formula.Parts();
            Tensor a = Value(left), b = Value(right);
            made[formula] = formula switch
            {
                Sum => a.Plus(b),
                Difference => a - b,
                Product => a * b,
                Quotient => a / b,
                SquareRoot => a.sqrt(),
                Multiple => a.Times(number),
                _ => a.Plus(number),
            };
        }

        return [.. formulas.Select(Value)];
    }

    private static unsafe Tensor[] Fused(IReadOnlyList<Formula> formulas, Tensor[] inputs)
    {
        var steps = Ordered(formulas);
        var places = new Dictionary<Formula, int>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < steps.Count; i++)
        {
            places[steps[i]] = inputs.Length + i;
        }

        int Place(Formula formula) => formula is InputAt input ? input.Place : places[formula];
        Tensor[] results = [.. formulas.Select(formula => formula is InputAt input ? inputs[input.Place] : EmptyOf(inputs[0]))];
        var instructions = stackalloc Instruction[steps.Count];
        var targets = stackalloc float*[steps.Count];
        var sources = stackalloc float*[inputs.Length];
        for (var i = 0; i < steps.Count; i++)
        {
            var (operation, left, right, number) = steps[i].Parts();
            instructions[i] = new Instruction(operation, Place(left), Place(right), (float)number);
            targets[i] = null;
        }

        for (var i = 0; i < formulas.Count; i++)
        {
            if (formulas[i] is not InputAt)
            {
                targets[Place(formulas[i]) - inputs.Length] = Pointer(results[i]);
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
