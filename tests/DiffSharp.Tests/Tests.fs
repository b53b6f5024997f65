module DiffSharp.Tests.Placeholder

let placeholder = 0
