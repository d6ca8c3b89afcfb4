/**
 * The bodies that shapes are made of: signed distances, and points spread evenly on boundaries.
 *
 * @module
 */

import type { PdeShape, ShapeDisk, ShapeHalf } from "../equations/shape.ts";
import { cos, hypot, pow, sin } from "../../numerics/inner.ts";

/** Ranges of the coordinates that a shape is in. */
export type Bounds = readonly (readonly [number, number])[];

/** A piece of a body's boundary. */
export interface BoundaryPiece {
  /** Its length, in three coordinates its area; of single points 1. */
  readonly measure: number;
  /** The point of numbers in `[0, 1)`, one less than coordinates; even ones give even points. */
  at(unit: ArrayLike<number>): number[];
}

/** A body: where it is, and what bounds it. */
export interface Body {
  /** Distance to the boundary, negative inside; at least exact in sign and where it is 0. */
  distance(point: ArrayLike<number>): number;
  /** Unit vector out of the body at a point of its boundary. */
  normal(point: ArrayLike<number>): number[];
  readonly pieces: readonly BoundaryPiece[];
}

/** The body of a node that is not made of others. */
export function bodyOf(
  { disk, box, polygon, half }: PdeShape,
  names: readonly string[],
  bounds: Bounds,
): Body {
  if (disk) return diskBody(disk);
  if (polygon) return polygonBody(polygon);
  if (half) return halfBody(half, bounds);
  return boxBody(bounds.map((range, i) => box![names[i]] ?? range));
}

function length(vector: readonly number[]): number {
  return hypot(...vector);
}

function diskBody({ center, radius }: ShapeDisk): Body {
  const d = center.length;
  const from = (point: ArrayLike<number>) => center.map((c, i) => point[i] - c);
  const pieces: BoundaryPiece[] = d === 1
    ? [-1, 1].map((side) => ({ measure: 1, at: () => [center[0] + side * radius] }))
    : [{
      measure: d === 2 ? 2 * Math.PI * radius : 4 * Math.PI * radius ** 2,
      at(unit) {
        const angle = 2 * Math.PI * unit[d - 2];
        const plane = [cos(angle), sin(angle)];
        if (d === 2) return center.map((c, i) => c + radius * plane[i]);
        // Archimedes: equal heights of a sphere have equal areas
        const height = 2 * unit[0] - 1, across = Math.sqrt(Math.max(0, 1 - height * height));
        return [across * plane[0], across * plane[1], height].map((x, i) => center[i] + radius * x);
      },
    }];
  return {
    distance: (point) => length(from(point)) - radius,
    normal(point) {
      const away = from(point), size = length(away);
      return away.map((x, i) => size > 0 ? x / size : i === 0 ? 1 : 0);
    },
    pieces,
  };
}

/** A box; its distance outside is that of Euclid, inside the one to the nearest face. */
export function boxBody(bounds: Bounds): Body {
  const d = bounds.length;
  const beyond = (point: ArrayLike<number>) =>
    bounds.map(([a, b], i) => Math.max(a - point[i], point[i] - b));
  const pieces = bounds.flatMap((range, i) =>
    range.map((value): BoundaryPiece => ({
      measure: bounds.reduce((area, [a, b], k) => k === i ? area : area * (b - a), 1),
      at: (unit) =>
        bounds.map(([a, b], k) => k === i ? value : a + (b - a) * unit[k < i ? k : k - 1]),
    }))
  );
  return {
    distance(point) {
      const out = beyond(point), most = Math.max(...out);
      return most <= 0 ? most : length(out.map((x) => Math.max(0, x)));
    },
    normal(point) {
      const out = beyond(point), i = out.indexOf(Math.max(...out)), [a, b] = bounds[i];
      const normal = new Array<number>(d).fill(0);
      normal[i] = point[i] - a < b - point[i] ? -1 : 1;
      return normal;
    },
    pieces,
  };
}

/** A polygon; inside by the crossings of a ray, distance to the nearest edge. */
function polygonBody(corners: readonly (readonly number[])[]): Body {
  const edges = corners.map((a, i) => {
    const b = corners[(i + 1) % corners.length], along = [b[0] - a[0], b[1] - a[1]];
    return { a, b, along, size: length(along) };
  }).filter(({ size }) => size > 0);
  const doubleArea = corners.reduce((sum, [x, y], i) => {
    const [u, v] = corners[(i + 1) % corners.length];
    return sum + x * v - u * y;
  }, 0);
  const turn = doubleArea >= 0 ? 1 : -1;
  const nearest = (point: ArrayLike<number>) => {
    let best = edges[0], least = Infinity;
    for (const edge of edges) {
      const { a, along, size } = edge, x = point[0] - a[0], y = point[1] - a[1];
      const share = Math.min(1, Math.max(0, (x * along[0] + y * along[1]) / size / size));
      const distance = hypot(x - share * along[0], y - share * along[1]);
      if (distance < least) [best, least] = [edge, distance];
    }
    return { edge: best, distance: least };
  };
  return {
    distance(point) {
      let isInside = false;
      for (const { a, b } of edges) {
        if ((a[1] > point[1]) === (b[1] > point[1])) continue;
        const x = a[0] + (point[1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
        if (point[0] < x) isInside = !isInside;
      }
      return (isInside ? -1 : 1) * nearest(point).distance;
    },
    normal(point) {
      const { along, size } = nearest(point).edge;
      return [turn * along[1] / size, -turn * along[0] / size];
    },
    pieces: edges.map(({ a, along, size }) => ({
      measure: size,
      at: (unit) => [a[0] + unit[0] * along[0], a[1] + unit[0] * along[1]],
    })),
  };
}

/** A half-plane; of its boundary the part in a square that holds the bounds. */
function halfBody({ point: origin, normal: raw }: ShapeHalf, bounds: Bounds): Body {
  const d = origin.length, size = length(raw), normal = raw.map((x) => x / size);
  const height = (point: ArrayLike<number>) =>
    normal.reduce((sum, n, i) => sum + n * (point[i] - origin[i]), 0);
  const middle = bounds.map(([a, b]) => a + (b - a) / 2);
  const centre = middle.map((x, i) => x - height(middle) * normal[i]);
  const side = length(bounds.map(([a, b]) => b - a));
  const plane = alongPlane(normal);
  return {
    distance: height,
    normal: () => [...normal],
    pieces: [{
      measure: pow(side, d - 1),
      at: (unit) =>
        centre.map((x, i) =>
          plane.reduce((sum, axis, k) => sum + (unit[k] - 0.5) * side * axis[i], x)
        ),
    }],
  };
}

/** Unit vectors at right angles to a unit vector of up to three coordinates and to each other. */
function alongPlane(normal: readonly number[]): number[][] {
  if (normal.length === 1) return [];
  const [x, y] = normal;
  if (normal.length === 2) return [[-y, x]];
  const least = normal.map(Math.abs), i = least.indexOf(Math.min(...least));
  const axis = [0, 0, 0];
  axis[i] = 1;
  const first = cross(normal, axis), size = length(first);
  const one = first.map((each) => each / size);
  return [one, cross(normal, one)];
}

function cross(a: readonly number[], b: readonly number[]): number[] {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
