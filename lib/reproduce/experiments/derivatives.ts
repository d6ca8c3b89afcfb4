/**
 * Errors of derivatives over the number of intervals: `|f - f_G|_{C^m} <= C G^-(k + 1 - m)` (Liu et
 * al. 2024, theorem 2.1; seed 001, equation (3)).
 *
 * @module
 */

import { designMatrix, evaluateSpline, normalMatrix } from "../../basis/mod.ts";
import { findProblem, galleryDatasets } from "../../data/mod.ts";
import { uniformKnots } from "../../knots/mod.ts";
import { createNetwork } from "../../model/mod.ts";
import { coarseSchedule, prolong } from "../../multilevel/mod.ts";
import {
  choleskyFactor,
  cos,
  exp,
  multiplyTransposed,
  pow,
  sin,
  solveByFactor,
} from "../../numerics/inner.ts";
import { evaluateSolution, type PdeProblem } from "../../physics/mod.ts";
import { createTournament, trainToEnd } from "../../train/mod.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, doublings, powerFit, verdict } from "./_fits.ts";

/** Largest errors of derivatives 0, 1, ..., over the intervals. */
interface RateValue {
  readonly name: string;
  readonly degree: number;
  readonly intervals: readonly number[];
  /** Shape `[derivatives, intervals]`, over the largest value of the derivative. */
  readonly errors: readonly (readonly number[])[];
}

const SEED = 1234;

/** The experiment. */
export const derivatives: Experiment<RateValue> = {
  name: "derivatives",
  title: "Errors of derivatives over intervals",
  source: "Liu et al. 2024 (arXiv 2404.19756), theorem 2.1; poster of 2024, equation (3)",
  minutes: 1,
  parts,
  conclude,
};

function parts(options: ExperimentOptions): ExperimentPart<RateValue>[] {
  const { quick = false, seeds: [seed] = [SEED] } = options;
  return [
    ...[1, 2, 3, 4, 5].map((degree) => ({
      id: `layer-degree-${degree}`,
      run: () => layer(degree, doublings(10, 320)),
    })),
    ...(quick ? [3] : [3, 5]).map((degree) => ({
      id: `network-degree-${degree}`,
      run: (running: PartRunning) => network(degree, quick, seed, running),
    })),
  ];
}

/** Derivative `m` of `sin(3 pi x) + exp(x)`. */
function wave(x: number, m: number): number {
  const w = 3 * Math.PI;
  return pow(w, m) * sin(w * x + m * Math.PI / 2) + exp(x);
}

/** One edge: splines by least squares at many even points of [-1, 1]. */
function layer(degree: number, intervals: readonly number[]): RateValue {
  const count = 4001, x = Float64Array.from({ length: count }, (_, i) => -1 + 2 * i / (count - 1));
  const y = x.map((place) => wave(place, 0));
  const errors = Array.from({ length: degree + 1 }, (): number[] => []);
  for (const each of intervals) {
    const knots = uniformKnots({ degree, intervals: each, outerKnots: "clamped" });
    const matrix = normalMatrix(knots, x), c = multiplyTransposed(designMatrix(knots, x), y);
    solveByFactor(choleskyFactor(matrix, c.length, 0)!, c.length, c);
    errors.forEach((found, derivative) => {
      let most = 0, size = 0;
      for (let i = 0; i + 1 < count; i++) {
        const place = (x[i] + x[i + 1]) / 2, truth = wave(place, derivative);
        size = Math.max(size, Math.abs(truth));
        most = Math.max(most, Math.abs(evaluateSpline(knots, c, place, { derivative }) - truth));
      }
      found.push(most / size);
    });
  }
  return { name: "one layer", degree, intervals, errors };
}

/** A dummy problem whose formulas give derivatives of a network of two inputs. */
const PLANE: PdeProblem = {
  ...{ name: "derivatives", title: "Derivatives of a network", incomplete: true },
  ...{ domain: { x: [-1, 1], y: [-1, 1] }, rawCoordinates: true, conditions: [] },
  equations: [{ name: "none", equation: "u = 0" }],
};
const NAMES = ["u", "u_x", "u_xx", "u_xxx"];

