/**
 * What the two forms of a spline layer cost (Actor et al. 2025, appendix C.4).
 *
 * @module
 */

import { bsplineBasis, toRelu } from "../../basis/mod.ts";
import { type KnotVector, numBasis, uniformKnots } from "../../knots/mod.ts";
import type {
  CheckedClaim,
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
} from "../experiment.ts";
import { brief, doublings, powerFit, verdict } from "./_fits.ts";
import { sin } from "../../numerics/inner.ts";

/** Operations and nanoseconds of a layer with one input and `outputs` outputs, for a point. */
interface CostRow {
  readonly degree: number;
  readonly intervals: number;
  readonly outputs: number;
  /** Floating-point operations: Cox-de Boor's full basis, ReLU powers, local B-splines. */
  readonly operations: readonly [number, number, number];
  readonly nanoseconds: readonly [number, number, number];
  /** The largest difference of the three results, relative to the largest value. */
  readonly difference: number;
}

const DEGREES = [1, 2, 3, 4, 5];

/** The experiment. */
export const cost: Experiment<CostRow> = {
  name: "cost",
  title: "Cost of the full basis, of ReLU powers and of local B-splines",
  source: "Actor et al. 2025, appendix C.4",
  minutes: 1,
  parts,
  conclude,
};

function parts({ quick = false }: ExperimentOptions): ExperimentPart<CostRow>[] {
  const grids = quick ? [5, 20, 80] : doublings(5, 320);
  return DEGREES.flatMap((degree) =>
    grids.flatMap((intervals) =>
      [1, 20].map((outputs) => ({
        id: `degree-${degree}-intervals-${intervals}-outputs-${outputs}`,
        run: () => measure(degree, intervals, outputs, quick ? 200 : 4000),
      }))
    )
  );
}

/** One form: writes `outputs` values of the layer at a point and returns its operations. */
type Form = (x: number, out: Float64Array) => number;

function measure(degree: number, intervals: number, outputs: number, points: number): CostRow {
  const knots = uniformKnots({ degree, intervals }), n = numBasis(knots);
  const c = Float64Array.from({ length: n * outputs }, (_, i) => sin(1 + i));
  const w = toRelu(knots, c, outputs);
  const forms: readonly [Form, Form, Form] = [
    fullBasis(knots, c, outputs),
    powers(knots, w, outputs),
    localBasis(knots, c, outputs),
  ];
  const x = Float64Array.from({ length: points }, (_, i) => ((i * 0.618033988749895) % 1) * 2 - 1);
  const out = new Float64Array(outputs);
  const results = forms.map((form) => {
    for (const place of x) form(place, out); // the compiler's warm-up
    let operations = 0, sum = 0;
    const from = performance.now();
    for (const place of x) operations += form(place, out);
    const nanoseconds = (performance.now() - from) * 1e6 / points;
    for (const place of x) {
      form(place, out);
      sum += out[0];
    }
    return { operations: operations / points, nanoseconds, mean: sum / points };
  });
  const [full, relu, local] = results;
  return {
    ...{ degree, intervals, outputs },
    operations: [full.operations, relu.operations, local.operations],
    nanoseconds: [full.nanoseconds, relu.nanoseconds, local.nanoseconds],
    difference: Math.max(Math.abs(full.mean - local.mean), Math.abs(relu.mean - local.mean)),
  };
}

/** All functions of all orders, nine operations for each, then the sums. */
function fullBasis({ values: t, degree }: KnotVector, c: Float64Array, outputs: number): Form {
  const n = t.length - degree - 1, basis = new Float64Array(t.length - 1);
  return (x, out) => {
    let operations = 0;
    for (let i = 0; i < basis.length; i++) basis[i] = x >= t[i] && x < t[i + 1] ? 1 : 0;
    for (let k = 1; k <= degree; k++) {
      for (let i = 0; i + k < basis.length; i++) {
        basis[i] = (x - t[i]) / (t[i + k] - t[i]) * basis[i] +
          (t[i + k + 1] - x) / (t[i + k + 1] - t[i + 1]) * basis[i + 1];
      }
      operations += 9 * (basis.length - k);
    }
    sums(basis, 0, n, c, outputs, out);
    return operations + 2 * n * outputs;
  };
}

