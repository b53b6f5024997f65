#!/usr/bin/env python3
"""PyTorch's side of bench/run: makes one row ready, then answers each number read with the seconds that as many
repetitions took, `check` with outputs of its network, and `end` with the greatest resident memory in MiB.

    python3 bench/peer.py MODE OPTIONS ROW...           serves a row; OPTIONS are joined by + (or none)
    python3 bench/peer.py MODE choose ROW...            prints the options that are fastest here, by a trial of each, and the time
    python3 bench/peer.py MODE trial OPTIONS ROW...     prints the time of a trial of these options
    python3 bench/peer.py MODE sample CHECKPOINT PNG    draws 16 digits from a checkpoint and writes the picture
    python3 bench/peer.py MODE floors [SECONDS]         rows beside those of bench/floors: small operations from Python

MODE `stock` is what PyTorch's documentation begins with. `tuned` is the best that could be made of it: `set_to_none`,
`foreach` updates or one flat vector of parameters, `inference_mode`, memory format and compilation by trial; bench/run
adds the allocator's and BLAS's settings, which are environment variables. `autocast` is tuned in bf16.
"""
import math
import os
import struct
import sys
import time
import zlib

import torch

from networks import create, fill, numbers, outputs, shape


class Row:
    """What is timed, how many evaluations of the network it takes, and what a trial of options times instead."""

    def __init__(self, model, once, evaluations=1, trial=None):
        self.model, self.once, self.evaluations, self.trial = model, once, evaluations, trial or once


class Stock:
    """What follows a loss: gradient, clipping, AdamW and the average of the weights."""

    def __init__(self, model):
        self.model = model
        self.average = [p.detach().clone() for p in model.parameters()]
        self.optimiser = torch.optim.AdamW(model.parameters(), 1e-4, weight_decay=0.01)

    def step(self, loss):
        self.optimiser.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        with torch.no_grad():
            for mean, p in zip(self.average, self.model.parameters()):
                mean.mul_(0.999).add_(p, alpha=0.001)
        return norm.item()


class Foreach(Stock):
    """The same in operations on lists."""

    def __init__(self, model):
        super().__init__(model)
        self.parameters = list(model.parameters())
        self.optimiser = torch.optim.AdamW(self.parameters, 1e-4, weight_decay=0.01, foreach=True)

    def step(self, loss):
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        gradients = [p.grad for p in self.parameters]
        norm = torch.stack(torch._foreach_norm(gradients)).norm()
        torch._foreach_mul_(gradients, (1 / (norm + 1e-6)).clamp(max=1).item())
        self.optimiser.step()
        with torch.no_grad():
            torch._foreach_mul_(self.average, 0.999)
            torch._foreach_add_(self.average, self.parameters, alpha=0.001)
        return norm.item()


class Flat:
    """The same on one vector, of which the parameters and their gradients are views."""

    def __init__(self, model):
        parameters = list(model.parameters())
        count = sum(p.numel() for p in parameters)
        self.values = torch.nn.Parameter(torch.empty(count))
        self.values.grad = torch.zeros(count)
        at = 0
        for p in parameters:
            def view(flat):
                part = flat[at:at + p.numel()]
                # A view keeps the memory format that was chosen.
                if p.dim() == 4 and not p.is_contiguous():
                    return part.view(p.shape[0], *p.shape[2:], p.shape[1]).permute(0, 3, 1, 2)
                return part.view(p.shape)

            mine = view(self.values.data)
            mine.copy_(p.data)
            p.data, p.grad = mine, view(self.values.grad)
            at += p.numel()
        self.average = self.values.detach().clone()
        self.optimiser = torch.optim.AdamW([self.values], 1e-4, weight_decay=0.01)

    def step(self, loss):
        self.values.grad.zero_()
        loss.backward()
        norm = self.values.grad.norm()
        self.values.grad.mul_((1 / (norm + 1e-6)).clamp(max=1))
        self.optimiser.step()
        self.average.lerp_(self.values.detach(), 0.001)
        return norm.item()


def updates(mode, options, model):
    return Stock(model) if mode == "stock" else Flat(model) if "flat" in options else Foreach(model)


