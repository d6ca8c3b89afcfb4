"""Judges values of functions: reads lines of a name and a count from its first argument, float64 arguments and
values from its second, and prints for each name the largest error in units of the last place, by mpmath."""

import json
import math
import struct
import sys

import mpmath
from mpmath import mp, mpf

BITS = 160
LEAST = mpf(2) ** -1074
LARGEST = mpf(2) ** 1024 * (1 - mpf(2) ** -54)


def small(function):
    """Functions like 1 + x, which lose the digits of a small x: more bits the smaller it is."""
    def value(*xs):
        mp.prec = BITS + 2 * max(abs(mpmath.frexp(x)[1]) for x in xs)
        return function(*xs)
    return value


def odd_root(x):
    return mpmath.cbrt(x) if x >= 0 else -mpmath.cbrt(-x)


FUNCTIONS = {
    "exp": mpmath.exp, "log": mpmath.log, "cbrt": odd_root, "pow": mpmath.power, "atan": mpmath.atan,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2), "log10": lambda x: mpmath.log(x) / mpmath.log(10),
    "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "expm1": mpmath.expm1,
    "log1p": small(lambda x: mpmath.log(1 + x)), "sinh": mpmath.sinh, "cosh": mpmath.cosh, "tanh": mpmath.tanh,
    "asinh": small(lambda x: mpmath.sign(x) * mpmath.log(abs(x) + mpmath.sqrt(x * x + 1))),
    "acosh": small(lambda x: mpmath.log(x + mpmath.sqrt(x * x - 1))),
    "atanh": small(lambda x: mpmath.log((1 + x) / (1 - x)) / 2),
    "asin": mpmath.asin, "acos": mpmath.acos, "atan2": mpmath.atan2, "hypot": mpmath.hypot,
}


def unit(exact):
    """The distance of the float64 numbers around an exact value."""
    if exact == 0:
        return LEAST
    exponent = int(mpmath.floor(mpmath.log(abs(exact), 2)))
    return max(LEAST, mpf(2) ** (exponent - 52))


def judge(name, arity, rows):
    worst, place, beyond = mpf(0), None, 0
    for row in rows:
        xs, y = row[:arity], row[arity]
        if any(math.isinf(x) for x in xs) or math.isnan(y):
            continue  # the tests hold these
        mp.prec = BITS
        try:
            exact = FUNCTIONS[name](*([mpf(x) for x in xs]))
        except (ValueError, ZeroDivisionError):
            continue
        if not isinstance(exact, mpf) or not mpmath.isfinite(exact):
            continue
        if abs(exact) > LARGEST or math.isinf(y):
            error = mpf(0) if math.isinf(y) and abs(exact) > LARGEST * (1 - mpf(2) ** -52) else mpf("inf")
        else:
            error = abs(mpf(y) - exact) / unit(exact)
        beyond += error > 1
        if error > worst:
            worst, place = error, xs
    return {"name": name, "values": len(rows), "worst": float(worst), "at": place, "above1": int(beyond)}


def main():
    with open(sys.argv[1]) as text, open(sys.argv[2], "rb") as data:
        found = []
        for name, arity, count in json.load(text):
            width = arity + 1
            numbers = struct.unpack(f"<{count * width}d", data.read(8 * count * width))
            rows = [numbers[i:i + width] for i in range(0, len(numbers), width)]
            found.append(judge(name, arity, rows))
    print(json.dumps(found))


main()
