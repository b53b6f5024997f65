namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>Convolution of [n, c, l] with a kernel [out, c / groups, ...].</summary>
            public static Tensor conv1d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long? stride = null,
                long? padding = null,
                long? dilation = null,
                long groups = 1) =>
                Native.st_conv1d(input, weight, bias, Per(1, stride, 1), Per(1, padding, 0), Per(1, dilation, 1), groups);

            /// <summary>Transposed convolution of [n, c, l] with a kernel [c, out / groups, ...].</summary>
            public static Tensor conv_transpose1d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long? stride = null,
                long? padding = null,
                long? output_padding = null,
                long? dilation = null,
                long groups = 1) =>
                Native.st_conv_transpose1d(input, weight, bias, Per(1, stride, 1), Per(1, padding, 0), Per(1, output_padding, 0), Per(1, dilation, 1), groups);

            /// <summary>Convolution of [n, c, h, w] with a kernel [out, c / groups, ...].</summary>
            public static Tensor conv2d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                long groups = 1) =>
                Native.st_conv2d(input, weight, bias, Per(2, strides, 1), Per(2, padding, 0), Per(2, dilation, 1), groups);

            /// <summary>Transposed convolution of [n, c, h, w] with a kernel [c, out / groups, ...].</summary>
            public static Tensor conv_transpose2d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? output_padding = null,
                long[]? dilation = null,
                long groups = 1) =>
                Native.st_conv_transpose2d(input, weight, bias, Per(2, strides, 1), Per(2, padding, 0), Per(2, output_padding, 0), Per(2, dilation, 1), groups);

            /// <summary>Convolution of [n, c, d, h, w] with a kernel [out, c / groups, ...].</summary>
            public static Tensor conv3d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? dilation = null,
                long groups = 1) =>
                Native.st_conv3d(input, weight, bias, Per(3, strides, 1), Per(3, padding, 0), Per(3, dilation, 1), groups);

            /// <summary>Transposed convolution of [n, c, d, h, w] with a kernel [c, out / groups, ...].</summary>
            public static Tensor conv_transpose3d(
                Tensor input,
                Tensor weight,
                Tensor? bias = null,
                long[]? strides = null,
                long[]? padding = null,
                long[]? output_padding = null,
                long[]? dilation = null,
                long groups = 1) =>
                Native.st_conv_transpose3d(input, weight, bias, Per(3, strides, 1), Per(3, padding, 0), Per(3, output_padding, 0), Per(3, dilation, 1), groups);

            /// <summary>Greatest elements over windows; the stride is the kernel's size unless given.</summary>
            public static Tensor max_pool1d(Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) =>
                Native.st_max_pool1d(input, [kernel_size], Per(1, stride, kernel_size), Per(1, padding, 0), Per(1, dilation, 1), ceil_mode);

            /// <summary>Greatest elements over windows and their positions in the flattened spatial dimensions.</summary>
            public static (Tensor output, Tensor indices) max_pool1d_with_indices(Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) =>
                Pair(Native.st_max_pool1d_with_indices(input, [kernel_size], Per(1, stride, kernel_size), Per(1, padding, 0), Per(1, dilation, 1), ceil_mode));

            /// <summary>Puts pooled elements back at their positions, zero elsewhere.</summary>
            public static Tensor max_unpool1d(Tensor input, Tensor indices, long kernel_size, long? stride = null, long? padding = null, long[]? output_size = null)
            {
                var size = UnpooledSize(input, 1, [kernel_size], Per(1, stride, kernel_size), Per(1, padding, 0), output_size);
                using var rows = input.unsqueeze(-2);
                using var places = indices.unsqueeze(-2);
                using var unpooled = Native.st_max_unpool2d(rows, places, [1, size[0]]);
                return unpooled.squeeze(-2);
            }

            /// <summary>Greatest elements over windows; the stride is the kernel's size unless given.</summary>
            public static Tensor max_pool2d(Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) =>
                Native.st_max_pool2d(input, Per(2, kernel_size, 1), Per(2, strides, kernel_size), Per(2, padding, 0), Per(2, dilation, 1), ceil_mode);

            /// <summary>Greatest elements over windows and their positions in the flattened spatial dimensions.</summary>
            public static (Tensor output, Tensor indices) max_pool2d_with_indices(Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) =>
                Pair(Native.st_max_pool2d_with_indices(input, Per(2, kernel_size, 1), Per(2, strides, kernel_size), Per(2, padding, 0), Per(2, dilation, 1), ceil_mode));

            /// <summary>Puts pooled elements back at their positions, zero elsewhere.</summary>
            public static Tensor max_unpool2d(Tensor input, Tensor indices, long[] kernel_size, long[]? stride = null, long[]? padding = null, long[]? output_size = null)
            {
                var size = UnpooledSize(input, 2, Per(2, kernel_size, 1), Per(2, stride, kernel_size), Per(2, padding, 0), output_size);
                return Native.st_max_unpool2d(input, indices, size);
            }

            /// <summary>Greatest elements over windows; the stride is the kernel's size unless given.</summary>
            public static Tensor max_pool3d(Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) =>
                Native.st_max_pool3d(input, Per(3, kernel_size, 1), Per(3, strides, kernel_size), Per(3, padding, 0), Per(3, dilation, 1), ceil_mode);

            /// <summary>Greatest elements over windows and their positions in the flattened spatial dimensions.</summary>
            public static (Tensor output, Tensor indices) max_pool3d_with_indices(Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) =>
                Pair(Native.st_max_pool3d_with_indices(input, Per(3, kernel_size, 1), Per(3, strides, kernel_size), Per(3, padding, 0), Per(3, dilation, 1), ceil_mode));

            /// <summary>Puts pooled elements back at their positions, zero elsewhere.</summary>
            public static Tensor max_unpool3d(Tensor input, Tensor indices, long[] kernel_size, long[]? stride = null, long[]? padding = null, long[]? output_size = null)
            {
                var size = UnpooledSize(input, 3, Per(3, kernel_size, 1), Per(3, stride, kernel_size), Per(3, padding, 0), output_size);
                return Native.st_max_unpool3d(input, indices, size, Per(3, stride, kernel_size), Per(3, padding, 0));
            }

            /// <summary>Means over windows; the stride is the kernel's size unless given.</summary>
            public static Tensor avg_pool1d(Tensor input, long kernel_size, long? stride = null, long? padding = null, bool ceil_mode = false, bool count_include_pad = true) =>
                Native.st_avg_pool1d(input, [kernel_size], Per(1, stride, kernel_size), Per(1, padding, 0), ceil_mode, count_include_pad);

            /// <summary>Means over windows; the stride is the kernel's size unless given.</summary>
            public static Tensor avg_pool2d(Tensor input, long kernel_size, long? stride = null, long padding = 0, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null) =>
                Native.st_avg_pool2d(input, [kernel_size, kernel_size], [stride ?? kernel_size, stride ?? kernel_size], [padding, padding], ceil_mode, count_include_pad, divisor_override is { } divisor ? [divisor] : default);

            /// <summary>Means over windows; the stride is the kernel's size unless given.</summary>
            public static Tensor avg_pool2d(Tensor input, long[] kernel_size, long[]? stride = null, long[]? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null) =>
                Native.st_avg_pool2d(input, Per(2, kernel_size, 1), Per(2, stride, kernel_size), Per(2, padding, 0), ceil_mode, count_include_pad, divisor_override is { } divisor ? [divisor] : default);

            /// <summary>Means over windows; the stride is the kernel's size unless given.</summary>
            public static Tensor avg_pool3d(Tensor input, long[] kernel_size, long[]? stride = null, long[]? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null) =>
                Native.st_avg_pool3d(input, Per(3, kernel_size, 1), Per(3, stride, kernel_size), Per(3, padding, 0), ceil_mode, count_include_pad, divisor_override is { } divisor ? [divisor] : default);

            // One number for each spatial dimension: the given ones (one stands for all), or the fallback's.
            private static long[] Per(int rank, long[]? given, long[] fallback) => Per(rank, given ?? fallback, 1);

            private static long[] Per(int rank, long? given, long fallback)
            {
                var values = new long[rank];
                Array.Fill(values, given ?? fallback);
                return values;
            }

            private static long[] Per(int rank, long[]? given, long fallback)
            {
                if (given is null || given.Length == 0)
                {
                    return Per(rank, (long?)null, fallback);
                }

                if (given.Length == 1)
                {
                    return Per(rank, given[0], fallback);
                }

                return given.Length == rank
                    ? given
                    : throw new ArgumentException($"Expected one number or {rank}, one for each spatial dimension; found {given.Length}.");
            }

            private static long[] UnpooledSize(Tensor input, int rank, long[] kernel, long[] stride, long[] padding, long[]? output_size)
            {
                if (output_size is not null)
                {
                    return output_size.Length >= rank
                        ? output_size[^rank..]
                        : throw new ArgumentException($"Expected at least {rank} output sizes, found {output_size.Length}.", nameof(output_size));
                }

                var shape = input.shape;
                var size = new long[rank];
                for (var i = 0; i < rank; i++)
                {
                    size[i] = ((shape[shape.Length - rank + i] - 1) * stride[i]) - (2 * padding[i]) + kernel[i];
                }

                return size;
            }

            private static (Tensor, Tensor) Pair(nint list)
            {
                var tensors = Native.Take(list);
                return (tensors[0], tensors[1]);
            }
        }
    }
}
