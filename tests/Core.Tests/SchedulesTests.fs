/// Every schedule of the table, and every sampler's own, is held to the same properties.
module Core.Tests.SchedulesTests

open System
open Expecto
open ScoreFunctional
open Core.Tests.Support

/// Each move begins where the one before ended and goes to less noise, in at most the range of the process's times.
let private isOne (timeSteps: TimeStep[]) name =
    Expect.isNonEmpty timeSteps name

    for i, timeStep in Array.indexed timeSteps do
        Expect.equal (timeStep.Index, timeStep.Count) (i, timeSteps.Length) $"{name}: place of move {i}"
        // A time that is found from its level is right to rounding.
        Expect.isTrue (timeStep.From <= 1. + 1e-12 && timeStep.To >= 0.) $"{name}: move {i} is within [0, 1]"

[<Tests>]
let tests =
    testList "schedule" [
        for title, schedule in variants Schedules.table do
            testList title [
                for process', sde in variants Processes.table do
                    testCase $"falls from the largest noise to where the process stops, under {process'}" (fun () ->
                        for steps in [ 1; 2; 7; 40 ] do
                            let timeSteps = schedule sde steps
                            isOne timeSteps $"{steps} steps"
                            Expect.equal timeSteps.Length steps "as many moves as steps"

                            for before, after in Array.pairwise timeSteps do
                                Expect.equal before.To after.From "one move after the other"

                            for timeStep in timeSteps do
                                Expect.isGreaterThan timeStep.From timeStep.To "less noise"

                            Expect.isLessThanOrEqual (Array.last timeSteps).To (sde.SampleTo + 1e-12) "the end"

                        Expect.equal (schedule sde 7) (schedule sde 7) "twice the same")

                testCase "refuses numbers of steps below one or above the most" (fun () ->
                    for sde in Processes.all do
                        for steps in [ -1; 0; Schedule.most + 1; Int32.MaxValue ] do
                            throwsArgument (fun () -> schedule sde steps) $"{steps} steps")
            ]

        for schedule in Schedules.table.Members do
            testCase $"{schedule.Name} begins at time 1 by default" (fun () ->
                for sde in Processes.all do
                    let first = (Member.makeDefault schedule sde 7)[0]
                    Expect.floatClose rounding64 first.From 1. sde.Name)

        for sampler in Samplers.all do
            testCase $"the schedule of {sampler.Name} never adds noise, and ends without any" (fun () ->
                for sde in Processes.all |> List.filter (Sampler.supports sampler) do
                    for steps in [ 1; 2; sampler.DefaultSteps sde ] do
                        let timeSteps = sampler.Schedule sde steps
                        isOne timeSteps $"{sde.Name}, {steps} steps"

                        for timeStep in timeSteps do
                            Expect.isGreaterThanOrEqual timeStep.From timeStep.To $"{sde.Name}: move {timeStep.Index}"

                        for before, after in Array.pairwise timeSteps do
                            Expect.isLessThanOrEqual after.From before.From $"{sde.Name}: move {after.Index}"

                        let start = sampler.InitialSigma sde timeSteps
                        Expect.isTrue (Double.IsFinite start && start > 0.) $"{sde.Name}: the start's deviation")
    ]
