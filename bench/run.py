"""What bench/run does once everything is built: starts each row's contenders, lets them work in turn, prints the tables.

Ours and PyTorch's run as processes of their own, one row at a time. Their networks have to agree on the same weights and
inputs, and take as many evaluations; each is warmed up; then they take turns for some rounds, another one first each
time, so that a machine whose speed drifts treats them alike. A ratio is PyTorch's time over ours in one round; its median
and its range over rounds are printed. Peak memory is what Linux counted for each process.
"""
import argparse
import collections
import datetime
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "artifacts" / "bin"
WORKER = ["dotnet", str(BIN / "Worker" / "release" / "ScoreFunctional.Bench.dll")]
SCORE = ["dotnet", str(BIN / "ScoreFunctional.Host" / "release" / "ScoreFunctional.Host.dll")]
PEER = [sys.executable, str(ROOT / "bench" / "peer.py")]

# name, what it is, and the words for both sides
ROWS = [
    ("train-8", "training step, MNIST network, batch 8", "train fast 8"),
    ("train-32", "training step, MNIST network, batch 32", "train fast 32"),
    ("train-128", "training step, MNIST network, batch 128", "train fast 128"),
    ("train-512", "training step, MNIST network, batch 512", "train fast 512"),
    ("founding-128", "training step, founding network, batch 128", "train founding 128"),
    ("draw-1", "drawing 1 digit", "draw fast 1"),
    ("draw-16", "drawing 16 digits", "draw fast 16"),
    ("draw-256", "drawing 256 digits", "draw fast 256"),
    ("plane", "training step (denoising), two-dimensional MLP, batch 256", "train plane 256"),
    ("explicit", "explicit score matching, the same MLP, batch 256", "explicit plane 256"),
    ("sliced", "sliced score matching, the same MLP, batch 256", "sliced plane 256"),
    ("sliced-digits", "sliced score matching, MNIST network, batch 32", "sliced fast 32"),
    ("likelihood", "probability-flow likelihood of 64 digits", "likelihood fast 64"),
]
EXTRA = ["sample", "growth", "floors"]
GROWTH = (18, 72, 288)
QUICK = 4

PEERS = ("stock", "tuned")

# A faster step in bf16 on PyTorch's side is shown beside ours in float32, where the processor has bf16: elsewhere PyTorch takes
# some ten seconds a step.
AUTOCAST = ("train-128",)

# Both sides start from an environment without anybody's settings; tuned adds what makes PyTorch fastest here. Its blocks
# stay mapped (684 to 533 ms for a step, measured) in pages as large as ours, and OpenBLAS uses AVX-512 where there is some.
SETTINGS = re.compile(r"^(OPENBLAS|OMP|GOMP|KMP|MKL|MALLOC|DNNL|ONEDNN|ATEN|GLIBC_TUNABLES|LD_PRELOAD|SCORE_)")
TUNED = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "34359738368",
    "MALLOC_TOP_PAD_": "268435456",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}

# How idle threads wait, of which tuned has what a trial finds fastest beside OpenMP's own way: asleep, as a busy machine
# rewards, or awake for a moment, as ours do.
POLICIES = {"passive": {"OMP_WAIT_POLICY": "passive"}, "brief": {"GOMP_SPINCOUNT": "5000"}}


def processor(key, default=""):
    with open("/proc/cpuinfo") as info:
        return next((line.split(":")[1].strip() for line in info if line.startswith(key)), default)


def environment(side, chosen=""):
    clean = {name: value for name, value in os.environ.items() if not SETTINGS.match(name)}
    if side in ("tuned", "autocast"):
        clean.update(TUNED)
        if "avx512f" in processor("flags").split():
            clean["OPENBLAS_CORETYPE"] = "SkylakeX"
        clean.update(next((POLICIES[option] for option in chosen.split("+") if option in POLICIES), {}))
    return clean


class Unmeasured(Exception):
    """Why a row has no figures; the others go on."""


class Contender:
    """A process that times repetitions of a row on demand."""

    def __init__(self, side, words, chosen="none"):
        command = WORKER + words.split() if side == "ours" else [*PEER, side, chosen, *words.split()]
        self.side, self.chosen, self.seconds = side, chosen, []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment(side, chosen))
        self.parameters, self.evaluations = map(int, self.answer().split())

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Unmeasured(f"{self.side} ended early, with status {self.process.wait()}")
        return line

    def ask(self, words):
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()
        return [float(word) for word in self.answer().split()]

    def time(self, count=1):
        return self.ask(count)[0] / count

    def end(self):
        self.memory, = self.ask("end")
        self.process.wait()