def formatted(options, model):
    return model.to(memory_format=torch.channels_last) if "channels-last" in options else model


def compiled(options, model, name, batch):
    """The model as it is, or recorded by an example, for inference alone where the options say so."""
    example = (torch.rand(batch, *shape(name)), torch.rand(batch) + 0.1)
    if "traced" in options:
        return torch.jit.trace(model, example, check_trace=False)
    if "frozen" in options or "optimised" in options:
        frozen = torch.jit.freeze(torch.jit.trace(model.eval(), example, check_trace=False))
        return torch.jit.optimize_for_inference(frozen) if "optimised" in options else frozen
    return model


def levels(name, n):
    """The noise levels of a batch, as the preset of that name draws them."""
    if name == "founding":
        return 10 ** (-1 - (torch.randint(20, (n,)) + 1) / 10)
    mean, deviation = (-0.1, 1.1) if name == "fast" else (-1.2, 1.6)
    quantile = (torch.arange(n) + torch.rand(1)) / n
    return (mean + deviation * math.sqrt(2) * torch.erfinv(2 * quantile - 1)).clamp(max=math.log(40)).exp()


def training(mode, options, name, batch):
    """A step: noise, loss, gradient, clipping, AdamW, average of the weights, and what a log of the run shows."""
    model = formatted(options, create(name))
    data = torch.rand(batch, *shape(name)) * 2 - 1
    update = updates(mode, options, model)
    denoiser = compiled(options, model, name, batch)
    sigma_data = 0.5 if name == "fast" else 1.0

    def once():
        sigma = levels(name, batch)
        s = sigma.view(-1, *[1] * (data.dim() - 1))
        noise = torch.randn_like(data)
        with torch.autocast("cpu", torch.bfloat16, enabled=mode == "autocast"):
            denoised = denoiser(data + s * noise, sigma)
        weight = 1 / s ** 2 if name == "founding" else (s ** 2 + sigma_data ** 2) / (s * sigma_data) ** 2
        per_sample = (weight * (denoised - data) ** 2).flatten(1).mean(1)
        loss = per_sample.mean()
        norm = update.step(loss)
        return loss.item(), norm, per_sample.tolist()

    return Row(model, once)


def matching(mode, options, kind, name, batch):
    """A step of explicit (Hyvärinen 2005) or sliced score matching (Song, Garg, Shi and Ermon 2019): uniform times,
    λ = σ², mean over batch and dimensions."""
    model = formatted(options, create(name))
    data = torch.rand(batch, *shape(name)) * 2 - 1
    size = math.prod(shape(name))
    update = updates(mode, options, model)
    lowest = 0.005 if name == "plane" else 0.02

    def once():
        sigma = lowest + (40 - lowest) * torch.rand(batch)
        s = sigma.view(-1, *[1] * (data.dim() - 1))
        x = (data + s * torch.randn_like(data)).requires_grad_()
        score = ((model(x, sigma) - x) / s ** 2).flatten(1)
        if kind == "explicit":
            rows = [torch.autograd.grad(score[:, i].sum(), x, create_graph=True)[0].flatten(1)[:, i] for i in range(size)]
            per_sample = (score ** 2).sum(1) + 2 * sum(rows)
        else:
            v = torch.randint(2, score.shape).float() * 2 - 1
            along = torch.autograd.grad((score * v).sum(), x, create_graph=True)[0].flatten(1)
            per_sample = ((score * v).sum(1)) ** 2 + 2 * (along * v).sum(1)
        per_sample = per_sample * sigma ** 2 / size
        loss = per_sample.mean()
        norm = update.step(loss)
        return loss.item(), norm, per_sample.tolist()

    return Row(model, once)


