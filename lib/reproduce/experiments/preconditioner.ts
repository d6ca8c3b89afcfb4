/**
 * Gradient descent in both bases (Actor et al. 2025, equations (12) to (14)).
 *
 * One layer, one input, one output: `f = sum_i c_i B_i = sum_i W_i psi_i`, `B = A psi`, `W = A^T c`,
 * least squares on points (eq. (15)). A step of descent on `c` moves `W` by
 * `-eta A^T A dL/dW`, which is a step on `W` preconditioned by `A^T A` (with the orientation of
 * eq. (33); eq. (14) prints the transposed matrix).
 *
 * @module
 */

import {
  type Basis,
  changeOfBasis,
  designMatrix,
  multiply,
  multiplyTransposed,
  normalMatrix,
  type SparseRows,
} from "../../basis/mod.ts";
import { type KnotVector, numBasis, uniformKnots } from "../../knots/mod.ts";
import { pow, sin, symmetricEigenvalues } from "../../numerics/inner.ts";
import type { Experiment, ExperimentOptions, ExperimentPart, Findings } from "../experiment.ts";
import { brief, doublings, verdict } from "./_fits.ts";

/** Two ways of the same steps. */
interface StepsValue {
  readonly kind: "steps";
  readonly intervals: number;
  readonly degree: number;
  /** Largest difference of one step, in units of roundoff times the absolute terms. */
  readonly step: number;
  /** Relative difference of the functions after all steps, Adam's and L-BFGS's too. */
  readonly descent: number;
  readonly adam: number;
  readonly lbfgs: number;
  readonly lbfgsPreconditioned: number;
}

/** Losses over steps. */
interface CurvesValue {
  readonly kind: "curves";
  readonly degree: number;
  readonly intervals: number;
  readonly steps: readonly number[];
  readonly splines: readonly number[];
  readonly relu: readonly number[];
  readonly preconditioned: readonly number[];
}

type PreconditionerValue = StepsValue | CurvesValue;

/** The experiment. */
export const preconditioner: Experiment<PreconditionerValue> = {
  name: "preconditioner",
  title: "The change of basis as a preconditioner of descent",
  source: "Actor et al. 2025, Section 3, equations (12) to (15)",
  minutes: 1,
  parts,
  conclude,
};

/** Unit roundoff. */
const U = 2 ** -53;
const POINTS = 200;
const STEPS = 100;
/** What a step may differ by, in units of roundoff times the absolute terms. */
const ALLOWED = 16;

function parts({ quick = false }: ExperimentOptions): ExperimentPart<PreconditionerValue>[] {
  const grids = doublings(5, 80), steps = quick ? 1000 : 10_000;
  return [1, 2, 3].flatMap((degree) =>
    grids.flatMap((intervals) => [
      {
        id: `steps-degree-${degree}-intervals-${intervals}`,
        run: () => compareSteps(leastSquares(degree, intervals)),
      },
      {
        id: `curves-degree-${degree}-intervals-${intervals}`,
        run: () => compareCurves(leastSquares(degree, intervals), steps),
      },
    ])
  );
}

/** Least squares of `sin(4 pi x)` on evenly spaced points of [-1, 1]. */
interface LeastSquares {
  readonly degree: number;
  readonly intervals: number;
  readonly knots: KnotVector;
  readonly x: Float64Array;
  readonly change: SparseRows;
  readonly targets: Float64Array;
  readonly splines: SparseRows;
  readonly relu: SparseRows;
}

function leastSquares(degree: number, intervals: number): LeastSquares {
  const knots: KnotVector = uniformKnots({ degree, intervals });
  const x = Float64Array.from({ length: POINTS }, (_, i) => (2 * i + 1) / POINTS - 1);
  return {
    ...{ degree, intervals, knots, x },
    change: changeOfBasis(knots),
    targets: x.map((place) => sin(4 * Math.PI * place)),
    splines: designMatrix(knots, x),
    relu: designMatrix(knots, x, { basis: "relu" }),
  };
}

