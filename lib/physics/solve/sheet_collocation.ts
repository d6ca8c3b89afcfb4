/**
 * Functions of two coordinates, collocated: products of splines on pieces of any length along both, by
 * Newton's steps with a band of rows.
 *
 * The functions of the longer coordinate are the blocks of the band, so that a triangle costs their
 * number times the cube of the other one's.
 *
 * @module
 */

import { createBandTriangle } from "../../engine/inner.ts";
import { isPart } from "../equations/faces.ts";
import { layOut } from "../points/lay_out.ts";
import { outputsOf } from "../equations/outputs.ts";
import type { ResolvedPde } from "../equations/resolve.ts";
import {
  createTermSystem,
  differentiateTerms,
  measureTerms,
  scaledResiduals,
  takeJets,
  type TermSystem,
} from "./term_system.ts";
import { pointsOnLine } from "./window_points.ts";
import { type Line, ORDER, prolongLine, valuesOnLine } from "./window_space.ts";

/** Functions of two coordinates, one per unknown. */
export interface Sheet {
  readonly lines: readonly [Line, Line];
  /** Shape `[functions of the first, functions of the second, unknowns]`. */
  readonly coefficients: Float64Array;
}

/** Points of a piece, inside and near the ends: for solving, and for checking at others. */
const SOLVE = { time: 0, piece: 2, end: 5 }, CHECK = { time: 0, piece: 3, end: 3 };

/** A problem on two lines and points. */
export interface SheetSystem {
  readonly lines: readonly [Line, Line];
  readonly system: TermSystem;
  /** Per group: pieces along both, and values along each, shape `[rows, orders + 1, 10]`. */
  readonly bases: readonly {
    readonly orders: number;
    readonly pieces: readonly [Int32Array, Int32Array];
    readonly values: readonly [Float64Array, Float64Array];
    /** Orders of each derivative by both. */
    readonly by: readonly (readonly [number, number])[];
  }[];
}

/** Whether a problem's conditions are on whole faces of a rectangle. */
export function takesSheets(resolved: ResolvedPde): boolean {
  const { problem, coordinates, coefficients, terms } = resolved;
  return coordinates.length === 2 && coefficients.length === 0 && !problem.shape &&
    !problem.rawCoordinates && !problem.incomplete && !problem.periodic?.length &&
    !problem.ansatz && !problem.smooth &&
    problem.conditions.every(({ at, data, on }) =>
      at && !data && on === undefined && coordinates.every((name) => !isPart(at, name))
    ) && terms.every(({ residual }) => outputsOf(residual).every(({ place }) => !place));
}

/** Points of a line; weights as of their share of it, and for solving half of that the same per piece. */
function weighted(line: Line, purpose: "solve" | "check") {
  const isSolving = purpose === "solve", points = pointsOnLine(line, isSolving ? SOLVE : CHECK);
  const { breakpoints } = line, pieces = breakpoints.length - 1;
  const length = breakpoints[pieces] - breakpoints[0];
  const weights = points.weights.map((weight, r) => {
    const p = points.pieces[r], part = (breakpoints[p + 1] - breakpoints[p]) / length;
    return weight * (isSolving ? (1 + 1 / part / pieces) / 2 : 1);
  });
  return { at: points.at, weights };
}