/** `ReLU(x - t_i)^degree`, by products. */
function powers({ values: t, degree }: KnotVector, w: Float64Array, outputs: number): Form {
  const n = t.length - degree - 1, basis = new Float64Array(n);
  return (x, out) => {
    for (let i = 0; i < n; i++) {
      const distance = Math.max(x - t[i], 0);
      let power = distance;
      for (let k = 1; k < degree; k++) power *= distance;
      basis[i] = power;
    }
    sums(basis, 0, n, w, outputs, out);
    return n * (degree + 1) + 2 * n * outputs;
  };
}

/** The `degree + 1` functions that are not 0 at the point (de Boor's triangle). */
function localBasis(knots: KnotVector, c: Float64Array, outputs: number): Form {
  const { degree } = knots;
  return (x, out) => {
    const { interval, values } = bsplineBasis(knots, x);
    sums(values, interval - degree, degree + 1, c, outputs, out);
    return 3 * degree * (degree + 1) + 2 * (degree + 1) * outputs;
  };
}

function sums(
  basis: Float64Array,
  first: number,
  count: number,
  c: Float64Array,
  outputs: number,
  out: Float64Array,
): void {
  out.fill(0);
  for (let i = 0; i < count; i++) {
    for (let q = 0; q < outputs; q++) out[q] += basis[i] * c[(first + i) * outputs + q];
  }
}

/** The power of the intervals by which operations of each form grow, a mean over the degrees. */
function meanSlopes(rows: readonly CostRow[]): number[] {
  const slopes = DEGREES.flatMap((degree) => {
    const alike = rows.filter((row) => row.degree === degree && row.intervals >= 20);
    const intervals = alike.map((row) => row.intervals);
    return alike.length < 2
      ? []
      : [[0, 1, 2].map((form) =>
        powerFit(intervals, alike.map(({ operations }) => operations[form])).slope
      )];
  });
  return [0, 1, 2].map((form) => slopes.reduce((sum, s) => sum + s[form], 0) / slopes.length);
}

function conclude(values: ReadonlyMap<string, CostRow>): Findings {
  const rows = [...values.values()], one = rows.filter(({ outputs }) => outputs === 1);
  const finest = Math.max(0, ...one.map(({ intervals }) => intervals)),
    crossings = crossingsOf(rows);
  return {
    claims: [
      verdict(
        "The full basis costs as many operations as intervals, ReLU powers too, local B-splines none more with more",
        one,
        (found) => {
          const mean = meanSlopes(found);
          return {
            holds: Math.abs(mean[0] - 1) < 0.15 && Math.abs(mean[1] - 1) < 0.15 && mean[2] === 0,
            measured: `powers of the intervals ${mean.map((slope) => brief(slope)).join(", ")}`,
          };
        },
      ),
      verdict(
        "The full basis needs more operations than ReLU powers, by a factor that grows no faster than the degree",
        one,
        (found) => {
          const ratios = found.filter(({ intervals }) => intervals === finest)
            .map(({ degree, operations }) => ({ degree, factor: operations[0] / operations[1] }));
          return {
            holds: ratios.every(({ degree, factor }) =>
              factor > 1 && factor <= ratios[0].factor * degree
            ),
            measured: ratios.map(({ degree, factor }) => `degree ${degree}: ${brief(factor)}`).join(
              ", ",
            ),
          };
        },
      ),
      crossingClaim(rows, crossings),
      verdict(
        "The three forms give the same layer: means over the points differ by less than 1e-6",
        rows.filter(({ degree }) => degree <= 3),
        (found) => {
          const most = Math.max(...found.map(({ difference }) => difference));
          return { holds: most < 1e-6, measured: brief(most) };
        },
      ),
    ],
    tables: rows.length === 0 ? [] : [
      costTable(rows),
      ...(crossings.length === 0 ? [] : [crossingTable(crossings)]),
    ],
    charts: one.length === 0 ? [] : [costChart(one)],
    notes: [
      "All three are plain loops in TypeScript, one point at a time; nanoseconds depend on the " +
      "machine and no claim rests on them. Kernels that train networks are faster (docs/benchmarks.md).",
      "The paper compares ReLU powers with the full basis and finds a speed-up by the degree. Local " +
      "B-splines, degree + 1 functions at a point, are not in its comparison.",
    ],
  };
}

