using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp;

// What native/nn.cpp exports, in its order.
internal static unsafe partial class Native
{
    [LibraryImport(Library)]
    internal static partial Tensor st_conv1d(Tensor? x, Tensor? weight, Tensor? bias, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> dilation, long groups);

    [LibraryImport(Library)]
    internal static partial Tensor st_conv_transpose1d(Tensor? x, Tensor? weight, Tensor? bias, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> outputPadding, ReadOnlySpan<long> dilation, long groups);

    [LibraryImport(Library)]
    internal static partial Tensor st_conv2d(Tensor? x, Tensor? weight, Tensor? bias, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> dilation, long groups);

    [LibraryImport(Library)]
    internal static partial Tensor st_conv_transpose2d(Tensor? x, Tensor? weight, Tensor? bias, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> outputPadding, ReadOnlySpan<long> dilation, long groups);

    [LibraryImport(Library)]
    internal static partial Tensor st_conv3d(Tensor? x, Tensor? weight, Tensor? bias, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> dilation, long groups);

    [LibraryImport(Library)]
    internal static partial Tensor st_conv_transpose3d(Tensor? x, Tensor? weight, Tensor? bias, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> outputPadding, ReadOnlySpan<long> dilation, long groups);

    [LibraryImport(Library)]
    internal static partial nint st_max_pool1d_with_indices(Tensor? x, ReadOnlySpan<long> kernel, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> dilation, [MarshalAs(UnmanagedType.U1)] bool ceilMode);

    [LibraryImport(Library)]
    internal static partial Tensor st_max_pool1d(Tensor? x, ReadOnlySpan<long> kernel, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> dilation, [MarshalAs(UnmanagedType.U1)] bool ceilMode);

    [LibraryImport(Library)]
    internal static partial nint st_max_pool2d_with_indices(Tensor? x, ReadOnlySpan<long> kernel, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> dilation, [MarshalAs(UnmanagedType.U1)] bool ceilMode);

    [LibraryImport(Library)]
    internal static partial Tensor st_max_pool2d(Tensor? x, ReadOnlySpan<long> kernel, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> dilation, [MarshalAs(UnmanagedType.U1)] bool ceilMode);

    [LibraryImport(Library)]
    internal static partial nint st_max_pool3d_with_indices(Tensor? x, ReadOnlySpan<long> kernel, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> dilation, [MarshalAs(UnmanagedType.U1)] bool ceilMode);

    [LibraryImport(Library)]
    internal static partial Tensor st_max_pool3d(Tensor? x, ReadOnlySpan<long> kernel, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> dilation, [MarshalAs(UnmanagedType.U1)] bool ceilMode);

    [LibraryImport(Library)]
    internal static partial Tensor st_max_unpool2d(Tensor? x, Tensor? indices, ReadOnlySpan<long> output);

    [LibraryImport(Library)]
    internal static partial Tensor st_max_unpool3d(Tensor? x, Tensor? indices, ReadOnlySpan<long> output, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding);

    [LibraryImport(Library)]
    internal static partial Tensor st_avg_pool1d(Tensor? x, ReadOnlySpan<long> kernel, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, [MarshalAs(UnmanagedType.U1)] bool ceilMode, [MarshalAs(UnmanagedType.U1)] bool countIncludePad);

    [LibraryImport(Library)]
    internal static partial Tensor st_avg_pool2d(Tensor? x, ReadOnlySpan<long> kernel, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, [MarshalAs(UnmanagedType.U1)] bool ceilMode, [MarshalAs(UnmanagedType.U1)] bool countIncludePad, ReadOnlySpan<long> divisor);

    [LibraryImport(Library)]
    internal static partial Tensor st_avg_pool3d(Tensor? x, ReadOnlySpan<long> kernel, ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, [MarshalAs(UnmanagedType.U1)] bool ceilMode, [MarshalAs(UnmanagedType.U1)] bool countIncludePad, ReadOnlySpan<long> divisor);

    [LibraryImport(Library)]
    internal static partial Tensor st_group_norm(Tensor? x, long groups, Tensor? weight, Tensor? bias, double eps);

    [LibraryImport(Library)]
    internal static partial Tensor st_linear(Tensor? x, Tensor? weight, Tensor? bias);

    [LibraryImport(Library)]
    internal static partial Tensor st_softplus(Tensor? x, double beta, double threshold);

    [LibraryImport(Library)]
    internal static partial Tensor st_leaky_relu(Tensor? x, double slope);

    [LibraryImport(Library)]
    internal static partial Tensor st_elu(Tensor? x, double alpha);

    [LibraryImport(Library)]
    internal static partial Tensor st_softmax(Tensor? x, long dim, int dtype);

    [LibraryImport(Library)]
    internal static partial Tensor st_log_softmax(Tensor? x, long dim, int dtype);

    [LibraryImport(Library)]
    internal static partial Tensor st_dropout(Tensor? x, double p, [MarshalAs(UnmanagedType.U1)] bool training);

    [LibraryImport(Library)]
    internal static partial int st_dropout_(Tensor? x, double p, [MarshalAs(UnmanagedType.U1)] bool training);

    [LibraryImport(Library)]
    internal static partial Tensor st_pad(Tensor? x, ReadOnlySpan<long> pad, int count, int mode, double value);

    [LibraryImport(Library)]
    internal static partial Tensor st_upsample_nearest(Tensor? x, ReadOnlySpan<long> sizes, int sizeCount, ReadOnlySpan<double> scales, int scaleCount);

    [LibraryImport(Library)]
    internal static partial Tensor st_one_hot(Tensor? x, long classes);

    [LibraryImport(Library)]
    internal static partial Tensor st_mse_loss(Tensor? x, Tensor? target, long reduction);

    [LibraryImport(Library)]
    internal static partial Tensor st_nll_loss(Tensor? x, Tensor? target, Tensor? weight, long reduction);
}
