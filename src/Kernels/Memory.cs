using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp;
using static ScoreFunctional.Kernels.Memory;
using static TorchSharp.torch;

namespace ScoreFunctional.Kernels;

/// <summary>Checks, allocation and addresses of tensors for the kernels.</summary>
internal static unsafe class Memory
{
    /// <summary>Whether the kernels can compute on a tensor: not empty, float32, in main memory, on a processor with kernels.</summary>
    public static bool SupportsKernels(Tensor x) =>
        KernelSwitch.On && x.dtype == ScalarType.Float32 && x.device_type == DeviceType.CPU && x.numel() > 0;

    public static bool SupportsKernels(params ReadOnlySpan<Tensor?> tensors)
    {
        foreach (var tensor in tensors)
        {
            if (tensor is not null && !SupportsKernels(tensor))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a tensor has these sizes, or is absent. The kernels check no shapes. Inputs that do not fit go to libtorch's
    /// operations, whose errors name the shapes.</summary>
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

    /// <summary>Whether the result of an operation on these requires a gradient.</summary>
    public static bool RequiresGrad(params ReadOnlySpan<Operand?> operands)
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

    /// <summary>The address of the first element, null for no tensor. The caller keeps the tensor alive.</summary>
    public static float* Pointer(Tensor? tensor) => tensor is null ? null : (float*)Native.THSTensor_data(tensor.Handle);

    /// <summary>An uninitialised float32 tensor in main memory.</summary>
    public static Tensor Empty(params ReadOnlySpan<long> sizes) => empty(sizes, ScalarType.Float32);

    /// <summary>An uninitialised float32 tensor in main memory with the shape of another one. Reads each size on its own: TorchSharp's
    /// <c>shape</c> takes two microseconds, because it creates a callback for native code.</summary>
    public static Tensor EmptyOf(Tensor like)
    {
        Span<long> sizes = stackalloc long[(int)like.dim()];
        for (var i = 0; i < sizes.Length; i++)
        {
            sizes[i] = like.size(i);
        }

        return Empty(sizes);
    }

    /// <summary>The rows of a tensor [n, c] with contiguous columns; none for null.</summary>
    public static Rows RowsOf(Tensor? tensor) => tensor is null ? default : new Rows(Pointer(tensor), tensor.stride(0));

    /// <summary>The tensor [n, c] if its columns are contiguous, else a contiguous copy.</summary>
    public static Tensor? AsRows(Tensor? tensor) => tensor is null || tensor.stride(1) == 1 ? tensor : tensor.contiguous();

    /// <summary>An uninitialised float32 tensor [n, c, h, w] in main memory, in channels-last order.</summary>
    public static Tensor EmptyChannelsLast(in ImageShape shape)
    {
        var (n, h, w, c) = shape;
        return empty_strided([n, c, h, w], [h * w * c, 1, w * c, c], ScalarType.Float32);
    }
}

/// <summary>A tensor in the memory order that the kernels read: the tensor itself if it has that order, else a copy, freed by Dispose.</summary>
internal readonly unsafe ref struct Dense
{
    private readonly Tensor? _tensor;
    private readonly bool _copied;

    private Dense(Tensor? tensor, bool copied)
    {
        (_tensor, _copied) = (tensor, copied);
        Start = Pointer(tensor);
    }

    /// <summary>Gets the address of the first element; null for no tensor.</summary>
    public float* Start { get; }

    /// <summary>Row-major order.</summary>
    public static Dense Of(Tensor? tensor) =>
        tensor is null || tensor.is_contiguous() ? new Dense(tensor, false) : new Dense(tensor.contiguous(), true);

    /// <summary>Channels-last order of images [n, c, h, w].</summary>
    public static Dense ChannelsLast(Tensor? tensor)
    {
        if (tensor is null || IsChannelsLast(tensor))
        {
            return new Dense(tensor, false);
        }

        using var permuted = tensor.permute(0, 2, 3, 1);
        return new Dense(permuted.contiguous(), true);
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

/// <summary>Switches the kernels off, so that libtorch's operations run instead: for tests, and to find out whether a kernel causes a
/// result.</summary>
public static class KernelSwitch
{
    private static bool _on = true;

    /// <summary>Gets or sets whether the kernels run. Always false where there are none: on other systems and processors, or if they were
    /// not compiled.</summary>
    public static bool On
    {
        get => _on && Native.Instructions > 0;
        set => _on = value;
    }

    /// <summary>Gets the instruction set of the kernels: none, avx2 or avx512. The environment variable SCORE_KERNELS chooses it.</summary>
    public static string Instructions => Native.Instructions switch { 0 => "none", 1 => "avx2", _ => "avx512" };
}

/// <summary>A native float32 array outside libtorch's memory, freed by Dispose or the finaliser.</summary>
internal sealed unsafe class NativeBuffer(long count) : IDisposable
{
    private float* _start = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, count * sizeof(float)), 64);

    ~NativeBuffer() => Free();

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

/// <summary>A cache of packed weights for calls without a graph, such as a sampler's. An entry lives as long as its weight.</summary>
internal static class PackedWeights
{
    private static readonly ConditionalWeakTable<Tensor, NativeBuffer> Cache = [];

    /// <summary>The packed form of a weight, packed on the first call. Each weight has one form only.</summary>
    public static NativeBuffer Get(Tensor weight, Func<Tensor, NativeBuffer> pack)
    {
        if (Cache.TryGetValue(weight, out var found))
        {
            return found;
        }

        var packed = pack(weight);
        Cache.AddOrUpdate(weight, packed);
        return packed;
    }
}
