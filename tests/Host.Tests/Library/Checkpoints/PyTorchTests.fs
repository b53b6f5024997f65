/// PyTorch reads what we write, `weights_only` included, and we read what it writes.
module Host.Tests.PyTorchTests

open System
open System.Buffers.Binary
open System.IO
open Expecto
open Host.Tests.CheckpointSupport
open Host.Tests.Support
open ScoreFunctional.Host.Checkpoints

/// The operations that the `weights_only` reader takes in `torch/_weights_only_unpickler.py` of PyTorch 1.13.0, the first that
/// has one, under the names that Python's `pickletools` gives them, with the bytes that follow each: so many, or of a length of
/// so many bytes of its own, or two lines.
type private Follows =
    | Bytes of int
    | Counted of int
    | TwoLines

let private since113 =
    Map [
        'a', ("APPEND", Bytes 0)
        'e', ("APPENDS", Bytes 0)
        'h', ("BINGET", Bytes 1)
        'J', ("BININT", Bytes 4)
        'K', ("BININT1", Bytes 1)
        'M', ("BININT2", Bytes 2)
        'Q', ("BINPERSID", Bytes 0)
        'q', ("BINPUT", Bytes 1)
        'X', ("BINUNICODE", Counted 4)
        'b', ("BUILD", Bytes 0)
        '}', ("EMPTY_DICT", Bytes 0)
        ']', ("EMPTY_LIST", Bytes 0)
        '\143', ("EMPTY_SET", Bytes 0)
        ')', ("EMPTY_TUPLE", Bytes 0)
        'c', ("GLOBAL", TwoLines)
        '\138', ("LONG1", Counted 1)
        'j', ("LONG_BINGET", Bytes 4)
        'r', ("LONG_BINPUT", Bytes 4)
        '(', ("MARK", Bytes 0)
        '\137', ("NEWFALSE", Bytes 0)
        '\129', ("NEWOBJ", Bytes 0)
        '\136', ("NEWTRUE", Bytes 0)
        'N', ("NONE", Bytes 0)
        '\128', ("PROTO", Bytes 1)
        'R', ("REDUCE", Bytes 0)
        's', ("SETITEM", Bytes 0)
        'u', ("SETITEMS", Bytes 0)
        'U', ("SHORT_BINSTRING", Counted 1)
        '.', ("STOP", Bytes 0)
        't', ("TUPLE", Bytes 0)
        '\133', ("TUPLE1", Bytes 0)
        '\134', ("TUPLE2", Bytes 0)
        '\135', ("TUPLE3", Bytes 0)
    ]

/// The same file at commit 00f730b66e58769f9698d9236f58cd46c3794115 of PyTorch's main branch (2026) takes those and BINFLOAT, and
/// these objects by name among others; 1.13.0 has them too.
let private objects =
    set [
        "collections.OrderedDict"
        "torch._utils._rebuild_tensor_v2"
        "torch.ByteStorage"
        "torch.DoubleStorage"
        "torch.FloatStorage"
        "torch.IntStorage"
        "torch.LongStorage"
    ]

/// The operations of a pickle and the objects that it names; fails at one that is not in the list.
let private operations (pickle: byte[]) =
    let rec go at found named =
        let code = char pickle[at]

        match Map.tryFind code since113 with
        | None -> failtest $"the operation 0x{pickle[at]:X2} at byte {at} is not in the list"
        | Some("STOP", _) ->
            Expect.equal at (pickle.Length - 1) "nothing follows"
            Set.add "STOP" found, named
        | Some(name, follows) ->
            let found = Set.add name found

            match follows with
            | Bytes count -> go (at + 1 + count) found named
            | Counted 1 -> go (at + 2 + int pickle[at + 1]) found named
            | Counted _ ->
                go (at + 5 + BinaryPrimitives.ReadInt32LittleEndian(ReadOnlySpan(pickle, at + 1, 4))) found named
            | TwoLines ->
                let first = Array.IndexOf(pickle, '\n'B, at)
                let second = Array.IndexOf(pickle, '\n'B, first + 1)
                let text from until = Text.Encoding.ASCII.GetString pickle[from .. until - 1]
                go (second + 1) found (Set.add (text (at + 1) first + "." + text (first + 1) second) named)

    go 0 Set.empty Set.empty

[<Tests>]
let weightsOnly =
    testSequenced
    <| testList "PyTorch's weights_only" [
        testCase "a checkpoint of any values is written with the operations and names that it takes"
        <| fun () ->
            let struct (pickle, _) = PickleWriter.Encode(sample ())
            let found, named = operations pickle

            Expect.equal
                found
                (set [
                    "APPENDS"
                    "BININT"
                    "BININT1"
                    "BINPERSID"
                    "BINUNICODE"
                    "EMPTY_DICT"
                    "EMPTY_LIST"
                    "EMPTY_TUPLE"
                    "GLOBAL"
                    "LONG1"
                    "MARK"
                    "NEWFALSE"
                    "NEWTRUE"
                    "NONE"
                    "PROTO"
                    "REDUCE"
                    "SETITEMS"
                    "STOP"
                    "TUPLE"
                ])
                "the operations"

            Expect.equal named objects "the names"

        testCase "torch.load of PyTorch 1.13 and later opens it"
        <| fun () ->
            saved (sample ()) (fun path _ ->
                let printed =
                    runPython
                        (Path.GetDirectoryName path |> Unchecked.nonNull)
                        """
import torch
d = torch.load('c.pt', weights_only=True)
print(float(d['rate']), d['big'], d['weights']['matrix'].sum().item(), d['uint8'].tolist())
"""

                Expect.equal printed "0.0001 -9223372036854775808 21.0 [0, 255]" "what PyTorch sees")
    ]

