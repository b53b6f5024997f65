using System.Globalization;

namespace ScoreFunctional.Host;

/// <summary>
/// The device that runs a network; the CPU by default. Random numbers are the same on all devices, and results agree within
/// rounding.
/// </summary>
public readonly record struct ComputeDevice
{
    private readonly string? _name;

    internal ComputeDevice(string name) => _name = name == "cpu" ? null : name;

    /// <summary>The CPU.</summary>
    public static ComputeDevice Cpu => default;

    /// <summary>The first CUDA device if there is one, else the CPU.</summary>
    public static ComputeDevice Auto => new("auto");

    /// <summary>A CUDA device.</summary>
    /// <param name="index">The index of the device, from 0.</param>
    public static ComputeDevice Cuda(int index = 0) => new(string.Create(CultureInfo.InvariantCulture, $"cuda:{index}"));

    /// <summary>The name on the command line: <c>cpu</c>, <c>cuda:0</c>, <c>auto</c>.</summary>
    public override string ToString() => _name ?? "cpu";
}
