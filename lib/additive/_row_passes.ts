/**
 * Sums of splines fitted to tables of any length: rows come in parts, and nothing is kept of them but
 * sums, `X^T W X` and the slope of the deviance.
 *
 * Columns, knots, pairs and units are those of a sample, but for the ranges, which are of all rows.
 * With squared errors one pass over the rows tells all that strengths and coefficients need; with
 * other losses there is one pass for each step, which begin where the sample's fit ended. Parts of a
 * block are added up in their order and blocks along a tree, so that the result is the same every
 * time, by any number of processes, and to rounding the same however rows are cut into parts.
 *
 * @module
 */

import { rowsBetween } from "../data/inner.ts";
import type { Dataset } from "../data/mod.ts";
import type { Peers } from "../engine/mod.ts";
import { addAlongTree, sharesOf, sumOverPeers } from "../engine/inner.ts";
import {
  type AdditiveProblem,
  type Coefficients,
  quadraticOfSums,
  ridgeOf,
  ridgePenalty,
} from "./_coefficients.ts";
import {
  addProducts,
  along,
  designOfRows,
  functionProducts,
  functionSums,
  predictors,
  timesRows,
} from "./_design.ts";
import { familyOfPart, roundedLoss } from "./_point_family.ts";
import {
  type DesignFit,
  fitDesign,
  type RidgeFunctionOptions,
  type RidgeFunctions,
  ridgeFunctions,
} from "./_ridge_functions.ts";
import { heldSteps, type QuickFit, rangeOfStrengths, spansOf } from "./_strengths.ts";
import { log } from "../numerics/inner.ts";

/** Rows of a table in parts, the same ones in every pass. */
export interface RowParts {
  /**
   * Blocks of rows, a power of two; their sums are added along a tree, so that processes which share
   * them find the same bits. Default 1.
   */
  readonly blocks?: number;
  /** Who shares the blocks. Default: this process has them all. */
  readonly peers?: Peers;
  /** The parts of a block. */
  parts(block: number): AsyncIterable<Dataset> | Iterable<Dataset>;
}

/** What is done with the rows in a pass. */
export interface RowPass {
  /** Takes a part: adds to sums, raises maxima. */
  take(part: Dataset): void;
  /** Numbers that are 0 before the first row; afterwards those of all rows. */
  readonly sums: readonly Float64Array[];
  /** Numbers that are minus infinity before the first row; afterwards those of all rows. */
  readonly maxima?: readonly Float64Array[];
}

/** Passes over this process' blocks, and takes what those of the others have found. */
async function passOver(source: RowParts, passes: readonly RowPass[]): Promise<void> {
  const { blocks = 1, peers } = source, shared = peers && peers.size > 1 && blocks > 1;
  const shares = sharesOf(blocks, peers?.size ?? 1);
  const [first, end] = shared ? [shares[peers.rank], shares[peers.rank + 1]] : [0, blocks];
  const sums = passes.flatMap((pass) => pass.sums);
  const maxima = passes.flatMap((pass) => pass.maxima ?? []);
  const length = sums.reduce((all, each) => all + each.length, 0);
  let nodes: ReturnType<typeof addAlongTree> = [];
  for (let block = first; block < end; block++) {
    for await (const part of source.parts(block)) for (const pass of passes) pass.take(part);
    if (blocks === 1) return; // the sums are all
    nodes = addAlongTree([...nodes, { begin: block, size: 1, values: joined(sums, length) }]);
    for (const each of sums) each.fill(0);
  }
  const all = shared ? sumOverPeers(peers, blocks, nodes, length) : nodes[0].values;
  let at = 0;
  for (const each of sums) each.set(all.subarray(at, at += each.length));
  if (shared) { for (const each of maxima) raise(peers, each); }
}

function joined(arrays: readonly Float64Array[], length: number): Float64Array {
  const all = new Float64Array(length);
  let at = 0;
  for (const each of arrays) {
    all.set(each, at);
    at += each.length;
  }
  return all;
}

/** Sets numbers to the largest of all processes. */
function raise(peers: Peers, values: Float64Array): void {
  const all = peers.gather(values, new Array(peers.size).fill(values.length));
  all.forEach((x, i) => {
    const k = i % values.length;
    if (x > values[k]) values[k] = x;
  });
}