def choose(side, words):
    """The options that trials in processes of their own found fastest: their memory is not the contender's."""
    if side == "stock":
        return "none"

    def asked(task, policy=""):
        trial = subprocess.run([*PEER, side, *task, *words.split()], stdout=subprocess.PIPE, text=True, env=environment(side, policy))
        if trial.returncode:
            raise Unmeasured(f"a trial of {side} ended with status {trial.returncode}")
        return trial.stdout.split()

    options, seconds = asked(["choose"])[-2:]
    found = [(float(seconds), options)]
    found += [(float(asked(["trial", options], policy)[-1]), f"{options}+{policy}") for policy in POLICIES]
    return min(found)[1]


AGREED = set()


def agree(words, peers):
    """The networks of both sides give the same outputs on the same weights: asked once for each, of processes of their own,
    since what the comparison takes is not what the row takes."""
    network = words.split()[1]
    if network in AGREED:
        return
    outputs = {}
    for side in ("ours", *peers):
        asked = Contender(side, f"train {network} {QUICK}")
        outputs[side] = asked.ask("check")
        asked.end()
    largest = max(map(abs, outputs["ours"]))
    for side in peers:
        difference = max(abs(a - b) for a, b in zip(outputs["ours"], outputs[side])) / largest
        if not difference < 1e-4:
            raise Unmeasured(f"the outputs of ours and {side} differ by {difference:.1e} of the largest")
    AGREED.add(network)


def start(words, peers):
    """The contenders of a row, ready and found to do the same."""
    agree(words, PEERS)
    ours = Contender("ours", words)
    # How many evaluations a likelihood takes is for its tolerance to say: PyTorch is told.
    told = f"{words} {ours.evaluations}" if words.startswith("likelihood") else words
    contenders = [ours, *(Contender(side, told, choose(side, told)) for side in peers)]
    for c in contenders[1:]:
        if (c.parameters, c.evaluations) != (ours.parameters, ours.evaluations):
            raise Unmeasured(f"expected {ours.parameters} parameters and {ours.evaluations} evaluations, "
                             f"found {c.parameters} and {c.evaluations} of {c.side}")
    return contenders


def measure(words, peers, rounds, target):
    """Each contender's seconds a repetition over the rounds."""
    contenders, counts = start(words, peers), {}
    for c in contenders:
        # Warm, since who trains takes thousands of steps: .NET compiles a method again when it has been called thirty times,
        # and PyTorch looks for its algorithms.
        warm, spent, last = 0, 0.0, 0.0
        while warm == 0 or (last < 2 and (warm < 3 or spent < 8 * target) and warm < 5000):
            last = c.time()
            warm, spent = warm + 1, spent + last
        counts[c] = (max(1, round(target / last)), last)
    if sum(last for _, last in counts.values()) > 10:
        rounds = min(rounds, 3)
    for i in range(rounds):
        first = i % len(contenders)
        for c in contenders[first:] + contenders[:first]:
            c.seconds.append(c.time(counts[c][0]))
            # The threads of the one before go to sleep.
            time.sleep(0.05)
    for c in contenders:
        c.end()
    return {c.side: c for c in contenders}


def duration(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.3g} µs"


def spread(values, show=duration):
    return f"{show(statistics.median(values))} ({show(min(values))} – {show(max(values))})"


def ratios(ours, theirs):
    return spread([b / a for a, b in zip(ours, theirs)], lambda ratio: f"{ratio:.2f}×")


def line(cells):
    return "| " + " | ".join(cells) + " |"


def table(header, lines):
    return "\n".join(map(line, [header, ["---"] * len(header), *lines]))


