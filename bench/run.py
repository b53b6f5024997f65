"""What bench/run does once everything is built: starts each row's contenders, lets them work in turn, prints the table.

Ours and PyTorch's run as processes of their own, one row at a time, each warmed up; then they take turns for some rounds,
so that a machine whose speed drifts treats them alike. A ratio is PyTorch's time over ours in one round; its median and
its range over rounds are printed. Peak memory is what Linux counted for each process (VmHWM).
"""
import argparse
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

# name, what it is, words for both sides, contenders besides ours, in the default table
ROWS = [
    ("train-32", "training step, MNIST network, batch 32", "train fast 32", ("stock", "tuned"), True),
    ("train-128", "training step, MNIST network, batch 128", "train fast 128", ("stock", "tuned", "autocast"), True),
    ("train-512", "training step, MNIST network, batch 512", "train fast 512", ("stock", "tuned"), True),
    ("founding-128", "training step, founding network, batch 128", "train founding 128", ("stock", "tuned"), True),
    ("draw-1", "drawing 1 digit", "draw fast 1", ("stock", "tuned"), True),
    ("draw-16", "drawing 16 digits", "draw fast 16", ("stock", "tuned"), True),
    ("draw-256", "drawing 256 digits", "draw fast 256", ("stock", "tuned"), True),
    ("plane", "training step, two-dimensional MLP, batch 256", "train plane 256", ("stock", "tuned"), True),
    ("explicit", "explicit score matching, the same MLP, batch 256", "explicit plane 256", ("stock", "tuned"), True),
    ("sliced", "sliced score matching, the same MLP, batch 256", "sliced plane 256", ("stock", "tuned"), True),
]

# Both sides start from an environment without anybody's settings; tuned adds what makes PyTorch fastest here. Its blocks
# stay mapped (684 to 533 ms for a step, measured), and OpenBLAS uses AVX-512 where there is some.
SETTINGS = re.compile(r"^(OPENBLAS|OMP|GOMP|KMP|MKL|MALLOC|DNNL|ONEDNN|GLIBC_TUNABLES|LD_PRELOAD)")
TUNED = {"MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "34359738368", "MALLOC_TOP_PAD_": "268435456"}


def flags():
    with open("/proc/cpuinfo") as info:
        return next((line.split(":")[1].split() for line in info if line.startswith("flags")), [])


def environment(side):
    clean = {name: value for name, value in os.environ.items() if not SETTINGS.match(name)}
    if side in ("tuned", "autocast"):
        clean.update(TUNED)
        if "avx512f" in flags():
            clean["OPENBLAS_CORETYPE"] = "SkylakeX"
    return clean


class Contender:
    """A process that times repetitions of a row on demand."""

    def __init__(self, side, words):
        command = WORKER + words.split() if side == "ours" else PEER + [side] + words.split()
        self.side, self.seconds = side, []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(side))
        self.parameters = int(self.answer())

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.side} ended early, with status {self.process.wait()}")
        return line

    def ask(self, words):
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()
        return float(self.answer())

    def end(self):
        self.memory = self.ask("end")
        self.process.wait()


def measure(words, peers, rounds, target):
    """Each contender's seconds a repetition over the rounds."""
    contenders = [Contender(side, words) for side in ("ours", *peers)]
    found = {c.parameters for c in contenders}
    if len(found) != 1:
        sys.exit(f"{words}: networks of {found} parameters are not the same network")
    counts = {}
    for c in contenders:
        # Warm: .NET compiles a method again when it has been called often, and PyTorch looks for its algorithms.
        warm, spent, last = 0, 0.0, 0.0
        while warm < 3 or (spent < 2 * target and warm < 2000):
            last = c.ask(1)
            warm, spent = warm + 1, spent + last
        counts[c] = max(1, round(target / last))
    for _ in range(rounds):
        for c in contenders:
            c.seconds.append(c.ask(counts[c]) / counts[c])
    for c in contenders:
        c.end()
    return contenders


