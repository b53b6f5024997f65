using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
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

    /// <summary>The first element of a tensor that is used after the call only while somebody holds the tensor.</summary>
    public static float* Pointer(Tensor? tensor)
    {
        if (tensor is null)
        {
            return null;
        }

        // A span counts bytes in an int and asks for a contiguous tensor; one element is enough.
        if (tensor.is_contiguous() && tensor.numel() < 1L << 28)
        {
            return Start(tensor);
        }

        using var first = tensor.as_strided([1], [1], tensor.storage_offset());
        return Start(first);
    }

    private static float* Start(Tensor tensor) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(tensor.bytes));

    /// <summary>Float32 in main memory, not set.</summary>
    public static Tensor Empty(params ReadOnlySpan<long> sizes) => empty(sizes, ScalarType.Float32);

    /// <summary>Rows [n, c] whose numbers follow one another, wherever the rows lie; none for null.</summary>
    public static Rows RowsOf(Tensor? tensor) => tensor is null ? default : new Rows(Pointer(tensor), tensor.stride(0));

    /// <summary>The tensor, or a copy whose rows' numbers follow one another.</summary>
    public static Tensor? AsRows(Tensor? tensor) => tensor is null || tensor.stride(1) == 1 ? tensor : tensor.contiguous();

    /// <summary>[n, c, h, w] as [n, h, w, c] that is contiguous.</summary>
    public static Tensor ChannelsLast(Tensor x)
    {
        using var turned = x.permute(0, 2, 3, 1);
        return turned.contiguous();
    }

    /// <summary>[n, h, w, c] as [n, c, h, w].</summary>
    public static Tensor ChannelsFirst(Tensor x) => x.permute(0, 3, 1, 2);
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
    public static Floats Once(Tensor weight, Func<Floats> prepare)
    {
        if (Kept.TryGetValue(weight, out var found))
        {
            return found;
        }

        var made = prepare();
        Kept.AddOrUpdate(weight, made);
        return made;
    }
}
