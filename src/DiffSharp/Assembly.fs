/// F# wants all members of a type in one file, and <c>Tensor</c> and <c>dsharp</c> have too many for one. What a tensor is, its
/// values, arithmetic and elementary functions, and, of <c>dsharp</c>, creation are members, for C#, reflection and inline functions to see. The others
/// extend the types in modules, which are open to every program that refers to this assembly: F# sees all of them everywhere.
module internal DiffSharp.Assembly

[<assembly: AutoOpen("DiffSharp.TensorMove");
  assembly: AutoOpen("DiffSharp.TensorSlicing");
  assembly: AutoOpen("DiffSharp.TensorDifferentiation");
  assembly: AutoOpen("DiffSharp.TensorCreation");
  assembly: AutoOpen("DiffSharp.TensorComparison");
  assembly: AutoOpen("DiffSharp.TensorShaping");
  assembly: AutoOpen("DiffSharp.TensorReduction");
  assembly: AutoOpen("DiffSharp.TensorLinearAlgebra");
  assembly: AutoOpen("DiffSharp.TensorConvolution");
  assembly: AutoOpen("DiffSharp.TensorPooling");
  assembly: AutoOpen("DiffSharp.TensorLosses");
  assembly: AutoOpen("DiffSharp.TensorRandom");
  assembly: AutoOpen("DiffSharp.TensorImage");
  assembly: AutoOpen("DiffSharp.TensorOp");
  assembly: AutoOpen("DiffSharp.TensorStorage");
  assembly: AutoOpen("DiffSharp.DsharpOperations");
  assembly: AutoOpen("DiffSharp.DsharpShaping");
  assembly: AutoOpen("DiffSharp.DsharpDerivatives");
  assembly: AutoOpen("DiffSharp.DsharpCollections")>]
do ()
