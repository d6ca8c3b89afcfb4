"""Handwritten digits in PyTorch: a KAN as efficient-kan builds it, and an MLP, over the same epochs.

The KAN: cubic splines on five even intervals of [-1, 1] extended by three knots at both ends, zero
outside, a silu branch, a scale per spline, efficient-kan's first parameters; the whole basis by the
Cox-de Boor recursion. Written anew, since the clone is not at hand everywhere. AdamW, weight decay
1e-4, the rate times 0.8 an epoch, batches of 64, float32; every fifth row is for the test, pixels
are mapped onto [-1, 1]: as `freeknot reproduce digits` does it.

Usage: python3 digits_torch.py --epochs 10 --seeds 1234,1235,1236 --threads 1 [--data FILE.csv]
(--data: the first column holds the classes, or one named label). Without it scikit-learn's digits.
Prints one JSON object for each network and seed.
"""

import argparse
import json
import math
import time

import numpy
import torch


class SplineLinear(torch.nn.Module):
    def __init__(self, n_in, n_out, intervals=5, degree=3):
        super().__init__()
        step = 2 / intervals
        grid = torch.arange(-degree, intervals + degree + 1) * step - 1
        self.register_buffer("grid", grid.expand(n_in, -1).contiguous())
        self.degree = degree
        self.base = torch.nn.Parameter(torch.empty(n_out, n_in))
        self.scale = torch.nn.Parameter(torch.empty(n_out, n_in))
        torch.nn.init.kaiming_uniform_(self.base, a=math.sqrt(5))
        torch.nn.init.kaiming_uniform_(self.scale, a=math.sqrt(5))
        noise = (torch.rand(n_out, n_in, intervals + degree) - 0.5) * 0.1 / intervals
        self.spline = torch.nn.Parameter(noise)

    def basis(self, x):
        x, grid = x.unsqueeze(-1), self.grid
        b = ((x >= grid[:, :-1]) & (x < grid[:, 1:])).to(x.dtype)
        for k in range(1, self.degree + 1):
            left = (x - grid[:, : -(k + 1)]) / (grid[:, k:-1] - grid[:, : -(k + 1)])
            right = (grid[:, k + 1 :] - x) / (grid[:, k + 1 :] - grid[:, 1:-k])
            b = left * b[..., :-1] + right * b[..., 1:]
        return b

    def forward(self, x):
        linear = torch.nn.functional.linear
        weights = (self.spline * self.scale.unsqueeze(-1)).flatten(1)
        return linear(torch.nn.functional.silu(x), self.base) + linear(
            self.basis(x).flatten(1), weights)


def networks(n_in, classes):
    hidden = 64 if n_in > 100 else 32
    numbers = 9 * hidden * (n_in + classes)
    wide = round((numbers - classes) / (n_in + classes + 1))

    def mlp(width):
        return torch.nn.Sequential(
            torch.nn.Linear(n_in, width), torch.nn.ReLU(), torch.nn.Linear(width, classes))

    return {
        f"KAN {n_in}, {hidden}, {classes}": lambda: torch.nn.Sequential(
            SplineLinear(n_in, hidden), SplineLinear(hidden, classes)),
        f"MLP {n_in}, {wide}, {classes}": lambda: mlp(wide),
        f"MLP {n_in}, {hidden}, {classes}": lambda: mlp(hidden),
    }


def read(path):
    if path is None:
        from sklearn.datasets import load_digits

        digits = load_digits()
        return digits.data, digits.target
    with open(path, encoding="utf8") as file:
        header = file.readline().strip().split(",")
        table = numpy.loadtxt(file, delimiter=",")
    label = header.index("label") if "label" in header else 0
    return numpy.delete(table, label, axis=1), table[:, label]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", default="1234,1235,1236")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--data")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    pixels, labels = read(arguments.data)
    low, high = pixels.min(), pixels.max()
    x = torch.tensor(2 * (pixels - low) / (high - low) - 1, dtype=torch.float32)
    y = torch.tensor(labels, dtype=torch.int64)
    test = torch.arange(len(y)) % 5 == 4
    loss = torch.nn.CrossEntropyLoss()
    for name, build in networks(x.shape[1], int(y.max()) + 1).items():
        for seed in map(int, arguments.seeds.split(",")):
            torch.manual_seed(seed)
            model = build()
            optimizer = torch.optim.AdamW(model.parameters(), arguments.rate, weight_decay=1e-4)
            schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.8)
            train, begin = (~test).nonzero().flatten(), time.perf_counter()
            cpu = time.process_time()
            for _ in range(arguments.epochs):
                for rows in train[torch.randperm(len(train))].split(64):
                    optimizer.zero_grad()
                    loss(model(x[rows]), y[rows]).backward()
                    optimizer.step()
                schedule.step()
            seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
            with torch.no_grad():
                right = [
                    (model(x[rows]).argmax(1) == y[rows]).double().mean().item()
                    for rows in (~test, test)
                ]
            print(json.dumps({
                "network": name,
                "parameters": sum(p.numel() for p in model.parameters()),
                "seed": seed,
                "train": right[0],
                "test": right[1],
                "seconds": seconds,
                "cpuSeconds": cpu,
                "version": f"PyTorch {torch.__version__}",
            }), flush=True)


main()
