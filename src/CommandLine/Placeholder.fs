namespace ScoreFunctional.CommandLine

module internal Placeholder =
    let besideFloor = 4
