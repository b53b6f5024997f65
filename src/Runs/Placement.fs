namespace ScoreFunctional.Runs

open System
open System.Globalization
open DiffSharp

/// A device of this machine that runs a network. It is not part of a run's specification: random numbers are the same on all
/// devices, and results agree within rounding.
[<Struct>]
type Placement =
    internal
    | Placement of Device

    /// The device as it is typed: cpu, cuda:0.
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

    /// Finds a device among these by name: cpu; cuda for the first CUDA device, or cuda:N; auto for the first CUDA device if
    /// there is one, else cpu. `Error` is one line with the available devices.
    let among (devices: Device list) (name: string) : Result<Placement, string> =
        match named devices name with
        | Some device when List.contains device devices -> Ok(Placement device)
        | Some _ ->
            let available = devices |> List.map (Placement >> string)
            Error $"""no device '{name}' here: expected one of {String.Join(", ", available)}, auto"""
        | None -> Error $"unknown device '{name}': expected one of cpu, cuda, cuda:N, auto"

    /// Finds a device of this machine by name.
    let find (name: string) : Result<Placement, string> =
        if name = "cpu" then Ok cpu else among (dsharp.devices ()) name
