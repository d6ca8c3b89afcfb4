/**
 * How well equations and conditions hold at points that training has not seen.
 *
 * @module
 */

import { createRandom, type Network } from "../../model/mod.ts";
import { pdeEngine, type PdeEngineOptions } from "./pde_engine.ts";
import type { PdeResiduals } from "./pde_evaluator.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { cornerFactors, solutionCorners } from "../points/corners.ts";
import { mostPoints } from "../points/output_points.ts";
import { resolvePde } from "../equations/resolve.ts";
import { pointsInDomain, pointsOfBox } from "../points/domain.ts";
import { evenSampler, samplePoints, type Sampler } from "../points/sampling.ts";
import { rootMeanSquare } from "./scales.ts";

/** A point in words: `t = 0.5, x = 1`, to so many digits, all by default. */
export function placeText(point: Readonly<Record<string, number>>, digits?: number): string {
  const short = (x: number) => digits === undefined ? x : +x.toPrecision(digits);
  return Object.entries(point).map(([name, x]) => `${name} = ${short(x)}`).join(", ");
}

/** A residual at some points, in the equation's own units. */
export interface ResidualMeasure {
  /** Number of points. */
  readonly points: number;
  /** Root of the mean square. */
  readonly rms: number;
  /** Largest absolute value. */
  readonly max: number;
  /** Where that is: a value per coordinate. */
  readonly at: Readonly<Record<string, number>>;
  /** Of measurements: see {@linkcode neighbourRatio}. */
  readonly neighbours?: number;
}

/** One equation or condition, where it was trained and elsewhere. */
export interface TermVerification {
  /** Its name. */
  readonly name: string;
  /** What it is. */
  readonly kind: "equation" | "condition";
  /** The size of its largest summand: what makes a residual large or small. */
  readonly size: number;
  /** At the points of training. */
  readonly trained: ResidualMeasure;
  /** At fresh points; of measurements, which have none, the same ones. */
  readonly fresh: ResidualMeasure;
}

/** All equations and conditions. */
export interface PdeVerification {
  /** Per equation and condition that the ansatz does not fulfil; without penalties. */
  readonly terms: readonly TermVerification[];
  /** Root mean square over the terms at the points of training, each in units of its size. */
  readonly trained: number;
  /** The same at fresh points. */
  readonly fresh: number;
}

/** Fresh points per point of training, at least; and so many of all at least. */
const SHARE = 4, LEAST = 1000;
/** Every so many fresh points one lies on the domain's boundary. */
const BOUNDARY = 8;
/** The stream of fresh points; training draws from other streams. */
const SEED = 0x5eed;

/**
 * Measures residuals of a solution, in units of `options.scales`, at the points of training and at
 * fresh ones: at least four times as many, the edges of the domain among them. Near corners at which no
 * solution has derivatives they count times a power of the distance, see {@linkcode cornerFactors}.
 */
export async function verifySolution(
  problem: PdeProblem,
  network: Network,
  options: PdeEngineOptions = {},
): Promise<PdeVerification> {
  const resolved = resolvePde(problem), { ranges, coordinates } = resolved;
  const { shares: _, ...same } = options;
  const trained = await residualsOf(problem, network, same);
  const inside = trained.find((_, k) => !resolved.terms[k].condition)?.values.length ?? 0;
  const onFaces = trained.flatMap(({ values }, k) =>
    resolved.terms[k].condition && !resolved.terms[k].condition?.data ? [values.length] : []
  );
  const most = mostPoints(resolved.terms);
  const count = Math.min(most.inside, Math.max(LEAST, SHARE * inside));
  const fresh = await residualsOf(problem, network, {
    ...same,
    sampler: { kind: "points", points: withBoundary(ranges, pointsOfBox(problem, count), SEED) },
    facePoints: Math.min(most.faces, SHARE * Math.max(FACE_LEAST, ...onFaces)),
    faceSampler: (free, faceCount) => boundarySampler(free, faceCount, SEED + 1),
  });
  const sizes = options.scales?.terms ?? resolved.terms.map(() => 1);
  const held = resolved.terms.filter(({ penalty }) => !penalty); // penalties are last
  const terms = held.map((term, k): TermVerification => ({
    name: term.name,
    kind: term.condition ? "condition" : "equation",
    size: sizes[k],
    trained: {
      ...measure(trained[k], coordinates),
      ...(term.condition?.data && { neighbours: neighbourRatio(trained[k], ranges) }),
    },
    fresh: measure(fresh[k], coordinates),
  }));
  const total = (which: "trained" | "fresh") =>
    rootMeanSquare(terms.map((term) => term[which].rms / term.size));
  return { terms, trained: total("trained"), fresh: total("fresh") };
}

const FACE_LEAST = 64;
/** Measurements at most that are compared with their neighbours. */
const MOST_NEIGHBOURS = 1000;

/**
 * The mean square of differences of residuals to those at the nearest other points, over twice the
 * mean square of the residuals: near 1 where they are independent, near 0 where neighbours have the
 * same sign (von Neumann's ratio, 1941, in any number of dimensions).
 */