def machine(rounds, cut):
    import torch

    wanted = ["libtorch1.13", "python3-torch", "libopenblas0-pthread", "libopenblas0-openmp", "libdnnl2"]
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *wanted], capture_output=True, text=True).stdout
    packages = ", ".join(package for package in asked.splitlines() if len(package.split()) == 2)
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    runtime = subprocess.run(["dotnet", "--list-runtimes"], capture_output=True, text=True).stdout
    dotnet = max(re.findall(r"Microsoft\.NETCore\.App (\S+)", runtime), default="of unknown version")
    wide = [flag for flag in ("avx2", "avx512f", "avx512_bf16") if flag in processor("flags").split()]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    settings = " ".join(f"{k}={v}" for k, v in environment("tuned").items() if SETTINGS.match(k))
    about = [
        f"{datetime.date.today()}, commit {commit or 'unknown'}; load before: {os.getloadavg()[0]:.2f}",
        f"{processor('model name', platform.processor())}, {len(os.sched_getaffinity(0))} cores ({' '.join(wide)}), "
        f"{memory:.0f} GiB, {platform.system()} {re.match('[0-9.]+', platform.release()).group().strip('.')}",
        f"ours: .NET {dotnet}, no settings. PyTorch {torch.__version__}, Python {platform.python_version()}. Both: {packages}",
        "stock: as the documentation begins, no settings. tuned: " + settings + "; foreach updates or one flat vector of parameters, "
        "set_to_none, inference_mode, and by trial memory format, compilation and how idle threads wait (below).",
        f"Median (range) of {rounds} rounds in turn, of three where a round takes more than ten seconds; a ratio is PyTorch's time "
        "over ours in the same round. MiB are the peak resident memory of each process, its runtime included.",
        "float32 on both sides, the same network (outputs compared), batch, AdamW with clipping and average, evaluations. Training "
        "steps return loss, gradient norm and the loss of each sample. Draws are of 24 steps of Heun with churn, 47 evaluations. "
        "Explicit score matching is for few dimensions: on a digit it is 784 pullbacks a step, on either side.",
    ]
    return about + ([f"QUICK: sizes cut to {QUICK}; no figure below is a result."] if cut else [])


HEADER = ["row", "ours", "stock", "tuned", "over stock", "over tuned", "MiB ours / stock / tuned"]


def cells(label, by):
    ours, stock, tuned = by["ours"], by["stock"], by["tuned"]
    if ours.evaluations > 1:
        label += f", {ours.evaluations} evaluations"
    lines = [[
        label, spread(ours.seconds), spread(stock.seconds), spread(tuned.seconds), ratios(ours.seconds, stock.seconds),
        ratios(ours.seconds, tuned.seconds), f"{ours.memory:.0f} / {stock.memory:.0f} / {tuned.memory:.0f}",
    ]]
    if "autocast" in by:
        cast = by["autocast"]
        lines.append([f"{label}; PyTorch tuned in bf16 (autocast), ours as above", spread(ours.seconds), "", spread(cast.seconds), "",
                      ratios(ours.seconds, cast.seconds), f"{ours.memory:.0f} / – / {cast.memory:.0f}"])
    return lines


Command = collections.namedtuple("Command", "side seconds memory evaluations chosen")


