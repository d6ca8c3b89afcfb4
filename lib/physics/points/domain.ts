/**
 * The domain of a problem: its box, or a shape in it. Points inside and points on the boundary.
 *
 * @module
 */

import type { PdeProblem } from "../equations/pde.ts";
import {
  bodiesOf,
  bodyKind,
  DOMAIN_PART,
  normalNames,
  partNames,
  type PdeShape,
  shapeCoordinates,
  WHOLE_BOUNDARY,
} from "../equations/shape.ts";
import { type Body, bodyOf, type BoundaryPiece, boxBody } from "./bodies.ts";
import { evenSampler, samplePoints, type Sampler } from "./sampling.ts";
import { cos, hypot, sin } from "../../numerics/inner.ts";

type Ranges = readonly (readonly [number, number])[];

/** A shape that can be asked for points. */
interface Domain {
  /** Coordinates of the shape, by their places in the problem. */
  readonly places: readonly number[];
  readonly ranges: Ranges;
  /** Below 0 inside; of the shape's own coordinates. */
  distance(point: ArrayLike<number>): number;
  readonly bodies: readonly { readonly body: Body; readonly names: readonly string[] }[];
  /** The diameter of the box. */
  readonly size: number;
  /** The share of the box that is inside. */
  readonly share: number;
}

const DOMAINS = new WeakMap<PdeShape, { readonly key: string; readonly domain: Domain }>();

/** The shape of a problem, made once; undefined where it is the box. */
function domainOf({ shape, domain }: PdeProblem): Domain | undefined {
  if (!shape) return undefined;
  const key = JSON.stringify(domain), known = DOMAINS.get(shape);
  if (known?.key === key) return known.domain;
  const made = makeDomain(shape, Object.keys(domain), Object.values(domain));
  DOMAINS.set(shape, { key, domain: made });
  return made;
}

/** Points of the box that measure a shape's share of it. */
const SHARE_POINTS = 8192;

function makeDomain(shape: PdeShape, coordinates: readonly string[], ranges: Ranges): Domain {
  const places = shapeCoordinates(shape, coordinates);
  const names = places.map((i) => coordinates[i]), bounds = places.map((i) => ranges[i]);
  const box = boxBody(bounds);
  const bodies = new Map(
    bodiesOf(shape).map(({ body, names: called }) => [
      body,
      { body: bodyOf(body, names, bounds), names: called },
    ]),
  );
  const inside = distanceOf(shape, (body) => bodies.get(body)!.body);
  const distance = (point: ArrayLike<number>) => Math.max(box.distance(point), inside(point));
  const d = places.length, tried = samplePoints(bounds, evenSampler(d, SHARE_POINTS, 0));
  let hits = 0;
  for (let r = 0; r < SHARE_POINTS; r++) {
    if (distance(tried.subarray(r * d, r * d + d)) < 0) hits++;
  }
  if (hits < LEAST_HITS) {
    throw new RangeError(
      `Cannot solve: shape must fill more than a thousandth of the domain's box, current value is ` +
        `${hits / SHARE_POINTS}; choose a smaller domain around it`,
    );
  }
  return {
    ...{ places, ranges, distance },
    bodies: [...bodies.values(), { body: box, names: [DOMAIN_PART] }],
    size: hypot(...bounds.map(([a, b]) => b - a)),
    share: hits / SHARE_POINTS,
  };
}

const LEAST_HITS = 8;

/** Distance of sets: the least of a union, the largest of an intersection (Hart 1996). */
function distanceOf(
  shape: PdeShape,
  body: (node: PdeShape) => Body,
): (point: ArrayLike<number>) => number {
  if (bodyKind(shape)) {
    const { distance } = body(shape);
    return distance;
  }
  const { union, intersection, difference, not } = shape;
  const parts = (union ?? intersection ?? difference ?? [not!]).map((part) =>
    distanceOf(part, body)
  );
  if (union) return (point) => Math.min(...parts.map((part) => part(point)));
  if (intersection) return (point) => Math.max(...parts.map((part) => part(point)));
  if (not) return (point) => -parts[0](point);
  return (point) => Math.max(...parts.map((part, i) => i === 0 ? part(point) : -part(point)));
}

/** Distances within so many sizes of the box count as none. */
const NEAR = 1e-9;
/** Sides of a boundary are looked at so many sizes of the box away. */
const STEP = 1e-6;

