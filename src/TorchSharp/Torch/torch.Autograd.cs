namespace TorchSharp;

public static partial class torch
{
    /// <summary>Derivatives of tensors with respect to tensors.</summary>
    public static partial class autograd
    {
        /// <summary>
        /// The vector-Jacobian products of outputs with respect to inputs: one gradient for each input, in its shape.
        /// </summary>
        /// <param name="outputs">What is differentiated.</param>
        /// <param name="inputs">With respect to what.</param>
        /// <param name="grad_outputs">One cotangent for each output, in its shape; not needed where an output has one element.</param>
        /// <param name="retain_graph">Keeps the graph for another differentiation.</param>
        /// <param name="create_graph">Makes the gradients differentiable themselves, which keeps the graph too.</param>
        /// <param name="allow_unused">Gives null for an input that no output depends on, instead of raising.</param>
        public static IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null, bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            var result = Native.Take(Native.st_grad(
                Native.Handles(AsSpan(outputs)),
                outputs.Count,
                Native.Handles(AsSpan(inputs)),
                inputs.Count,
                Native.Handles(AsSpan(grad_outputs)),
                grad_outputs?.Count ?? 0,
                retain_graph || create_graph,
                create_graph,
                allow_unused));
            KeepAlive(outputs, inputs, grad_outputs);
            return result;
        }

        /// <summary>Adds the gradients of tensors to the <c>grad</c> of the leaves they depend on, or of given inputs only.</summary>
        public static void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            Native.Check(Native.st_backward(
                Native.Handles(AsSpan(tensors)),
                tensors.Count,
                Native.Handles(AsSpan(grad_tensors)),
                grad_tensors?.Count ?? 0,
                (retain_graph ?? create_graph) ? 1 : 0,
                create_graph,
                Native.Handles(AsSpan(inputs)),
                inputs?.Count ?? 0));
            KeepAlive(tensors, grad_tensors, inputs);
        }

        /// <summary>Adds the gradient of a tensor to the <c>grad</c> of the leaves it depends on, or of given inputs only.</summary>
        public static void backward(Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        private static ReadOnlySpan<Tensor> AsSpan(IList<Tensor>? tensors) => tensors is null ? default : tensors as Tensor[] ?? tensors.ToArray();

        private static void KeepAlive(IList<Tensor>? first, IList<Tensor>? second, IList<Tensor>? third)
        {
            GC.KeepAlive(first);
            GC.KeepAlive(second);
            GC.KeepAlive(third);
        }
    }

    /// <summary>Records no graph on this thread until disposed.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    /// <summary>Records a graph on this thread until disposed.</summary>
    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    /// <summary>Records a graph or none on this thread until disposed.</summary>
    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    /// <summary>Whether a graph is recorded on this thread.</summary>
    public static bool is_grad_enabled() => Native.st_grad_enabled();

    /// <summary>Makes tensors without any support for derivatives on this thread until disposed.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    /// <summary>Whether this thread makes tensors without support for derivatives.</summary>
    public static bool is_inference_mode_enabled() => Native.st_inference_mode_enabled();

    private sealed class GradMode : IDisposable
    {
        private readonly bool previous = Native.st_grad_enabled();

        internal GradMode(bool enabled) => Native.st_set_grad_enabled(enabled);

        public void Dispose() => Native.st_set_grad_enabled(previous);
    }

    // The mode belongs to a thread: disposal, on that thread, is the only way out, and there is no finaliser.
    private sealed class InferenceMode : IDisposable
    {
        private nint guard;

        internal InferenceMode(bool enabled)
        {
            guard = Native.st_inference_mode_enter(enabled);
            if (guard == 0)
            {
                Native.Throw();
            }
        }

        public void Dispose()
        {
            if (guard != 0)
            {
                Native.st_inference_mode_leave(guard);
                guard = 0;
            }
        }
    }

    public partial class Tensor
    {
        /// <summary>Whether operations on the tensor are recorded for differentiation.</summary>
        public bool requires_grad
        {
            get => Native.st_requires_grad(this);
            set => Native.Check(Native.st_set_requires_grad(this, value));
        }

        /// <summary>The gradient that <c>backward</c> left, or null.</summary>
        public Tensor? grad
        {
            get
            {
                Native.Check(Native.st_get_grad(this, out var gradient));
                return gradient == 0 ? null : new Tensor(gradient);
            }

            set => Native.Check(Native.st_set_grad(this, value));
        }

        /// <summary>Records operations on the tensor for differentiation, or no longer.</summary>
        public Tensor requires_grad_(bool requires_grad = true) => Done(Native.st_set_requires_grad(this, requires_grad));

        /// <summary>Records operations on the tensor for differentiation, or no longer.</summary>
        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        /// <summary>Keeps the gradient of a tensor that is no leaf.</summary>
        public void retain_grad() => Native.Check(Native.st_retain_grad(this));

        /// <summary>Adds the tensor's gradient to the grad of the leaves it depends on.</summary>
        public void backward() => autograd.backward([this]);

        /// <summary>Adds the tensor's gradient to the grad of the leaves it depends on, or of given inputs only.</summary>
        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) => autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);
    }
}
