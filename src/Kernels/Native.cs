using System.Runtime.InteropServices;
using TorchSharp;

namespace ScoreFunctional.Kernels;

/// <summary>The C interface of the kernels (native/*.cpp): float32 on pointers, sizes and strides, images as [n, h, w, c].</summary>
internal static unsafe partial class Native
{
    private const string Library = "ScoreKernels";

    /// <summary>0 where there are no kernels for this processor or no library, 1 for AVX2, 2 for AVX-512.</summary>
    public static readonly int Instructions = Load();

    private static int Load()
    {
        // libtorch first: the kernels then share its OpenMP runtime and its pool of threads.
        _ = torch.get_num_threads();
        try
        {
            return score_instructions();
        }
        catch (DllNotFoundException)
        {
            return 0;
        }
    }

    /// <summary>Where a tensor's elements are: what the public face of TorchSharp tells of contiguous tensors alone, and at length.</summary>
    [LibraryImport("LibTorchSharp"), SuppressGCTransition]
    public static partial nint THSTensor_data(nint tensor);

    [LibraryImport(Library)]
    private static partial int score_instructions();

    [LibraryImport(Library)]
    public static partial long score_filters_size(long outputs, long inputs, byte turned);

    [LibraryImport(Library)]
    public static partial void score_filters(float* weight, long outputs, long inputs, byte turned, float* packed);

    [LibraryImport(Library)]
    public static partial void score_convolution(float* x, in ImageShape images, float* packed, long outputs, float* bias, float* residual, float* y);

    [LibraryImport(Library)]
    public static partial void score_convolution_gradient(float* x, in ImageShape images, float* dy, long outputs, float* dw);

    [LibraryImport(Library)]
    public static partial void score_unfold(float* x, in ImageShape images, in Window window, float* columns);

    [LibraryImport(Library)]
    public static partial void score_fold(float* columns, in ImageShape images, in Window window, float* x);

    [LibraryImport(Library)]
    public static partial long score_packed_size(long k, long n);

    [LibraryImport(Library)]
    public static partial void score_pack(float* b, long k, long n, long row, long column, float* packed);

    [LibraryImport(Library)]
    public static partial void score_multiply(float* a, long m, long k, float* b, long bRow, long n, float* bias, float* c);

    [LibraryImport(Library)]
    public static partial void score_outer_sum(float* dy, float* x, long rows, long outputs, long inputs, float* w);

    [LibraryImport(Library)]
    public static partial void score_column_sums(float* dy, long rows, long channels, float* sum);

    [LibraryImport(Library)]
    public static partial void score_normalise(in NormalisationShape shape, long count, float* x, in Rows scale, in Rows shift, float* stats, float* y);

    [LibraryImport(Library)]
    public static partial void score_normalise_gradient(in NormalisationShape shape, long count, float* x, in Rows scale, in Rows shift, float* stats, float* dy, float* first, float* second, float* dx);

    [LibraryImport(Library)]
    public static partial void score_normalise_bend(in NormalisationShape shape, long count, float* x, in Rows scale, in Rows shift, float* stats, float* dy, float* c, float* first, float* second, float* gx, float* gdy);

    [LibraryImport(Library)]
    public static partial void score_silu(float* x, long count, float* y);

    [LibraryImport(Library)]
    public static partial void score_silu_gradient(float* x, float* dy, long count, float* dx);

    [LibraryImport(Library)]
    public static partial void score_modulate_slope(long count, long columns, float* x, in Rows scale, in Rows shift, float* dy, float* dx);

    [LibraryImport(Library)]
    public static partial void score_modulate_slope_gradient(long count, long columns, float* x, in Rows scale, in Rows shift, float* dy, float* c, float* gx, float* gscale, float* gshift, float* gdy);

    [LibraryImport(Library)]
    public static partial void score_fourier(float* x, long count, float* rates, long ratesCount, float* features);

    [LibraryImport(Library)]
    public static partial void score_formula(Instruction* instructions, long length, float** inputs, long inputsCount, float** results, long count);

    [LibraryImport(Library)]
    public static partial void score_mlp(in MlpParts mlp);

    [LibraryImport(Library)]
    public static partial void score_mlp_gradient(in MlpParts mlp);
}

/// <summary>Images in memory.</summary>
internal readonly record struct ImageShape(long Count, long Height, long Width, long Channels);

/// <summary>Windows of so many places a side, so far apart, with so many zeros around the image.</summary>
internal readonly record struct Window(long Size, long Stride, long Padding)
{
    public long Places(long length) => ((length + (2 * Padding) - Size) / Stride) + 1;
}

/// <summary>Rows so far apart; none where Start is null.</summary>
internal readonly unsafe struct Rows(float* start, long apart)
{
    public readonly float* Start = start;
    public readonly long Apart = apart;
}

/// <summary>Group normalisation of one sample [pixels, channels], its affine part null if it has none, and SiLU if asked.</summary>
internal unsafe struct NormalisationShape
{
    public long Pixels, Channels, Groups;
    public float Epsilon;
    public byte Activate;
    public float* Weight, Bias;
}

/// <summary>One operation of a formula, on inputs and then results of earlier ones.</summary>
internal readonly record struct Instruction(int Operation, int A, int B, float Number);

/// <summary>An affine map of a perceptron; see native/mlp.cpp.</summary>
internal unsafe struct LayerParts
{
    public long Width, Inside;
    public float* Weight, Bias, Packed, Z, H, Dz, DzAlso, Dweight, Dbias;
}

/// <summary>A perceptron; see native/mlp.cpp.</summary>
internal unsafe struct MlpParts
{
    public long Rows, Hidden, Count;
    public LayerParts* Layers;
    public float* X, Condition;
    public LayerParts* Film;
    public float* Dy, Dx, Dcondition;
}
