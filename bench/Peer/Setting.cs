using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Peer;

/// <summary>How the peer is made to run.</summary>
/// <remarks>
/// <c>stock</c> is what TorchSharp's documentation begins with. <c>tuned</c> keeps the allocator's memory, records nothing
/// in inference mode, and has whatever options a trial found faster; <c>bf16</c> is tuned with a network in bfloat16.
/// </remarks>
/// <param name="Mode">stock, tuned or bf16.</param>
/// <param name="Options">channels-last, flat (parameters in one vector), parts (large batches in parts of 64).</param>
internal sealed record Setting(string Mode, IReadOnlyCollection<string> Options)
{
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3, ArenaMax = -8;

    /// <summary>Whether nothing is tuned.</summary>
    public bool Stock => Mode == "stock";

    /// <summary>Whether the network computes in bfloat16.</summary>
    public bool Bf16 => Mode == "bf16";

    /// <summary>Whether an option is chosen.</summary>
    public bool Has(string option) => Options.Contains(option);

    /// <summary>For computing what nobody will differentiate.</summary>
    public IDisposable Inference() => Stock ? no_grad() : inference_mode();

    /// <summary>The network in the memory format and type of the setting.</summary>
    public Denoiser Apply(Denoiser model)
    {
        if (Bf16)
        {
            model.to(bfloat16);
            model.Precision = bfloat16;
        }

        if (Has("channels-last"))
        {
            using var scope = NewDisposeScope();
            using var unrecorded = no_grad();
            foreach (var p in model.parameters().Where(p => p.dim() == 4))
            {
                p.set_(p.detach().permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2));
            }
        }

        return model;
    }

    /// <summary>Keeps freed memory for the next step: glibc gives blocks of a network's size back to the system, and each
    /// has to be cleared again by the kernel. Before anything else in the process.</summary>
    public void KeepMemory()
    {
        (int Parameter, int Value)[] settings = [(MmapThreshold, 1 << 30), (TrimThreshold, int.MaxValue), (TopPad, 1 << 26), (ArenaMax, 1)];
        if (!Stock && !settings.All(setting => mallopt(setting.Parameter, setting.Value) == 1))
        {
            throw new InvalidOperationException("expected glibc's allocator to take its settings");
        }
    }

    [DllImport("libc.so.6")]
    private static extern int mallopt(int parameter, int value);
}
