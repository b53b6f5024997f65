#!/usr/bin/env python3
"""How good are drawn MNIST digits, in the eyes of a classifier that never saw them?

    python3 bench/mnist_quality.py samples.npy [more.npy ...] [--data DIR] [--cache FILE]

Each `.npy` holds images [n, 28, 28] in [0, 1]. Printed for the samples, and first for as many real test digits (the
ceiling): how many the classifier is more than 0.9 sure of, how many it sees of each digit, and the variance of all
pixels against the training set's. Every image counts alike; nothing is filtered.

The classifier is a small convolutional network trained here on the 60,000 training digits (about a minute and a half on
one core) and kept in --cache. It has to reach 99 % on the 10,000 test digits, or nothing is scored.

Needs PyTorch and NumPy (Debian: python3-torch, python3-numpy) and the four IDX files, plain or gzip, in --data or in the
directory named by SCORE_DATA.
"""
import argparse
import gzip
import os
import pathlib
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SURE = 0.9
REQUIRED_ACCURACY = 0.99
DEFAULT_CACHE = pathlib.Path(__file__).resolve().parent.parent / "artifacts" / "bench" / "mnist-classifier.pt"


def read_idx(folder, name):
    """The array of an IDX file of unsigned bytes, plain or gzip."""
    for path in (folder / name, folder / (name + ".gz")):
        if path.exists():
            raw = path.read_bytes()
            raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
            if raw[:3] != b"\0\0\x08":
                sys.exit(f"{path}: not an IDX file of unsigned bytes (magic {raw[:4].hex()})")
            rank = raw[3]
            shape = np.frombuffer(raw, ">u4", rank, 4)
            if len(raw) != 4 + 4 * rank + int(shape.prod()):
                sys.exit(f"{path}: {len(raw)} bytes, the header promises {4 + 4 * rank + int(shape.prod())}")
            return torch.from_numpy(np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape).copy())
    sys.exit(f"{folder}: neither {name} nor {name}.gz is there")


class Classifier(nn.Module):
    """Two convolutions and two dense layers with dropout; pixels in [0, 1]."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.dense1 = nn.Linear(64 * 7 * 7, 128)
        self.dense2 = nn.Linear(128, 10)
        self.drop = nn.Dropout(0.4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.dense1(self.drop(x.flatten(1))))
        return self.dense2(self.drop(x))


@torch.no_grad()
def probabilities(model, images):
    return torch.cat([model(part[:, None]).softmax(1) for part in images.split(500)])


def train_classifier(images, labels, epochs=4, batch=128, peak=2e-3):
    torch.manual_seed(0)
    model = Classifier()
    optimiser = torch.optim.Adam(model.parameters(), peak)
    per_epoch = len(images) // batch
    total = per_epoch * epochs
    for step in range(total):
        if step % per_epoch == 0:
            order = torch.randperm(len(images))
        rows = order[step % per_epoch * batch:][:batch]
        optimiser.param_groups[0]["lr"] = peak * min(1.0, step / 100, 1.2 * (1 - step / total))
        optimiser.zero_grad()
        F.cross_entropy(model(images[rows][:, None]), labels[rows]).backward()
        optimiser.step()
        if step % 200 == 199:
            print(f"\rtraining the classifier: step {step + 1} of {total}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return model.eval()


def classifier(cache, data):
    """The cached classifier, or a new one, and its accuracy on the test digits."""
    if cache.exists():
        stored = torch.load(cache)
        model = Classifier().eval()
        model.load_state_dict(stored["state"])
        return model, stored["accuracy"]
    images, labels = read_idx(data, "train-images-idx3-ubyte"), read_idx(data, "train-labels-idx1-ubyte")
    model = train_classifier(images.float() / 255, labels.long())
    tests, truth = read_idx(data, "t10k-images-idx3-ubyte"), read_idx(data, "t10k-labels-idx1-ubyte")
    right = probabilities(model, tests.float() / 255).argmax(1) == truth
    accuracy = right.float().mean().item()
    if accuracy < REQUIRED_ACCURACY:
        sys.exit(f"the classifier reached {accuracy:.4f} on the test digits, {REQUIRED_ACCURACY} is needed to score with it")
    cache.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"state": model.state_dict(), "accuracy": accuracy}, cache)
    return model, accuracy


class Seen:
    """What a classifier sees in images: how many it is sure of, how many of each digit, and their variance against the data's."""

    def __init__(self, model, images, training_variance):
        p = probabilities(model, images)
        self.count = len(images)
        self.sure = int((p.max(1).values > SURE).sum())
        self.digits = torch.bincount(p.argmax(1), minlength=10).tolist()
        self.variance = (images.double().var() / training_variance).item()


class Judge:
    """The classifier, and the digits that it compares with."""

    def __init__(self, data, cache=DEFAULT_CACHE):
        self.model, self.accuracy = classifier(cache, data)
        self.variance = (read_idx(data, "train-images-idx3-ubyte").double() / 255).var()
        tests = read_idx(data, "t10k-images-idx3-ubyte").float() / 255
        self.tests = tests[torch.randperm(len(tests), generator=torch.Generator().manual_seed(0))]

    def real(self, count):
        """Seen in as many test digits."""
        return Seen(self.model, self.tests[:count], self.variance)

    def samples(self, path):
        """Seen in the images of a file."""
        array = np.load(path)
        if array.ndim != 3 or array.shape[1:] != (28, 28) or array.min() < 0 or array.max() > 1:
            sys.exit(f"{path}: expected [n, 28, 28] in [0, 1], found {array.shape} in [{array.min():g}, {array.max():g}]")
        return Seen(self.model, torch.from_numpy(array.astype(np.float32)), self.variance)


def report(name, seen):
    print(f"{name}: {seen.count} images")
    print(f"  more than {SURE} sure   {seen.sure}   ({1000 * seen.sure / seen.count:.0f} of 1,000)")
    print(f"  digits 0 to 9        {' '.join(map(str, seen.digits))}   ({sum(d > 0 for d in seen.digits)} of ten appear)")
    print(f"  pixel variance       {seen.variance:.3f} of the training set's")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("samples", nargs="*", type=pathlib.Path, help=".npy of [n, 28, 28] in [0, 1]")
    parser.add_argument("--data", type=pathlib.Path, default=os.environ.get("SCORE_DATA"), help="folder of the IDX files")
    parser.add_argument("--cache", type=pathlib.Path, default=DEFAULT_CACHE, help="where the classifier is kept")
    options = parser.parse_args()
    if options.data is None:
        parser.error("say where the IDX files are: --data DIR, or SCORE_DATA")

    judge = Judge(pathlib.Path(options.data), options.cache)
    print(f"classifier: {100 * judge.accuracy:.2f} % of the 10,000 test digits right")
    sets = [(path, judge.samples(path)) for path in options.samples]
    report("real test digits", judge.real(sets[0][1].count if sets else 1000))
    for path, seen in sets:
        report(path, seen)


if __name__ == "__main__":
    main()
