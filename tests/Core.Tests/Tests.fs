module Core.Tests.Placeholder

let placeholder = 0