/** The network [2, 1, 1] on `exp(sin(pi x) + y^2)`, refined and trained on from grid to grid. */
async function network(
  degree: number,
  quick: boolean,
  seed: number,
  running: PartRunning,
): Promise<RateValue> {
  const problem = findProblem("exp-sine"), side = 60;
  const { train } = galleryDatasets(problem, { rows: quick ? 3000 : 10_000 });
  const targets = Float64Array.from(
    { length: train.rows },
    (_, r) => problem.evaluate(train.inputs, 2 * r),
  );
  const points = Float64Array.from({ length: 2 * side * side }, (_, i) => {
    const at = i % 2 === 0 ? Math.floor(i / 2 / side) : Math.floor(i / 2) % side;
    return -0.97 + 1.94 * (at + 0.5) / side;
  });
  const config = { ...problem.defaults, degree, intervals: 5, knots: "uniform" as const };
  const errors = NAMES.map((): number[] => []),
    intervals = doublings(5, quick || degree > 3 ? 40 : 80);
  let found = createNetwork(config, { seed });
  for (const each of intervals) {
    if (each > 5) found = prolong(found);
    ({ network: found } = await trainToEnd(found, { ...train, targets }, {
      ...{ schedule: coarseSchedule(each > 5 ? 20 : 60), ...running },
      ...(each > 5 ? {} : { tournament: createTournament(config, { seed }) }),
    }));
    running.signal.throwIfAborted();
    const values = evaluateSolution(PLANE, found, points, NAMES);
    values.forEach((column, m) => {
      let most = 0, size = 0;
      column.forEach((value, r) => {
        const truth = slope(points[2 * r], points[2 * r + 1], m);
        size = Math.max(size, Math.abs(truth));
        most = Math.max(most, Math.abs(value - truth));
      });
      errors[m].push(most / size);
    });
  }
  return { name: "[2, 1, 1]", degree, intervals, errors };
}

/** Derivative `m` by x of `exp(sin(pi x) + y^2)`. */
function slope(x: number, y: number, m: number): number {
  const s = sin(Math.PI * x), c = cos(Math.PI * x), f = exp(s + y * y);
  return f * pow(Math.PI, m) * [1, c, c * c - s, c * c * c - 3 * s * c - c][m];
}

/** Powers of the intervals with which the errors fall, one a derivative, on the last three grids. */
function powersOf({ intervals, errors }: RateValue): number[] {
  return errors.map((row) => -powerFit(intervals.slice(-3), row.slice(-3)).slope);
}

function conclude(values: ReadonlyMap<string, RateValue>): Findings {
  const all = [...values.values()];
  const of = (name: string) => all.filter((value) => value.name === name);
  const off = (value: RateValue) =>
    Math.max(...powersOf(value).map((power, m) => Math.abs(power - (value.degree + 1 - m))));
  const said = (found: readonly RateValue[]) =>
    found.map((value) =>
      `degree ${value.degree}: ${powersOf(value).map((power) => brief(power)).join(", ")}`
    ).join("; ");
  return {
    claims: [
      verdict(
        "One layer: the largest error of derivative m falls like intervals^-(degree + 1 - m), the " +
          "power within 0.25, for all m up to the degree",
        of("one layer"),
        (found) => ({ holds: found.every((value) => off(value) < 0.25), measured: said(found) }),
      ),
      verdict(
        "A trained network [2, 1, 1]: the same of its derivatives by x, the power within 0.6",
        of("[2, 1, 1]"),
        (found) => ({ holds: found.every((value) => off(value) < 0.6), measured: said(found) }),
      ),
    ],
    tables: all.map((value) => ({
      title: `${value.name}, degree ${value.degree}: largest errors over the largest value`,
      columns: ["derivative", ...value.intervals.map(String), "power", "theorem"],
      rows: value.errors.map((row, m) => [
        ...[`${m}`, ...row, powersOf(value)[m], value.degree + 1 - m],
      ]),
    })),
    charts: all.map(({ name, degree, intervals, errors }) => ({
      title: `${name}, degree ${degree}`,
      text: `Largest errors of the derivatives of ${name} over the number of intervals.`,
      ...{ xTitle: "intervals", yTitle: "largest error", logarithmic: "both" as const },
      curves: errors.map((y, m) => ({ label: `derivative ${m}`, x: intervals, y })),
    })),
    notes: [
      "One layer: sin(3 pi x) + exp(x) by least squares at 4,001 even points, errors between them. " +
      "The network: exp(sin(pi x) + y^2), errors on a grid inside. Powers are fitted to the last " +
      "three grids; at degree 5 the training ends near 1e-10 from 80 intervals on, where it is left out.",
      "A layer of degree k has k - 1 continuous derivatives; the derivative k is that of the pieces.",
    ],
  };
}
