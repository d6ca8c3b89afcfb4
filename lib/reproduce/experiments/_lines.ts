/**
 * Lines that cut the unit square: their ends, their crossings, the regions between them.
 *
 * @module
 */

import { hypot } from "../../numerics/inner.ts";

/** The line `a x + b y = c`. */
export type CuttingLine = readonly [a: number, b: number, c: number];

/** Where a line leaves the unit square: two points, or none. */
export function endsOf([a, b, c]: CuttingLine): [number, number][] {
  const found: [number, number][] = [];
  for (const side of [0, 1]) {
    if (b !== 0) found.push([side, (c - a * side) / b]);
    if (a !== 0) found.push([(c - b * side) / a, side]);
  }
  const inside = found.filter((point) => point.every((x) => x >= 0 && x <= 1));
  const [first] = inside;
  const other = inside.find((p) => hypot(p[0] - first[0], p[1] - first[1]) > 1e-9);
  return other === undefined ? [] : [first, other];
}

/** Where two lines cross; undefined of parallels. */
export function crossing(s: CuttingLine, t: CuttingLine): [number, number] | undefined {
  const determinant = s[0] * t[1] - s[1] * t[0];
  if (Math.abs(determinant) < 1e-12 * hypot(s[0], s[1]) * hypot(t[0], t[1])) {
    return undefined;
  }
  return [(s[2] * t[1] - s[1] * t[2]) / determinant, (s[0] * t[2] - s[2] * t[0]) / determinant];
}

/**
 * Regions that lines make of the whole plane and of the unit square: every line adds one and every
 * crossing one more, where no three lines meet.
 */
export function countCells(lines: readonly CuttingLine[]): { plane: number; square: number } {
  let plane = 1 + lines.length, square = 1 + lines.filter((line) => endsOf(line).length > 0).length;
  lines.forEach((line, i) => {
    for (const other of lines.slice(i + 1)) {
      const point = crossing(line, other);
      if (point === undefined) continue;
      plane++;
      if (point.every((x) => x > 0 && x < 1)) square++;
    }
  });
  return { plane, square };
}

/** Different signs of all lines at `side x side` points of the square: a count from below. */
export function sampledCells(lines: readonly CuttingLine[], side: number): number {
  const found = new Set<string>();
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      const x = (i + 0.5) / side, y = (j + 0.5) / side;
      found.add(lines.map(([a, b, c]) => a * x + b * y < c ? 0 : 1).join(""));
    }
  }
  return found.size;
}

/**
 * Regions of space that `m` families of `s` parallel hyperplanes make at most, in `d` dimensions:
 * `sum_{j <= d} C(m, j) s^j`. With `s = 1` it is Actor et al. 2025's count of an MLP's.
 */
export function mostCells(families: number, each: number, dimension: number): number {
  let sum = 0, term = 1;
  for (let j = 0; j <= dimension; j++) {
    sum += term;
    term *= (families - j) * each / (j + 1);
  }
  return sum;
}

/** One curve through all lines: from the end of one it goes along the border to the next. */
export function curveThrough(lines: readonly CuttingLine[]): { x: number[]; y: number[] } {
  const x: number[] = [], y: number[] = [];
  let at: number | undefined;
  for (const line of lines) {
    const ends = endsOf(line);
    if (ends.length === 0) continue;
    let [from, to] = ends.map(borderPlace);
    if (at !== undefined) {
      if (Math.abs(wayRound(at, to)) < Math.abs(wayRound(at, from))) [from, to] = [to, from];
      const way = wayRound(at, from), step = Math.sign(way);
      for (
        let corner = step > 0 ? Math.ceil(at) : Math.floor(at);
        step * (at + way - corner) > 0;
        corner += step
      ) add(corner);
    }
    add(from);
    add(to);
    at = to;
  }
  function add(place: number): void {
    const [px, py] = borderPoint(place);
    x.push(px);
    y.push(py);
  }
  return { x, y };
}

/** Places on the border, from 0 to 4 from the origin to the right and round. */
function borderPlace([x, y]: readonly [number, number]): number {
  if (y === 0) return x;
  if (x === 1) return 1 + y;
  return y === 1 ? 3 - x : 4 - y;
}

function borderPoint(place: number): [number, number] {
  const p = ((place % 4) + 4) % 4;
  return p <= 1 ? [p, 0] : p <= 2 ? [1, p - 1] : p <= 3 ? [3 - p, 1] : [0, 4 - p];
}

/** The shorter way along the border. */
function wayRound(from: number, to: number): number {
  const way = ((to - from) % 4 + 4) % 4;
  return way > 2 ? way - 4 : way;
}
