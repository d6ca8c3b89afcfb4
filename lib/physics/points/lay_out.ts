/**
 * The terms of a problem on their points: what is computed there, and from which jets.
 *
 * @module
 */

import { exp, nearbyOrder, pow, takeRows } from "../../numerics/inner.ts";
import type { JetPoints } from "../../engine/mod.ts";
import { createRandom } from "../../model/mod.ts";
import { variablesOf } from "../equations/expression.ts";
import { readFaces } from "../equations/faces.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { outputPoints, type OutputSource } from "./output_points.ts";
import { outputsOf, readOutputName } from "../equations/outputs.ts";
import type { ResolvedPde, ResolvedTerm } from "../equations/resolve.ts";
import {
  boundaryPoints,
  domainPoints,
  isOnBoundary,
  normalsAt,
  partInFaces,
  pointsIn,
} from "./domain.ts";
import type { Sampler } from "./sampling.ts";
import { compileTape, type Tape } from "../equations/tape.ts";

/** One group of points with its tape. */
export interface LaidOutTerm extends ResolvedTerm {
  readonly points: Float64Array; // [rows, coordinates]
  readonly rows: number;
  /** Weight of a point in the loss, the term's own included: `weight w_r / (rows size^2)`. */
  readonly shares: Float64Array;
  /** The points themselves, and places elsewhere if any are named. */
  readonly groups: readonly JetPoints[];
  readonly tape: Tape;
  /** Per variable of the tape: where it is among the jets, a coefficient, or neither. */
  readonly sources: readonly (
    | { readonly kind: "jet"; readonly at: OutputSource }
    | { readonly kind: "coefficient"; readonly index: number }
    | { readonly kind: "given" }
  )[];
}

/** Points on a face where a condition does not say how many. */
export const FACE_POINTS = 64;

/** The points of a term: inside, on faces, or of measurements. */
export function termPoints(
  problem: PdeProblem,
  { coordinates, ranges }: ResolvedPde,
  condition: ResolvedTerm["condition"],
  sampler: Sampler | undefined,
  facePoints = FACE_POINTS,
  faceSampler?: (free: readonly (readonly [number, number])[], count: number) => Sampler,
): Float64Array {
  const d = coordinates.length;
  if (!condition) {
    const count = d <= 1 ? 64 : d === 2 ? 32 : 12;
    const counts = problem.grid ?? new Array(d).fill(count);
    const points = domainPoints(problem, sampler ?? { kind: "grid", counts });
    const isOrdered = !sampler || sampler.kind === "grid" || sampler.kind === "points";
    return isOrdered ? points : takeRows(points, d, nearbyOrder(points, d));
  }
  if (condition.data) {
    const columns = coordinates.map((name) => condition.data![name]);
    return Float64Array.from(
      { length: columns[0].length * d },
      (_, i) => columns[i % d][Math.floor(i / d)],
    );
  }
  if (condition.on !== undefined) {
    const dense = Math.ceil(partInFaces(problem, condition.on) * Math.max(FACE_POINTS, facePoints));
    return boundaryPoints(
      problem,
      condition.on,
      Math.max(condition.points ?? 0, dense),
      faceSampler,
    );
  }
  const places = readFaces(condition.at!, coordinates, ranges);
  const fixed = places.map((face) => face.kind === "positions" ? face.values : []);
  let faces: number[][] = [[]];
  for (const values of fixed) {
    faces = faces.flatMap((face) => (values.length ? values : [NaN]).map((v) => [...face, v]));
  }
  const free = places.flatMap((face) => face.kind === "range" ? [face.range] : []);
  const count = Math.max(condition.points ?? FACE_POINTS, facePoints);
  const side = Math.max(2, Math.round(pow(count, 1 / Math.max(1, free.length))));
  if (free.length === 0) return spreadOver(faces, new Float64Array(0), 0);
  return pointsIn(
    problem,
    free,
    faceSampler?.(free, count) ?? { kind: "grid", counts: free.map(() => side) },
    (sampled) => spreadOver(faces, sampled, free.length),
  );
}

/** Points of the free coordinates on every face, whose free positions are NaN. */
function spreadOver(
  faces: readonly (readonly number[])[],
  sampled: Float64Array,
  free: number,
): Float64Array {
  const each = free === 0 ? 1 : sampled.length / free, d = faces[0].length;
  const points = new Float64Array(faces.length * each * d);
  faces.forEach((face, f) => {
    for (let r = 0; r < each; r++) {
      let k = 0;
      face.forEach((value, i) => {
        points[(f * each + r) * d + i] = Number.isNaN(value) ? sampled[r * free + k++] : value;
      });
    }
  });
  return points;
}

