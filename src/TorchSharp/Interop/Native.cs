using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

[assembly: DisableRuntimeMarshalling]

namespace TorchSharp;

/// <summary>
/// The native floor. Each function is declared once, in the file that carries its C++ file's name; tensors, scalars and
/// generators are marshalled by <see cref="TensorMarshaller"/> and its neighbours, which also turn errors into exceptions.
/// </summary>
internal static unsafe partial class Native
{
    internal const string Library = "ScoreTorch";

    static Native() => PrepareEnvironment();

    /// <summary>Throws libtorch's message if a status is not 0.</summary>
    internal static void Check(int status)
    {
        if (status != 0)
        {
            Throw();
        }
    }

    [DoesNotReturn]
    internal static void Throw() => throw new ExternalException(Marshal.PtrToStringUTF8(st_last_error()));

    /// <summary>Takes the tensors out of a native list and frees the list.</summary>
    internal static Tensor[] Take(nint list)
    {
        if (list == 0)
        {
            Throw();
        }

        try
        {
            var tensors = new Tensor[st_list_count(list)];
            for (var i = 0; i < tensors.Length; i++)
            {
                // An undefined tensor stays null: only the gradient of an unused input is one.
                var handle = st_list_take(list, i);
                tensors[i] = handle == 0 ? null! : new Tensor(handle);
            }

            return tensors;
        }
        finally
        {
            st_list_release(list);
        }
    }

    /// <summary>The handles of tensors; the caller keeps the tensors alive over the native call.</summary>
    internal static nint[] Handles(ReadOnlySpan<Tensor> tensors)
    {
        var handles = new nint[tensors.Length];
        for (var i = 0; i < handles.Length; i++)
        {
            handles[i] = tensors[i] is { } tensor ? tensor.Handle : 0;
        }

        return handles;
    }

    /// <summary>Bytes in live blocks, in free blocks, and the greatest number in live blocks so far.</summary>
    internal static (long Live, long Cached, long Peak) AllocatorStatistics()
    {
        long live, cached, peak;
        st_allocator_statistics(&live, &cached, &peak);
        return (live, cached, peak);
    }

    // Libraries below libtorch read these from the C environment when they are loaded; .NET's own environment is a copy
    // that C does not see. What the user has set stays.
    private static void PrepareEnvironment()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // OpenBLAS chooses its kernels by CPU model, knows few of the newer ones, and then falls back to code without
        // AVX-512 at a third to a half of the speed. The processor's own flags know better, also than a type set for every
        // program of a machine, which is there for the weakest of its kind; SCORE_OPENBLAS_CORETYPE is for this one alone.
        if (Environment.GetEnvironmentVariable("SCORE_OPENBLAS_CORETYPE") is { Length: > 0 } chosen)
        {
            setenv("OPENBLAS_CORETYPE", chosen, 1);
        }
        else if (Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported)
        {
            setenv("OPENBLAS_CORETYPE", "SkylakeX", 1);
        }

        // Idle OpenMP threads spin for milliseconds before they sleep. Where other processes want the cores too, the
        // spinning takes them from the thread that is waited for, and a step takes several times as long. But to wake a
        // thread that sleeps takes longer than many layers of a small batch: these spin for some 0.1 ms, from one layer to
        // the next.
        if (Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
        {
            setenv("GOMP_SPINCOUNT", "5000", 0);
        }

        // So do OpenBLAS's, for 2^26 cycles unless told otherwise: every matrix product would slow the layers after it.
        setenv("OPENBLAS_THREAD_TIMEOUT", "4", 0);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