def commands(rounds):
    """`score sample` of 16 digits, from typed to written: the whole process, beside a script that does the same in PyTorch."""
    with tempfile.TemporaryDirectory() as folder:
        checkpoint, picture = f"{folder}/run/checkpoint.pt", f"{folder}/samples.png"
        train = [*SCORE, "train", "--dataset", "strokes", "--preset", "fast", "--steps", "2", "--out", f"{folder}/run"]
        subprocess.run(train, check=True, env=environment("ours"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        typed = {side: [*PEER, side, "sample", checkpoint, picture] for side in PEERS}
        typed["ours"] = [str(ROOT / "score"), "sample", "--checkpoint", checkpoint, "--count", "16", "--out", picture]
        by = {side: Command(side, [], 0, 1, None) for side in typed}
        for i in range(rounds + 1):
            for side, words in typed.items():
                pathlib.Path(picture).unlink(missing_ok=True)
                begun = time.perf_counter()
                process = subprocess.Popen(words, env=environment(side), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                _, status, usage = os.wait4(process.pid, 0)
                if status or not pathlib.Path(picture).exists():
                    raise Unmeasured(f"{side} drew no picture, status {os.waitstatus_to_exitcode(status)}")
                if i > 0:
                    by[side].seconds.append(time.perf_counter() - begun)
                by[side] = by[side]._replace(memory=max(by[side].memory, usage.ru_maxrss / 1024))
        return by


def batches(found):
    """Steps a second against batch, from the rows of training."""
    lines = []
    for name, label, words in ROWS:
        if name in found and name.startswith("train-"):
            rates = {side: 1 / statistics.median(c.seconds) for side, c in found[name].items() if side != "autocast"}
            batch = int(words.split()[-1])
            lines.append([label.split()[-1]] + [f"{rates[side]:.3g} ({batch * rates[side]:.4g})" for side in ("ours", *PEERS)]
                         + [" / ".join(f"{found[name][side].memory:.0f}" for side in ("ours", *PEERS))])
    header = ["batch", "ours, steps (images) a second", "stock", "tuned", HEADER[-1]]
    return f"## Training against batch, MNIST network\n\n{table(header, lines)}" if lines else ""


def lengths(count, lengths):
    """Peak memory against the steps of the sampler: a run of each length in a process of its own."""
    lines = []
    for steps in lengths:
        words = f"draw fast {count} {steps}"
        by = {c.side: c for c in (Contender(side, words) for side in ("ours", *PEERS))}
        for c in by.values():
            c.time()
            c.end()
        lines.append([str(steps)] + [f"{by[side].memory:.0f}" for side in ("ours", *PEERS)])
    return f"## Peak memory against steps of the sampler, digits at a time: {count}\n\n" + table(["steps", "ours, MiB", "stock", "tuned"], lines)


def floors(quick):
    """One small operation through each floor, and from Python."""
    commands = [([str(ROOT / "bench" / "floors"), *["--quick"][:quick]], "ours")]
    commands += [([*PEER, side, "floors", *["0.001"][:quick]], side) for side in PEERS]
    rows = [subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, env=environment(side)).stdout for words, side in commands]
    return f"## One operation through each floor\n\n{table(['floor', 'operation', 'ns (range)', 'managed bytes'], [])}\n{''.join(rows).strip()}"


def cut(words):
    """The row in its smallest form, to see that everything runs."""
    return re.sub(r"\d+", lambda number: str(min(QUICK, int(number.group()))), words)


def main():
    names = [row[0] for row in ROWS] + EXTRA
    parser = argparse.ArgumentParser(prog="bench/run", description="Times the rows of the table beside PyTorch on this machine.")
    parser.add_argument("--rows", default=",".join(names), metavar="NAME,…", help=f"which of {', '.join(names)}; all by default")
    parser.add_argument("--rounds", type=int, default=5, help="how often the contenders take turns")
    parser.add_argument("--seconds", type=float, default=0.7, help="about how long one turn lasts")
    parser.add_argument("--quick", action="store_true", help="everything at its smallest, to see that it runs")
    parser.add_argument("--write", nargs="?", const=str(ROOT / "bench" / "RESULTS.md"), metavar="FILE",
                        help="also write the tables, to bench/RESULTS.md unless told otherwise")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 0.0
        if options.write == parser.parse_args(["--write"]).write:
            parser.error("expected a file for --write, since --quick has no results")
    wanted = options.rows.split(",")
    unknown = [name for name in wanted if name not in names]
    if unknown:
        parser.error(f"expected rows among {', '.join(names)}, found {', '.join(unknown)}")

    begun, about, found, lines = time.time(), machine(options.rounds, options.quick), {}, []
    print("\n".join(about), table(HEADER, []), sep="\n\n", flush=True)

    def show(new):
        lines.extend(new)
        print("\n".join(map(line, new)), flush=True)

    failed = []

    def attempt(name, label, work):
        try:
            found[name] = work()
        except Unmeasured as problem:
            failed.append(name)
            show([[label, f"not measured: {problem}", *[""] * (len(HEADER) - 2)]])
        else:
            show(cells(label, found[name]))

    for name, label, words in ROWS:
        if name in wanted:
            peers = PEERS + (("autocast",) if name in AUTOCAST and "avx512_bf16" in processor("flags").split() else ())
            attempt(name, label, lambda: measure(cut(words) if options.quick else words, peers, options.rounds, options.seconds))
    if "sample" in wanted:
        attempt("sample", "`score sample` of 16 digits, typed to written", lambda: commands(options.rounds))

    parts = [batches(found)] if not options.quick else []
    if "growth" in wanted:
        parts.append(lengths(*(1, (2, 4)) if options.quick else (16, GROWTH)))
    if "floors" in wanted:
        parts.append(floors(options.quick))
    chosen = [f"{name} {by[side].chosen.replace('+', ' + ')}{' (bf16)' if side == 'autocast' else ''}"
              for name, by in found.items() for side in ("tuned", "autocast") if side in by and by[side].chosen]
    if chosen:
        parts.append("## What the trials chose for tuned\n\n" + "; ".join(chosen) + ".")
    parts = [part for part in parts if part]
    print("", *parts, f"{time.time() - begun:.0f} s in all.", sep="\n\n")
    if options.write:
        text = ["# Beside PyTorch", "`./bench/run --write` made these tables.", "\n".join(f"- {entry}" for entry in about),
                table(HEADER, lines), *parts]
        pathlib.Path(options.write).write_text("\n\n".join(text) + "\n")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
