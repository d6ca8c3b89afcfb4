"""Value and gradient of an all-spline cubic KAN in PyTorch, evaluated as most peers do.

The whole basis of every input is computed by the Cox-de Boor recursion and contracted with the
coefficients; autograd gives the gradient. float64, one thread, no normalisation, no base branch.

Usage: python3 full_basis_torch.py --widths 2,5,1 --intervals 5,40 --rows 20000 --repeats 11
Prints one JSON object: milliseconds (median) for each number of intervals, and versions.
"""

import argparse
import json
import statistics
import time

import torch


def knots(degree, intervals):
    spacing = 2.0 / intervals
    return -1.0 + spacing * torch.arange(-degree, intervals + degree + 1, dtype=torch.float64)


def full_basis(x, t, degree):
    """All basis functions of all inputs, shape [rows, n_in, intervals + degree]."""
    x = x.unsqueeze(-1)
    basis = ((x >= t[:-1]) & (x < t[1:])).to(x.dtype)
    for k in range(1, degree + 1):
        left = (x - t[: -(k + 1)]) / (t[k:-1] - t[: -(k + 1)])
        right = (t[k + 1 :] - x) / (t[k + 1 :] - t[1:-k])
        basis = left * basis[..., :-1] + right * basis[..., 1:]
    return basis


def run(widths, degree, intervals, rows, repeats):
    generator = torch.Generator().manual_seed(0)
    t = knots(degree, intervals)
    x = 2 * torch.rand(rows, widths[0], generator=generator, dtype=torch.float64) - 1
    y = torch.rand(rows, widths[-1], generator=generator, dtype=torch.float64)
    layers = [
        (0.5 * torch.randn(n_out, n_in * (intervals + degree), generator=generator,
                           dtype=torch.float64)).requires_grad_()
        for n_in, n_out in zip(widths[:-1], widths[1:])
    ]
    times = []
    for _ in range(repeats + 2):
        begin = time.perf_counter()
        h = x
        for c in layers:
            h = torch.nn.functional.linear(full_basis(h, t, degree).flatten(1), c)
        loss = ((h - y) ** 2).mean()
        for c in layers:
            c.grad = None
        loss.backward()
        times.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(times[2:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--widths", default="2,5,1")
    parser.add_argument("--degree", type=int, default=3)
    parser.add_argument("--intervals", default="5,40")
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--repeats", type=int, default=11)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    widths = [int(n) for n in arguments.widths.split(",")]
    milliseconds = {
        n: run(widths, arguments.degree, int(n), arguments.rows, arguments.repeats)
        for n in arguments.intervals.split(",")
    }
    print(json.dumps({"milliseconds": milliseconds, "torch": torch.__version__}))


main()
