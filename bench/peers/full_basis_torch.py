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

from measure import add_arguments, measure


def uniform_knots(degree, intervals):
    spacing = 2.0 / intervals
    return -1.0 + spacing * torch.arange(-degree, intervals + degree + 1, dtype=torch.float64)


def partition(logits, start, end):
    """Points from start (left out) to end, by a softmax; shape [n_in, count]."""
    return start + (end - start) * torch.cumsum(torch.softmax(logits, -1), -1)


def free_knots(logits, degree, intervals):
    """Knots on [-1, 1] and the outer ones down to -3 and up to 3, shape [n_in, knots]."""
    left, inner, right = torch.split(logits, [degree, intervals, degree], -1)
    first = torch.full_like(logits[:, :1], -3.0)
    return torch.cat(
        [first, partition(left, -3, -1), partition(inner, -1, 1), partition(right, 1, 3)], -1
    )


def full_basis(x, t, degree):
    """All basis functions of all inputs, shape [rows, n_in, intervals + degree]."""
    x = x.unsqueeze(-1)
    basis = ((x >= t[..., :-1]) & (x < t[..., 1:])).to(x.dtype)
    for k in range(1, degree + 1):
        left = (x - t[..., : -(k + 1)]) / (t[..., k:-1] - t[..., : -(k + 1)])
        right = (t[..., k + 1 :] - x) / (t[..., k + 1 :] - t[..., 1:-k])
        basis = left * basis[..., :-1] + right * basis[..., 1:]
    return basis


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