[<Tests>]
let pytorch =
    testSequenced
    <| testList "PyTorch" [
        testCase "torch.load opens our checkpoints as plain dictionaries"
        <| fun () ->
            saved (sample ()) (fun path _ ->
                let printed =
                    runPython
                        (Path.GetDirectoryName path |> Unchecked.nonNull)
                        """
import torch
d = torch.load('c.pt')
assert type(d) is dict and type(d['weights']) is dict
print(d['step'], d['big'], float(d['rate']), d['name'].encode('unicode_escape').decode(), d['on'], d['off'], d['none'], d['list'])
w = d['weights']
print(w['matrix'].tolist(), w['matrix'].dtype, w['matrix'].is_contiguous(), w['scalar'].item(), tuple(w['empty'].shape))
print(d['float64'].item(), d['int64'].tolist(), d['int32'].tolist(), d['uint8'].tolist(), d['uint8'].dtype)
"""

                Expect.equal
                    (printed.ReplaceLineEndings "\n")
                    (String.concat "\n" [
                        @"12 -9223372036854775808 0.0001 \xdcnet \U0001f600 True False None [-1, '', []]"
                        "[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] torch.float32 True 7.0 (0, 3)"
                        "3.141592653589793 [9223372036854775807, -1] [-2147483648] [0, 255] torch.uint8"
                    ])
                    "what PyTorch sees")

        testCase "files that torch.save wrote are read, and those with code are refused"
        <| fun () ->
            withFolder (fun folder ->
                runPython
                    folder
                    """
import os, torch
from collections import OrderedDict
x = torch.arange(6.).view(2, 3)
torch.save({'x': x, 't': x.t(), 'row': x[1], 'again': x, 'od': OrderedDict(a=1), 'tuple': (1, 2.5, (None,)),
            'big': 2**62, 'small': -2**62, 'i': torch.arange(3), 'word': 300,
            'state': torch.nn.Linear(3, 2).state_dict(),
            'last': torch.arange(24.).view(1, 2, 3, 4).contiguous(memory_format=torch.channels_last)}, 'a b.pt')
class Evil:
    def __reduce__(self):
        return (os.system, ('touch ran',))
torch.save({'x': Evil()}, 'evil.pt')
torch.save({'m': torch.nn.Linear(3, 2)}, 'module.pt')
torch.save({'x': torch.ones(1).expand(1000)}, 'expanded.pt')
torch.save({'x': x}, 'legacy.pt', _use_new_zipfile_serialization=False)
"""
                |> ignore

                let path name = Path.Combine(folder, name)
                let loaded = CheckpointFile.Load(path "a b.pt")
                let values name (shape: int64 list) = loaded.Floats(name, ReadOnlySpan(List.toArray shape)).ToArray()
                Expect.sequenceEqual (values "x" [ 2; 3 ]) [| 0f .. 5f |] "contiguous"
                Expect.sequenceEqual (values "t" [ 3; 2 ]) [| 0f; 3f; 1f; 4f; 2f; 5f |] "transposed"
                Expect.sequenceEqual (values "row" [ 3 ]) [| 3f .. 5f |] "with an offset"
                Expect.sequenceEqual (values "again" [ 2; 3 ]) [| 0f .. 5f |] "the same tensor twice"
                Expect.sequenceEqual (values "last" [ 1; 2; 3; 4 ]) [| 0f .. 23f |] "channels last"
                Expect.equal (loaded.Integer "big", loaded.Integer "small") (1L <<< 62, -(1L <<< 62)) "long integers"
                Expect.equal (loaded.Integer "word") 300L "two bytes"
                Expect.equal ((loaded.Dictionary "od").Integer "a") 1L "an ordered dictionary"
                Expect.hasLength (loaded.List "tuple") 3 "a tuple"
                Expect.sequenceEqual ((loaded.Dictionary "state").Tensor "weight").Shape [ 2L; 3L ] "a state_dict"
                expectError [ "posix.system" ] (fun () -> CheckpointFile.Load(path "evil.pt") |> ignore)
                Expect.isFalse (File.Exists(path "ran")) "nothing ran"

                expectError [ "torch.nn.modules.linear.Linear" ] (fun () ->
                    CheckpointFile.Load(path "module.pt") |> ignore)

                expectError [ "[1000]" ] (fun () -> CheckpointFile.Load(path "expanded.pt") |> ignore)
                expectError [ "zip" ] (fun () -> CheckpointFile.Load(path "legacy.pt") |> ignore))
    ]
