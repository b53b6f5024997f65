namespace TorchSharp;

internal static class Placeholder
{
    internal const int Floor = 2;
}
