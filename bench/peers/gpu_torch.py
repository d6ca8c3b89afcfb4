"""Loss and gradient of the paper's networks in PyTorch, float32, on a GPU where there is one.

Linear first map with bias, then per layer min-max normalisation onto [-1, 1] and B-splines with
free knots; the full basis by the Cox-de Boor recursion, autograd for the gradient. Eager and
through torch.compile. With a clone of efficient-kan (github.com/Blealtan/efficient-kan) its network
of the same widths as it comes: splines with a silu branch in every layer, the first included, on
uniform knots without normalisation.

Usage: python3 gpu_torch.py --widths 2,5,1 --degree 3 --intervals 5 --rows 20000 --seconds 2
[--efficient-kan CLONE]
Prints one JSON object: milliseconds of an evaluation, eager, compiled and of efficient-kan, device,
version.
"""

import argparse
import json
import sys
import time

import torch

from full_basis import full_basis, partition


def free_knots(logits, degree, intervals):
    """Knots on [-1, 1] and the outer ones down to -3 and up to 3, shape [n_in, knots].

    The ends are set: in float32 a running sum misses them, and the extreme points lie there.
    """
    left, inner, right = torch.split(logits, [degree, intervals, degree], -1)
    ones = torch.ones_like(logits[:, :1])
    return torch.cat(
        [
            -3 * ones,
            partition(left, -3, -1)[:, :-1],
            -ones,
            partition(inner, -1, 1)[:, :-1],
            ones,
            partition(right, 1, 3)[:, :-1],
            3 * ones,
        ],
        -1,
    )


def evaluate(x, y, parameters, degree, intervals):
    w, b, *layers = parameters
    h = x @ w + b
    for c, s in zip(layers[::2], layers[1::2]):
        low, high = h.amin(0), h.amax(0)
        u = (2 * (h - low) / (high - low) - 1).clamp(-1, 1 - 1e-6)
        basis = full_basis(u, free_knots(s, degree, intervals), degree)
        h = basis.flatten(1) @ c
    return ((h - y) ** 2).mean()


def measure(step, seconds, device):
    def wait():
        if device == "cuda":
            torch.cuda.synchronize()

    for _ in range(3):
        step()
    wait()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < 5 or (time.perf_counter() < end and len(times) < 200):
        begin = time.perf_counter()
        step()
        wait()
        times.append(1e3 * (time.perf_counter() - begin))
    return sorted(times)[len(times) // 2]


def main():
    parser = argparse.ArgumentParser()
    for name in ["degree", "intervals", "rows"]:
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--widths", required=True)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--efficient-kan", default="")
    arguments = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(0)
    widths = [int(n) for n in arguments.widths.split(",")]
    degree, intervals, rows = arguments.degree, arguments.intervals, arguments.rows
    x = 2 * torch.rand(rows, widths[0], device=device) - 1
    y = torch.rand(rows, widths[-1], device=device)
    parameters = [torch.randn(widths[0], widths[1], device=device), torch.zeros(widths[1], device=device)]
    for n_in, n_out in zip(widths[1:-1], widths[2:]):
        parameters.append(0.5 * torch.randn(n_in * (intervals + degree), n_out, device=device))
        parameters.append(torch.zeros(n_in, intervals + 2 * degree, device=device))
    for each in parameters:
        each.requires_grad_()

    def timed(function, own=parameters):
        def step():
            for each in own:
                each.grad = None
            function(x, y, own, degree, intervals).backward()

        try:
            return measure(step, arguments.seconds, device)
        except Exception as error:  # out of memory, or no compiler: the other number still counts
            return f"{type(error).__name__}"

    def efficient_kan():
        sys.path.insert(0, f"{arguments.efficient_kan}/src")
        try:
            from efficient_kan import KAN
        except ImportError as error:
            return f"{error}"
        model = KAN(widths, grid_size=intervals, spline_order=degree).to(device)
        return timed(lambda x, y, *_: ((model(x) - y) ** 2).mean(), list(model.parameters()))

    eager = timed(evaluate)
    compiled = timed(torch.compile(evaluate)) if hasattr(torch, "compile") else "no torch.compile"
    efficient = efficient_kan() if arguments.efficient_kan else "no clone"
    name = torch.cuda.get_device_name() if device == "cuda" else "cpu"
    version = f"PyTorch {torch.__version__}"
    print(json.dumps({
        "eager": eager,
        "compiled": compiled,
        "efficientKan": efficient,
        "device": name,
        "version": version,
    }))


main()
