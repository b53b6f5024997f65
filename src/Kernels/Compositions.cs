using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Operations that are compositions everywhere: a kernel of their own would not repay what it costs to enter the graph from C#.</summary>
public static class Compositions
{
    // a [n] so that it broadcasts over x [n, …], in its type and place.
    private static Tensor Over(Tensor a, Tensor x)
    {
        var here = a.device_type == x.device_type;
        var placed = !here ? a.to(x.dtype, x.device) : a.dtype == x.dtype ? a : a.to_type(x.dtype);
        var shape = new long[x.dim()];
        Array.Fill(shape, 1);
        shape[0] = -1;
        return shape.Length == 1 ? placed : placed.reshape(shape);
    }

    private static void RequireEach(Tensor a, Tensor x)
    {
        if (a.dim() != 1 || x.dim() == 0 || a.size(0) != x.size(0))
        {
            throw new ArgumentException($"expected a number for each sample, found shapes [{string.Join(", ", a.shape)}] and [{string.Join(", ", x.shape)}]");
        }
    }

    /// <summary>a_k x_k, or x_k / a_k, of every sample k: a [n], x [n, …].</summary>
    public static Tensor ScaleEach(Tensor a, Tensor x, bool divide)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(x);
        RequireEach(a, x);
        return divide ? x / Over(a, x) : x * Over(a, x);
    }

    /// <summary>a_k x_k + b_k y_k of every sample k: a, b [n], x, y [n, …] of one shape.</summary>
    public static Tensor CombineEach(Tensor a, Tensor x, Tensor b, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(y);
        RequireEach(b, y);
        // Two roundings that are alike: parts that cancel exactly leave nothing.
        return ScaleEach(a, x, false).Increase(y * Over(b, y));
    }

    /// <summary>The inner product of each pair of samples of a and b [n, …].</summary>
    public static Tensor DotEach(Tensor a, Tensor b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var products = a * b;
        return (products.dim() == 2 ? products : products.reshape(a.size(0), -1)).sum(dim: 1);
    }

    /// <summary>A vector as tensors of these shapes, views of it.</summary>
    public static Tensor[] Unflatten(Tensor flat, IReadOnlyList<long[]> shapes)
    {
        ArgumentNullException.ThrowIfNull(flat);
        ArgumentNullException.ThrowIfNull(shapes);
        var parts = flat.split([.. shapes.Select(shape => shape.Aggregate(1L, (product, size) => product * size))]);
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = shapes[i].Length == 1 ? parts[i] : parts[i].view(shapes[i]);
        }

        return parts;
    }

    /// <summary>The Euclidean norm of all elements, a scalar.</summary>
    public static Tensor Norm(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return x.norm();
    }

    /// <summary>x where the condition (boolean) holds, elsewhere y; shapes broadcast.</summary>
    public static Tensor Where(Tensor condition, Tensor x, Tensor y) => where(condition, x, y);

    /// <summary>Each pixel of [n, c, h, w] made a block of two by two.</summary>
    public static Tensor UpsampleNearest2x(Tensor x) => nn.functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest);
}