/** Lays a problem out. */
export function collocateSheet(
  resolved: ResolvedPde,
  lines: readonly [Line, Line],
  sizes: readonly number[],
  purpose: "solve" | "check" = "solve",
): SheetSystem {
  const [xs, ys] = lines.map((line) => weighted(line, purpose));
  const rows = xs.at.length * ys.at.length;
  const inside = new Float64Array(2 * rows), share = new Float64Array(rows);
  xs.at.forEach((x, i) =>
    ys.at.forEach((y, j) => {
      const r = i * ys.at.length + j;
      inside.set([x, y], 2 * r);
      share[r] = rows * xs.weights[i] * ys.weights[j];
    })
  );
  const terms = resolved.terms.map((term, k) => {
    const isAtFirst = term.condition?.at?.[resolved.coordinates[0]] !== undefined;
    const free = isAtFirst ? ys : xs, count = free.at.length;
    const faces = term.condition ? resolved.coordinates.length : 1;
    const laid = layOut(resolved.problem, resolved, term, {
      sampler: { kind: "points", points: inside },
      faceSampler: () => ({ kind: "points", points: free.at }),
      facePoints: count,
      share: term.condition ? undefined : share,
      size: sizes[k],
    });
    if (faces > 1 && laid.rows % count === 0) {
      for (let r = 0; r < laid.rows; r++) laid.shares[r] *= count * free.weights[r % count];
    }
    return laid;
  });
  const system = createTermSystem(
    terms,
    new Float64Array(resolved.unknowns.length).fill(1),
    new Float64Array(0),
    [],
  );
  const bases = terms.map(({ points, rows, groups: [{ derivatives }] }) => {
    const by = derivatives.map((derivative): [number, number] => {
      const second = derivative.filter((i) => i === 1).length;
      return [derivative.length - second, second];
    });
    const orders = Math.max(...by.flat()), size = (orders + 1) * ORDER;
    const along = lines.map((line, d) => {
      const values = new Float64Array(rows * size), pieces = new Int32Array(rows);
      for (let r = 0; r < rows; r++) {
        const at = valuesOnLine(line, points[2 * r + d], orders);
        pieces[r] = at.piece;
        values.set(at.values, r * size);
      }
      return { values, pieces };
    });
    return {
      ...{ orders, by },
      pieces: [along[0].pieces, along[1].pieces] as const,
      values: [along[0].values, along[1].values] as const,
    };
  });
  return { lines, system, bases };
}

/** Takes the jets of functions into the terms, and returns the loss. */
export function lossOfSheet({ lines, system, bases }: SheetSystem, coefficients: Float64Array) {
  const { nOut } = system, m = lines[1].count;
  takeJets(
    system,
    system.groups.map(({ rows }, g) => {
      const { orders, pieces, values: [xs, ys], by } = bases[g], size = (orders + 1) * ORDER;
      const jets = new Float64Array(rows * by.length * nOut), inner = new Float64Array(size);
      for (let r = 0; r < rows; r++) {
        const i0 = pieces[0][r], j0 = pieces[1][r], at = r * size;
        for (let u = 0; u < nOut; u++) {
          for (let o = 0; o <= orders; o++) {
            for (let i = 0; i < ORDER; i++) {
              const from = ((i0 + i) * m + j0) * nOut + u;
              let sum = 0;
              for (let j = 0; j < ORDER; j++) {
                sum += ys[at + o * ORDER + j] * coefficients[from + j * nOut];
              }
              inner[o * ORDER + i] = sum;
            }
          }
          by.forEach(([a, b], d) => {
            let sum = 0;
            for (let i = 0; i < ORDER; i++) sum += xs[at + a * ORDER + i] * inner[b * ORDER + i];
            jets[(r * by.length + d) * nOut + u] = sum;
          });
        }
      }
      return jets;
    }),
  );
  return measureTerms(system);
}

/** What a triangle of a sheet costs, about: multiply-adds. */
export function sheetWork(lines: readonly [Line, Line], { terms, unknowns }: ResolvedPde): number {
  const equations = terms.filter(({ condition }) => !condition).length;
  const [short, long] = lines.map(({ count }) => count).sort((a, b) => a - b);
  return 4 * equations * short * long * (ORDER * short * unknowns.length) ** 2;
}

