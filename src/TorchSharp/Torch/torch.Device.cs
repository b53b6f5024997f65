using System.Globalization;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Where a tensor's data lives: a kind of device and its number, -1 for the current one.</summary>
    public class Device
    {
        /// <summary>The kind of device.</summary>
        public DeviceType type { get; private set; } = DeviceType.CPU;

        /// <summary>The device's number, -1 for the current one.</summary>
        public int index { get; private set; } = -1;

        /// <summary>A device from a description such as "cpu", "cuda" or "cuda:1".</summary>
        /// <exception cref="ArgumentException">The kind is unknown.</exception>
        public Device(string description)
        {
            var parts = description.Split(':');
            type = Parse(parts[0]);
            if (parts.Length == 2)
            {
                index = int.Parse(parts[1], CultureInfo.InvariantCulture);
            }
        }

        /// <summary>A device from the name of its kind and its number.</summary>
        public Device(string deviceType, int index = -1)
        {
            type = Parse(deviceType);
            this.index = index;
        }

        /// <summary>A device from its kind and number.</summary>
        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        /// <summary>A CUDA device from its number.</summary>
        public Device(int index)
        {
            type = DeviceType.CUDA;
            this.index = index;
        }

        /// <inheritdoc/>
        public override string ToString() =>
            type == DeviceType.CPU ? "cpu" : index == -1 ? type.ToString().ToLowerInvariant() : $"{type.ToString().ToLowerInvariant()}:{index}";

        /// <summary>A device from its description.</summary>
        public static implicit operator Device(string description) => new(description);

        private static DeviceType Parse(string name) => Enum.Parse<DeviceType>(name.ToUpperInvariant());
    }

    /// <summary>The processor.</summary>
    public static readonly Device CPU = new(DeviceType.CPU);

    /// <summary>The device without storage.</summary>
    public static readonly Device META = new(DeviceType.META);

    /// <summary>The current CUDA device. Raises InvalidOperationException where there is none.</summary>
    public static Device CUDA => InitializeDevice(new Device(DeviceType.CUDA));

    /// <summary>A device from its description.</summary>
    public static Device device(string description) => InitializeDevice(new Device(description));

    /// <summary>A device from the name of its kind and its number.</summary>
    public static Device device(string deviceType, int index = -1) => InitializeDevice(new Device(deviceType, index));

    /// <summary>A device from its kind and number.</summary>
    public static Device device(DeviceType deviceType, int index = -1) => InitializeDevice(new Device(deviceType, index));

    /// <summary>A CUDA device from its number.</summary>
    public static Device device(int index) => new(DeviceType.CUDA, index);

    /// <summary>Whether devices of a kind can be used here.</summary>
    public static bool TryInitializeDeviceType(DeviceType deviceType) => deviceType != DeviceType.CUDA || cuda.is_available();

    /// <summary>Checks that devices of a kind can be used here.</summary>
    /// <exception cref="InvalidOperationException">They cannot.</exception>
    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (!TryInitializeDeviceType(deviceType))
        {
            throw new InvalidOperationException($"Torch device type {deviceType} did not initialise on the current machine.");
        }
    }

    /// <summary>The device itself, or the default one for null, checked to be usable here.</summary>
    /// <exception cref="InvalidOperationException">It is not.</exception>
    public static Device InitializeDevice(Device? device)
    {
        device ??= get_default_device();
        if (device.type != DeviceType.CPU)
        {
            InitializeDeviceType(device.type);
        }

        return device;
    }

    /// <summary>CUDA devices.</summary>
    public static partial class cuda
    {
        /// <summary>Whether a CUDA device can be used.</summary>
        public static bool is_available() => device_count() > 0;

        /// <summary>The number of CUDA devices.</summary>
        public static int device_count() => Native.st_cuda_device_count();

        /// <summary>Seeds the generators.</summary>
        public static void manual_seed(long seed) => Native.Check(Native.st_manual_seed((ulong)seed));

        /// <summary>Seeds the generators of all devices.</summary>
        public static void manual_seed_all(long seed) => Native.Check(Native.st_manual_seed((ulong)seed));

        /// <summary>Waits for the device's queued work.</summary>
        public static void synchronize(Device? device = null) => Native.Check(Native.st_cuda_synchronize(device?.index ?? -1));
    }

    /// <summary>Whether a CUDA device can be used.</summary>
    public static bool cuda_is_available() => cuda.is_available();

    /// <summary>The version of libtorch.</summary>
    public static string __version__ => System.Runtime.InteropServices.Marshal.PtrToStringUTF8(Native.st_torch_version())!;

    /// <summary>The number of threads that one operation may use.</summary>
    public static int get_num_threads() => Native.st_get_num_threads();

    /// <summary>Sets the number of threads that one operation may use.</summary>
    public static void set_num_threads(int num) => Native.Check(Native.st_set_num_threads(num));

    /// <summary>The number of threads for operations that run side by side.</summary>
    public static int get_num_interop_threads() => Native.st_get_num_interop_threads();

    /// <summary>Sets the number of threads for operations that run side by side; at most once and before their first use.</summary>
    public static void set_num_interop_threads(int num) => Native.Check(Native.st_set_num_interop_threads(num));
}
