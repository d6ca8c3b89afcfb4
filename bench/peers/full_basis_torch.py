"""Loss and gradient of an all-spline KAN in PyTorch, evaluated as most peers do.

The whole basis of every input is computed by the Cox-de Boor recursion and contracted with the
coefficients; autograd gives the gradient, for free knots through the recursion and the softmax.
float64, no normalisation, no base branch, mean squared error.

Usage: python3 full_basis_torch.py --widths 2,5,1 --degree 3 --intervals 5 --knots uniform \
    --rows 20000 --threads 1 --seconds 1 --repeats 20
Prints one JSON object: milliseconds of every evaluation, peak memory, rows, version.
"""

import argparse

import torch

from full_basis import free_knots, full_basis, uniform_knots
from measure import add_arguments, measure


def main():
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    parser.add_argument("--knots", choices=["uniform", "free"], default="uniform")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    generator = torch.Generator().manual_seed(0)
    widths = [int(n) for n in arguments.widths.split(",")]
    degree, intervals, rows = arguments.degree, arguments.intervals, arguments.rows

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    x = 2 * torch.rand(rows, widths[0], generator=generator, dtype=torch.float64) - 1
    y = torch.rand(rows, widths[-1], generator=generator, dtype=torch.float64)
    fixed = uniform_knots(degree, intervals)
    layers = []
    for n_in, n_out in zip(widths[:-1], widths[1:]):
        c = 0.58 / n_in**0.5 * normal(n_out, n_in * (intervals + degree))
        s = 0.3 * normal(n_in, intervals + 2 * degree) if arguments.knots == "free" else None
        layers.append((c.requires_grad_(), s if s is None else s.requires_grad_()))

    def evaluate():
        h = x
        for c, s in layers:
            c.grad = None
            if s is not None:
                s.grad = None
            t = fixed if s is None else free_knots(s, degree, intervals)
            h = torch.nn.functional.linear(full_basis(h, t, degree).flatten(1), c)
        ((h - y) ** 2).mean().backward()

    measure(evaluate, arguments, f"PyTorch {torch.__version__}")


main()
