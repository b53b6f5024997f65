namespace DiffSharp

module internal Placeholder =
    let floor = 3
