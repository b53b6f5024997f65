namespace ScoreFunctional.Runs

open System
open System.Globalization
open DiffSharp

/// Where a network runs: a device that is there. It is no part of a run's specification: the numbers drawn are the same on all
/// devices, and what is computed from them agrees within rounding.
[<Struct>]
type Placement =
    internal
    | Placement of Device

    /// The device as a person would type it: cpu, cuda:0.
    override place.ToString() =
        match place with
        | Placement(Device(DeviceType.CUDA, index)) -> $"cuda:{index}"
        | Placement device -> device.DeviceType.ToString().ToLowerInvariant()

/// Devices by name.
[<RequireQualifiedAccess>]
module Placements =
    /// The processor.
    let cpu = Placement Device.CPU

    let private named (devices: Device list) (name: string) =
        let isCuda (device: Device) = device.DeviceType = DeviceType.CUDA

        match name.Split ':' with
        | [| "cpu" |] -> Some Device.CPU
        | [| "auto" |] -> Some(devices |> List.tryFind isCuda |> Option.defaultValue Device.CPU)
        | [| "cuda" |] -> Some Device.GPU
        | [| "cuda"; index |] ->
            match Int32.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture) with
            | true, index -> Some(Device(DeviceType.CUDA, index))
            | _ -> None
        | _ -> None

    /// The one of these devices that is asked for: cpu; cuda for the first of its kind, or cuda:N; auto for the first cuda
    /// where there is one and cpu elsewhere. `Error` is one line with what there is.
    let among (devices: Device list) (name: string) : Result<Placement, string> =
        match named devices name with
        | Some device when List.contains device devices -> Ok(Placement device)
        | Some _ ->
            let there = devices |> List.map (Placement >> string)
            Error $"""no device '{name}' here: expected one of {String.Join(", ", there)}, auto"""
        | None -> Error $"unknown device '{name}': expected one of cpu, cuda, cuda:N, auto"

    /// The device of this machine that is asked for.
    let find (name: string) : Result<Placement, string> =
        if name = "cpu" then Ok cpu else among (dsharp.devices ()) name
