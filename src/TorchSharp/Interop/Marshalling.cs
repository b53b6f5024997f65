using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>A number as the native floor takes it: kind -1 absent, 0 double, 1 integer, 2 boolean; bits of the value.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Number(long kind, long bits)
{
    internal readonly long Kind = kind;
    internal readonly long Bits = bits;
}

/// <summary>One subscript of an indexing expression as the native floor takes it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Subscript(int kind, int has, long start, long stop, long step, nint tensor)
{
    private readonly int kind = kind;
    private readonly int has = has;
    private readonly long start = start;
    private readonly long stop = stop;
    private readonly long step = step;
    private readonly nint tensor = tensor;
}

/// <summary>
/// Passes a tensor's handle and keeps the tensor alive until the call returns, so that no finaliser frees it under the
/// native code; a result's handle becomes a tensor, and a null result the exception with libtorch's message.
/// </summary>
[CustomMarshaller(typeof(Tensor), MarshalMode.ManagedToUnmanagedIn, typeof(In))]
[CustomMarshaller(typeof(Tensor), MarshalMode.ManagedToUnmanagedOut, typeof(Out))]
internal static class TensorMarshaller
{
    internal ref struct In
    {
        private Tensor? tensor;

        public void FromManaged(Tensor? managed) => tensor = managed;

        public readonly nint ToUnmanaged() => tensor is null ? 0 : tensor.Handle;

        public readonly void Free() => GC.KeepAlive(tensor);
    }

    internal static class Out
    {
        public static Tensor ConvertToManaged(nint handle)
        {
            if (handle == 0)
            {
                Native.Throw();
            }

            return new Tensor(handle);
        }
    }
}

[CustomMarshaller(typeof(Scalar), MarshalMode.ManagedToUnmanagedIn, typeof(ScalarMarshaller))]
internal static class ScalarMarshaller
{
    public static Number ConvertToUnmanaged(Scalar? managed) => managed is null ? new Number(-1, 0) : managed.Number;
}

[CustomMarshaller(typeof(Generator), MarshalMode.ManagedToUnmanagedIn, typeof(In))]
internal static class GeneratorMarshaller
{
    internal ref struct In
    {
        private Generator? generator;

        public void FromManaged(Generator? managed) => generator = managed;

        public readonly nint ToUnmanaged() => generator is null ? 0 : generator.Handle;

        public readonly void Free() => GC.KeepAlive(generator);
    }
}