/** Whether a point, a number per coordinate, is in the domain or on its boundary. */
export function isInDomain(problem: PdeProblem, point: ArrayLike<number>): boolean {
  const domain = domainOf(problem);
  if (!domain) return true;
  const { places, distance, size } = domain, at = places.map((i) => point[i]);
  const away = distance(at);
  if (away < -NEAR * size || away > NEAR * size) return away < 0;
  // where two bodies end, as at an edge that is cut off, nothing of the inside may be near
  return directions(places.length).some((direction) =>
    distance(at.map((x, i) => x + STEP * size * direction[i])) < 0
  );
}

/** Whether a point, a number per coordinate, is where a shape or its box ends. */
export function isOnBoundary(problem: PdeProblem, point: ArrayLike<number>): boolean {
  const ranges = Object.values(problem.domain), domain = domainOf(problem);
  return ranges.some(([a, b], i) => point[i] === a || point[i] === b) ||
    !!domain && Math.abs(domain.distance(domain.places.map((i) => point[i]))) <= NEAR * domain.size;
}

/** Unit steps and their sums, both ways. */
function directions(dimensions: number): number[][] {
  let all: number[][] = [[]];
  for (let i = 0; i < dimensions; i++) {
    all = all.flatMap((each) => [-1, 0, 1].map((x) => [...each, x]));
  }
  return all;
}

/** Of points, shape `[rows, coordinates]`, those in the domain or on its boundary. */
export function pointsInDomain(problem: PdeProblem, points: Float64Array): Float64Array {
  if (!problem.shape) return points;
  const d = Object.keys(problem.domain).length;
  return rowsThat(points, d, (point) => isInDomain(problem, point));
}

/** The rows of `d` numbers that something holds of. */
function rowsThat(
  points: Float64Array,
  d: number,
  holds: (point: Float64Array) => boolean,
): Float64Array {
  const isKept = Uint8Array.from(
    { length: points.length / d },
    (_, r) => holds(points.subarray(r * d, r * d + d)) ? 1 : 0,
  );
  return points.filter((_, i) => isKept[Math.floor(i / d)] === 1);
}

/** How many points of the box leave so many in the shape. */
export function pointsOfBox(problem: PdeProblem, count: number): number {
  return Math.ceil(count / (domainOf(problem)?.share ?? 1));
}

/**
 * Points in the domain: a sampler's points of the box that are in the shape. Of streams as many as
 * were asked for, of grids and lists those that are left.
 */
export function domainPoints(problem: PdeProblem, sampler: Sampler): Float64Array {
  return pointsIn(problem, Object.values(problem.domain), sampler, (points) => points);
}

/**
 * The same on a face: `spread` puts a sampler's points of the free ranges onto it.
 *
 * @param free Ranges that the sampler's points run over.
 * @param spread Points of the domain from those.
 */
export function pointsIn(
  problem: PdeProblem,
  free: Ranges,
  sampler: Sampler,
  spread: (points: Float64Array) => Float64Array,
): Float64Array {
  const domain = domainOf(problem);
  if (!domain) return spread(samplePoints(free, sampler));
  if (sampler.kind === "grid" || sampler.kind === "points") {
    return pointsInDomain(problem, spread(samplePoints(free, sampler)));
  }
  const rows = sampler.count, d = Object.keys(problem.domain).length;
  const faces = Math.max(1, spread(samplePoints(free, { ...sampler, count: 1 })).length / d);
  let found: Float64Array = new Float64Array(0), count = Math.ceil(rows / domain.share);
  for (let trial = 0; found.length < rows * faces * d && trial < MOST_TRIALS; trial++) {
    found = pointsInDomain(problem, spread(samplePoints(free, { ...sampler, count })));
    count = Math.ceil(1.3 * count);
  }
  return faces === 1 ? found.slice(0, rows * d) : found;
}

const MOST_TRIALS = 6;

/** Candidates that measure how much of a part is boundary. */
const TRIED = 512;

/** The length or area of a part of the boundary, in faces of the box of mean size. */
export function partInFaces(problem: PdeProblem, part: string): number {
  const domain = domainOf(problem)!, box = domain.bodies[domain.bodies.length - 1].body;
  const pieces = piecesOf(domain, part), tried = spreadOn(domain, pieces, TRIED, evenFrom0);
  const share = onBoundary(domain, part, tried).length / tried.length;
  return share * measureOf(pieces) / (measureOf(box.pieces) / box.pieces.length);
}

/** How so many points are spread over ranges. */
type SamplerOf = (ranges: Ranges, count: number) => Sampler;

const evenFrom0: SamplerOf = (ranges, count) => evenSampler(ranges.length, count, 0);

function piecesOf({ bodies }: Domain, part: string): BoundaryPiece[] {
  return bodies.filter(({ names }) => isPart(names, part)).flatMap(({ body }) => body.pieces);
}

