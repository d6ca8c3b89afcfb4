/**
 * An eigenvalue problem on products of B-splines: rows of `A - lambda B` at points inside, and rows
 * of the conditions.
 *
 * @module
 */

import { bsplineDerivatives, gaussLegendre } from "../../basis/mod.ts";
import type { KnotVector } from "../../knots/mod.ts";
import { evaluateExpression } from "../equations/expression.ts";
import { type NamedOutput, outputsOf } from "../equations/outputs.ts";
import type { PdeProblem } from "../equations/pde.ts";
import type { ResolvedPde, ResolvedTerm } from "../equations/resolve.ts";
import { compileTape } from "../equations/tape.ts";
import { isInDomain } from "../points/domain.ts";
import { termColumns, termPoints, withoutSingular } from "../points/lay_out.ts";
import { cos, pow } from "../../numerics/inner.ts";

/** Rows at points, column after column. */
export interface EigenPencil {
  /** Functions, of all unknowns. */
  readonly size: number;
  readonly rows: number;
  /** The equations and conditions at lambda 0, shape `[size, rows]`. */
  readonly left: Float64Array;
  /** What lambda takes away from them; 0 in rows of conditions. */
  readonly right: Float64Array;
  /** All functions at points of the domain, to measure them: `[count, size]` per unknown, rows weighted. */
  readonly inside: { readonly points: Float64Array; readonly weights: Float64Array };
  /** The unknowns of a vector at points: an array per unknown. */
  evaluate(vector: Float64Array, points: Float64Array): Float64Array[];
}

/** Points per interval and coordinate, and how much more conditions weigh than equations. */
const EXTRA_POINTS = 2, CONDITION_WEIGHT = 1;

/** Products of splines of a degree on even intervals. */
interface Products {
  readonly knots: readonly KnotVector[];
  readonly counts: readonly number[];
  readonly each: number;
}

/** Assembles a problem, `lambda` being one of its coefficients. */
export function eigenPencil(
  problem: PdeProblem,
  resolved: ResolvedPde,
  lambda: string,
  degree: number,
  intervals: number,
): EigenPencil {
  const { ranges, terms, unknowns } = resolved, products = productsOf(ranges, degree, intervals);
  const size = products.each * unknowns.length;
  const inside = insidePoints(problem, ranges, degree, intervals);
  const blocks = terms.map((term) => {
    const { condition } = term;
    const face = 2 * pow(intervals + degree, ranges.length - 1);
    const all = condition
      ? termPoints(problem, resolved, condition, undefined, Math.max(16, face))
      : inside.points;
    const points = withoutSingular(resolved, term, all);
    return termRows(problem, resolved, term, points, lambda, products, size);
  });
  const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
  const left = new Float64Array(rows * size), right = new Float64Array(rows * size);
  let first = 0;
  blocks.forEach((block, k) => {
    const scale = (terms[k].condition ? CONDITION_WEIGHT : 1) / (block.length || 1);
    for (let j = 0; j < size; j++) {
      for (let r = 0; r < block.rows; r++) {
        left[j * rows + first + r] = scale * block.left[j * block.rows + r];
        right[j * rows + first + r] = scale * block.right[j * block.rows + r];
      }
    }
    first += block.rows;
  });
  const evaluate = (vector: Float64Array, points: Float64Array) =>
    unknowns.map((_, u) => valuesOf(products, vector, u, points));
  return { ...{ size, rows, left, right, inside, evaluate } };
}

function productsOf(
  ranges: ResolvedPde["ranges"],
  degree: number,
  intervals: number,
): Products {
  const knots = ranges.map(([a, b]): KnotVector => ({
    degree,
    values: Float64Array.from(
      { length: intervals + 2 * degree + 1 },
      (_, i) => a + (b - a) * Math.max(0, Math.min(intervals, i - degree)) / intervals,
    ),
  }));
  const counts = knots.map(() => intervals + degree);
  return { knots, counts, each: counts.reduce((product, count) => product * count, 1) };
}

/** Points of Gauss and Legendre in every interval, those of the shape, with their weights. */
function insidePoints(
  problem: PdeProblem,
  ranges: ResolvedPde["ranges"],
  degree: number,
  intervals: number,
): EigenPencil["inside"] {
  const each = Math.max(3, Math.ceil((degree + EXTRA_POINTS) / (ranges.length > 1 ? 1.5 : 1)));
  const { nodes, weights } = gaussLegendre(each);
  let points: number[][] = [[]], sizes = [1];
  for (const [a, b] of ranges) {
    const h = (b - a) / intervals;
    const line = Array.from({ length: intervals * each }, (_, i) => ({
      x: a + h * (Math.floor(i / each) + (1 + nodes[i % each]) / 2),
      weight: h * weights[i % each] / 2,
    }));
    sizes = sizes.flatMap((size) => line.map(({ weight }) => size * weight));
    points = points.flatMap((point) => line.map(({ x }) => [...point, x]));
  }
  const kept = points.flatMap((point, i) =>
    !problem.shape || isInDomain(problem, point) ? [i] : []
  );
  return {
    points: Float64Array.from(kept.flatMap((i) => points[i])),
    weights: Float64Array.from(kept, (i) => sizes[i]),
  };
}