export function neighbourRatio(
  { points, values }: PdeResiduals,
  ranges: readonly (readonly [number, number])[],
): number {
  const d = ranges.length, stride = Math.ceil(values.length / MOST_NEIGHBOURS);
  let differences = 0, squares = 0;
  for (let r = 0; r < values.length; r += stride) {
    let nearest = Infinity, other = r;
    for (let o = 0; o < values.length; o += stride) {
      if (o === r) continue;
      const distance = ranges.reduce(
        (sum, [a, b], i) => sum + ((points[r * d + i] - points[o * d + i]) / (b - a)) ** 2,
        0,
      );
      if (!(distance < nearest)) continue;
      nearest = distance;
      other = o;
    }
    differences += (values[r] - values[other]) ** 2;
    squares += values[r] ** 2;
  }
  return squares > 0 ? differences / (2 * squares) : 1;
}

/** Candidates per point of training, of which a share is taken. */
const CANDIDATES = 4, TAKEN = 0.25;

/**
 * Points inside, shape `[count, coordinates]`, at which the equations hold worst (residual-based
 * refinement, Lu, Meng, Mao, Karniadakis 2021): a quarter of the number of points of training, of
 * which there are `rows` residuals, conditions included; of a stream of their own per round.
 */
export async function worstPoints(
  problem: PdeProblem,
  network: Network,
  options: PdeEngineOptions,
  round: number,
  rows: number,
): Promise<Float64Array> {
  const { terms, ranges } = resolvePde(problem), d = ranges.length;
  const inside = terms.filter(({ condition }) => !condition).length;
  const count = Math.min(
    mostPoints(terms).inside / CANDIDATES,
    Math.ceil(rows / Math.max(1, inside)),
  );
  const candidates = pointsOfBox(problem, CANDIDATES * count);
  const points = pointsInDomain(problem, withBoundary(ranges, candidates, SEED + 2 + round));
  const all = await residualsOf(problem, network, {
    ...options,
    sampler: { kind: "points", points },
  });
  const sizes = new Float64Array(points.length / d);
  all.forEach(({ values, points: finite }, k) => {
    if (terms[k].condition || terms[k].penalty) return;
    let r = 0; // an equation has no value at points at which it is not finite
    values.forEach((value, o) => {
      while (!samePoint(points, r, finite, o, d)) r++;
      if (Number.isFinite(value)) sizes[r] += (value / (options.scales?.terms[k] ?? 1)) ** 2;
      r++;
    });
  });
  const order = Array.from(sizes.keys()).sort((a, b) => sizes[b] - sizes[a] || a - b);
  return Float64Array.from(
    order.slice(0, Math.ceil(TAKEN * count)).flatMap((r) => [...points.subarray(r * d, r * d + d)]),
  );
}

async function residualsOf(
  problem: PdeProblem,
  network: Network,
  options: PdeEngineOptions,
): Promise<PdeResiduals[]> {
  const engine = pdeEngine(problem, { ...options, frozenStatistics: true, threads: 1 });
  const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
  evaluator.evaluate(network.parameters);
  const residuals = evaluator.residuals();
  evaluator.dispose();
  const resolved = resolvePde(problem), corners = solutionCorners(resolved);
  if (corners.length === 0) return residuals;
  return residuals.map(({ name, points, values }, k) => {
    const factors = cornerFactors(resolved, corners, resolved.terms[k], points);
    return { name, points, values: values.map((value, r) => factors[r] * value) };
  });
}

function samePoint(a: Float64Array, r: number, b: Float64Array, o: number, d: number): boolean {
  for (let i = 0; i < d; i++) if (a[r * d + i] !== b[o * d + i]) return false;
  return true;
}

/**
 * Even points of a stream, every eighth of them moved onto the boundary: onto a face, in three
 * dimensions and more half of these onto edges where faces meet, which no even points reach; so on
 * down to edges that are lines.
 */
export function withBoundary(
  ranges: readonly (readonly [number, number])[],
  count: number,
  seed: number,
): Float64Array {
  const d = ranges.length, random = createRandom(seed, "physics/boundary");
  const points = samplePoints(ranges, evenSampler(d, count, seed)).slice();
  for (let r = 0; r < count; r += BOUNDARY) {
    const side = r / BOUNDARY, faces = Math.min(32 - Math.clz32(side & -side), d - 1);
    const order = ranges.map((_, i) => i);
    for (let k = 0; k < Math.max(1, faces); k++) {
      const other = k + Math.floor((d - k) * random.uniform());
      [order[k], order[other]] = [order[other], order[k]];
      points[r * d + order[k]] = ranges[order[k]][random.uniform() < 0.5 ? 0 : 1];
    }
  }
  return points;
}

/** The same as a sampler, for faces. */
export function boundarySampler(
  ranges: readonly (readonly [number, number])[],
  count: number,
  seed: number,
): Sampler {
  if (ranges.length === 1) return evenSampler(1, count, seed);
  return { kind: "points", points: withBoundary(ranges, count, seed) };
}

function measure(
  { points, values }: PdeResiduals,
  coordinates: readonly string[],
): ResidualMeasure {
  let max = 0, at = 0;
  values.forEach((value, r) => {
    if (!(Math.abs(value) > max) || !Number.isFinite(value)) return;
    max = Math.abs(value);
    at = r;
  });
  const finite = values.some(Number.isFinite);
  const d = coordinates.length;
  return {
    points: values.length,
    rms: finite ? rootMeanSquare(values) : Infinity,
    max: finite ? max : Infinity,
    at: Object.fromEntries(coordinates.map((name, i) => [name, points[at * d + i]])),
  };
}
