namespace TorchSharp;

public static partial class torch
{
    /// <summary>Independent draws from the uniform distribution on [0, 1).</summary>
    public static Tensor rand(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRand(size, dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the uniform distribution on [0, 1).</summary>
    public static Tensor rand(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRand(size, dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the uniform distribution on [0, 1).</summary>
    public static Tensor rand(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRand([size], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the uniform distribution on [0, 1).</summary>
    public static Tensor rand(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRand([rows, columns], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the uniform distribution on [0, 1).</summary>
    public static Tensor rand(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRand([dim0, dim1, dim2], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the uniform distribution on [0, 1).</summary>
    public static Tensor rand(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRand([dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the uniform distribution on [0, 1).</summary>
    public static Tensor rand(int size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRand([size], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the uniform distribution on [0, 1).</summary>
    public static Tensor rand(int rows, int columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRand([rows, columns], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the uniform distribution on [0, 1).</summary>
    public static Tensor rand(int dim0, int dim1, int dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRand([dim0, dim1, dim2], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the uniform distribution on [0, 1).</summary>
    public static Tensor rand(int dim0, int dim1, int dim2, int dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRand([dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the standard normal distribution.</summary>
    public static Tensor randn(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRandn(size, dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the standard normal distribution.</summary>
    public static Tensor randn(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRandn(size, dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the standard normal distribution.</summary>
    public static Tensor randn(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRandn([size], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the standard normal distribution.</summary>
    public static Tensor randn(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRandn([rows, columns], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the standard normal distribution.</summary>
    public static Tensor randn(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRandn([dim0, dim1, dim2], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the standard normal distribution.</summary>
    public static Tensor randn(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRandn([dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the standard normal distribution.</summary>
    public static Tensor randn(int size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRandn([size], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the standard normal distribution.</summary>
    public static Tensor randn(int rows, int columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRandn([rows, columns], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the standard normal distribution.</summary>
    public static Tensor randn(int dim0, int dim1, int dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRandn([dim0, dim1, dim2], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the standard normal distribution.</summary>
    public static Tensor randn(int dim0, int dim1, int dim2, int dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRandn([dim0, dim1, dim2, dim3], dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the integers of [low, high).</summary>
    public static Tensor randint(long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRandint(0, high, size, dtype, device, requires_grad, generator, names);

    /// <summary>Independent draws from the integers of [low, high).</summary>
    public static Tensor randint(long low, long high, long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null, string[]? names = null) => DrawnRandint(low, high, size, dtype, device, requires_grad, generator, names);

    /// <summary>A random permutation of the integers of [0, n).</summary>
    public static Tensor randperm(long n, ScalarType? dtype = null, Device? device = null, bool requires_grad = false, Generator? generator = null)
    {
        var target = InitializeDevice(device);
        return Native.st_randperm(n, (int)(dtype ?? ScalarType.Int64), (int)target.type, target.index, requires_grad, generator);
    }

    /// <summary>Draws of 0 and 1 whose probabilities of 1 are the input's elements.</summary>
    public static Tensor bernoulli(Tensor input, Generator? generator = null) => input.bernoulli(generator);

    /// <summary>Indices drawn with the weights of the input's last dimension.</summary>
    public static Tensor multinomial(Tensor input, long num_samples, bool replacement = false, Generator? generator = null) => input.multinomial(num_samples, replacement, generator);

    /// <summary>Draws from the uniform distribution on [0, 1) in the input's shape.</summary>
    public static Tensor rand_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => input.rand_like(dtype, device, requires_grad);

    /// <summary>Draws from the standard normal distribution in the input's shape.</summary>
    public static Tensor randn_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => input.randn_like(dtype, device, requires_grad);

    private static Tensor DrawnRand(ReadOnlySpan<long> size, ScalarType? dtype, Device? device, bool requires_grad, Generator? generator, string[]? names)
    {
        RefuseNames(names);
        var target = InitializeDevice(device);
        return Native.st_rand(size, size.Length, (int)(dtype ?? default_dtype), (int)target.type, target.index, requires_grad, generator);
    }

    private static Tensor DrawnRandn(ReadOnlySpan<long> size, ScalarType? dtype, Device? device, bool requires_grad, Generator? generator, string[]? names)
    {
        RefuseNames(names);
        var target = InitializeDevice(device);
        return Native.st_randn(size, size.Length, (int)(dtype ?? default_dtype), (int)target.type, target.index, requires_grad, generator);
    }

    private static Tensor DrawnRandint(long low, long high, ReadOnlySpan<long> size, ScalarType? dtype, Device? device, bool requires_grad, Generator? generator, string[]? names)
    {
        RefuseNames(names);
        var target = InitializeDevice(device);
        return Native.st_randint(low, high, size, size.Length, (int)(dtype ?? ScalarType.Int64), (int)target.type, target.index, requires_grad, generator);
    }

    public partial class Tensor
    {
        /// <summary>Draws from the uniform distribution on [0, 1) in the tensor's shape.</summary>
        public Tensor rand_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => rand(shape, dtype ?? this.dtype, device ?? this.device, requires_grad);

        /// <summary>Draws from the standard normal distribution in the tensor's shape.</summary>
        public Tensor randn_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false) => randn(shape, dtype ?? this.dtype, device ?? this.device, requires_grad);

        /// <summary>Draws of 0 and 1 whose probabilities of 1 are the elements.</summary>
        public Tensor bernoulli(Generator? generator = null) => Native.st_bernoulli(this, generator);

        /// <summary>Indices drawn with the weights of the last dimension.</summary>
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) => Native.st_multinomial(this, num_samples, replacement, generator);

        /// <summary>Overwrites the elements with draws from a normal distribution.</summary>
        public Tensor normal_(double mean = 0.0, double std = 1.0, Generator? generator = null) => Done(Native.st_normal_(this, mean, std, generator));

        /// <summary>Overwrites the elements with draws from a uniform distribution.</summary>
        public Tensor uniform_(double from, double to, Generator? generator = null) => Done(Native.st_uniform_(this, from, to, generator));
    }
}
