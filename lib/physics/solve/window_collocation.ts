/**
 * Newton's steps on a window of time, and where residuals come from: by its two parts.
 *
 * @module
 */

import { createBandTriangle } from "../../engine/inner.ts";
import { bothSides, type WindowJob, type WindowTeam } from "./window_desk.ts";
import { blockOf, CUT, moved, type PartShape, type Reduced, windowParts } from "./window_part.ts";
import type { Window } from "./window_space.ts";

/** Newton's steps at most, of linear equations, and the share of the loss that ends others. */
const MOST_STEPS = 12, LINEAR_STEPS = 2, SLOW = 0.5;
/** A loss beyond the first one by this factor leads nowhere. */
const LOST = 1e8;
/** A loss that is above what linearised equations leave by this share hardly gets smaller. */
const NEARLY = 1e-3;
/** Shares of a loss below this are rounding. */
const ROUNDING = 1e-9;

/** Newton's steps on a window; the least loss counts, undefined where that is not finite. */
export async function solveWindow(
  team: WindowTeam,
  job: WindowJob,
  isLinear: boolean,
): Promise<{ readonly window: Window; readonly work: number } | undefined> {
  const { span, line, kept } = job, { parts, shared } = windowParts(line);
  const most = isLinear ? LINEAR_STEPS : MOST_STEPS;
  let at = job.coefficients, best = at, least = Infinity, before = Infinity, work = 0, expected = 0;
  let measured = await bothSides(team, (desk, side) => desk.begin(side, job));
  for (let step = 0;; step++) {
    const loss = measured[0].loss + measured[1].loss;
    if (!Number.isFinite(loss) || loss > LOST * Math.max(1, least)) break;
    if (loss < least) [best, least] = [at, loss];
    if (step === most || (step > 2 && loss > SLOW * before)) break;
    if (expected > ROUNDING * before && loss <= (1 + NEARLY) * expected) break;
    const joined = joinParts(
      await bothSides(team, (desk, side) => desk.reduce(side)),
      parts.map(endsOf),
      shared,
      blockOf(kept).size,
    );
    work += joined.work;
    before = loss;
    expected = loss - joined.explained / 2;
    measured = await bothSides(team, (desk, side) => desk.move(side, joined.steps[side]));
    parts.forEach((part, side) => {
      // what both have moves once
      const functions = side === 0 ? [...part.band, ...part.border] : part.band.slice(0, -CUT);
      at = moved(at, functions, measured[side].steps, kept);
    });
  }
  return Number.isFinite(least) ? { window: { span, line, coefficients: best }, work } : undefined;
}

/** Functions of a part's rest, in order. */
function endsOf({ band, border }: PartShape): readonly number[] {
  return [...band.slice(-CUT), ...border];
}

/** Least squares of what both parts share. */
function joinParts(
  reduced: readonly Reduced[],
  ends: readonly (readonly number[])[],
  shared: readonly number[],
  size: number,
): {
  /** Per part: steps of its ends. */
  readonly steps: readonly Float64Array[];
  readonly explained: number;
  readonly work: number;
} {
  const triangle = createBandTriangle({
    ...{ blocks: shared.length, size, width: shared.length, border: 0 },
  });
  const { stride } = triangle;
  reduced.forEach(({ rows }, side) => {
    const count = ends[side].length * size, values = new Float64Array(count * stride);
    for (let r = 0; r < count; r++) {
      const from = r * (count + 1), to = r * stride;
      ends[side].forEach((f, i) => {
        const part = rows.subarray(from + i * size, from + (i + 1) * size);
        values.set(part, to + shared.indexOf(f) * size);
      });
      values[to + stride - 1] = rows[from + count];
    }
    triangle.add(values, count);
  });
  const all = triangle.solve();
  const steps = ends.map((functions) => {
    const step = new Float64Array(functions.length * size);
    functions.forEach((f, i) => {
      const at = shared.indexOf(f) * size;
      step.set(all.subarray(at, at + size), i * size);
    });
    return step;
  });
  const sum = (of: "explained" | "work") => reduced.reduce((s, each) => s + each[of], triangle[of]);
  return { steps, explained: sum("explained"), work: sum("work") };
}

/** How well a window's functions hold at other points. */
export interface WindowCheck {
  /** Root mean square over the terms, each in units of its size. */
  readonly fresh: number;
  /** The part that comes of too few pieces, and that of a window that is too long. */
  readonly ofPieces: number;
  readonly ofLength: number;
  /** Squares of the former, per piece. */
  readonly perPiece: Float64Array;
  /** The part of the conditions at the beginning. */
  readonly ofBeginning: number;
}

/** Checks a window's functions. */
export async function checkWindow(team: WindowTeam, job: WindowJob): Promise<WindowCheck> {
  const checks = await bothSides(team, (desk, side) => desk.check(side, job));
  const perPiece = Float64Array.from(checks.flatMap((check) => [...check.perPiece]));
  const pieces = perPiece.reduce((sum, each) => sum + each, 0);
  const high = checks[0].high + checks[1].high;
  return {
    fresh: Math.sqrt(pieces + high),
    ofPieces: Math.sqrt(pieces),
    ofLength: Math.sqrt(high),
    ofBeginning: Math.sqrt(checks[0].beginning + checks[1].beginning),
    perPiece,
  };
}