/** `(Phi^T Phi c - Phi^T y) / D` for rows `Phi`. */
function gradient(design: SparseRows, c: Float64Array, targets: Float64Array): Float64Array {
  const residuals = multiply(design, c).map((value, d) => (value - targets[d]) / POINTS);
  return multiplyTransposed(design, residuals);
}

function lossOf(design: SparseRows, c: Float64Array, targets: Float64Array): number {
  const values = multiply(design, c);
  return values.reduce((sum, value, d) => sum + (value - targets[d]) ** 2, 0) / (2 * POINTS);
}

/** One over the largest eigenvalue of the Hessian `Phi^T Phi / D`. */
function longestStep({ knots, x }: LeastSquares, basis: Basis): number {
  const matrix = normalMatrix(knots, x, basis);
  return POINTS / Math.max(...symmetricEigenvalues(matrix, numBasis(knots)));
}

function absolute(matrix: SparseRows): SparseRows {
  return { ...matrix, values: matrix.values.map(Math.abs) };
}

/** `A^T A v`. */
function precondition(change: SparseRows, vector: Float64Array): Float64Array {
  return multiplyTransposed(change, multiply(change, vector));
}

function compareSteps(problem: LeastSquares): StepsValue {
  const { degree, intervals, change, splines, relu, targets } = problem;
  const rate = longestStep(problem, "bspline"), n = splines.columns;
  let c = new Float64Array(n), w = new Float64Array(n), most = 0;
  for (let k = 0; k < STEPS; k++) {
    const before = multiplyTransposed(change, c);
    c = minus(c, rate, gradient(splines, c, targets));
    const [one, other] = [multiplyTransposed(change, c), preconditionedStep(problem, before, rate)];
    const terms = absoluteTerms(problem, before, rate);
    for (let i = 0; i < n; i++) {
      most = Math.max(most, Math.abs(one[i] - other[i]) / (U * terms[i]));
    }
    w = preconditionedStep(problem, w, rate);
  }
  const same = (spline: Float64Array, power: Float64Array) =>
    difference(multiply(splines, spline), multiply(relu, power));
  const inSplines = (v: Float64Array) => gradient(splines, v, targets);
  const inRelu = (v: Float64Array) => gradient(relu, v, targets);
  return {
    ...{ kind: "steps" as const, degree, intervals, step: most, descent: same(c, w) },
    adam: same(adam(inSplines, n), adam(inRelu, n)),
    lbfgs: same(lbfgs(inSplines, splines, (v) => v), lbfgs(inRelu, relu, (v) => v)),
    lbfgsPreconditioned: same(
      lbfgs(inSplines, splines, (v) => v),
      lbfgs(inRelu, relu, (v) => precondition(change, v)),
    ),
  };
}

function minus(x: Float64Array, rate: number, g: Float64Array): Float64Array<ArrayBuffer> {
  return Float64Array.from(x, (value, i) => value - rate * g[i]);
}

function preconditionedStep(
  { change, relu, targets }: LeastSquares,
  w: Float64Array,
  rate: number,
): Float64Array<ArrayBuffer> {
  return minus(w, rate, precondition(change, gradient(relu, w, targets)));
}

/** What a step adds up, with every term and matrix entry taken absolutely. */
function absoluteTerms(
  { change, relu, targets }: LeastSquares,
  w: Float64Array,
  rate: number,
): Float64Array {
  const size = absolute(change), sizes = w.map(Math.abs);
  const residuals = multiply(relu, sizes).map((value, d) =>
    (value + Math.abs(targets[d])) / POINTS
  );
  const slopes = precondition(size, multiplyTransposed(relu, residuals));
  return sizes.map((value, i) => value + rate * slopes[i]);
}

function difference(a: Float64Array, b: Float64Array): number {
  let most = 0, size = 0;
  for (let d = 0; d < a.length; d++) {
    most = Math.max(most, Math.abs(a[d] - b[d]));
    size = Math.max(size, Math.abs(a[d]));
  }
  return most / size;
}

type Gradient = (v: Float64Array) => Float64Array;

