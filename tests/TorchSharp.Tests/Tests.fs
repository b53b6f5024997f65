module TorchSharp.Tests.Placeholder

let placeholder = 0
