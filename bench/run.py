"""What bench/run does once everything is built: times row after row, prints the tables.

Contenders run as processes of their own, one row at a time. Ours and TorchSharp's networks have to agree on the same weights
and inputs, and take as many evaluations; each is warmed up; then they take turns for some rounds, another one first each
time, so that a machine whose speed drifts treats them alike. A ratio is that of one round; its median and its range over
rounds are printed. Peak memory is what Linux counted for each process. With --before, the same rows of another version of
this project take turns with ours.
"""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import types

from contenders import (PEER, ROOT, TOLERANCE, Unmeasured, beside, choose, contender, environment, measure, versions,
                        worker)
from report import block, commit, duration, line, machine, processor, stamp, table

# name, what it is, and the words for all sides
ROWS = [
    ("train-8", "training step, MNIST network, batch 8", "train fast 8"),
    ("train-32", "training step, MNIST network, batch 32", "train fast 32"),
    ("train-128", "training step, MNIST network, batch 128", "train fast 128"),
    ("train-512", "training step, MNIST network, batch 512", "train fast 512"),
    ("draw-1", "drawing 1 digit", "draw fast 1"),
    ("draw-16", "drawing 16 digits", "draw fast 16"),
    ("draw-256", "drawing 256 digits", "draw fast 256"),
    ("likelihood", "probability-flow likelihood of 64 digits", "likelihood fast 64"),
    ("plane", "training step (denoising), two-dimensional MLP, batch 256", "train plane 256"),
    ("explicit", "explicit score matching, the same MLP, batch 256", "explicit plane 256"),
    ("sliced", "sliced score matching, the same MLP, batch 256", "sliced plane 256"),
    ("sliced-digits", "sliced score matching, MNIST network, batch 32", "sliced fast 32"),
    ("sample", "`score sample` of 16 digits, typed to written", None),
]
EXTRA = ["growth", "floors"]
GROWTH = (18, 72, 288)
QUICK = 4

PEERS = ("stock", "tuned")

# TorchSharp in bf16 is shown beside ours in float32, where the processor has bf16.
BF16 = ("train-128",)

# The rows of the short table, which README.md repeats.
SHORT = ("train-128", "draw-16", "likelihood", "plane", "sliced-digits", "sample")

# What a row may lose to the version before.
ALLOWED = 1.05


def spread(values, show=duration):
    return f"{show(statistics.median(values))} ({show(min(values))} – {show(max(values))})"


def ratios(over, under):
    return [a / b for a, b in zip(over.seconds, under.seconds)]


def times(values):
    return spread(values, lambda ratio: f"{ratio:.2f}×")


def about(rounds):
    """When, where and on what."""
    return machine() + [
        f"Median (range) of {rounds} rounds in turn, of three where a round takes more than ten seconds; a ratio is that of two "
        "times of the same round. MiB are the peak resident memory of each process, its runtime included.",
        "Training steps return loss, gradient norm and the loss of each sample. Draws are of 24 steps of Heun with churn, 47 "
        "evaluations. Explicit score matching is for few dimensions: on a digit it is 784 pullbacks a step, on either side.",
    ]


def settings():
    """How the sides run."""
    tolerances = ", ".join(f"{side} {value:g}" for side, value in TOLERANCE.items())
    return [
        "ours: what `score` sets by itself, compiled ahead as `./score` builds it. stock: plain TorchSharp as its documentation begins, a dispose scope per step and per block, no settings. "
        "tuned: mallopt with M_MMAP_THRESHOLD = 1 GiB, M_TRIM_THRESHOLD = 2 GiB, M_TOP_PAD = 64 MiB and M_ARENA_MAX = 1, "
        "inference_mode, and by trial channels-last weights, parameters in one flat vector, large batches in parts of 64, "
        "glibc.malloc.hugetlb=1, OMP_WAIT_POLICY=passive and GOMP_SPINCOUNT=5000 (below).",
        "float32 on both sides (bf16 where a row says so), the same network (outputs compared; largest difference allowed, of the "
        f"largest output: {tolerances}), batch, AdamW with clipping and average, evaluations.",
    ]


