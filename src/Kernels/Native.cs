using System.Runtime.InteropServices;
using TorchSharp;

namespace ScoreFunctional.Kernels;

/// <summary>The C interface of the kernels (native/*.cpp): float32 pointers, sizes and strides; images are [n, h, w, c].</summary>
internal static unsafe partial class Native
{
    private const string Library = "ScoreKernels";

    /// <summary>0 if there is no library or no kernel for this processor, 1 for AVX2, 2 for AVX-512.</summary>
    public static readonly int Instructions = Load();

    private static int Load()
    {
        // Loads libtorch first, so that the kernels share its OpenMP runtime and thread pool.
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

    /// <summary>The address of a tensor's elements. TorchSharp's public API gives it for contiguous tensors only, and more slowly.</summary>
    [LibraryImport("LibTorchSharp"), SuppressGCTransition]
    public static partial nint THSTensor_data(nint tensor);

    [LibraryImport(Library)]
    private static partial int score_instructions();

    [LibraryImport(Library)]
    public static partial long score_transformed_filters_size(long outputs, long inputs, byte transposed);

    [LibraryImport(Library)]
    public static partial void score_transform_filters(float* weight, long outputs, long inputs, byte transposed, float* packed);

    [LibraryImport(Library)]
    public static partial void score_convolution(float* x, in ImageShape images, float* packed, long outputs, float* bias, float* residual, float* y);

    [LibraryImport(Library)]
    public static partial void score_convolution_weight_gradient(float* x, in ImageShape images, float* dy, long outputs, float* dw);

    [LibraryImport(Library)]
    public static partial void score_unfold(float* x, in ImageShape images, in Window window, float* columns);

    [LibraryImport(Library)]
    public static partial void score_fold(float* columns, in ImageShape images, in Window window, float* x);

    [LibraryImport(Library)]
    public static partial long score_packed_size(long k, long n);

    [LibraryImport(Library)]
    public static partial void score_pack(float* b, long k, long n, long row, long column, float* packed);

    [LibraryImport(Library)]
    public static partial void score_multiply(float* a, long m, long k, float* b, long ldb, long n, float* bias, float* c);

    [LibraryImport(Library)]
    public static partial void score_outer_sum(float* dy, float* x, long rows, long outputs, long inputs, float* w);

    [LibraryImport(Library)]
    public static partial void score_column_sums(float* dy, long rows, long channels, float* sum);

    [LibraryImport(Library)]
    public static partial void score_normalise(in NormalisationShape shape, long count, float* x, in Rows scale, in Rows shift, float* stats, float* y);

    [LibraryImport(Library)]
    public static partial void score_normalise_backward(in NormalisationShape shape, long count, float* x, in Rows scale, in Rows shift, float* stats, float* dy, float* first, float* second, float* dx);

    [LibraryImport(Library)]
    public static partial void score_normalise_double_backward(in NormalisationShape shape, long count, float* x, in Rows scale, in Rows shift, float* stats, float* dy, float* c, float* first, float* second, float* gx, float* gdy);

    [LibraryImport(Library)]
    public static partial void score_silu(float* x, long count, float* y);

    [LibraryImport(Library)]
    public static partial void score_silu_backward(float* x, float* dy, long count, float* dx);

    [LibraryImport(Library)]
    public static partial void score_modulate_vjp(long count, long columns, float* x, in Rows scale, in Rows shift, float* dy, float* dx);

    [LibraryImport(Library)]
    public static partial void score_modulate_double_backward(long count, long columns, float* x, in Rows scale, in Rows shift, float* dy, float* c, float* gx, float* gscale, float* gshift, float* gdy);

    [LibraryImport(Library)]
    public static partial void score_fourier(float* x, long count, float* rates, long ratesCount, float* features);

    [LibraryImport(Library)]
    public static partial void score_formula(Instruction* instructions, long length, float** inputs, long inputsCount, float** results, long count);

    [LibraryImport(Library)]
    public static partial void score_mlp(in MlpArguments mlp);

    [LibraryImport(Library)]
    public static partial void score_mlp_backward(in MlpArguments mlp);
}

/// <summary>The shape of images.</summary>
internal readonly record struct ImageShape(long Count, long Height, long Width, long Channels);

/// <summary>The receptive field of a convolution: Size x Size, with stride and zero padding.</summary>
internal readonly record struct Window(long Size, long Stride, long Padding)
{
    public long OutputSize(long length) => ((length + (2 * Padding) - Size) / Stride) + 1;
}

/// <summary>Rows of a matrix, or some columns of a wider one; no matrix where Start is null.</summary>
internal readonly unsafe struct Rows(float* start, long stride)
{
    public readonly float* Start = start;
    public readonly long Stride = stride;
}

/// <summary>Group normalisation of one sample [pixels, channels]; see native/kernels.h.</summary>
internal unsafe struct NormalisationShape
{
    public long Pixels, Channels, Groups;
    public float Epsilon;
    public byte Activate;
    public float* Weight, Bias;
}

/// <summary>One operation of a formula. A and B index the inputs, then the results of earlier instructions.</summary>
internal readonly record struct Instruction(int Operation, int A, int B, float Constant);

/// <summary>A layer of an MLP; see native/mlp.cpp.</summary>
internal unsafe struct LayerArguments
{
    public long Outputs, Inputs;
    public float* Weight, Bias, Packed, Z, H, Dz, DzExtra, Dweight, Dbias;
}

/// <summary>An MLP; see native/mlp.cpp.</summary>
internal unsafe struct MlpArguments
{
    public long Rows, Hidden, Count;
    public LayerArguments* Layers;
    public float* X, Condition;
    public LayerArguments* Film;
    public float* Dy, Dx, Dcondition;
}