/** One of Newton's steps at the jets taken last: what coefficients change by. */
function sheetStep({ lines, system, bases }: SheetSystem, damping: number) {
  const { nOut } = system, [n, m] = lines.map(({ count }) => count);
  const long = n >= m ? 0 : 1, blocks = Math.max(n, m), width = Math.min(n, m) * nOut;
  const stages = Array.from({ length: blocks }, (): [number, number][] => []);
  bases.forEach(({ pieces }, g) => pieces[long].forEach((piece, r) => stages[piece].push([g, r])));
  const triangle = createBandTriangle({ blocks, size: width, width: ORDER, border: 0 });
  const { stride } = triangle;
  differentiateTerms(system, (share) => Math.sqrt(2 * share));
  const residuals = scaledResiduals(system), first = [0];
  for (const { rows } of system.terms) first.push(first.at(-1)! + rows);
  const fill = (rows: readonly [number, number][], values: Float64Array) =>
    rows.forEach(([g, r], k) => {
      const { orders, pieces, values: basis, by } = bases[g], at = r * (orders + 1) * ORDER;
      const j0 = pieces[1 - long][r], outer = basis[long], inner = basis[1 - long];
      for (let u = 0; u < nOut; u++) {
        by.forEach((both, d) => {
          const bar = system.bars[g][(r * by.length + d) * nOut + u];
          if (bar === 0) return;
          const a = at + both[long] * ORDER, b = at + both[1 - long] * ORDER;
          for (let i = 0; i < ORDER; i++) {
            const factor = bar * outer[a + i], to = k * stride + i * width + j0 * nOut + u;
            for (let j = 0; j < ORDER; j++) values[to + j * nOut] += factor * inner[b + j];
          }
        });
      }
      values[k * stride + stride - 1] = -residuals[first[g] + r];
    });
  const squares = new Float64Array((blocks + ORDER) * width);
  stages.forEach((rows, stage) => {
    const values = new Float64Array(rows.length * stride);
    fill(rows, values);
    if (damping > 0) {
      for (let k = 0; k < rows.length; k++) {
        for (let c = 0; c < stride - 1; c++) {
          const value = values[k * stride + c];
          if (value !== 0) squares[stage * width + c] += value * value;
        }
      }
    }
    triangle.add(values, rows.length);
    if (damping > 0) { // all rows of the first block's functions are known by now
      const damped = new Float64Array(width * stride);
      for (let c = 0; c < width; c++) {
        damped[c * stride + c] = Math.sqrt(damping * squares[stage * width + c]);
      }
      triangle.add(damped, width);
    }
    triangle.next();
  });
  const step = triangle.solve(), turned = new Float64Array(step.length);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      for (let u = 0; u < nOut; u++) {
        turned[(i * m + j) * nOut + u] =
          step[long === 0 ? (i * m + j) * nOut + u : (j * n + i) * nOut + u];
      }
    }
  }
  return { step: turned, work: triangle.work };
}

/** Dampings: the first one, the factor of a failure and of a success, the largest and least. */
const FIRST = 1e-8, RAISED = 1000, LOWERED = 1e-4, MOST = 1e6, LEAST = 1e-24;
/** Steps at most, and the share of the loss that ends them. */
const MOST_STEPS = 20, SLOW = 0.7;

/** Newton's steps with as much damping as makes the loss fall; linear equations need one. */
export function solveSheet(
  on: SheetSystem,
  begin: Float64Array,
  { isLinear, mostWork }: { readonly isLinear: boolean; readonly mostWork: number },
): { readonly coefficients: Float64Array; readonly loss: number; readonly work: number } {
  let at = begin, loss = lossOfSheet(on, at), damping = isLinear ? 0 : FIRST, work = 0;
  for (let step = 0; step < (isLinear ? 1 : MOST_STEPS) && loss > 0 && work < mostWork; step++) {
    const before = loss;
    for (; damping < MOST && work < mostWork; damping = Math.max(FIRST, damping * RAISED)) {
      const change = sheetStep(on, damping), moved = at.map((c, i) => c + change.step[i]);
      work += change.work;
      const next = lossOfSheet(on, moved);
      if (next < loss) {
        [at, loss] = [moved, next];
        break;
      }
      lossOfSheet(on, at);
      if (isLinear) break;
    }
    if (!(loss < SLOW * before)) break;
    damping = isLinear ? 0 : Math.max(LEAST, damping * LOWERED);
  }
  return { coefficients: at, loss, work };
}

/** Residuals at other points: root mean square over the terms, each in units of its size. */
export function freshOfSheet(
  resolved: ResolvedPde,
  { lines, coefficients }: Sheet,
  sizes: readonly number[],
): number {
  const on = collocateSheet(resolved, lines, sizes, "check");
  return Math.sqrt(lossOfSheet(on, coefficients) / on.system.terms.length);
}

/** The same functions on finer pieces. */
export function refineSheet({ lines, coefficients }: Sheet, finer: readonly [Line, Line]): Sheet {
  const [n, m] = lines.map(({ count }) => count), nOut = coefficients.length / n / m;
  const first = prolongLine(coefficients, lines[0], finer[0]), rows = finer[0].count;
  const all = new Float64Array(rows * finer[1].count * nOut);
  for (let i = 0; i < rows; i++) {
    const row = first.slice(i * m * nOut, (i + 1) * m * nOut);
    all.set(prolongLine(row, lines[1], finer[1]), i * finer[1].count * nOut);
  }
  return { lines: finer, coefficients: all };
}