class Beside:
    """The table of ours and its peers."""

    trainer = ROOT
    title = "Beside plain TorchSharp"
    header = ["row", "ours", "stock", "tuned", "over stock", "over tuned", "MiB ours / stock / tuned"]

    def sides(self, name):
        return PEERS + (("bf16",) if name in BF16 and "avx512_bf16" in processor("flags").split() else ())

    def contenders(self, name, words):
        return beside(words, self.sides(name))

    def typed(self, checkpoint, picture):
        """The commands that draw 16 digits, and the options of each."""
        chosen = {side: choose(side, "draw fast 16") for side in PEERS}
        commands = {side: ([*PEER, side, chosen[side], "sample", checkpoint, picture], chosen[side]) for side in PEERS}
        return {"ours": (score(ROOT, checkpoint, picture), ""), **commands}

    def cells(self, label, by):
        ours, stock, tuned = by["ours"], by["stock"], by["tuned"]
        lines = [[
            label, spread(ours.seconds), spread(stock.seconds), spread(tuned.seconds), times(ratios(stock, ours)),
            times(ratios(tuned, ours)), f"{ours.memory:.0f} / {stock.memory:.0f} / {tuned.memory:.0f}",
        ]]
        if "bf16" in by:
            cast = by["bf16"]
            lines.append([f"{label}; TorchSharp tuned in bf16, ours as above", spread(ours.seconds), "", spread(cast.seconds), "",
                          times(ratios(cast, ours)), f"{ours.memory:.0f} / – / {cast.memory:.0f}"])
        return lines


class Before:
    """The table of another version and this one."""

    title = "Beside the version before"
    header = ["row", "before", "after", "after / before", "MiB before / after", ""]

    def __init__(self, folder):
        # Who trains what both sample from: a version reads the checkpoints of those before it.
        self.folder = self.trainer = folder

    def contenders(self, name, words):
        return versions(words, self.folder)

    def typed(self, checkpoint, picture):
        return {"before": (score(self.folder, checkpoint, picture), ""), "ours": (score(ROOT, checkpoint, picture), "")}

    def cells(self, label, by):
        before, after = by["before"], by["ours"]
        found = ratios(after, before)
        lost = statistics.median(found) > ALLOWED
        return [[label, spread(before.seconds), spread(after.seconds), times(found), f"{before.memory:.0f} / {after.memory:.0f}",
                 f"lost more than {ALLOWED - 1:.0%}" if lost else ""]]


def score(root, checkpoint, picture):
    return [str(root / "score"), "sample", "--checkpoint", checkpoint, "--count", "16", "--out", picture]


