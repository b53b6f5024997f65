#!/usr/bin/env python3
"""A checkpoint of this project, opened by PyTorch alone, computes in PyTorch what it computes here.

    python3 bench/torch_load.py runs/mnist/checkpoint.pt

1. `torch.load` opens the file, and there is nothing in it but dictionaries, lists, numbers, text and tensors.
2. The U-Net is rebuilt below from the stored specification and the stored weights by name: some seventy lines of PyTorch
   that share no code with the project.
3. bench/Probe.fsx evaluates the project's own network on the same inputs and noise labels, and the largest difference,
   relative to the largest output, has to stay below 1e-4.

Needs the solution built in Release (`./score --help` does it) and PyTorch (Debian: python3-torch).
"""
import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torch.nn.functional as F

TOLERANCE = 1e-4  # float32 through some thirty layers, with convolutions that may differ in algorithm
PLAIN = (dict, list, tuple, int, float, str, bool, type(None), torch.Tensor)


def require_plain(value, place="checkpoint"):
    """Stops at the first value that is not plain data or a tensor."""
    if type(value).__name__ == "OrderedDict":
        value = dict(value)
    if type(value) not in PLAIN:
        sys.exit(f"{place}: expected plain data or a tensor, found {type(value)}")
    if isinstance(value, dict):
        for key, inner in value.items():
            if type(key) is not str:
                sys.exit(f"{place}: expected text as key, found {key!r}")
            require_plain(inner, f"{place}, {key}")
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            require_plain(inner, f"{place}[{index}]")


class UNet:
    """The network of a specification as a function of its weights by name."""

    def __init__(self, config, weights):
        self.config, self.weights = config, weights

    def linear(self, name, x):
        return F.linear(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def conv(self, name, x, stride=1):
        weight = self.weights[name + ".weight"]
        return F.conv2d(x, weight, self.weights[name + ".bias"], stride, weight.shape[-1] // 2)

    def norm(self, name, x):
        affine = (self.weights[name + ".weight"], self.weights[name + ".bias"]) if name else (None, None)
        return F.group_norm(x, x.shape[1] // self.config["groupSize"], *affine, 1e-5)

    def block(self, name, x):
        width = self.weights[name + ".conv2.bias"].shape[0]
        scale, shift = self.film[:, :width, None, None], self.film[:, width:2 * width, None, None]
        self.film = self.film[:, 2 * width:]
        h = self.conv(name + ".conv1", F.silu(self.norm(name + ".norm", x)))
        h = self.conv(name + ".conv2", F.silu(self.norm(None, h) * (1 + scale) + shift))
        return h + (self.conv(name + ".skip", x) if name + ".skip.weight" in self.weights else x)

    def dense(self, name, x):
        h = self.conv(name + ".squeeze", self.norm(name + ".norm", x))
        y = self.linear(name + ".dense2", F.silu(self.linear(name + ".dense1", h.flatten(1))))
        return x + self.conv(name + ".expand", y.view(h.shape))

    def level(self, name, depth, x):
        if depth == len(self.config["widths"]) - 1:
            for i in range(self.config["middle"]):
                x = self.block(f"{name}.middle.{i}", x)
                if f"{name}.between.{i}.norm.weight" in self.weights:
                    x = self.dense(f"{name}.between.{i}", x)
            return x
        for i in range(self.config["blocks"]):
            x = self.block(f"{name}.encode.{i}", x)
        h = self.level(name + ".inner", depth + 1, self.conv(name + ".down", x, 2))
        h = F.interpolate(self.conv(name + ".up", h), scale_factor=2, mode="nearest")
        h = torch.cat([h, x], 1)
        for i in range(self.config["blocks"]):
            h = self.block(f"{name}.decode.{i}", h)
        return h

    def __call__(self, x, label):
        frequencies = math.pi / 2 * 2 ** (4 * torch.arange(16, dtype=torch.float64) / 15)
        angles = label[:, None] * frequencies.float()
        embedded = F.silu(self.linear("embedding.0", torch.cat([angles.cos(), angles.sin()], 1)))
        self.film = self.linear("film", F.silu(self.linear("embedding.2", embedded)))
        patch = self.config["patch"]
        h = self.conv("stem", F.pixel_unshuffle(x, patch))
        h = F.silu(self.norm("norm", self.level("levels", 0, h)))
        return F.pixel_shuffle(self.conv("head", h), patch)


def ours(spec, weights, x, label):
    """The outputs that the project's own network gives, through a script of its own."""
    script = pathlib.Path(__file__).resolve().parent / "Probe.fsx"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "spec.json").write_text(spec)
        torch.cat([tensor.flatten() for tensor in weights.values()]).numpy().tofile(folder / "weights")
        x.numpy().tofile(folder / "x")
        label.numpy().tofile(folder / "label")
        sdk = pathlib.Path(__file__).parent.parent / "build" / "sdk"
        subprocess.run([str(sdk), "fsi", "--quiet", str(script), str(folder)], check=True)
        return torch.from_numpy(np.fromfile(folder / "output", np.float32)).view(x.shape)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=32, help="inputs to compare on")
    options = parser.parse_args()

    checkpoint = torch.load(options.checkpoint, weights_only=True)
    require_plain(checkpoint)
    spec = json.loads(checkpoint["spec"])
    if spec["network"]["kind"] != "unet":
        sys.exit(f"expected a checkpoint of a U-Net, found {spec['network']['kind']}")
    for name in ("model", "ema"):
        numbers = sum(tensor.numel() for tensor in checkpoint[name].values())
        print(f"{name}: {len(checkpoint[name])} tensors by name, {numbers} numbers")
    print(f"step {checkpoint['step']}, plain dictionaries throughout")

    generator = torch.Generator().manual_seed(0)
    x = torch.randn(options.count, 1, 28, 28, generator=generator)
    label = torch.linspace(math.log(0.01), math.log(80), options.count) / 4
    worst = 0.0
    for name in ("model", "ema"):
        with torch.inference_mode():
            theirs = UNet(spec["network"]["config"], checkpoint[name])(x, label)
        mine = ours(checkpoint["spec"], checkpoint[name], x, label)
        difference = ((mine - theirs).abs().max() / theirs.abs().max()).item()
        print(f"{name}: largest output {theirs.abs().max():.4f}, largest difference {difference:.2e} of it")
        worst = max(worst, difference)
    if not worst < TOLERANCE:
        sys.exit(f"expected differences below {TOLERANCE:g}, found {worst:.2e}")
    print("PyTorch and this project agree")


if __name__ == "__main__":
    main()
