/**
 * How many of the 27 dimensionless formulas of Feynman's lectures (Udrescu and Tegmark 2020, as the
 * KAN paper, Z. Liu et al. 2024, lists them) are found exactly from 1,000 rows? Prints for each:
 * whether the formula has the function's values at 1,000 fresh points to 1e-10, the root mean square
 * errors there of the formula, of the network with default options, and of the paper's pruned
 * network, seconds of training and search, and the formula.
 *
 * AMD EPYC, Deno 2.9.6, 2026-11-30, seeds 1 and 2: 27 of 27 exact. Seconds are not given: the machine
 * was busy with other work.
 *
 * `deno run --allow-read bench/feynman.ts [--seeds 1] [--only I.6.2,...] [--noise 0] [--rows 1000]`
 *
 * @module
 */

import { printFormula } from "@freeknot/freeknot/interpret";
import { parseArgs } from "@std/cli/parse-args";
import { recover } from "./_recovery.ts";

const flags = parseArgs(Deno.args, {
  string: ["seeds", "only", "noise", "rows"],
  default: { seeds: "1", only: "", noise: "0", rows: "1000" },
});

type Range = readonly [number, number];
type Row = readonly [
  name: string,
  columns: string,
  ranges: readonly Range[],
  f: (...x: number[]) => number,
];

const WIDE: Range = [-1, 1], PLUS: Range = [0.5, 2], TURN: Range = [-3, 3];
const { exp, sqrt, sin, cos, log, asin, PI } = Math;

const FORMULAS: readonly Row[] = [
  [
    "I.6.2",
    "theta sigma",
    [WIDE, PLUS],
    (t, s) => exp(-t * t / (2 * s * s)) / sqrt(2 * PI * s * s),
  ],
  [
    "I.6.2b",
    "theta theta1 sigma",
    [WIDE, WIDE, PLUS],
    (t, u, s) => exp(-((t - u) ** 2) / (2 * s * s)) / sqrt(2 * PI * s * s),
  ],
  [
    "I.9.18",
    "a b c d e f",
    [WIDE, [1.5, 3], [0, 1], [1.5, 3], [0, 1], [1.5, 3]],
    (a, b, c, d, e, f) => a / ((b - 1) ** 2 + (c - d) ** 2 + (e - f) ** 2),
  ],
  ["I.12.11", "a theta", [WIDE, TURN], (a, t) => 1 + a * sin(t)],
  ["I.13.12", "a b", [WIDE, PLUS], (a, b) => a * (1 / b - 1)],
  ["I.15.3x", "a b", [WIDE, [-0.9, 0.9]], (a, b) => (1 - a) / sqrt(1 - b * b)],
  ["I.16.6", "a b", [[-0.9, 0.9], [-0.9, 0.9]], (a, b) => (a + b) / (1 + a * b)],
  ["I.18.4", "a b", [PLUS, PLUS], (a, b) => (1 + a * b) / (1 + a)],
  ["I.26.2", "n theta", [[0, 0.99], TURN], (n, t) => asin(n * sin(t))],
  ["I.27.6", "a b", [PLUS, PLUS], (a, b) => 1 / (1 + a * b)],
  [
    "I.29.16",
    "a theta1 theta2",
    [[0, 1], TURN, TURN],
    (a, t, u) => sqrt(1 + a * a - 2 * a * cos(t - u)),
  ],
  ["I.30.3", "n theta", [[1, 4], [0.5, 3]], (n, t) => sin(n * t / 2) ** 2 / sin(t / 2) ** 2],
  ["I.30.5", "a n", [WIDE, [1.1, 3]], (a, n) => asin(a / n)],
  ["I.37.4", "a delta", [[0, 2], TURN], (a, d) => 1 + a + 2 * sqrt(a) * cos(d)],
  ["I.40.1", "n0 a", [WIDE, [-2, 2]], (n, a) => n * exp(-a)],
  ["I.44.4", "n a", [WIDE, PLUS], (n, a) => n * log(a)],
  ["I.50.26", "a alpha", [TURN, WIDE], (a, b) => cos(a) + b * cos(a) ** 2],
  ["II.2.42", "a b", [WIDE, WIDE], (a, b) => (a - 1) * b],
  ["II.6.15a", "c a b", [WIDE, WIDE, WIDE], (c, a, b) => c * sqrt(a * a + b * b) / (4 * PI)],
  ["II.11.7", "n0 a theta", [WIDE, WIDE, TURN], (n, a, t) => n * (1 + a * cos(t))],
  ["II.11.27", "n alpha", [[0, 1], [0, 2]], (n, a) => n * a / (1 - n * a / 3)],
  ["II.35.18", "n0 a", [WIDE, WIDE], (n, a) => n / (exp(a) + exp(-a))],
  ["II.36.38", "a alpha b", [WIDE, WIDE, WIDE], (a, b, c) => a + b * c],
  ["II.38.3", "a b", [WIDE, PLUS], (a, b) => a / b],
  [
    "III.9.52",
    "a b c",
    [WIDE, [2, 4], [-2, 1]],
    (a, b, c) => a * sin((b - c) / 2) ** 2 / ((b - c) / 2) ** 2,
  ],
  ["III.10.19", "a b", [WIDE, WIDE], (a, b) => sqrt(1 + a * a + b * b)],
  ["III.17.37", "beta alpha theta", [WIDE, WIDE, TURN], (b, a, t) => b * (1 + a * cos(t))],
];

/**
 * Best test RMSE of pruned KANs in the KAN paper, as far as a scanned copy could be read; the other
 * formulas of its table are left out.
 */
const PAPER: Readonly<Record<string, number>> = {
  "I.6.2": 2.86e-5,
  "I.6.2b": 4.45e-4,
  "I.16.6": 1.19e-3,
  "I.26.2": 7.9e-4,
  "I.27.6": 1.94e-4,
  "I.30.3": 1.03e-3,
  "I.30.5": 3.49e-5,
  "I.37.4": 4.91e-6,
  "I.40.1": 5.01e-4,
  "I.44.4": 2.43e-5,
  "I.50.26": 5.82e-4,
  "II.2.42": 7.22e-4,
  "II.38.3": 8.78e-5,
};

const rows = Number(flags.rows), noise = Number(flags.noise);
let exact = 0, total = 0;
for (const seed of String(flags.seeds).split(",").map(Number)) {
  for (const [name, columns, ranges, f] of FORMULAS) {
    if (flags.only && !String(flags.only).split(",").includes(name)) continue;
    const known = {
      columns: columns.split(" "),
      draw: (random: () => number) => ranges.map(([a, b]) => a + (b - a) * random()),
      f,
    };
    const { formula, size, rmse, networkRmse, seconds } = await recover(known, {
      ...{ seed, rows, noise },
    });
    const found = rmse <= 1e-10 * size;
    total++;
    if (found) exact++;
    const paper = PAPER[name] === undefined ? "-" : PAPER[name].toExponential(2);
    console.log(
      `${name.padEnd(10)} ${found ? "exact" : "not  "} rmse ${rmse.toExponential(2).padStart(9)} ` +
        `network ${networkRmse.toExponential(2)} paper ${paper.padStart(8)} ` +
        `${seconds.train.toFixed(1).padStart(5)} + ${seconds.formula.toFixed(1).padStart(4)} s  ${
          printFormula(formula).slice(0, 150)
        }`,
    );
  }
}
console.log(`${exact} of ${total} exact`);
