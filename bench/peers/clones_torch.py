"""Loss and gradient of other people's KANs in PyTorch, from a clone of their repository.

efficient-kan (github.com/Blealtan/efficient-kan), FastKAN (github.com/ZiyaoLi/fast-kan) and
pykan (github.com/KindXiaoming/pykan), as they come: efficient-kan and pykan with their silu
branch and scales, FastKAN with its layer norm and as many Gaussian bumps as a spline has basis
functions; pykan with its symbolic part, saved activations and checkpoints off. float64, uniform
knots on [-1, 1], mean squared error.

Usage: python3 clones_torch.py efficient-kan|pykan|fastkan --path CLONE --widths 2,5,1 ...
Prints one JSON object: milliseconds of every evaluation, peak memory, rows, version.
"""

import argparse
import importlib.util
import sys
import types

import torch

from measure import add_arguments, measure


def efficient_kan(path, widths, degree, intervals):
    sys.path.insert(0, f"{path}/src")
    from efficient_kan import KAN

    return KAN(widths, grid_size=intervals, spline_order=degree)


def fastkan(path, widths, degree, intervals):
    sys.path.insert(0, path)
    from fastkan import FastKAN

    return FastKAN(widths, grid_min=-1.0, grid_max=1.0, num_grids=intervals + degree)


def stand_in(*names, **symbols):
    """Puts empty modules where a package is not installed."""
    if importlib.util.find_spec(names[0]) is None:
        for name in names:
            sys.modules[name] = types.ModuleType(name)
            vars(sys.modules[name]).update(symbols)


def pykan(path, widths, degree, intervals):
    # Imported at its top, not used by what is timed: plots, tables, progress bars.
    stand_in("matplotlib", "matplotlib.pyplot")
    stand_in("pandas")
    stand_in("sklearn", "sklearn.linear_model", "sklearn.cluster", LinearRegression=None,
             AgglomerativeClustering=None)
    stand_in("tqdm", tqdm=None)
    sys.path.insert(0, path)
    from kan import KAN

    return KAN(width=list(widths), grid=intervals, k=degree, symbolic_enabled=False,
               save_act=False, auto_save=False, seed=0)


SYSTEMS = {"efficient-kan": efficient_kan, "pykan": pykan, "fastkan": fastkan}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("--path", required=True)
    add_arguments(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    widths = [int(n) for n in arguments.widths.split(",")]
    make = SYSTEMS[arguments.system]
    model = make(arguments.path, widths, arguments.degree, arguments.intervals).double()
    x = 2 * torch.rand(arguments.rows, widths[0], dtype=torch.float64) - 1
    y = torch.rand(arguments.rows, widths[-1], dtype=torch.float64)

    def evaluate():
        model.zero_grad()
        ((model(x) - y) ** 2).mean().backward()

    measure(evaluate, arguments, f"PyTorch {torch.__version__}")


main()
