using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Where tensors lie in memory, and how the kernels see them.</summary>
internal static unsafe class Memory
{
    /// <summary>Whether the kernels can compute on a tensor: float32 in main memory, on a processor that runs them.</summary>
    public static bool OnKernels(Tensor x) =>
        KernelSwitch.On && x.dtype == ScalarType.Float32 && x.device_type == DeviceType.CPU && x.numel() > 0;

    public static bool OnKernels(params ReadOnlySpan<Tensor?> tensors)
    {
        foreach (var tensor in tensors)
        {
            if (tensor is not null && !OnKernels(tensor))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a tensor that may be absent has these sizes. The kernels look at none themselves: what does not fit is for the
    /// composition, whose errors name it.</summary>
    public static bool HasShape(Tensor? tensor, params ReadOnlySpan<long> sizes)
    {
        if (tensor is null)
        {
            return true;
        }

        if (tensor.dim() != sizes.Length)
        {
            return false;
        }

        for (var i = 0; i < sizes.Length; i++)
        {
            if (tensor.size(i) != sizes[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether an operation on these is recorded for differentiation.</summary>
    public static bool Recorded(params ReadOnlySpan<Operand?> operands)
    {
        if (!is_grad_enabled())
        {
            return false;
        }

        foreach (var operand in operands)
        {
            if (operand is { Tensor.requires_grad: true })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The first element of a tensor, null for none; somebody has to hold the tensor meanwhile.</summary>
    public static float* Pointer(Tensor? tensor) => tensor is null ? null : (float*)Native.THSTensor_data(tensor.Handle);

    /// <summary>Float32 in main memory, not set.</summary>
    public static Tensor Empty(params ReadOnlySpan<long> sizes) => empty(sizes, ScalarType.Float32);

    /// <summary>Float32 in main memory of a tensor's shape, not set. TorchSharp's own shape takes two microseconds: it makes a function
    /// for native code to call.</summary>
    public static Tensor EmptyOf(Tensor like)
    {
        Span<long> sizes = stackalloc long[(int)like.dim()];
        for (var i = 0; i < sizes.Length; i++)
        {
            sizes[i] = like.size(i);
        }

        return Empty(sizes);
    }

    /// <summary>Rows [n, c] whose numbers follow one another, wherever the rows lie; none for null.</summary>
    public static Rows RowsOf(Tensor? tensor) => tensor is null ? default : new Rows(Pointer(tensor), tensor.stride(0));

    /// <summary>The tensor, or a copy whose rows' numbers follow one another.</summary>
    public static Tensor? AsRows(Tensor? tensor) => tensor is null || tensor.stride(1) == 1 ? tensor : tensor.contiguous();

    /// <summary>Images [n, c, h, w] whose channels lie innermost, float32 in main memory, not set.</summary>
    public static Tensor EmptyImages(in ImageShape shape)
    {
        var (n, h, w, c) = shape;
        return empty_strided([n, c, h, w], [h * w * c, 1, w * c, c], ScalarType.Float32);
    }
}

/// <summary>A tensor as the kernels read it: the caller's own where it lies so already, or a copy that is freed after the call.</summary>
internal readonly unsafe ref struct Dense
{
    private readonly Tensor? _tensor;
    private readonly bool _copied;

    private Dense(Tensor? tensor, bool copied)
    {
        (_tensor, _copied) = (tensor, copied);
        Start = Pointer(tensor);
    }

    /// <summary>Gets the first element; null for no tensor.</summary>
    public float* Start { get; }

    /// <summary>Rows one after another.</summary>
    public static Dense Of(Tensor? tensor) =>
        tensor is null || tensor.is_contiguous() ? new Dense(tensor, false) : new Dense(tensor.contiguous(), true);

    /// <summary>Images [n, c, h, w] with their channels innermost.</summary>
    public static Dense Images(Tensor? tensor)
    {
        if (tensor is null || IsChannelsLast(tensor))
        {
            return new Dense(tensor, false);
        }

        using var turned = tensor.permute(0, 2, 3, 1);
        return new Dense(turned.contiguous(), true);
    }

    public static ImageShape ShapeOf(Tensor images) => new(images.size(0), images.size(2), images.size(3), images.size(1));

    private static bool IsChannelsLast(Tensor x)
    {
        var (n, h, w, c) = ShapeOf(x);
        return (c == 1 || x.stride(1) == 1) && (w == 1 || x.stride(3) == c) && (h == 1 || x.stride(2) == w * c) && (n == 1 || x.stride(0) == h * w * c);
    }

    public void Dispose()
    {
        if (_copied)
        {
            _tensor?.Dispose();
        }
    }
}

/// <summary>Whether the kernels run where they can; off, every operation is its composition of libtorch's own. For tests, and to look
/// for a kernel's part in a result.</summary>
public static class KernelSwitch
{
    private static bool _on = true;

    /// <summary>Gets or sets whether they run. Always off where there are none: another system, another processor, no compiler.</summary>
    public static bool On
    {
        get => _on && Native.Instructions > 0;
        set => _on = value;
    }

    /// <summary>Gets which instructions they use: none, avx2 or avx512. The variable SCORE_KERNELS chooses one.</summary>
    public static string Instructions => Native.Instructions switch { 0 => "none", 1 => "avx2", _ => "avx512" };
}

/// <summary>Float32 outside libtorch's memory, freed with its holder.</summary>
internal sealed unsafe class Floats(long count) : IDisposable
{
    private float* _start = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, count * sizeof(float)), 64);

    ~Floats() => Free();

    public float* Start => _start;

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}

/// <summary>What is prepared from weights that are used again and again without a graph, as a sampler does: kept while they live.</summary>
internal static class Prepared
{
    private static readonly ConditionalWeakTable<Tensor, Floats> Kept = [];

    /// <summary>What was prepared from a weight before, or now; each weight has one form.</summary>
    public static Floats Once(Tensor weight, Func<Tensor, Floats> prepare)
    {
        if (Kept.TryGetValue(weight, out var found))
        {
            return found;
        }

        var made = prepare(weight);
        Kept.AddOrUpdate(weight, made);
        return made;
    }
}