def duration(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{1e3 * seconds:.3g} ms" if seconds >= 1e-3 else f"{1e6 * seconds:.3g} µs"


def spread(values, show):
    return f"{show(statistics.median(values))} ({show(min(values))} – {show(max(values))})"


def ratios(ours, theirs):
    return [b / a for a, b in zip(ours, theirs)]


def times(ratio):
    return f"{ratio:.2f}×"


def machine():
    with open("/proc/cpuinfo") as info:
        model = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.processor())
    import torch

    peer = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}, ", "libtorch1.13", "python3-torch", "libopenblas0-pthread",
                           "libopenblas0-openmp", "libdnnl2"], capture_output=True, text=True).stdout.strip(", ")
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    wide = [f for f in ("avx2", "avx512f", "avx512_bf16") if f in flags()]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{datetime.date.today()}, commit {commit or 'unknown'}",
        f"{model}, {len(os.sched_getaffinity(0))} cores ({' '.join(wide)}), {memory:.0f} GiB, {platform.system()} {platform.release()}",
        f"PyTorch {torch.__version__}, Python {platform.python_version()}; {peer}",
        "stock: no settings, threads = cores. tuned: " + " ".join(f"{k}={v}" for k, v in environment("tuned").items() if SETTINGS.match(k))
        + ", foreach updates, set_to_none, inference_mode, the faster memory format of a trial. autocast: tuned, in bf16.",
        f"load before: {os.getloadavg()[0]:.2f}",
    ]


HEADER = ["row", "ours", "stock", "tuned", "over stock", "over tuned", "MiB ours / stock / tuned"]


def cells(label, contenders):
    by = {c.side: c for c in contenders}
    ours, stock, tuned = by["ours"], by["stock"], by["tuned"]
    lines = [[
        label, spread(ours.seconds, duration), spread(stock.seconds, duration), spread(tuned.seconds, duration),
        spread(ratios(ours.seconds, stock.seconds), times), spread(ratios(ours.seconds, tuned.seconds), times),
        f"{ours.memory:.0f} / {stock.memory:.0f} / {tuned.memory:.0f}",
    ]]
    if "autocast" in by:
        cast = by["autocast"]
        lines.append([f"{label}; PyTorch in bf16", spread(ours.seconds, duration), "", spread(cast.seconds, duration), "",
                      spread(ratios(ours.seconds, cast.seconds), times), f"{ours.memory:.0f} / – / {cast.memory:.0f}"])
    return lines


def command_row(rounds):
    """`score sample` of 16 digits, from typed to written: the whole process."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        env = environment("ours")
        train = [*SCORE, "train", "--dataset", "strokes", "--preset", "fast", "--steps", "2", "--out", str(folder / "run")]
        subprocess.run(train, check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sample = [str(ROOT / "score"), "sample", "--checkpoint", str(folder / "run" / "checkpoint.pt"), "--count", "16", "--out",
                  str(folder / "samples.png")]
        seconds = []
        for i in range(rounds + 1):
            begun = time.perf_counter()
            subprocess.run(sample, check=True, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if i > 0:
                seconds.append(time.perf_counter() - begun)
        return [["`score sample` of 16 digits, typed to written", spread(seconds, duration), "", "", "", "", ""]]


def table(lines):
    return "\n".join("| " + " | ".join(line) + " |" for line in [HEADER, ["---"] * len(HEADER), *lines])


def main():
    names = [row[0] for row in ROWS] + ["sample"]
    parser = argparse.ArgumentParser(prog="bench/run", description="Times the rows of the table beside PyTorch on this machine.")
    parser.add_argument("--rows", default="", help=f"which of {', '.join(names)}, with commas between; all by default")
    parser.add_argument("--rounds", type=int, default=5, help="how often the contenders take turns")
    parser.add_argument("--seconds", type=float, default=0.7, help="about how long one turn lasts")
    parser.add_argument("--write", action="store_true", help="also write bench/RESULTS.md")
    options = parser.parse_args()
    wanted = [name for name in options.rows.split(",") if name] or [row[0] for row in ROWS if row[4]] + ["sample"]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        parser.error(f"expected rows among {', '.join(names)}, found {', '.join(unknown)}")

    about, lines = machine(), []
    print("\n".join(about), flush=True)
    print(table(lines), flush=True)
    begun = time.time()
    for name, label, words, peers, _ in ROWS:
        if name in wanted:
            new = cells(label, measure(words, peers, options.rounds, options.seconds))
            lines += new
            print("\n".join("| " + " | ".join(line) + " |" for line in new), flush=True)
    if "sample" in wanted:
        lines += command_row(options.rounds)
        print("| " + " | ".join(lines[-1]) + " |", flush=True)
    note = f"Median (range) of {options.rounds} rounds in turn; a ratio is PyTorch's time over ours in the same round."
    print(f"{note} {time.time() - begun:.0f} s in all.")
    if options.write:
        text = "# Beside PyTorch\n\n`./bench/run --write` made this table.\n\n" + "\n".join(f"- {line}" for line in about)
        (ROOT / "bench" / "RESULTS.md").write_text(f"{text}\n\n{note}\n\n{table(lines)}\n")


if __name__ == "__main__":
    main()
