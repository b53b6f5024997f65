#!/usr/bin/env python3
"""PyTorch's side of bench/run: makes one row ready, then answers each number read with the seconds that as many
repetitions took, and `end` with the greatest resident memory in MiB.

    python3 bench/peer.py stock|tuned|autocast ROW...

`stock` is what PyTorch's documentation begins with. `tuned` is the best that could be made of it: memory format chosen by
a trial of each, `set_to_none`, `foreach` updates, `inference_mode`; bench/run adds the allocator's and BLAS's settings,
which are environment variables. `autocast` is tuned in bf16.
"""
import math
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Embedding(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.register_buffer("frequencies", math.pi / 2 * 2 ** (4 * torch.arange(16, dtype=torch.float32) / 15))
        self.first, self.second = nn.Linear(32, width), nn.Linear(width, width)

    def forward(self, label):
        angles = label[:, None] * self.frequencies
        return F.silu(self.second(F.silu(self.first(torch.cat([angles.cos(), angles.sin()], 1)))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, group, embedding):
        super().__init__()
        self.norm = nn.GroupNorm(inputs // group, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.inner = nn.GroupNorm(outputs // group, outputs, affine=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.film = nn.Linear(embedding, 2 * outputs)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        for zero in (self.conv2, self.film):
            nn.init.zeros_(zero.weight), nn.init.zeros_(zero.bias)

    def forward(self, x, e):
        scale, shift = self.film(e)[:, :, None, None].chunk(2, 1)
        h = self.conv1(F.silu(self.norm(x.float())))
        h = self.conv2(F.silu(self.inner(h.float()) * (1 + scale) + shift))
        return h + self.skip(x)


class Dense(nn.Module):
    def __init__(self, width, group, channels, places, hidden):
        super().__init__()
        self.norm = nn.GroupNorm(width // group, width)
        self.squeeze = nn.Conv2d(width, channels, 1)
        self.dense1, self.dense2 = nn.Linear(channels * places, hidden), nn.Linear(hidden, channels * places)
        self.expand = nn.Conv2d(channels, width, 1)

    def forward(self, x):
        h = self.squeeze(self.norm(x.float()))
        return x + self.expand(self.dense2(F.silu(self.dense1(h.flatten(1)))).view(h.shape))


class UNet(nn.Module):
    """28 × 28 digits at 14 × 14 and 7 × 7."""

    def __init__(self, widths=(64, 128), middle=3, group=16, embedding=128, dense=None):
        super().__init__()
        fine, coarse = widths
        self.embedding = Embedding(embedding)
        self.stem, self.head = nn.Conv2d(4, fine, 3, padding=1), nn.Conv2d(fine, 4, 3, padding=1)
        self.encode, self.decode = Block(fine, fine, group, embedding), Block(2 * fine, fine, group, embedding)
        self.down, self.up = nn.Conv2d(fine, coarse, 3, stride=2, padding=1), nn.Conv2d(coarse, fine, 1)
        self.middle = nn.ModuleList(Block(coarse, coarse, group, embedding) for _ in range(middle))
        self.between = nn.ModuleList(Dense(coarse, group, dense[0], 49, dense[1]) for _ in range(middle - 1)) if dense else []
        self.norm = nn.GroupNorm(fine // group, fine)
        nn.init.zeros_(self.head.weight), nn.init.zeros_(self.head.bias)

    def forward(self, x, label):
        e = self.embedding(label)
        skip = self.encode(self.stem(F.pixel_unshuffle(x, 2)), e)
        h = self.down(skip)
        for i, block in enumerate(self.middle):
            h = block(h, e)
            if i < len(self.between):
                h = self.between[i](h)
        h = torch.cat([F.interpolate(self.up(h), scale_factor=2, mode="nearest"), skip], 1)
        return F.pixel_shuffle(self.head(F.silu(self.norm(self.decode(h, e).float()))), 2)


class Mlp(nn.Module):
    def __init__(self, dimension=2, width=128, layers=3, embedding=64):
        super().__init__()
        self.embedding = Embedding(embedding)
        self.film = nn.Linear(embedding, 2 * layers * width)
        self.layers = nn.ModuleList(nn.Linear(width if i else dimension, width) for i in range(layers))
        self.head = nn.Linear(width, dimension)
        for zero in (self.film, self.head):
            nn.init.zeros_(zero.weight), nn.init.zeros_(zero.bias)

    def forward(self, x, label):
        films = self.film(self.embedding(label)).chunk(2 * len(self.layers), 1)
        for i, layer in enumerate(self.layers):
            x = F.silu(layer(x) * (1 + films[2 * i]) + films[2 * i + 1])
        return self.head(x)


class Denoiser(nn.Module):
    """EDM's preconditioning (Karras et al. 2022, table 1)."""

    def __init__(self, network, sigma_data):
        super().__init__()
        self.network, self.sigma_data = network, sigma_data

    def forward(self, x, sigma):
        s = sigma.view(-1, *[1] * (x.dim() - 1))
        total = s ** 2 + self.sigma_data ** 2
        inner = self.network(x / total.sqrt(), sigma.log() / 4).float()
        return self.sigma_data ** 2 / total * x + s * self.sigma_data / total.sqrt() * inner


class OverSigma(nn.Module):
    """NCSNv2: the score is the output over σ."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x, sigma):
        return x + sigma.view(-1, *[1] * (x.dim() - 1)) * self.network(x, sigma.log() / 4).float()


def network(name):
    if name == "fast":
        return Denoiser(UNet((48, 96), dense=(16, 256)), 0.5)
    if name == "founding":
        return OverSigma(UNet((64, 128)))
    if name == "plane":
        return Denoiser(Mlp(), 1.0)
    sys.exit(f"expected fast, founding or plane, found {name}")


def levels(name, n):
    """The noise levels of a batch, as the preset of that name draws them."""
    if name == "founding":
        return 10 ** (-1 - (torch.randint(20, (n,)) + 1) / 10)
    mean, deviation = (-0.1, 1.1) if name == "fast" else (-1.2, 1.6)
    quantile = (torch.arange(n) + torch.rand(1)) / n if name == "fast" or name == "plane" else torch.rand(n)
    return (mean + deviation * math.sqrt(2) * torch.erfinv(2 * quantile - 1)).clamp(max=math.log(40)).exp()


def training(mode, name, batch):
    """A step: noise, loss, gradient, clipping, AdamW, average of the weights, and what a log of the run shows."""
    model = network(name)
    data = torch.rand(batch, 2) if name == "plane" else torch.rand(batch, 1, 28, 28) * 2 - 1
    edm, tuned = name != "founding", mode != "stock"
    sigma_data = 0.5 if name == "fast" else 1.0
    average = [p.detach().clone() for p in model.parameters()]
    optimiser = torch.optim.AdamW(model.parameters(), 1e-4, weight_decay=0.01, **({"foreach": True} if tuned else {}))

    def once():
        sigma = levels(name, batch)
        s = sigma.view(-1, *[1] * (data.dim() - 1))
        noise = torch.randn_like(data)
        with torch.autocast("cpu", torch.bfloat16, enabled=mode == "autocast"):
            denoised = model(data + s * noise, sigma)
        weight = (s ** 2 + sigma_data ** 2) / (s * sigma_data) ** 2 if edm else 1 / s ** 2
        error = weight * (denoised - data) ** 2
        per_sample = error.flatten(1).mean(1)
        loss = per_sample.mean()
        optimiser.zero_grad(set_to_none=tuned)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            if tuned:
                torch._foreach_mul_(average, 0.999)
                torch._foreach_add_(average, list(model.parameters()), alpha=0.001)
            else:
                for mean, p in zip(average, model.parameters()):
                    mean.mul_(0.999).add_(p, alpha=0.001)
        return loss.item(), norm.item(), per_sample.tolist()

    return model, once


def matching(mode, kind, batch):
    """A step of explicit (Hyvärinen 2005) or sliced score matching (Song, Garg, Shi and Ermon 2019) in the plane: uniform
    times, λ = σ², mean over batch and dimensions."""
    model, tuned = network("plane"), mode != "stock"
    data = torch.rand(batch, 2)
    average = [p.detach().clone() for p in model.parameters()]
    optimiser = torch.optim.AdamW(model.parameters(), 1e-4, weight_decay=0.01, **({"foreach": True} if tuned else {}))

    def once():
        sigma = 0.005 + (40 - 0.005) * torch.rand(batch)
        s = sigma[:, None]
        x = (data + s * torch.randn_like(data)).requires_grad_()
        score = (model(x, sigma) - x) / s ** 2
        if kind == "explicit":
            rows = [torch.autograd.grad(score[:, i].sum(), x, create_graph=True)[0][:, i] for i in range(2)]
            per_sample = (score ** 2).sum(1) + 2 * sum(rows)
        else:
            v = torch.randint(2, data.shape).float() * 2 - 1
            along = torch.autograd.grad((score * v).sum(), x, create_graph=True)[0]
            per_sample = ((score * v).sum(1)) ** 2 + 2 * (along * v).sum(1)
        per_sample = per_sample * sigma ** 2 / 2
        loss = per_sample.mean()
        optimiser.zero_grad(set_to_none=tuned)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            if tuned:
                torch._foreach_mul_(average, 0.999)
                torch._foreach_add_(average, list(model.parameters()), alpha=0.001)
            else:
                for mean, p in zip(average, model.parameters()):
                    mean.mul_(0.999).add_(p, alpha=0.001)
        return loss.item(), norm.item(), per_sample.tolist()

    return model, once


def drawing(mode, name, count, steps=18, churn=8.0):
    """Heun's method with churn over EDM's levels (Karras et al. 2022, algorithm 2)."""
    model = network(name).eval()
    with torch.no_grad():
        for p in model.parameters():
            p.uniform_(-0.05, 0.05)
    grid = torch.arange(steps) / max(1, steps - 1)
    sigmas = (40 ** (1 / 7) + grid * (0.02 ** (1 / 7) - 40 ** (1 / 7))) ** 7
    sigmas = torch.cat([sigmas, torch.zeros(1)]).tolist()
    without = torch.inference_mode if mode != "stock" else torch.no_grad

    def denoise(x, sigma):
        with torch.autocast("cpu", torch.bfloat16, enabled=mode == "autocast"):
            return model(x, torch.full((count,), sigma))

    def once():
        with without():
            x = torch.randn(count, 1, 28, 28) * sigmas[0]
            for i in range(steps):
                sigma, after = sigmas[i], sigmas[i + 1]
                raised = sigma * (1 + min(churn / steps, math.sqrt(2) - 1)) if 0.05 <= sigma <= 50 else sigma
                raised = min(raised, 40.0)
                if raised > sigma and after > 0:
                    x = x + math.sqrt(raised ** 2 - sigma ** 2) * torch.randn_like(x)
                else:
                    raised = sigma
                slope = (x - denoise(x, raised)) / raised
                euler = x + (after - raised) * slope
                if after > 0:
                    slope = (slope + (euler - denoise(euler, after)) / after) / 2
                    euler = x + (after - raised) * slope
                x = euler
            return x.numpy()

    return model, once


def row(mode, words):
    kind, name, *numbers = words
    numbers = [int(n) for n in numbers]
    if kind == "train":
        return training(mode, name, *numbers)
    if kind in ("explicit", "sliced"):
        return matching(mode, kind, *numbers)
    if kind == "draw":
        return drawing(mode, name, *numbers)
    sys.exit(f"expected the name of a row, found {words}")


def timed(once, count):
    begun = time.perf_counter()
    for _ in range(count):
        once()
    return time.perf_counter() - begun


def choose_format(model, once):
    """Channels-last where it is faster, by a trial of each."""
    def trial():
        once()
        return min(timed(once, 1) for _ in range(3))

    plain = trial()
    model.to(memory_format=torch.channels_last)
    if trial() > plain:
        model.to(memory_format=torch.contiguous_format)


def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))


def main():
    mode, *words = sys.argv[1:]
    torch.manual_seed(0)
    model, once = row(mode, words)
    if mode != "stock" and words[1] != "plane":
        choose_format(model, once)
    print(sum(p.numel() for p in model.parameters()), flush=True)
    for line in sys.stdin:
        if line.strip() == "end":
            break
        print(repr(timed(once, int(line))), flush=True)
    print(f"{peak():.1f}", flush=True)


if __name__ == "__main__":
    main()
