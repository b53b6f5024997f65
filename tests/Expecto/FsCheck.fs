namespace Expecto

open System
open FsCheck

/// Properties as tests. A failing property names the seed with which it fails again.
[<AutoOpen; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module ExpectoFsCheck =
    let private failure replayWith name (data: TestData) original shrunk (outcome: Outcome) (seed: Rnd) size =
        let arguments values = values |> List.map (sprintf "%A") |> String.concat " "

        let reason =
            match outcome with
            | Outcome.Failed error -> error.Message
            | Outcome.Rejected -> "the case was rejected"
            | Outcome.Passed -> "the property is false"

        String.concat "\n" [
            $"Failed after {data.NumberOfTests} tests. Parameters:"
            $"\t{arguments original}"
            if data.NumberOfShrinks > 0 then
                $"Shrunk {data.NumberOfShrinks} times to:"
                $"\t{arguments shrunk}"
            "Result:"
            $"\t{reason}"
            if not data.Labels.IsEmpty then
                "Labels of failing property: " + String.concat ", " data.Labels
            "Focus on error:"
            $"\t{replayWith} ({seed.Seed}UL, {seed.Gamma}UL, Some {size}) \"{name}\""
        ]

    let private summary (data: TestData) : FsCheckTestData = {
        Labels = data.Labels
        NumberOfShrinks = data.NumberOfShrinks
        NumberOfTests = data.NumberOfTests
        Stamps = data.Stamps
    }

    let private runner replayWith name (config: FsCheckConfig) = {
        new IRunner with
            member _.OnStartFixture _ = ()

            member _.OnArguments(number, arguments, _) =
                config.receivedArgs config name number arguments |> Async.RunSynchronously

            member _.OnShrink(arguments, _) = config.successfulShrink config name arguments |> Async.RunSynchronously

            member _.OnFinished(finishedName, result) =
                let finished data = config.finishedTest config finishedName (summary data) |> Async.RunSynchronously

                match result with
                | TestResult.Passed(data, _)
                | TestResult.Failed(data, _, _, _, _, _, _)
                | TestResult.Exhausted data -> finished data

                match result with
                | TestResult.Passed _ -> ()
                | TestResult.Failed(_, _, _, Outcome.Failed(:? IgnoreException as skip), _, _, _) -> raise skip
                | TestResult.Failed(data, original, shrunk, outcome, _, seed, size) ->
                    failtestNoStack (failure replayWith name data original shrunk outcome seed size)
                | TestResult.Exhausted data ->
                    failtestNoStackf "Exhausted after %i tests: too few cases met the condition." data.NumberOfTests
    }

    let private propertyTest replayWith state configs name property =
        let check (config: FsCheckConfig) =
            async {
                let replay =
                    config.replay |> Option.map (fun (seed, gamma, size) -> { Rnd = Rnd(seed, gamma); Size = size })

                let settings =
                    Config.QuickThrowOnFailure
                        .WithMaxTest(config.maxTest)
                        .WithReplay(replay)
                        .WithName(name)
                        .WithStartSize(config.startSize)
                        .WithEndSize(config.endSize)
                        .WithQuietOnSuccess(true)
                        .WithArbitrary(config.arbitrary)
                        .WithRunner(runner replayWith name config)

                Check.One(settings, property)
            }

        let testConfig, stressConfig =
            match configs with
            | Some(testConfig, stressConfig) -> Some testConfig, Some stressConfig
            | None -> None, None

        TestLabel(name, TestCase(AsyncFsCheck(testConfig, stressConfig, check), state), state)

    let private replaying stdGen (config: FsCheckConfig) = { config with replay = Some stdGen }

    /// A property.
    let testProperty name property = propertyTest "etestProperty" Normal None name property

    /// A property that runs in place of all other tests.
    let ftestProperty name property = propertyTest "etestProperty" Focused None name property

    /// A property that does not run.
    let ptestProperty name property = propertyTest "etestProperty" Pending None name property

    /// A property replayed from a printed seed, in place of all other tests.
    let etestProperty stdGen name property =
        let config = replaying stdGen FsCheckConfig.defaultConfig
        propertyTest "etestProperty" Focused (Some(config, config)) name property

    /// A property under a configuration.
    let testPropertyWithConfig config name property =
        propertyTest "etestPropertyWithConfig" Normal (Some(config, config)) name property

    /// A property under a configuration, in place of all other tests.
    let ftestPropertyWithConfig config name property =
        propertyTest "etestPropertyWithConfig" Focused (Some(config, config)) name property

    /// A property under a configuration that does not run.
    let ptestPropertyWithConfig config name property =
        propertyTest "etestPropertyWithConfig" Pending (Some(config, config)) name property

    /// A property under a configuration, replayed from a printed seed, in place of all other tests.
    let etestPropertyWithConfig stdGen config name property =
        let config = replaying stdGen config
        propertyTest "etestPropertyWithConfig" Focused (Some(config, config)) name property

    /// A property under a configuration, drawn from the same seed in every run.
    let testPropertyWithConfigStdGen stdGen config name property =
        let config = replaying stdGen config
        propertyTest "testPropertyWithConfigStdGen" Normal (Some(config, config)) name property
