using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("TorchSharp.Tests")]
