"""The project's networks in PyTorch, parameter by parameter: the same names in the same order, so that a checkpoint's
weights load and flat weights mean the same on both sides. bench/run compares the outputs before it times anything.
"""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F


class Embedding(nn.Sequential):
    """The noise level as angles, through two layers."""

    def __init__(self, width):
        super().__init__(nn.Linear(32, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.register_buffer("frequencies", math.pi / 2 * 2 ** (4 * torch.arange(16, dtype=torch.float32) / 15), persistent=False)

    def forward(self, label):
        angles = label[:, None] * self.frequencies
        return super().forward(torch.cat([angles.cos(), angles.sin()], 1))


class Block(nn.Module):
    def __init__(self, inputs, outputs, group):
        super().__init__()
        self.groups = outputs // group
        self.norm = nn.GroupNorm(inputs // group, inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, film):
        scale, shift = film[:, :, None, None].chunk(2, 1)
        h = self.conv1(F.silu(self.norm(x.float())))
        h = self.conv2(F.silu(F.group_norm(h.float(), self.groups) * (1 + scale) + shift))
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


class Coarse(nn.Module):
    def __init__(self, width, blocks, group, dense):
        super().__init__()
        self.middle = nn.ModuleList(Block(width, width, group) for _ in range(blocks))
        self.between = nn.ModuleList(Dense(width, group, dense[0], 49, dense[1]) for _ in range(blocks - 1) if dense)

    def forward(self, x, films):
        for i, (block, film) in enumerate(zip(self.middle, films)):
            x = block(x, film)
            if i < len(self.between):
                x = self.between[i](x)
        return x


class Levels(nn.Module):
    def __init__(self, fine, coarse, blocks, group, dense):
        super().__init__()
        self.encode = nn.ModuleList([Block(fine, fine, group)])
        self.down = nn.Conv2d(fine, coarse, 3, stride=2, padding=1)
        self.inner = Coarse(coarse, blocks, group, dense)
        self.up = nn.Conv2d(coarse, fine, 1)
        self.decode = nn.ModuleList([Block(2 * fine, fine, group)])

    def forward(self, x, films):
        first, *middle, last = films
        skip = self.encode[0](x, first)
        h = self.up(self.inner(self.down(skip), middle))
        h = torch.cat([F.interpolate(h, scale_factor=2.0, mode="nearest"), skip], 1)
        return self.decode[0](h, last)


class UNet(nn.Module):
    """28 × 28 digits at 14 × 14 and 7 × 7."""

    def __init__(self, widths=(64, 128), middle=3, group=16, embedding=128, dense=None):
        super().__init__()
        fine, coarse = widths
        self.films = [2 * width for width in (fine, *[coarse] * middle, fine)]
        self.embedding = Embedding(embedding)
        self.film = nn.Linear(embedding, sum(self.films))
        self.stem = nn.Conv2d(4, fine, 3, padding=1)
        self.levels = Levels(fine, coarse, middle, group, dense)
        self.norm = nn.GroupNorm(fine // group, fine)
        self.head = nn.Conv2d(fine, 4, 3, padding=1)
        for name, parameter in self.named_parameters():
            if name.startswith(("film.", "head.")) or ".conv2." in name or ".expand." in name:
                nn.init.zeros_(parameter)

    def forward(self, x, label):
        films = self.film(self.embedding(label)).split(self.films, 1)
        h = self.levels(self.stem(F.pixel_unshuffle(x, 2)), films)
        return F.pixel_shuffle(self.head(F.silu(self.norm(h.float()))), 2)


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


def create(name):
    """The denoiser x, σ → x₀ of a preset: digits by `fast` or `founding`, points of the plane by `plane`."""
    if name == "fast":
        return Denoiser(UNet((48, 96), dense=(16, 256)), 0.5)
    if name == "founding":
        return OverSigma(UNet((64, 128)))
    if name == "plane":
        return Denoiser(Mlp(), 1.0)
    raise SystemExit(f"expected fast, founding or plane, found {name}")


def numbers(count):
    """The same numbers on both sides: the fractional parts of i²φ on [−1, 1), which look independent."""
    i = torch.arange(1, count + 1, dtype=torch.float64)
    return ((i * i * 0.6180339887498949) % 1.0 * 2 - 1).float()


def fill(model):
    """Weights that are zero nowhere, the same on both sides."""
    flat = 0.05 * numbers(sum(p.numel() for p in model.parameters()))
    torch.nn.utils.vector_to_parameters(flat, model.parameters())
    return model


def shape(name):
    return [2] if name == "plane" else [1, 28, 28]


def outputs(name):
    """Sixteen values of what the network of a preset makes of four samples, for the other side to compare."""
    with torch.no_grad():
        size = math.prod(shape(name))
        denoised = fill(create(name))(numbers(4 * size).view(4, *shape(name)), torch.tensor([0.05, 0.2, 0.8, 3.2]))
    flat = denoised.flatten()
    return flat[torch.arange(16) * (len(flat) - 1) // 15].tolist()
