"""Knots and the whole B-spline basis in PyTorch, by the Cox-de Boor recursion, as most peers do."""

import torch


def uniform_knots(degree, intervals, end=1.0):
    """Even knots on [-end, end] and beyond."""
    spacing = 2.0 * end / intervals
    return -end + spacing * torch.arange(-degree, intervals + degree + 1, dtype=torch.float64)


def partition(logits, start, end):
    """Points from start (left out) to end, by a softmax; shape [n_in, count]."""
    return start + (end - start) * torch.cumsum(torch.softmax(logits, -1), -1)


def free_knots(logits, degree, intervals, end=1.0):
    """Knots on [-end, end] and the outer ones down to -3 end and up to 3 end, [n_in, knots]."""
    left, inner, right = torch.split(logits, [degree, intervals, degree], -1)
    far = 3 * end
    first = torch.full_like(logits[:, :1], -far)
    return torch.cat([
        first,
        partition(left, -far, -end),
        partition(inner, -end, end),
        partition(right, end, far),
    ], -1)


def full_basis(x, t, degree):
    """All basis functions of all inputs, shape [rows, n_in, intervals + degree]."""
    x = x.unsqueeze(-1)
    basis = ((x >= t[..., :-1]) & (x < t[..., 1:])).to(x.dtype)
    for k in range(1, degree + 1):
        left = (x - t[..., : -(k + 1)]) / (t[..., k:-1] - t[..., : -(k + 1)])
        right = (t[..., k + 1 :] - x) / (t[..., k + 1 :] - t[..., 1:-k])
        basis = left * basis[..., :-1] + right * basis[..., 1:]
    return basis
