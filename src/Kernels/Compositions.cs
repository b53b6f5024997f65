using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Operations composed of libtorch's. They have no kernel: a node in C# would cost more than a kernel saves.</summary>
public static class Compositions
{
    // a [n] in x's type, on its device, shaped to broadcast over x [n, …].
    private static Tensor BroadcastOver(Tensor a, Tensor x)
    {
        var sameDevice = a.device_type == x.device_type;
        var placed = !sameDevice ? a.to(x.dtype, x.device) : a.dtype == x.dtype ? a : a.to_type(x.dtype);
        var shape = new long[x.dim()];
        Array.Fill(shape, 1);
        shape[0] = -1;
        return shape.Length == 1 ? placed : placed.reshape(shape);
    }

    private static void RequireOnePerSample(Tensor a, Tensor x)
    {
        if (a.dim() != 1 || x.dim() == 0 || a.size(0) != x.size(0))
        {
            throw new ArgumentException($"expected one number per sample, found shapes [{string.Join(", ", a.shape)}] and [{string.Join(", ", x.shape)}]");
        }
    }

    /// <summary>a_k x_k, or x_k / a_k if divide, for every sample k: a [n], x [n, …].</summary>
    public static Tensor ScaleEach(Tensor a, Tensor x, bool divide)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(x);
        RequireOnePerSample(a, x);
        return divide ? x / BroadcastOver(a, x) : x * BroadcastOver(a, x);
    }

    /// <summary>a_k x_k + b_k y_k for every sample k: a, b [n], x, y [n, …] of one shape.</summary>
    public static Tensor CombineEach(Tensor a, Tensor x, Tensor b, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(y);
        RequireOnePerSample(b, y);
        // Both products are rounded before the sum, so that equal terms of opposite sign cancel exactly.
        return ScaleEach(a, x, false).AddInPlace(y * BroadcastOver(b, y));
    }

    /// <summary>The inner product of each pair of samples of a and b [n, …].</summary>
    public static Tensor DotEach(Tensor a, Tensor b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var products = a * b;
        return (products.dim() == 2 ? products : products.reshape(a.size(0), -1)).sum(dim: 1);
    }

    /// <summary>Splits a vector into views of these shapes.</summary>
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

    /// <summary>Repeats each pixel of [n, c, h, w] twice in each direction.</summary>
    public static Tensor UpsampleNearest2x(Tensor x) => nn.functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest);
}