/** Columns that a condition's equation may name: of its data, or normals at its points. */
export function termColumns(
  problem: PdeProblem,
  condition: ResolvedTerm["condition"],
  points: Float64Array,
): Readonly<Record<string, ArrayLike<number>>> {
  if (condition?.on !== undefined) return normalsAt(problem, condition.on, points);
  return condition?.data ?? {};
}

/**
 * The points at which a term is finite for some outputs of the network; a point that is left out
 * must lie on the boundary of the domain, as 0 does for `2/x`.
 *
 * @throws {RangeError} If the term is not finite at a point inside.
 */
export function withoutSingular(
  { problem, coordinates, coefficients }: ResolvedPde,
  { name, residual, text }: ResolvedTerm,
  points: Float64Array,
): Float64Array {
  const d = coordinates.length, rows = points.length / d;
  const names = variablesOf(residual);
  const random = createRandom(0, "physics/singular");
  const finite = new Uint8Array(rows);
  for (let trial = 0; trial < TRIALS && finite.includes(0); trial++) {
    const tape = compileTape(residual, rows);
    tape.variables.forEach((variable, v) => {
      const i = coordinates.indexOf(variable);
      const value = trial === 0
        ? 1
        : coefficients.includes(variable)
        ? exp(random.normal())
        : trial % 2 === 0
        ? exp(random.normal())
        : random.normal();
      tape.columns[v].forEach((_, r) => tape.columns[v][r] = i >= 0 ? points[r * d + i] : value);
    });
    tape.run().forEach((value, r) => {
      if (Number.isFinite(value)) finite[r] = 1;
    });
  }
  if (!finite.includes(0) || names.length === 0) return points;
  finite.forEach((isFinite, r) => {
    const point = points.subarray(r * d, r * d + d);
    if (isFinite || isOnBoundary(problem, point)) return;
    const place = coordinates.map((each, i) => `${each} = ${point[i]}`).join(", ");
    throw new RangeError(
      `Cannot solve: ${name} (${text}) must be finite inside the domain, current value at ` +
        `${place} is not; multiply the equation so that nothing is divided by 0`,
    );
  });
  return points.filter((_, i) => finite[Math.floor(i / d)] === 1);
}

/** Values of the unknowns that are tried before a point counts as singular. */
const TRIALS = 6;

/** How a term is laid out; all may be left out. */
export interface LayOutOptions {
  /** All points of the term. Default: as the others say. */
  readonly points?: Float64Array | undefined;
  /** Points inside. */
  readonly sampler?: Sampler | undefined;
  /** Least number of points on a face. */
  readonly facePoints?: number | undefined;
  /** Points on a face whose coordinates run over these ranges. Default: a grid that holds the edges. */
  readonly faceSampler?:
    | ((free: readonly (readonly [number, number])[], count: number) => Sampler)
    | undefined;
  /** Factors of the squared residuals per point. */
  readonly share?: Float64Array | undefined;
  /** What a residual is measured in. Default 1. */
  readonly size?: number | undefined;
}

/** Lays one term out on its points. */
export function layOut(
  problem: PdeProblem,
  resolved: ResolvedPde,
  term: ResolvedTerm,
  { sampler, facePoints, faceSampler, share: wholeShare, size = 1, ...chosen }: LayOutOptions,
): LaidOutTerm {
  const { coordinates, coefficients } = resolved, d = coordinates.length;
  const all = chosen.points ??
    termPoints(problem, resolved, term.condition, sampler, facePoints, faceSampler);
  const points = term.condition?.data ? all : withoutSingular(resolved, term, all);
  const rows = points.length / d;
  const { groups, source } = outputPoints(problem, points, outputsOf(term.residual));
  const tape = compileTape(term.residual, rows);
  const columns = termColumns(problem, term.condition, points);
  const sources = tape.variables.map((name, v): LaidOutTerm["sources"][number] => {
    const output = readOutputName(name);
    if (output) return { kind: "jet", at: source(output) };
    if (coefficients.includes(name)) {
      return { kind: "coefficient", index: coefficients.indexOf(name) };
    }
    const column = columns[name], i = coordinates.indexOf(name);
    for (let r = 0; r < rows; r++) tape.columns[v][r] = i >= 0 ? points[r * d + i] : column[r];
    return { kind: "given" };
  });
  if (wholeShare && wholeShare.length !== rows) {
    throw new TypeError(
      `Cannot solve: shares of ${term.name} must have its ${rows} points' length, current value ` +
        `is of length ${wholeShare.length}`,
    );
  }
  const shares = Float64Array.from(
    { length: rows },
    (_, r) => term.weight / rows / size / size * (wholeShare?.[r] ?? 1),
  );
  return { ...term, points, rows, shares, groups, tape, sources };
}
