namespace ScoreFunctional.Runs

open System

/// What a specification must satisfy beyond the types, so that a run fails before its first step or not at all.
[<RequireQualifiedAccess>]
module Validation =
    let private positive name value =
        if Double.IsFinite value && value > 0.0 then
            None
        else
            Some $"{name} must be a positive number, not {value}"

    let private whole quantity name (value: int) = Quantities.fault name quantity (int64 value)

    let private atLeast least name value =
        if value >= least then
            None
        else
            Some $"{name} must be at least {least}, not {value}"

    // Sizes have an end, so that a file that asks for more than any machine has is refused before anything is built.
    let private from least most name value =
        if value >= least && value <= most then
            None
        else
            Some $"{name} must be from {least} to {most}, not {value}"

    let private width name value = from 1 65_536 name value

    let private below largerName larger smallerName smaller =
        if smaller < larger then
            None
        else
            Some $"{smallerName} must be below {largerName}, not {smaller} against {larger}"

    let private inUnit name value =
        if value >= 0.0 && value < 1.0 then
            None
        else
            Some $"{name} must lie in [0, 1), not {value}"

    let private network images choice =
        match choice with
        | Unet config -> [
            if not images then
                Some "the network unet takes images: a two-dimensional dataset needs --network mlp"
            from 1 28 "the patch" config.Patch
            from 1 3 "the number of resolutions" config.Widths.Length
            let multiple = config.Patch * pown 2 (max 0 (config.Widths.Length - 1))

            if multiple < 1 || 28 % multiple <> 0 then
                Some $"28 pixels do not divide into patches of {config.Patch} at {config.Widths.Length} resolutions"

            atLeast 1 "the group size" config.GroupSize

            for channels in config.Widths do
                width "a number of channels" channels

                if config.GroupSize > 0 && channels % config.GroupSize <> 0 then
                    Some $"groups of {config.GroupSize} do not divide {channels} channels"

            from 1 100 "the number of blocks" config.Blocks
            from 1 100 "the number of blocks at the coarsest resolution" config.Middle
            width "the width of the embedding" config.Embedding

            match config.Dense with
            | Some dense ->
                width "the number of dense channels" dense.Channels
                width "the number of hidden dense units" dense.Hidden
            | None -> ()
          ]
        | Mlp config -> [
            width "the width of a layer" config.Width
            from 1 1000 "the number of layers" config.Layers
            width "the width of the embedding" config.Embedding
          ]

    let private sde choice =
        match choice with
        | Ve(smallest, largest)
        | SdeChoice.Edm(smallest, largest) -> [
            positive "sigmaMin" smallest
            below "sigmaMax" largest "sigmaMin" smallest
          ]
        | Vp(smallest, largest)
        | SubVp(smallest, largest) -> [ positive "betaMin" smallest; below "betaMax" largest "betaMin" smallest ]

    let private objective choice =
        match choice with
        | Levels(count, largest, smallest, _) -> [
            whole Quantities.levels "the number of noise levels" count
            positive "sigmaMin" smallest
            if count > 1 then
                below "sigmaMax" largest "sigmaMin" smallest
          ]
        | Continuous
        | Likelihood -> []
        | LogNormal(_, std, _) -> [ positive "pStd" std ]
        | MinSnr gamma -> [ positive "gamma" gamma ]
        | Controlled below -> [ positive "the level of the control variate" below ]
        | Differences step
        | DifferencesReduced step -> [ positive "the step of differences" step ]
        | Antithetic
        | ImportanceSampled
        | Explicit
        | Hutchinson
        | Sliced
        | SlicedReduced -> []
        | Script(path, sha256) -> [
            if System.String.IsNullOrWhiteSpace path then
                Some "the script's path is empty"
            if sha256.Length <> 64 then
                Some $"the script's SHA-256 must have 64 digits, not {sha256.Length}"
          ]

    let private optimiser (choice: OptimiserChoice) = [
        positive "the learning rate" choice.LearningRate
        inUnit "beta1" choice.Beta1
        inUnit "beta2" choice.Beta2
        positive "epsilon" choice.Epsilon
        if not (choice.WeightDecay >= 0.0) then
            Some $"the weight decay must not be negative: {choice.WeightDecay}"
        positive "the clipping norm" choice.Clip
        whole Quantities.warmUp "the number of warm-up steps" choice.WarmUp
        match choice.Average with
        | Exponential decay
        | Warmed decay -> inUnit "the decay of the average" decay
        | Power gamma -> positive "the power of the average" gamma
        match choice.Orthogonal with
        | Some orthogonal ->
            inUnit "the momentum of the orthogonal changes" orthogonal.Momentum
            positive "the scale of the orthogonal changes" orthogonal.Scale
            whole Quantities.iterations "the number of iterations of Newton and Schulz" orthogonal.Iterations
        | None -> ()
    ]

    let private length choice =
        match choice with
        | Steps count -> whole Quantities.trainingSteps "the number of steps" count
        | Minutes minutes -> Quantities.fault "the number of minutes" Quantities.minutes minutes

    let private scaled name = Some $"{name} needs a process that adds noise without scaling the data: ve or edm"

    let private named sde name steps = [
        match ScoreFunctional.Samplers.tryFind name with
        | None ->
            match SamplerNames.tryParse name with
            | Error fault -> Some fault
            | Ok _ -> None
        | Some sampler ->
            match sampler.Evaluations with
            | ScoreFunctional.Evaluations.Counted _ when sampler.Requires = ScoreFunctional.Requires.AnySde ->
                atLeast 2 "the number of sampler steps" steps
            | _ -> ()

            match sampler.Requires, sde with
            | ScoreFunctional.Requires.UnscaledData, (Vp _ | SubVp _) -> scaled name
            | _ -> ()
    ]

    /// A sampler that can run on a process; `Error` is one line.
    let sampler (sde: SdeChoice) (choice: SamplerChoice) : Result<SamplerChoice, string> =
        let faults =
            match choice with
            | Heun(steps, churn) -> [
                atLeast 2 "the number of sampler steps" steps
                if not (churn >= 0.0 && Double.IsFinite churn) then
                    Some $"the churn must not be negative: {churn}"
              ]
            | Euler steps
            | EulerMaruyama steps -> [ atLeast 2 "the number of sampler steps" steps ]
            | AnnealedLangevin(_, beta, start) -> [
                positive "beta" beta
                positive "the standard deviation of the start" start
                match sde with
                | Ve _
                | SdeChoice.Edm _ -> ()
                | Vp _
                | SubVp _ -> scaled "annealed-langevin"
              ]
            | Named(name, steps) -> named sde name steps
            | Tuned(name, steps, setting, value) -> [
                yield! named sde name steps

                match Presets.tuned setting value choice with
                | Error fault -> Some fault
                | Ok _ -> None
              ]

        let steps = whole Quantities.samplerSteps "the number of sampler steps" (Presets.stepsOf choice)

        match List.tryPick id (faults @ [ steps ]) with
        | Some fault -> Error fault
        | None -> Ok choice

    /// The names of the table's samplers that can run on a process, in the table's order.
    let samplers (sde: SdeChoice) : string list =
        SamplerNames.all |> List.filter (fun name -> (sampler sde (Presets.sampler sde name)).IsOk)

    // The table's own ladder has so few levels that any number of steps will do.
    let private moves (spec: RunSpec) =
        match spec.Sampler, spec.Objective with
        | AnnealedLangevin(steps, _, _), Levels(levels, _, _, _) ->
            let most = ScoreFunctional.Schedule.most / max 1 levels

            if steps <= most then
                None
            else
                Some $"annealed-langevin takes at most {most} moves at each of {levels} noise levels, not {steps}"
        | _ -> None

    /// A specification that can run; `Error` is one line about the first thing that cannot.
    let spec (spec: RunSpec) : Result<RunSpec, string> =
        [
            yield! network (Presets.isImages spec.Dataset) spec.Network
            yield! sde spec.Sde
            yield positive "the standard deviation of the data" spec.SigmaData
            yield! objective spec.Objective
            yield! optimiser spec.Optimiser
            yield whole Quantities.batchSize "the batch size" spec.BatchSize
            match spec.Labels with
            | Some labels ->
                yield
                    if Presets.classes spec.Dataset = 0 then
                        Some $"the samples of {Names.ofValue spec.Dataset} have no classes to tell a network"
                    else
                        None

                yield inUnit "the share of labels that are forgotten" labels.Dropout
            | None -> ()
            yield length spec.Length
            yield Quantities.fault "the seed" Quantities.seed spec.Seed
            yield moves spec
        ]
        |> List.tryPick id
        |> function
            | Some fault -> Error fault
            | None -> sampler spec.Sde spec.Sampler |> Result.map (fun _ -> spec)

    /// The specification with another sampler, which can run on it; `Error` is one line.
    let withSampler (spec: RunSpec) (choice: SamplerChoice) : Result<SamplerChoice, string> =
        sampler spec.Sde choice
        |> Result.bind (fun choice ->
            match moves { spec with Sampler = choice } with
            | Some fault -> Error fault
            | None -> Ok choice)