def commands(sides, rounds):
    """`score sample` of 16 digits, from typed to written: the whole process, beside a program that does the same."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint, picture = f"{folder}/run/checkpoint.pt", f"{folder}/samples.png"
        train = [str(sides.trainer / "score"), "train", "--dataset", "strokes", "--preset", "fast", "--steps", "2", "--out", f"{folder}/run"]
        trained = subprocess.run(train, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if trained.returncode:
            raise Unmeasured(f"training for a checkpoint ended with status {trained.returncode}")
        typed = sides.typed(checkpoint, picture)
        by = {side: types.SimpleNamespace(seconds=[], memory=0, evaluations=1, chosen=chosen) for side, (_, chosen) in typed.items()}
        for i in range(rounds + 1):
            for side, (words, chosen) in typed.items():
                pathlib.Path(picture).unlink(missing_ok=True)
                begun = time.perf_counter()
                process = subprocess.Popen(words, env=environment(chosen), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                _, status, usage = os.wait4(process.pid, 0)
                if status or not pathlib.Path(picture).exists():
                    raise Unmeasured(f"{side} drew no picture, status {os.waitstatus_to_exitcode(status)}")
                # The first time reads files that are in memory from then on.
                if i > 0:
                    by[side].seconds.append(time.perf_counter() - begun)
                by[side].memory = max(by[side].memory, usage.ru_maxrss / 1024)
        return by


def short(shown, rounds, when):
    """The medians of a few rows, for README.md."""
    lines = []
    for label, ours, _, _, stock, tuned, memory in (shown[name][0] for name in SHORT if name in shown):
        lines.append([label, *(cell.split(" (")[0] for cell in (ours, stock, tuned)), memory])
    header = ["beside plain TorchSharp", "ours", "stock / ours", "tuned / ours", Beside.header[-1]]
    return "## In short\n\n" + block("speed", table(header, lines), f"Medians of {rounds} rounds; {when}.")


def batches(found):
    """Steps a second against batch, from the rows of training."""
    lines = []
    for name, label, words in ROWS:
        if name in found and name.startswith("train-"):
            by, batch = found[name], int(words.split()[-1])
            rates = [1 / statistics.median(by[side].seconds) for side in ("ours", *PEERS)]
            lines.append([str(batch), *(f"{rate:.3g} ({batch * rate:.4g})" for rate in rates),
                          " / ".join(f"{by[side].memory:.0f}" for side in ("ours", *PEERS))])
    header = ["batch", "ours, steps (images) a second", "stock", "tuned", Beside.header[-1]]
    return f"## Training against batch, MNIST network\n\n{table(header, lines)}" if lines else ""


def lengths(count, lengths):
    """Peak memory against the steps of the sampler: a run of each length in a process of its own."""
    lines = []
    for steps in lengths:
        running = [contender(side, f"draw fast {count} {steps}") for side in ("ours", *PEERS)]
        for c in running:
            c.time()
            c.end()
        lines.append([str(steps), *(f"{c.memory:.0f}" for c in running)])
    return f"## Peak memory against steps of the sampler, digits at a time: {count}\n\n" + table(["steps", "ours, MiB", "stock", "tuned"], lines)


def floors(quick):
    """One small operation through each floor, the lowest of which is plain TorchSharp."""
    rows = subprocess.run([str(ROOT / "bench" / "floors"), *["--quick"][:quick]], stdout=subprocess.PIPE, text=True, check=True, env=environment())
    return f"## One operation through each floor\n\n{table(['floor', 'operation', 'ns (range)', 'managed bytes'], [])}\n{rows.stdout.strip()}"


def cut(words):
    """The row in its smallest form, to see that everything runs."""
    return re.sub(r"\d+", lambda number: str(min(QUICK, int(number.group()))), words)


def arguments():
    names = [row[0] for row in ROWS] + EXTRA
    parser = argparse.ArgumentParser(prog="bench/run", description="Times the rows of the table beside plain TorchSharp on this machine.")
    parser.add_argument("--rows", default=",".join(names), metavar="NAME,…", help=f"which of {', '.join(names)}; all by default")
    parser.add_argument("--rounds", type=int, default=5, help="how often the contenders take turns")
    parser.add_argument("--seconds", type=float, default=0.7, help="about how long one turn lasts")
    parser.add_argument("--quick", action="store_true", help="everything at its smallest, to see that it runs")
    parser.add_argument("--before", type=pathlib.Path, metavar="FOLDER",
                        help="beside another version of this project instead, whose bench/Worker is built in Release in that folder")
    parser.add_argument("--write", nargs="?", const=ROOT / "bench" / "RESULTS.md", type=pathlib.Path, metavar="FILE",
                        help="also write the tables, to bench/RESULTS.md unless told otherwise")
    options = parser.parse_args()
    if options.write == ROOT / "bench" / "RESULTS.md" and (options.quick or options.before):
        parser.error("expected a file for --write, since bench/RESULTS.md is for the whole comparison with TorchSharp")
    options.rows = options.rows.split(",")
    unknown = [name for name in options.rows if name not in names]
    if unknown:
        parser.error(f"expected rows among {', '.join(names)}, found {', '.join(unknown)}")
    if options.before:
        options.before = options.before.resolve()
        if not pathlib.Path(worker(options.before)[-1]).exists():
            parser.error(f"expected a checkout with bench/Worker built in Release, found no {worker(options.before)[-1]}")
    if options.quick:
        options.rounds, options.seconds = 1, 0.0
    return options


def main():
    options = arguments()
    sides = Before(options.before) if options.before else Beside()
    begun, when, found, shown, lines, failed = time.time(), stamp(), {}, {}, [], []
    notes = about(options.rounds) + ([f"before: commit {commit(options.before)}"] if options.before else settings())
    if options.quick:
        notes.append(f"QUICK: sizes cut to {QUICK}; no figure below is a result.")
    print("\n".join(notes), table(sides.header, []), sep="\n\n", flush=True)

    for name, label, words in ROWS:
        if name not in options.rows:
            continue
        try:
            if words is None:
                by = commands(sides, options.rounds)
            else:
                by = measure(sides.contenders(name, cut(words) if options.quick else words), options.rounds, options.seconds)
        except Unmeasured as problem:
            failed.append(name)
            new = [[label, f"not measured: {problem}", *[""] * (len(sides.header) - 2)]]
        else:
            found[name] = by
            evaluations = by["ours"].evaluations
            new = shown[name] = sides.cells(f"{label}, {evaluations} evaluations" if evaluations > 1 else label, by)
        lines += new
        print("\n".join(map(line, new)), flush=True)

    parts = []
    if not options.before:
        parts.append("" if options.quick else batches(found))
        if "growth" in options.rows:
            parts.append(lengths(*(1, (2, 4)) if options.quick else (16, GROWTH)))
        if "floors" in options.rows:
            parts.append(floors(options.quick))
        chosen = [f"{name}{' in bf16' if side == 'bf16' else ''} {by[side].chosen.replace('+', ' + ')}"
                  for name, by in found.items() for side in ("tuned", "bf16") if side in by]
        parts.append("## What the trials chose for tuned\n\n" + "; ".join(chosen) + "." if chosen else "")
    parts = [part for part in parts if part]
    print("", *parts, f"{time.time() - begun:.0f} s in all.", sep="\n\n")
    if options.write:
        text = [f"# {sides.title}", "`./bench/run --write` made these tables.", "\n".join(f"- {entry}" for entry in notes),
                *([] if options.before else [short(shown, options.rounds, when)]),
                f"## Every row\n\n{table(sides.header, lines)}", *parts]
        options.write.write_text("\n\n".join(text) + "\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