function measureOf(pieces: readonly BoundaryPiece[]): number {
  return pieces.reduce((sum, { measure }) => sum + measure, 0);
}

/**
 * Points on a part of a shape's boundary, even by length or area (and over the other coordinates).
 *
 * @param part A name, or `boundary`.
 * @param count How many.
 * @param samplerOf How places on the boundary and the other coordinates, each from 0 to 1, are
 * spread. Default: evenly.
 * @returns Shape `[count, coordinates]`.
 */
export function boundaryPoints(
  problem: PdeProblem,
  part: string,
  count: number,
  samplerOf: SamplerOf = evenFrom0,
): Float64Array {
  const domain = domainOf(problem)!;
  const pieces = piecesOf(domain, part);
  const tried = Math.max(TRIED, count);
  const first = onBoundary(domain, part, spreadOn(domain, pieces, tried, samplerOf));
  const d = domain.ranges.length;
  if (first.length === 0) {
    throw new RangeError(
      `Cannot solve: ${part} must bound the shape somewhere, current value is nowhere in the ` +
        `domain; parts are ${partNames(problem.shape!).join(", ")}`,
    );
  }
  let found = first;
  for (let more = tried, k = 0; found.length < count * d && k < MOST_TRIALS; k++) {
    more = Math.ceil(1.2 * more * Math.max(1, count * d / found.length)) + 8;
    found = onBoundary(domain, part, spreadOn(domain, pieces, more, samplerOf));
  }
  // the first of a stream lie anywhere; those of a list run along the boundary
  const { kind } = samplerOf([[0, 1]], 1), rows = found.length / d;
  if (kind !== "points" && kind !== "grid") return found.slice(0, count * d);
  const kept = Array.from(
    { length: Math.min(count, rows) },
    (_, i) => Math.floor(i * rows / Math.min(count, rows)),
  );
  return Float64Array.from(kept.flatMap((r) => [...found.subarray(r * d, (r + 1) * d)]));
}

/** A curve that may bound a shape in two coordinates: there where it has an inside. */
export interface BoundaryCurve {
  readonly length: number;
  /** The point of a number from 0 to 1; even ones give even points. */
  at(share: number): readonly [number, number];
  /** Whether the shape ends at a point of the curve. */
  bounds(point: readonly [number, number]): boolean;
}

/** The curves of a part of the boundary, in two coordinates. */
export function boundaryCurves(problem: PdeProblem, part: string): BoundaryCurve[] {
  const domain = domainOf(problem)!, { places, size, bodies } = domain;
  const inOrder = ([x, y]: readonly number[]) =>
    places[0] === 0 ? [x, y] as const : [y, x] as const;
  return bodies.filter(({ names }) => isPart(names, part)).flatMap(({ body }, k, all) =>
    body.pieces.map((piece): BoundaryCurve => ({
      length: piece.measure,
      at: (share) => inOrder(piece.at([share])),
      bounds(point) {
        const at = inOrder(point);
        // where boundaries of bodies are the same the first one counts
        return domainNormal(domain, part, at) !== undefined &&
          !all.slice(0, k).some((other) => Math.abs(other.body.distance(at)) < NEAR * size);
      },
    }))
  );
}

/** Directions around a corner, and how far away they are looked at, in sizes of the box. */
const AROUND = 720, NEARBY = 1e-4;
/** Points of a curve between which it may cross another one once. */
const CROSSINGS = 256;
/** Halvings of a part of a curve. */
const HALVINGS = 60;
/** An angle of the inside beyond a straight one by this share of the circle makes a corner. */
const BEYOND = 0.01;

