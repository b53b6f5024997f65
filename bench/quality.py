"""What bench/quality does once everything is built: trains, draws, measures, and prints tables of the quality.

Every figure is of a command that a user types: `score mnist`, `score sample`, `score evaluate`. A classifier, trained by
bench/mnist_quality.py on the training digits, judges the samples beside real test digits.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from contenders import environment
from mnist_quality import SURE, Judge
from report import ROOT, block, machine, stamp, table

RESULTS = ROOT / "bench" / "QUALITY.md"
PICTURE = ROOT / "docs" / "images" / "from-noise-to-digit.png"

# How many samples are judged, how many of each sampler, and how many test images are scored.
FULL = {"samples": 1000, "each": 300, "scored": 1000}
QUICK = {"samples": 8, "each": 2, "scored": 2}


def score(*words):
    """The output of a command as typed; its progress goes to the terminal."""
    print("score", *words, file=sys.stderr, flush=True)
    done = subprocess.run([str(ROOT / "score"), *map(str, words)], env=environment(), stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"score {words[0]} ended with status {done.returncode}")
    return done.stdout


def read(path):
    return json.loads(path.read_text())


def train(options, run, count):
    """Trains and measures a run; the words of the command that did."""
    if options.steps:
        words = ["train", "--dataset", "mnist", "--steps", str(options.steps), "--seed", str(options.seed)]
        score(*words, "--data", options.data, "--out", run)
        score("evaluate", "--checkpoint", run / "checkpoint.pt", "--count", count, "--data", options.data)
    else:
        words = ["mnist", "--minutes", f"{options.minutes:g}", "--seed", str(options.seed)]
        score(*words, "--data", options.data, "--out", run)
    return " ".join(["score", *words])


def share(part, count):
    """A number out of a count, with the standard error of a binomial draw."""
    return f"{part} ± {(part * (count - part) / count) ** 0.5:.0f}"


def quality(command, figures, drawn, real, when):
    """The short table, which README.md repeats."""
    images = figures["images"]
    spread = f" ± {images['frechetFloorSpread']:.3f}" if images["frechetFloorSpread"] else ""
    lines = [
        [f"a classifier is more than {SURE} sure of", share(drawn.sure, drawn.count), str(real.sure)],
        ["fewest and most of one digit", f"{min(drawn.digits)}, {max(drawn.digits)}", f"{min(real.digits)}, {max(real.digits)}"],
        ["variance of all pixels / the training set's", f"{drawn.variance:.3f}", f"{real.variance:.3f}"],
        ["PCA-64 Fréchet distance to the training set", f"{images['frechet']:.3f}", f"{images['frechetFloor']:.3f}{spread}"],
    ]
    header = [f"{drawn.count:,} samples of `{command}`", "samples", "test digits"]
    return block("quality", table(header, lines), when + ".")


def likelihood(found, when):
    """The likelihood with its error by source, which docs/theory.md repeats."""
    header = ["test images", "bits/dim", "images", "probes", "dequantisation", "solver", "early stop", "evaluations"]
    cells = [f"{found['count']:,}", f"{found['bitsPerDimension']:.3f}", *(f"± {found[key]:.2g}" for key in
             ("imagesError", "probesError", "dequantisationError")), *(f"{found[key]:+.2g}" for key in ("solverError", "earlyStop")),
             f"{found['evaluations']:.0f}"]
    return block("likelihood", table(header, [cells]), when + ".")


def samplers(found, judge, folder):
    """Every sampler on the same checkpoint."""
    count = found["count"]
    lines = []
    for row in found["samplers"]:
        figures = (["diverged", "", ""] if row["diverged"] else
                   [f"{row['frechet']:.2f}", f"{row['variance'] / found['dataVariance']:.2f}",
                    str(judge.samples(folder / f"{row['name']}.npy").sure)])
        lines.append([f"`{row['name']}`", str(row["evaluations"]), f"{row['seconds']:.1f} s", *figures])
    real = judge.real(count)
    spread = f" ± {found['frechetFloorSpread']:.2f}" if found["frechetFloorSpread"] else ""
    lines.append([f"*{count} test digits*", "", "", f"{found['frechetFloor']:.2f}{spread}", f"{real.variance:.2f}", str(real.sure)])
    header = ["sampler", "evaluations", f"time for {count}", "PCA-64 Fréchet", "variance / data's", f"more than {SURE} sure"]
    return table(header, lines)


def arguments():
    parser = argparse.ArgumentParser(prog="bench/quality", description="Trains on MNIST as a user would and measures the digits: "
                                     "about an hour on two cores.")
    parser.add_argument("--minutes", type=float, default=10, help="minutes of training (10 when not given)")
    parser.add_argument("--steps", type=int, help="steps of training, in place of minutes")
    parser.add_argument("--seed", type=int, default=1, help="seed of the run and of the samples (1 when not given)")
    parser.add_argument("--data", default=os.environ.get("SCORE_DATA"), help="folder of MNIST's files (SCORE_DATA when not given)")
    parser.add_argument("--quick", action="store_true", help="everything at its smallest, to see that it runs")
    parser.add_argument("--write", action="store_true", help="also write bench/QUALITY.md and the picture of README.md")
    options = parser.parse_args()
    if options.data is None:
        parser.error("say where MNIST's files are: --data DIR, or SCORE_DATA")
    if options.write and options.quick:
        parser.error("--write is for the whole measurement, not for --quick")
    if options.quick:
        options.steps = options.steps or 2
    return options


def measure(options, folder):
    """Everything, in the folder given; the text of the document."""
    sizes = QUICK if options.quick else FULL
    judge = Judge(pathlib.Path(options.data))
    about, when = machine(), stamp()
    run, numbers = folder / "run", folder / "samplers"
    checkpoint = run / "checkpoint.pt"
    command = train(options, run, sizes["samples"])
    state = read(run / "run.json")

    said = score("sample", "--checkpoint", checkpoint, "--count", sizes["samples"], "--seed", options.seed,
                 "--npy", folder / "samples.npy", "--out", folder / "samples.png").splitlines()[0].rsplit(":", 1)[0]
    score("sample", "--checkpoint", checkpoint, "--count", 8, "--out", folder / "8.png", "--trajectory", folder / "trajectory.png")
    score("evaluate", "--checkpoint", checkpoint, "--bits-per-dim", "--count", sizes["scored"], "--data", options.data)
    score("evaluate", "--checkpoint", checkpoint, "--sampler", "all", "--count", sizes["each"], "--npy", numbers, "--data", options.data)

    about += [
        f"`{command}`: {state['step']:,} steps of batch {state['spec']['batchSize']} in {state['seconds'] / 60:.1f} minutes. {said}.",
        f"The classifier, bench/mnist_quality.py's, is right on {100 * judge.accuracy:.2f} % of the 10,000 test digits. No sample is filtered. "
        "The ± of a count is the standard error of a binomial draw, that of a distance its spread between sets of test digits.",
    ]
    return "\n\n".join([
        "# Quality of ten minutes on MNIST" if not options.steps else f"# Quality of {options.steps:,} steps on MNIST",
        "`./bench/quality --write` made these tables.",
        "\n".join(f"- {entry}" for entry in about),
        "## In short",
        quality(command, read(run / "evaluation.json"), judge.samples(folder / "samples.npy"), judge.real(sizes["samples"]), when),
        "## Likelihood",
        likelihood(read(run / "likelihood.json"), when),
        "## Samplers side by side",
        f"`score evaluate --sampler all --count {sizes['each']}`: each sampler in the number of steps that it takes when none is given.",
        samplers(read(run / "samplers.json"), judge, numbers),
        "The Fréchet distance grows as samples become fewer: compare it with the last row's. The deterministic samplers start from the "
        "same noise and end at nearly the same digits. Under this process `ddim` is `euler`, and `ddpm` is `reverse-diffusion`.",
    ]) + "\n"


def main():
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        text = measure(options, pathlib.Path(folder))
        print(text)
        if options.write:
            RESULTS.write_text(text)
            shutil.copy(pathlib.Path(folder) / "trajectory.png", PICTURE)


if __name__ == "__main__":
    main()