/** The rows of an equation or condition. */
function termRows(
  problem: PdeProblem,
  { coordinates }: ResolvedPde,
  { residual, condition, name, text }: ResolvedTerm,
  points: Float64Array,
  lambda: string,
  products: Products,
  size: number,
) {
  const d = coordinates.length, rows = points.length / d, outputs = outputsOf(residual);
  const left = new Float64Array(rows * size), right = new Float64Array(rows * size);
  const tape = compileTape(residual, rows), columns = termColumns(problem, condition, points);
  const set = (value: number, eigenvalue: number) =>
    tape.variables.forEach((each, v) => {
      const i = coordinates.indexOf(each),
        isOutput = outputs.some((output) => output.name === each);
      for (let r = 0; r < rows; r++) {
        tape.columns[v][r] = isOutput
          ? value * cos(1 + v + r)
          : each === lambda
          ? eigenvalue
          : i >= 0
          ? points[r * d + i]
          : columns[each][r];
      }
    });
  const slopes = (value: number, eigenvalue: number) => {
    set(value, eigenvalue);
    const values = tape.run().slice();
    return { values, slopes: tape.pull().map((column) => column.slice()) };
  };
  const none = slopes(0, 0), one = slopes(0, 1), two = slopes(0, 2), some = slopes(1, 1);
  const v = (each: string) => tape.variables.indexOf(each);
  for (const { name: each } of outputs) {
    const at = v(each);
    one.slopes[at].forEach((slope, r) => {
      const size = Math.abs(slope) + Math.abs(none.slopes[at][r]) + Math.abs(two.slopes[at][r]);
      const isLinear = Math.abs(some.slopes[at][r] - slope) <= 1e-9 * size &&
        Math.abs(none.slopes[at][r] - 2 * slope + two.slopes[at][r]) <= 1e-9 * size;
      if (!isLinear) throw refusal(name, text, "linear in the unknowns and in " + lambda);
    });
  }
  const free = none.values.findIndex((value) => Math.abs(value) > 1e-12);
  if (free >= 0) {
    throw refusal(
      name,
      text,
      `a sum of terms that all hold an unknown (${lambda} has no meaning ` +
        "beside a source)",
    );
  }
  let length = 0;
  for (const output of outputs) {
    const at = v(output.name);
    for (let r = 0; r < rows; r++) {
      const a = none.slopes[at][r], b = a - one.slopes[at][r];
      if (a === 0 && b === 0) continue;
      writeRow(products, output, points.subarray(r * d, r * d + d), coordinates, (j, value) => {
        left[j * rows + r] += a * value;
        right[j * rows + r] += b * value;
      });
    }
  }
  for (const value of left) length += value * value;
  return { rows, left, right, length: Math.sqrt(length / size) };
}

function refusal(name: string, text: string, rule: string): RangeError {
  return new RangeError(
    `Cannot solve eigenvalue problem: ${name} must be ${rule}, current value is ${text}`,
  );
}

/** Calls with every function that is not 0 at a point, and its derivative there. */
function writeRow(
  { knots, counts, each }: Products,
  { output, derivative, place }: Pick<NamedOutput, "output" | "derivative" | "place">,
  point: Float64Array,
  coordinates: readonly string[],
  write: (column: number, value: number) => void,
): void {
  const values = Object.fromEntries(coordinates.map((name, i) => [name, point[i]]));
  const at = place ? place.map((formula) => evaluateExpression(formula, values)) : point;
  const locals = knots.map((knot, i) => {
    const order = derivative.filter((by) => by === i).length;
    const { interval, values: all } = bsplineDerivatives(knot, at[i], order);
    const size = knot.degree + 1;
    return {
      first: interval - knot.degree,
      values: all.subarray(order * size, (order + 1) * size),
    };
  });
  const visit = (i: number, column: number, value: number): void => {
    if (i === knots.length) return write(output * each + column, value);
    const { first, values: local } = locals[i];
    local.forEach((part, j) => visit(i + 1, column * counts[i] + first + j, value * part));
  };
  visit(0, 0, 1);
}

function valuesOf(
  products: Products,
  vector: Float64Array,
  output: number,
  points: Float64Array,
): Float64Array {
  const d = products.knots.length, out = new Float64Array(points.length / d);
  out.forEach((_, r) => {
    writeRow(
      products,
      { output, derivative: [] },
      points.subarray(r * d, r * d + d),
      [],
      (column, value) => out[r] += vector[column] * value,
    );
  });
  return out;
}
