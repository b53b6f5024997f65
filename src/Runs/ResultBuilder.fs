namespace ScoreFunctional.Runs

/// Computation expression for results: it stops at the first error.
type internal ResultBuilder() =
    member _.Bind(result: Result<'a, 'e>, f: 'a -> Result<'b, 'e>) = Result.bind f result
    member _.Return(value: 'a) : Result<'a, 'e> = Ok value
    member _.ReturnFrom(result: Result<'a, 'e>) = result
    member _.Zero() : Result<unit, 'e> = Ok()
    member _.Combine(first: Result<unit, 'e>, rest: unit -> Result<'b, 'e>) = Result.bind rest first
    member _.Delay(work: unit -> Result<'a, 'e>) = work
    member _.Run(work: unit -> Result<'a, 'e>) = work ()

    member _.TryWith(work: unit -> Result<'a, 'e>, handler: exn -> Result<'a, 'e>) =
        try
            work ()
        with e ->
            handler e