function costTable(rows: readonly CostRow[]) {
  return {
    title: "Operations and nanoseconds per point and input",
    columns: [
      "degree, intervals, outputs",
      ...["full basis", "ReLU powers", "local"].map((form) => `${form}, operations`),
      ...["full basis", "ReLU powers", "local"].map((form) => `${form}, ns`),
    ],
    rows: rows.map(({ degree, intervals, outputs, operations, nanoseconds }) => [
      `${degree}, ${intervals}, ${outputs}`,
      ...operations,
      ...nanoseconds,
    ]),
  };
}

/** From how many intervals on local B-splines need fewer operations than the other forms. */
interface Crossing {
  readonly degree: number;
  readonly outputs: number;
  readonly full: number;
  readonly relu: number;
}

/** Operations of the other forms are straight lines over the intervals: two grids tell them. */
function crossingsOf(rows: readonly CostRow[]): Crossing[] {
  return DEGREES.flatMap((degree) =>
    [1, 20].flatMap((outputs) => {
      const [first, ...others] = rows.filter((row) =>
        row.degree === degree && row.outputs === outputs
      );
      const last = others.at(-1);
      if (last === undefined) return [];
      const [full, relu] = [0, 1].map((form) => {
        const slope = (last.operations[form] - first.operations[form]) /
          (last.intervals - first.intervals);
        return first.intervals + (first.operations[2] - first.operations[form]) / slope;
      });
      return [{ degree, outputs, full, relu }];
    })
  );
}

/** Where the lines of operations cross. */
function crossingClaim(rows: readonly CostRow[], crossings: readonly Crossing[]): CheckedClaim {
  return verdict(
    "Local B-splines need fewer operations than ReLU powers from 8 intervals on, at every degree " +
      "and number of outputs",
    crossings,
    (found) => {
      const latest = Math.max(...found.map(({ relu }) => relu));
      const wins = rows.filter(({ intervals, operations: [, relu, local] }) =>
        intervals < 8 || local < relu
      );
      return {
        holds: latest < 8 && wins.length === rows.length,
        measured: `the lines cross at ${brief(latest)} intervals or fewer`,
      };
    },
  );
}

function crossingTable(crossings: readonly Crossing[]) {
  return {
    title: "Intervals at which local B-splines become cheaper (below 1: on every grid)",
    columns: ["degree, outputs", "than the full basis", "than ReLU powers"],
    rows: crossings.map(({ degree, outputs, full, relu }) => [
      `${degree}, ${outputs}`,
      ...[full, relu],
    ]),
  };
}

function costChart(one: readonly CostRow[]) {
  const alike = one.filter(({ degree }) => degree === 3);
  return {
    title: "Operations, degree 3, one output",
    text: "Operations over the number of intervals: straight lines of slope 1 for the full basis " +
      "and ReLU powers, a flat line for local B-splines.",
    ...{ xTitle: "intervals", yTitle: "operations", logarithmic: "both" as const },
    curves: ["full basis", "ReLU powers", "local B-splines"].map((label, form) => ({
      label,
      x: alike.map(({ intervals }) => intervals),
      y: alike.map(({ operations }) => operations[form]),
    })),
  };
}