/** Runs fits that ask for passes, all in the same passes; gives what they return. */
export async function passTogether<T>(
  source: RowParts,
  fits: readonly Generator<RowPass, T, void>[],
): Promise<T[]> {
  const results: T[] = [];
  let open = fits.map((fit, i) => ({ fit, i }));
  while (open.length > 0) {
    const passes: RowPass[] = [];
    open = open.filter(({ fit, i }) => {
      const { done, value } = fit.next();
      if (done) results[i] = value;
      else passes.push(value);
      return !done;
    });
    if (passes.length === 0) break;
    await passOver(source, passes);
  }
  return results;
}

/** Numbers of the rows of `B` that are held at once. */
const HELD_NUMBERS = 1 << 20;
/** Steps with other losses than squared errors, most halvings of one, and those of the strengths. */
const MOST_STEPS = 10, MOST_HALVINGS = 6, STRENGTH_STEPS = 60;
/** A step that is expected to gain less than this share of the deviance is not taken. */
const LEAST_GAIN = 1e-9;

/** Whether sums over rows do for a loss: not where several classes share their probabilities. */
export function hasRowSums(kind: string, nOut: number): boolean {
  return kind !== "cox" && (kind !== "crossEntropy" || nOut === 1);
}

/** Fits a sum of splines to all rows, of which `sample` stands for the others. */
export function* fitAllRows(
  sample: Dataset,
  options: RidgeFunctionOptions,
): Generator<RowPass, RidgeFunctions, void> {
  const ranges = yield* findRanges(sample, options.directions);
  const fit = fitDesign(sample, options, ranges);
  const loss = roundedLoss(options.loss, sample.targets);
  const fits: QuickFit[] = [];
  if (loss.kind === "mse") {
    const all = yield* addUp(fit, loss, fit.fits.map(({ b }) => b));
    all.forEach((sums, q) => fits.push(squareFit(fit, sums, q)));
  } else {
    for (let q = 0; q < fit.fits.length; q++) fits.push(yield* descendAll(fit, loss, q));
  }
  return ridgeFunctions({ ...fit, fits });
}

/** Ranges of columns and directions. */
function* findRanges(
  { nIn }: Dataset,
  directions: Float64Array = new Float64Array(0),
): Generator<RowPass, (readonly [number, number])[], void> {
  const nodes = nIn + directions.length / nIn;
  const low = new Float64Array(nodes).fill(-Infinity); // of minus the rows
  const high = new Float64Array(nodes).fill(-Infinity);
  const each = Array.from(
    { length: nodes - nIn },
    (_, d) => directions.subarray(d * nIn, (d + 1) * nIn),
  );
  const take = ({ rows, inputs }: Dataset) => {
    for (let r = 0; r < rows; r++) {
      for (let p = 0; p < nodes; p++) {
        const x = p < nIn ? inputs[r * nIn + p] : along(each[p - nIn], inputs, r);
        if (-x > low[p]) low[p] = -x;
        if (x > high[p]) high[p] = x;
      }
    }
  };
  yield { take, sums: [], maxima: [low, high] };
  return Array.from(low, (least, p) => [-least, high[p]] as const);
}

/** Sums over all rows at some coefficients. */
interface Sums {
  readonly b: Float64Array;
  readonly rows: number;
  readonly deviance: number;
  readonly matrix: Float64Array;
  /** Of half the deviance, by the coefficients. */
  readonly slope: Float64Array;
}

