using System.Runtime.InteropServices.Marshalling;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A pseudo-random number generator of libtorch.</summary>
    [NativeMarshalling(typeof(GeneratorMarshaller))]
    public class Generator : IDisposable
    {
        /// <summary>A new generator on the CPU.</summary>
        /// <exception cref="ArgumentException">The device is not the CPU.</exception>
        public Generator(ulong seed = 0, Device? device = null)
        {
            if (device is not null && device.type != DeviceType.CPU)
            {
                throw new ArgumentException($"A generator of one's own is a CPU generator, found device {device}.", nameof(device));
            }

            Handle = Native.st_generator_new(seed);
            this.device = CPU;
        }

        private Generator(nint handle)
        {
            Handle = handle;
            device = CPU;
        }

        /// <summary>Frees the generator.</summary>
        ~Generator() => Dispose(false);

        /// <summary>The native generator.</summary>
        public IntPtr Handle { get; private set; }

        /// <summary>The generator's device.</summary>
        public Device device { get; private set; }

        /// <summary>The process's CPU generator.</summary>
        public static Generator Default => new(Native.st_generator_default());

        /// <summary>The state as a tensor of bytes.</summary>
        public Tensor get_state() => Native.st_generator_get_state(this);

        /// <summary>Sets the state.</summary>
        public void set_state(Tensor value) => Native.Check(Native.st_generator_set_state(this, value));

        /// <summary>The seed that the generator was given.</summary>
        public long initial_seed() => Native.st_generator_initial_seed(this);

        /// <summary>Seeds the generator.</summary>
        public Generator manual_seed(long seed)
        {
            Native.Check(Native.st_generator_seed(this, (ulong)seed));
            return this;
        }

        /// <summary>Seeds the generator from the clock and returns the seed.</summary>
        public long seed()
        {
            var seed = DateTime.UtcNow.Ticks;
            manual_seed(seed);
            return seed;
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Frees the generator.</summary>
        protected virtual void Dispose(bool disposing)
        {
            if (Handle != 0)
            {
                Native.st_generator_release(Handle);
                Handle = 0;
            }
        }
    }

    /// <summary>The process's default generators.</summary>
    public static partial class random
    {
        /// <summary>Seeds from the clock and returns the seed.</summary>
        public static long seed() => Generator.Default.seed();

        /// <summary>The seed that the generator was given.</summary>
        public static long initial_seed() => Generator.Default.initial_seed();

        /// <summary>The state as a tensor of bytes.</summary>
        public static Tensor get_rng_state() => Generator.Default.get_state();

        /// <summary>Sets the state.</summary>
        public static void set_rng_state(Tensor new_state) => Generator.Default.set_state(new_state);

        /// <summary>Seeds the generators of all devices.</summary>
        public static Generator manual_seed(long seed)
        {
            Native.Check(Native.st_manual_seed((ulong)seed));
            return Generator.Default;
        }
    }

    /// <summary>Seeds from the clock and returns the seed.</summary>
    public static long seed() => random.seed();

    /// <summary>Seeds the generators of all devices.</summary>
    public static Generator manual_seed(long seed) => random.manual_seed(seed);

    /// <summary>The seed that the generator was given.</summary>
    public static long initial_seed() => random.initial_seed();

    /// <summary>The state as a tensor of bytes.</summary>
    public static Tensor get_rng_state() => random.get_rng_state();

    /// <summary>Sets the state.</summary>
    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);
}
