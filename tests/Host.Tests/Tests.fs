module Host.Tests.Placeholder

let placeholder = 0