def drawing(mode, options, name, count, steps=24, churn=8.0, weights=fill):
    """Heun's method with churn over EDM's levels (Karras et al. 2022, algorithm 2)."""
    model = formatted(options, weights(create(name)).eval())
    without = torch.no_grad if mode == "stock" else torch.inference_mode
    part = min(count, 64) if "parts" in options else count
    with torch.no_grad():
        denoiser = compiled(options, model, name, part)
    grid = torch.arange(steps) / max(1, steps - 1)
    sigmas = (40 ** (1 / 7) + grid * (0.02 ** (1 / 7) - 40 ** (1 / 7))) ** 7
    sigmas = torch.cat([sigmas, torch.zeros(1)]).tolist()

    def denoise(x, sigma):
        with without(), torch.autocast("cpu", torch.bfloat16, enabled=mode == "autocast"):
            return torch.cat([denoiser(some, torch.full((len(some),), sigma)) for some in x.split(part)])

    def once():
        with without():
            x = torch.randn(count, *shape(name)) * sigmas[0]
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

    example = torch.randn(count, *shape(name))
    return Row(model, once, 2 * steps - 1, lambda: denoise(example, 1.0))


# Dormand and Prince (1980): times of the stages, their weights, and order 5 less order 4.
STAGES = [
    (1 / 5, [1 / 5]),
    (3 / 10, [3 / 40, 9 / 40]),
    (4 / 5, [44 / 45, -56 / 15, 32 / 9]),
    (8 / 9, [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729]),
    (1.0, [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656]),
    (1.0, [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]),
]
DIFFERENCE = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40]


def likelihood(mode, options, name, count, evaluations):
    """Log-densities by the probability flow in ln σ, with one probe of the divergence (Song et al. 2021, section 4.3).
    As many evaluations as the other side took: the steps are equal ones, their errors are estimated all the same."""
    model = formatted(options, fill(create(name)).eval())
    if mode != "stock":
        model.requires_grad_(False)
    denoiser = compiled(options, model, name, count)
    data = numbers(count * math.prod(shape(name))).view(count, *shape(name))
    steps = (evaluations - 3) // 6
    start, end = math.log(1 / 255), math.log(40)
    h = torch.full((count,), (end - start) / steps, dtype=torch.float64)

    def over(scale, x):
        return scale.view(-1, *[1] * (x.dim() - 1)) * x

    def once():
        probe = torch.randint(2, data.shape).float() * 2 - 1

        def slope(x, u):
            x = x.float().requires_grad_()
            sigma = u.exp().float().clamp(min=math.exp(-3.4))
            value = denoiser(x, sigma)
            along, = torch.autograd.grad(value, x, probe)
            field = x.detach() - value.detach()
            return field.double(), ((probe - along) * probe).flatten(1).sum(1).double()

        with torch.no_grad():
            x, density, errors = data.double(), torch.zeros(count, dtype=torch.float64), torch.zeros(count, dtype=torch.float64)
            u = torch.full((count,), start, dtype=torch.float64)
            with torch.enable_grad():
                first = slope(x, u)
            for _ in range(steps):
                found = [first]
                for node, weights in STAGES:
                    after = x + over(h, sum(w * k[0] for w, k in zip(weights, found) if w))
                    with torch.enable_grad():
                        found.append(slope(after, u + node * h))
                gained = density + h * sum(w * k[1] for w, k in zip(STAGES[-1][1], found) if w)
                error = over(h, sum(w * k[0] for w, k in zip(DIFFERENCE, found) if w))
                errors += (error ** 2).flatten(1).mean(1).sqrt()
                taken = errors.isfinite()
                x = torch.where(taken.view(-1, 1, 1, 1), after, x)
                density, first, u = torch.where(taken, gained, density), found[-1], u + h
            prior = -0.5 * (x / 40).pow(2).flatten(1).sum(1)
            with torch.enable_grad():
                slope(data, torch.full((count,), start, dtype=torch.float64))
            denoiser(data, torch.full((count,), 0.04))
            return (density + prior).tolist()

    def trial():
        x = data.clone().requires_grad_()
        torch.autograd.grad(denoiser(x, torch.ones(count)), x, data)

    return Row(model, once, 6 * steps + 3, trial)


def make(mode, options, words):
    kind, name, *sizes = words
    sizes = [int(size) for size in sizes]
    if kind == "train":
        return training(mode, options, name, *sizes)
    if kind in ("explicit", "sliced"):
        return matching(mode, options, kind, name, *sizes)
    if kind == "draw":
        return drawing(mode, options, name, *sizes)
    if kind == "likelihood":
        return likelihood(mode, options, name, *sizes)
    raise SystemExit(f"expected the name of a row, found {words}")