/** Adds up all rows, at coefficients of every output; with squared errors all have one matrix. */
function* addUp(
  { design, plans }: DesignFit,
  loss: DesignFit["options"]["loss"],
  at: readonly Float64Array[],
  first = 0,
): Generator<RowPass, Sums[], void> {
  const { size, stride } = design, square = loss.kind === "mse";
  const products = at.slice(0, square ? 1 : at.length).map(() => new Float64Array(size * size));
  const slopes = at.map(() => new Float64Array(size)), deviances = new Float64Array(at.length);
  const used = new Float64Array(1);
  const most = Math.max(1, Math.floor(HELD_NUMBERS / stride));
  const take = (part: Dataset) => {
    for (let from = 0; from < part.rows; from += most) {
      const rows = rowsBetween(part, from, Math.min(part.rows, from + most));
      const here = designOfRows(design, plans, rows);
      const weights = rows.weights ?? new Float64Array(rows.rows).fill(1);
      for (const w of weights) if (w > 0) used[0]++;
      at.forEach((b, i) => {
        const family = familyOfPart(rows, loss, weights, first + i);
        const gradient = new Float64Array(rows.rows), bends = new Float64Array(rows.rows);
        deviances[i] += family.deviance([predictors(here, b)], [gradient], [bends]);
        timesRows(here, gradient).forEach((sum, c) => slopes[i][c] += sum);
        if (i < products.length) addProducts(here, bends, products[i]);
      });
    }
  };
  yield { take, sums: [used, deviances, ...slopes, ...products] };
  const matrices = products.map((each) => functionProducts(design, each));
  return at.map((b, i) => ({
    ...{ b, rows: used[0], deviance: deviances[i], matrix: matrices[i] ?? matrices[0] },
    slope: functionSums(design, slopes[i]),
  }));
}

/** A problem of all rows. */
function problemOf({ problem, families }: DesignFit, q: number, rows: number): AdditiveProblem {
  const family = families[families.length > 1 ? q : 0], { knownScale } = family;
  return {
    ...{ ...problem, rows, least: 0 },
    family: {
      ...family,
      saturated: (scale) => knownScale ? 0 : -rows * log(2 * Math.PI * scale) / 2,
    },
  };
}

/** Strengths and coefficients with squared errors, from sums. */
function squareFit(fit: DesignFit, sums: Sums, q: number): QuickFit {
  const problem = problemOf(fit, q, sums.rows), known = fit.fits[q].logStrengths;
  const at = { ...sums, eta: [] }, solve = quadraticOfSums(problem, at, sums.slope);
  const range = rangeOfStrengths(problem, { ...fit.fits[q], ...at }, known);
  const held = { ...fit.fits[q], ...at } satisfies Coefficients;
  const rho = heldSteps(problem, "reml", range, range.from, held, STRENGTH_STEPS, solve);
  return { ...solve(rho), logStrengths: rho };
}

/** The same with other losses: a pass for each step, halved where the deviance has risen. */
function* descendAll(
  fit: DesignFit,
  loss: DesignFit["options"]["loss"],
  q: number,
): Generator<RowPass, QuickFit, void> {
  let rho = fit.fits[q].logStrengths, from: Float64Array | undefined, before = Infinity;
  let b = fit.fits[q].b, halvings = 0;
  let best: QuickFit = fit.fits[q];
  for (let step = 0; step < MOST_STEPS; step++) {
    const [sums] = yield* addUp(fit, loss, [b], q);
    let problem = problemOf(fit, q, sums.rows);
    const objective = sums.deviance + ridgePenalty(b, ridgeOf(problem, rho, sums.matrix));
    if (from && !(objective <= before + 1e-12 * Math.abs(before))) {
      const back = from;
      if (++halvings > MOST_HALVINGS) return { ...best, b: back };
      b = b.map((each, i) => (each + back[i]) / 2);
      continue;
    }
    halvings = 0;
    const held = { ...fit.fits[q], ...sums, eta: [] } satisfies Coefficients;
    const range = rangeOfStrengths(problem, held, rho);
    if (problem.family.knownScale) problem = { ...problem, spans: spansOf(range) };
    const solve = quadraticOfSums(problem, held, sums.slope);
    const next = heldSteps(problem, "reml", range, range.from, held, 2, solve);
    const found = solve(next), ridge = ridgeOf(problem, next, sums.matrix);
    const here = sums.deviance + ridgePenalty(b, ridge);
    const gain = here - found.deviance - found.penalty;
    best = { ...found, logStrengths: next };
    rho = next;
    from = b;
    before = here;
    b = found.b;
    if (!(gain > LEAST_GAIN * Math.abs(here))) break;
  }
  return best;
}
