"""Times an evaluation and prints one JSON object, as every peer here does."""

import json
import time


def peak_bytes():
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return 1024 * int(line.split()[1])
    except OSError:
        pass
    import resource

    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def add_arguments(parser):
    parser.add_argument("--widths", default="2,5,1")
    parser.add_argument("--degree", type=int, default=3)
    parser.add_argument("--intervals", type=int, default=5)
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--repeats", type=int, default=20)


def measure(evaluate, arguments, version):
    """At least 3 evaluations, after one to warm up."""
    evaluate()
    milliseconds = []
    begin = time.perf_counter()
    while len(milliseconds) < 3 or (
        len(milliseconds) < arguments.repeats
        and time.perf_counter() - begin < arguments.seconds
    ):
        start = time.perf_counter()
        evaluate()
        milliseconds.append(1e3 * (time.perf_counter() - start))
    print(json.dumps({
        "milliseconds": milliseconds,
        "peakBytes": peak_bytes(),
        "rows": arguments.rows,
        "version": version,
    }))
