namespace Expecto

module internal Placeholder =
    let tests = 0