def timed(once, count):
    begun = time.perf_counter()
    for _ in range(count):
        once()
    return time.perf_counter() - begun


def trial(mode, options, words):
    """The least time of three, once warm."""
    row = make(mode, options, words)
    for _ in range(3):
        if timed(row.trial, 1) > 0.5:
            break
    return min(timed(row.trial, 1) for _ in range(3))


def choose(mode, words):
    """What is fastest here, an option after another: each is kept when it saves time."""
    kind, name, size, *_ = words
    candidates = [] if name == "plane" else ["channels-last"]
    if kind == "draw" and int(size) > 64:
        candidates.append("parts")
    # What is recorded has no second derivative, and no autocast; to spare operations counts where steps are short.
    more = {"train": ["flat", "traced"], "draw": ["frozen", "optimised"], "likelihood": ["traced"]}
    candidates += more.get(kind, ["flat"]) if mode == "tuned" else ["flat"]

    chosen = []
    best = trial(mode, chosen, words)
    for option in candidates:
        if option == "traced" and best > 0.5:
            continue
        options = [o for o in chosen if (o, option) != ("frozen", "optimised")] + [option]
        found = trial(mode, options, words)
        if found < best:
            chosen, best = options, found
    print("+".join(chosen) or "none", best)


def png(path, images):
    """A grid of grey images, four in a row."""
    n, side = images.shape[0], images.shape[-1]
    grid = images.view(n // 4, 4, side, side).transpose(1, 2).reshape(n // 4 * side, 4 * side)
    rows = ((grid.clamp(-1, 1) + 1) * 127.5).round().byte().numpy()

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", rows.shape[1], rows.shape[0], 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


def sample(mode, checkpoint, path):
    def load(model):
        model.network.load_state_dict(torch.load(checkpoint)["ema"])
        return model

    drawn = drawing(mode, [], "fast", 16, weights=load).once()
    png(path, torch.from_numpy(drawn))


def floors(mode, seconds=0.1):
    """The operations of bench/floors, as Python asks for them."""
    scalar, leaf = torch.tensor(1.5), torch.rand(4).requires_grad_()
    small, square = torch.rand(2, 2), torch.rand(32, 32)
    model, x, sigma = create("plane"), torch.rand(16, 2), torch.full((16,), 4.0)
    step = training(mode, [] if mode == "stock" else ["flat"], "plane", 16).once

    def score():
        with torch.no_grad():
            return (model(x, sigma) - x) / sigma[:, None] ** 2

    operations = [
        ("a + b, scalars", lambda: scalar + scalar),
        ("a + b, 2 × 2", lambda: small + small),
        ("matrix product, 32 × 32", lambda: square @ square),
        ("gradient of Σ x², four numbers", lambda: torch.autograd.grad((leaf * leaf).sum(), leaf)),
        ("score of 16 points", score),
        ("training step, batch 16", step),
    ]
    for name, once in operations:
        timed(once, 5)
        count = max(1, int(seconds / timed(once, 5) * 5))
        found = sorted(1e9 * timed(once, count) / count for _ in range(15))
        print(f"| PyTorch {mode}, from Python | {name} | {found[7]:,.0f} ({found[0]:,.0f} – {found[-1]:,.0f}) | – |")


def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:"))


def main():
    mode, task, *words = sys.argv[1:]
    torch.manual_seed(0)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    if task == "choose":
        choose(mode, words)
        return
    if task == "trial":
        print(trial(mode, words[0].split("+"), words[1:]))
        return
    if task == "sample":
        sample(mode, *words)
        return
    if task == "floors":
        floors(mode, *map(float, words))
        return
    row = make(mode, task.split("+"), words)
    print(sum(p.numel() for p in row.model.parameters()), row.evaluations, flush=True)
    for line in sys.stdin:
        request = line.strip()
        if request == "end":
            break
        answer = " ".join(map(repr, outputs(words[1]))) if request == "check" else repr(timed(row.once, int(request)))
        print(answer, flush=True)
    print(f"{peak():.1f}", flush=True)


if __name__ == "__main__":
    main()
