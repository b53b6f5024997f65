namespace ScoreFunctional

module internal Placeholder =
    let floor = 4
