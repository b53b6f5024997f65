module Repository.Tests.Placeholder

let placeholder = 0
