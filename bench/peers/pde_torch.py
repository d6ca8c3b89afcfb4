"""Loss and gradient of the Burgers equation by nested automatic differentiation in PyTorch.

A linear map without bias, then spline layers, each with its inputs normalised over the batch; the
whole basis of every input is computed. u_t, u_x and u_xx come from torch.autograd.grad with
create_graph=True, the gradient of the mean squared residual from backward. float64. Derivatives go
through the batch's statistics too, as those of PyTorch's own batch normalisation do.

Usage: python3 pde_torch.py --widths 2,20,20,1 --degree 3 --intervals 5 --knots uniform \
    --rows 4096 --threads 1 --seconds 1 --repeats 20
Prints one JSON object: milliseconds of every evaluation, peak memory, rows, version.
"""

import argparse
import math

import torch

from full_basis import free_knots, full_basis, uniform_knots
from measure import add_arguments, measure

END = 4.0  # the splines live on [-END, END]
VISCOSITY = 0.01 / math.pi


def main():
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    parser.add_argument("--knots", choices=["uniform", "free"], default="uniform")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    generator = torch.Generator().manual_seed(0)
    widths = [int(n) for n in arguments.widths.split(",")]
    degree, intervals = arguments.degree, arguments.intervals

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    unit = torch.rand(arguments.rows, 2, generator=generator, dtype=torch.float64)
    t = unit[:, :1].clone().requires_grad_()
    x = (2 * unit[:, 1:] - 1).requires_grad_()
    fixed = uniform_knots(degree, intervals, END)
    first = normal(widths[1], widths[0]).requires_grad_()
    layers = []
    for n_in, n_out in zip(widths[1:-1], widths[2:]):
        c = 0.58 / n_in**0.5 * normal(n_out, n_in * (intervals + degree))
        s = 0.3 * normal(n_in, intervals + 2 * degree) if arguments.knots == "free" else None
        layers.append((c.requires_grad_(), s if s is None else s.requires_grad_()))
    parameters = [first] + [p for layer in layers for p in layer if p is not None]

    def network(h):
        h = torch.nn.functional.linear(h, first)
        for c, s in layers:
            h = (h - h.mean(0)) * torch.rsqrt(h.var(0, unbiased=False) + 1e-5)
            knots = fixed if s is None else free_knots(s, degree, intervals, END)
            h = torch.nn.functional.linear(full_basis(h, knots, degree).flatten(1), c)
        return h

    def slope(y, by):
        return torch.autograd.grad(y.sum(), by, create_graph=True)[0]

    def evaluate():
        for p in parameters:
            p.grad = None
        u = network(torch.cat([t, x], 1))
        u_t, u_x = torch.autograd.grad(u.sum(), (t, x), create_graph=True)
        u_xx = slope(u_x, x)
        ((u_t + u * u_x - VISCOSITY * u_xx) ** 2).mean().backward(inputs=parameters)

    measure(evaluate, arguments, f"PyTorch {torch.__version__}")


main()
