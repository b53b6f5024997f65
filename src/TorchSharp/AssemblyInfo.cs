using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("TorchSharp.Tests")]

// Its layers alone (Layers.cs), which the real package lacks.
[assembly: InternalsVisibleTo("DiffSharp")]
