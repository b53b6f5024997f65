/// A member of somebody's own for each kind that a script may add to: one of the library's, with another name and one more setting.
module OwnMembers

open Expecto
open ScoreFunctional
open ScoreFunctional.Runs

let private twist = Setting.number "twist" 0.5 (Range.between 0. 1.) "how far it turns"

let private own (name: string) (table: Table<'a>) : Member<'a> =
    let known = Expect.wantOk (Table.find name table) name

    settings {
        let! made = known.Settings
        and! _ = twist
        return made
    }
    |> Member.create $"own-{table.Kind}" $"A {table.Kind} of somebody's own" (Citations.unpublished table.Kind)

/// The members, each as a script would have it.
let extensions: Extension list =
    let tables = Tables.standard

    [
        Extension.Dataset(own "rings" tables.Datasets)
        Extension.Network(own "mlp" tables.Networks)
        Extension.Process(own "vp" tables.Processes)
        Extension.Model(own "noise" tables.Models)
        Extension.Objective(own "sliced" tables.Objectives)
        Extension.Optimiser(own "sgd" tables.Optimisers)
        Extension.Sampler(own "ddim" tables.Samplers)
        Extension.Schedule(own "log-snr" tables.Schedules)
    ]

/// The library's tables with all of them.
let tables: Tables = List.fold Tables.add Tables.standard extensions
