/// F# requires all members of a type in one file, and <c>Tensor</c> and <c>dsharp</c> have too many for one. Members proper, visible to
/// C#, reflection and inline functions, are the properties, values, arithmetic and elementary functions of <c>Tensor</c>, and
/// creation by <c>dsharp</c>. The rest are extension members in these modules, which every F# program that references this assembly
/// opens automatically.
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
