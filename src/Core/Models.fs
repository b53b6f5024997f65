namespace ScoreFunctional

open DiffSharp

/// <summary>A member of the table of models: what the output of a network predicts, and how it becomes a score.</summary>
type ModelDesign = {
    /// <summary>The score, under a process, of a raw network <c>x, ¼ ln σ → F</c>.</summary>
    Score: Sde -> Field -> Score
    /// <summary>The energy of which that score is the negative gradient, if there is one.</summary>
    Energy: (Sde -> Field -> Energy) option
}

/// <summary>The table of parameterisations and preconditionings.</summary>
module Models =

    let private sigmaData =
        Setting.number "sigma-data" 0.5 (Range.above 0.) "standard deviation of the data"
        |> Setting.inUnit "data units"

    let private score (make: Sde -> Field -> Score) : ModelDesign = { Score = make; Energy = None }

    let private denoiser (make: Field -> Denoiser) = score (fun sde raw -> make raw |> Score.ofDenoiser sde)

    /// A network that takes x_t unscaled and the label of the noise level σ/α.
    let private direct (make: Sde -> Field -> Score) =
        score (fun sde raw -> make sde (fun x t -> raw x (Sde.coefficient sde t (fun m -> 0.25 * log m.Level))))

    let private just (design: ModelDesign) : Settings<ModelDesign> = settings { return design }

    /// <summary>The parameterisations and preconditionings.</summary>
    let table: Table<ModelDesign> = {
        Kind = "model"
        Members = [
            Member.create
                "edm"
                "Denoiser with EDM's preconditioning: skip connection, input and output scaled by σ and the data's standard deviation"
                Citations.karras2022
                (settings {
                    let! sigmaData = sigmaData
                    return denoiser (Preconditioning.edm sigmaData)
                })
            |> Member.formerly [ "karras"; "score" ]
            Member.create
                "energy"
                "Energy with EDM's preconditioning; the score is its negative gradient"
                Citations.salimansHo2021
                (settings {
                    let! sigmaData = sigmaData

                    return {
                        Score = fun sde raw -> Energy.edm sde sigmaData raw |> Score.ofEnergy
                        Energy = Some(fun sde raw -> Energy.edm sde sigmaData raw)
                    }
                })
            |> Member.formerly [ "karras-energy" ]
            Member.create
                "over-sigma"
                "Score as the network's output over σ, with σ as an input"
                (Citations.song2021 |> Citations.at "Appendix H, NCSN++")
                (just (denoiser Preconditioning.overSigma))
            Member.create
                "ncsnv2"
                "Score as the network's output over σ, without σ as an input"
                (Citations.songErmon2020 |> Citations.at "Technique 3")
                (just (denoiser Preconditioning.ncsnv2))
            Member.create
                "noise"
                "Predicted noise ε of x_t = αx₀ + σε"
                (Citations.ho2020 |> Citations.at "Equation 14")
                (just (direct (fun sde field -> Score.ofNoise sde (Noise field))))
            Member.create
                "velocity"
                "Predicted v = αε − σx₀"
                Citations.salimansHo2022
                (just (direct (fun sde field -> Score.ofVelocity sde (Velocity field))))
            Member.create
                "data"
                "Predicted data x₀"
                (Citations.salimansHo2022 |> Citations.at "Section 4, x-prediction")
                (just (direct (fun sde field -> Score.ofData sde (DataPrediction field))))
        ]
    }
