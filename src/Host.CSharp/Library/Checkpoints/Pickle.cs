namespace ScoreFunctional.Host.Checkpoints;

/// <summary>
/// The opcodes of Python's pickle protocol 2 that plain data and tensors need (as in Python's <c>pickletools</c>), and the
/// functions with which PyTorch rebuilds tensors.
/// </summary>
internal static class Pickle
{
    public const byte Protocol = 2;

    public const byte Append = (byte)'a';
    public const byte Appends = (byte)'e';
    public const byte BinFloat = (byte)'G';
    public const byte BinGet = (byte)'h';
    public const byte BinInt = (byte)'J';
    public const byte BinInt1 = (byte)'K';
    public const byte BinInt2 = (byte)'M';
    public const byte BinPersistentId = (byte)'Q';
    public const byte BinPut = (byte)'q';
    public const byte BinUnicode = (byte)'X';
    public const byte Build = (byte)'b';
    public const byte EmptyDict = (byte)'}';
    public const byte EmptyList = (byte)']';
    public const byte EmptyTuple = (byte)')';
    public const byte Global = (byte)'c';
    public const byte Long1 = 0x8A;
    public const byte LongBinGet = (byte)'j';
    public const byte LongBinPut = (byte)'r';
    public const byte Mark = (byte)'(';
    public const byte NewFalse = 0x89;
    public const byte NewTrue = 0x88;
    public const byte None = (byte)'N';
    public const byte Proto = 0x80;
    public const byte Reduce = (byte)'R';
    public const byte SetItem = (byte)'s';
    public const byte SetItems = (byte)'u';
    public const byte Stop = (byte)'.';
    public const byte Tuple = (byte)'t';
    public const byte Tuple1 = 0x85;
    public const byte Tuple2 = 0x86;
    public const byte Tuple3 = 0x87;

    /// <summary>The function that makes a tensor from a storage, an offset, a shape and strides.</summary>
    public const string RebuildTensor = "torch._utils _rebuild_tensor_v2";

    /// <summary>The ordered dictionary of Python's standard library.</summary>
    public const string OrderedDict = "collections OrderedDict";

    /// <summary>The module of the storage classes, with the space that separates it from their names.</summary>
    public const string TorchPrefix = "torch ";
}
