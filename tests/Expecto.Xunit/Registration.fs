/// Compiled into every F# test project: it tells xunit to run Expecto's tests.
module internal Expecto.Xunit.Registration

[<assembly: Xunit.TestFramework(typeof<ExpectoFramework>)>]
do ()