/** Adam (Kingma and Ba 2015) with step size 0.01. */
function adam(gradientOf: Gradient, n: number): Float64Array {
  const x = new Float64Array(n), m = new Float64Array(n), v = new Float64Array(n);
  for (let k = 1; k <= STEPS; k++) {
    const g = gradientOf(x);
    for (let i = 0; i < n; i++) {
      m[i] = 0.9 * m[i] + 0.1 * g[i];
      v[i] = 0.999 * v[i] + 0.001 * g[i] ** 2;
      x[i] -= 0.01 * (m[i] / (1 - pow(0.9, k))) / (Math.sqrt(v[i] / (1 - pow(0.999, k))) + 1e-8);
    }
  }
  return x;
}

/** Steps of L-BFGS here: later, the two ways part by rounding. */
const LBFGS_STEPS = 5;

/**
 * L-BFGS with exact line searches of the quadratic loss (Nocedal and Wright 2006, algorithm 7.4)
 * and a first matrix `H_0 = gamma P`.
 */
function lbfgs(
  gradientOf: Gradient,
  design: SparseRows,
  first: (v: Float64Array) => Float64Array,
): Float64Array {
  const dot = (a: Float64Array, b: Float64Array) =>
    a.reduce((sum, each, i) => sum + each * b[i], 0);
  const pairs: { s: Float64Array; y: Float64Array }[] = [];
  let x = new Float64Array(design.columns), g = gradientOf(x);
  for (let k = 0; k < LBFGS_STEPS; k++) {
    let q = g.slice();
    const shares: number[] = [];
    for (const { s, y } of pairs.toReversed()) {
      const share = dot(s, q) / dot(s, y);
      shares.push(share);
      q = Float64Array.from(q, (each, i) => each - share * y[i]);
    }
    const last = pairs.at(-1);
    const gamma = last === undefined ? 1 : dot(last.s, last.y) / dot(last.y, first(last.y));
    let d = Float64Array.from(first(q), (each) => gamma * each);
    for (const { s, y } of pairs) {
      const share = shares.pop()! - dot(y, d) / dot(s, y);
      d = Float64Array.from(d, (each, i) => each + share * s[i]);
    }
    const along = multiply(design, d);
    const length = -dot(g, d) * POINTS / dot(along, along);
    const next = Float64Array.from(x, (each, i) => each + length * d[i]), h = gradientOf(next);
    pairs.push({ s: next.map((each, i) => each - x[i]), y: h.map((each, i) => each - g[i]) });
    [x, g] = [next, h];
  }
  return x;
}

function compareCurves(problem: LeastSquares, steps: number): CurvesValue {
  const { degree, intervals, change, splines, relu, targets } = problem;
  const [rate, powerRate] = [longestStep(problem, "bspline"), longestStep(problem, "relu")];
  const n = splines.columns;
  let c = new Float64Array(n), w = new Float64Array(n), p = new Float64Array(n);
  const curve: { at: number; splines: number; relu: number; preconditioned: number }[] = [];
  for (let k = 0, mark = 1; k <= steps; k++) {
    if (k === mark || k === steps) {
      curve.push({
        at: k,
        splines: lossOf(splines, c, targets),
        relu: lossOf(relu, w, targets),
        preconditioned: lossOf(relu, p, targets),
      });
      mark = Math.ceil(mark * 1.25);
    }
    c = minus(c, rate, gradient(splines, c, targets));
    w = minus(w, powerRate, gradient(relu, w, targets));
    p = minus(p, rate, precondition(change, gradient(relu, p, targets)));
  }
  return {
    ...{ kind: "curves" as const, degree, intervals },
    steps: curve.map(({ at }) => at),
    splines: curve.map((row) => row.splines),
    relu: curve.map((row) => row.relu),
    preconditioned: curve.map((row) => row.preconditioned),
  };
}