/** Corners of a shape in two coordinates at which the inside has an angle beyond a straight one. */
export function domainCorners(problem: PdeProblem): [number, number][] {
  const domain = domainOf(problem);
  if (!domain || domain.places.length !== 2 || domain.ranges.length !== 2) return [];
  const { bodies, distance, size, places } = domain, found: [number, number][] = [];
  const consider = (point: readonly number[]) => {
    if (found.some((other) => hypot(other[0] - point[0], other[1] - point[1]) < NEARBY * size)) {
      return;
    }
    let inside = 0;
    for (let i = 0; i < AROUND; i++) {
      const angle = 2 * Math.PI * (i + 0.5) / AROUND, away = NEARBY * size;
      const at = [point[0] + away * cos(angle), point[1] + away * sin(angle)];
      if (distance(at) < 0) inside++;
    }
    if (inside / AROUND > 0.5 + BEYOND && inside < AROUND) found.push([point[0], point[1]]);
  };
  bodies.forEach(({ body }) =>
    body.pieces.forEach((piece) => {
      const ends = [piece.at([0]), piece.at([1])];
      if (hypot(ends[0][0] - ends[1][0], ends[0][1] - ends[1][1]) > NEARBY * size) {
        ends.forEach(consider);
      }
      bodies.forEach(({ body: other }) => {
        if (other === body) return;
        const away = (s: number) => other.distance(piece.at([s]));
        for (let k = 0, before = away(0); k < CROSSINGS; k++) {
          const after = away((k + 1) / CROSSINGS);
          if (before < 0 !== after < 0) {
            let [from, to] = [k / CROSSINGS, (k + 1) / CROSSINGS];
            for (let i = 0; i < HALVINGS; i++) {
              const middle = (from + to) / 2;
              if (away(middle) < 0 === before < 0) from = middle;
              else to = middle;
            }
            consider(piece.at([from]));
          }
          before = after;
        }
      });
    })
  );
  // in the order of the problem's coordinates
  return found.map(([x, y]) => places[0] === 0 ? [x, y] : [y, x]);
}

function isPart(names: readonly string[], part: string): boolean {
  return part === WHOLE_BOUNDARY || names.includes(part);
}

function spreadOn(
  { places, ranges }: Domain,
  pieces: readonly BoundaryPiece[],
  count: number,
  samplerOf: SamplerOf,
): Float64Array {
  const along = Math.max(1, places.length - 1);
  const others = ranges.flatMap((_, i) => places.includes(i) ? [] : [i]);
  const k = along + others.length, d = ranges.length;
  const free = Array.from({ length: k }, () => [0, 1] as const);
  const unit = samplePoints(free, samplerOf(free, count));
  const total = measureOf(pieces);
  const points = new Float64Array(count * d);
  for (let r = 0; r < count; r++) {
    const at = unit.subarray(r * k, r * k + k);
    // the first number chooses the piece, and its remainder the place on it
    let rest = Math.min(at[0], 1 - 2 ** -40) * total, p = 0;
    while (p < pieces.length - 1 && rest >= pieces[p].measure) rest -= pieces[p++].measure;
    const share = Math.min(1, rest / pieces[p].measure);
    const point = pieces[p].at([share, ...at.subarray(1, along)]);
    places.forEach((i, c) => points[r * d + i] = point[c]);
    others.forEach((i, c) => {
      const [a, b] = ranges[i];
      points[r * d + i] = a + (b - a) * at[along + c];
    });
  }
  return points;
}

/** Of points on bodies' boundaries those where the shape ends: inside on one side, not on the other. */
function onBoundary(domain: Domain, part: string, points: Float64Array): Float64Array {
  return rowsThat(
    points,
    domain.ranges.length,
    (point) => domainNormal(domain, part, domain.places.map((i) => point[i])) !== undefined,
  );
}

/** The unit vector out of the shape, by the body whose boundary is nearest; undefined inside. */
function domainNormal(
  { bodies, distance, size }: Domain,
  part: string,
  point: readonly number[],
): number[] | undefined {
  let nearest: Body | undefined, least = Infinity;
  for (const { body, names } of bodies) {
    if (!isPart(names, part)) continue;
    const away = Math.abs(body.distance(point));
    if (away < least) [nearest, least] = [body, away];
  }
  if (!nearest || least > NEAR * size) return undefined;
  const normal = nearest.normal(point);
  const sides = [-1, 1].map((side) =>
    distance(point.map((x, i) => x + side * STEP * size * normal[i]))
  );
  if (sides[0] < 0 && sides[1] >= 0) return normal;
  if (sides[1] < 0 && sides[0] >= 0) return normal.map((x) => -x);
  return undefined;
}

/** The normals out of a part of the boundary at points on it, per coordinate of the shape. */
export function normalsAt(
  problem: PdeProblem,
  part: string,
  points: Float64Array,
): Readonly<Record<string, Float64Array>> {
  const domain = domainOf(problem)!, coordinates = Object.keys(problem.domain);
  const d = coordinates.length, rows = points.length / d;
  const columns = Object.fromEntries(
    normalNames(problem).map((name) => [name, new Float64Array(rows)]),
  );
  for (let r = 0; r < rows; r++) {
    const normal = domainNormal(domain, part, domain.places.map((i) => points[r * d + i])) ?? [];
    domain.places.forEach((i, c) => columns[`n_${coordinates[i]}`][r] = normal[c] ?? NaN);
  }
  return columns;
}
