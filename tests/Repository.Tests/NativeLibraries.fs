/// What the build makes of the packages' native libraries.
module Repository.Tests.NativeLibraries

open System
open System.IO
open System.Text
open Expecto

let private native = Path.Combine(Checkout.root, "artifacts", "native")
let private library = "libLibTorchSharp.so"

/// Where packages are kept.
let cache =
    match Environment.GetEnvironmentVariable "NUGET_PACKAGES" with
    | null
    | "" -> Path.Combine(Environment.GetFolderPath Environment.SpecialFolder.UserProfile, ".nuget", "packages")
    | folder -> folder

/// The package's own copy.
let private packaged () =
    let version =
        (Files.read "paket.dependencies").Split '\n'
        |> Array.pick (fun line ->
            match line.Split(' ', StringSplitOptions.RemoveEmptyEntries) with
            | [| "nuget"; "TorchSharp"; version |] -> Some(version.Trim())
            | _ -> None)

    Path.Combine(cache, "torchsharp", version, "runtimes", "linux-x64", "native", library)

/// Whether the system's libstdc++, which the runtime is linked to, has the version that TorchSharp's library asks for.
let private isNew () =
    File.ReadLines "/proc/self/maps"
    |> Seq.map (fun line -> Array.last (line.Split ' '))
    |> Seq.tryFind (fun path -> path.Contains "/libstdc++.so.6")
    |> Option.forall (fun path -> (Encoding.Latin1.GetString(File.ReadAllBytes path)).Contains "GLIBCXX_3.4.32\000")

let private linux (test: unit -> unit) () =
    if OperatingSystem.IsLinux() && Environment.Is64BitProcess then
        test ()
    else
        skiptest "the build copies these libraries for Linux on x86-64"

[<Tests>]
let tests =
    testList "native libraries" [
        testCase "TorchSharp's is its package's, but for one bit where libstdc++ is older than it asks for"
        <| linux (fun () ->
            let source = packaged ()

            if not (File.Exists source) then
                skiptest $"no package at {source}"

            let original, copy = File.ReadAllBytes source, File.ReadAllBytes(Path.Combine(native, library))
            Expect.equal copy.Length original.Length "length"

            let changed =
                Seq.zip original copy |> Seq.filter (fun (before, after) -> before <> after) |> Array.ofSeq

            // VER_FLG_WEAK among the flags of one reference to a version, which had none.
            Expect.equal changed (if isNew () then [||] else [| 0uy, 2uy |]) "bytes that differ")

        testCase "they stand once, and programs have links to them"
        <| linux (fun () ->
            let programs = Directory.GetDirectories(Path.Combine(Checkout.root, "artifacts", "bin"))
            Expect.isNonEmpty programs "programs"

            for program in programs do
                for file in Directory.GetFiles(program, "libtorch_cpu.so*", SearchOption.AllDirectories) do
                    Expect.isNotNull (FileInfo(file).LinkTarget) $"{Files.relative file} is a link")
    ]