function conclude(values: ReadonlyMap<string, PreconditionerValue>): Findings {
  const all = [...values.values()];
  const steps = all.filter((value) => value.kind === "steps");
  const curves = all.filter((value) => value.kind === "curves");
  return {
    claims: [
      stepClaim(steps),
      verdict(
        "L-BFGS that begins with A^T A instead of the identity takes the same steps",
        steps,
        (found) => {
          const most = Math.max(...found.map(({ lbfgsPreconditioned }) => lbfgsPreconditioned));
          return { holds: most < 1e-6, measured: `functions differ by at most ${brief(most)}` };
        },
      ),
      verdict(
        "Adam and plain L-BFGS do not: their functions differ after the same steps",
        steps,
        (found) => {
          const least = Math.min(...found.flatMap(({ adam, lbfgs }) => [adam, lbfgs]));
          return { holds: least > 1e-3, measured: `by at least ${brief(least)}` };
        },
      ),
      curveClaim(curves),
    ],
    tables: [stepsTable(steps), curvesTable(curves)],
    charts: curves.filter(({ intervals }) => intervals === 20).map(curveChart),
    notes: NOTES,
  };
}

function stepClaim(steps: readonly StepsValue[]) {
  return verdict(
    `A step of descent on c moves W = A^T c as a step on W preconditioned by A^T A does: ${STEPS} ` +
      `steps, difference at most ${ALLOWED} units of roundoff of the absolute terms`,
    steps,
    (found) => {
      const most = Math.max(...found.map(({ step }) => step));
      return { holds: most <= ALLOWED, measured: `at most ${brief(most)} units` };
    },
  );
}

function curveClaim(curves: readonly CurvesValue[]) {
  return verdict(
    "Plain descent with its longest stable step ends lower in the spline basis than in that of ReLU powers",
    curves,
    (found) => {
      const wins = found.filter(({ splines, relu }) => splines.at(-1)! < relu.at(-1)!);
      return {
        holds: wins.length === found.length,
        measured: `${wins.length} of ${found.length} grids`,
      };
    },
  );
}

function stepsTable(steps: readonly StepsValue[]) {
  return {
    title: `Both ways of the same steps: ${STEPS} of descent and Adam, ${LBFGS_STEPS} of L-BFGS`,
    columns: [
      "degree, intervals",
      "one step, units of roundoff",
      "all steps of descent",
      "Adam",
      "L-BFGS",
      "L-BFGS from A^T A",
    ],
    rows: steps.map((row) => [
      `${row.degree}, ${row.intervals}`,
      ...[row.step, row.descent, row.adam, row.lbfgs, row.lbfgsPreconditioned],
    ]),
  };
}

function curvesTable(curves: readonly CurvesValue[]) {
  return {
    title: `Loss after ${curves[0]?.steps.at(-1) ?? 0} steps of plain descent`,
    columns: ["degree, intervals", "splines", "ReLU powers", "ReLU powers preconditioned"],
    rows: curves.map(({ degree, intervals, splines, relu, preconditioned }) => [
      `${degree}, ${intervals}`,
      ...[splines.at(-1)!, relu.at(-1)!, preconditioned.at(-1)!],
    ]),
  };
}

function curveChart({ degree, steps, splines, relu, preconditioned }: CurvesValue) {
  return {
    title: `Descent, degree ${degree}, 20 intervals`,
    text:
      "Loss over steps of plain descent: the curve of splines and that of preconditioned ReLU " +
      "powers fall together, that of ReLU powers stays high.",
    ...{ xTitle: "steps", yTitle: "loss", logarithmic: "both" as const },
    curves: [
      { label: "splines", x: steps, y: splines },
      { label: "ReLU powers", x: steps, y: relu },
      {
        label: "ReLU powers, preconditioned",
        x: steps,
        y: preconditioned,
        kind: "points" as const,
      },
    ],
  };
}

const NOTES = [
  `Least squares of sin(4 pi x) on ${POINTS} points of [-1, 1]; steps of descent are 1 over the largest ` +
  "eigenvalue of the basis's Hessian. The paper prints no problem for these equations.",
  "Adam divides each coordinate by its own size, and L-BFGS begins with a multiple of the identity: " +
  "both depend on the coordinates. L-BFGS whose first matrix is A^T A does not.",
  "Differences of functions: the largest over the points, relative to the largest value.",
];
