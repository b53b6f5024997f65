using System.Globalization;

namespace ScoreFunctional.Host;

/// <summary>
/// Where a network runs; the processor when nothing is said. The random numbers are the same on all devices, and what is
/// computed from them agrees within rounding.
/// </summary>
public readonly record struct ComputeDevice
{
    private readonly string? _name;

    internal ComputeDevice(string name) => _name = name == "cpu" ? null : name;

    /// <summary>The processor.</summary>
    public static ComputeDevice Cpu => default;

    /// <summary>The first CUDA device where there is one, the processor elsewhere.</summary>
    public static ComputeDevice Auto => new("auto");

    /// <summary>A CUDA device.</summary>
    /// <param name="index">Which, counted from 0.</param>
    public static ComputeDevice Cuda(int index = 0) => new(string.Create(CultureInfo.InvariantCulture, $"cuda:{index}"));

    /// <summary>The name on the command line: <c>cpu</c>, <c>cuda:0</c>, <c>auto</c>.</summary>
    public override string ToString() => _name ?? "cpu";
}
