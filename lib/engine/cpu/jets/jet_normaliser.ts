/**
 * Normalisation of jets, and the gradient through the statistics of all points.
 *
 * `u = origin + (x - from) scale`, derivatives by the coordinates `u_c = scale x_c`: statistics are
 * constants for these derivatives, but depend on the parameters: with `T = sum_r ubar_0` and
 * `S = sum_r ubar_0 (x - from) + sum_rc ubar_c x_c` the gradient by `scale` is S, every derivative's
 * share included, and the gradient by `from` is `-scale T`.
 *
 * @module
 */

import { pow } from "../../../numerics/inner.ts";
import { BATCH_NORM_EPSILON, nodeMap, type SplineStage } from "../../../model/inner.ts";
import type { NormalisationStatistics } from "../../../model/mod.ts";
import type { Arena, Slot } from "../wasm/memory.ts";
import { type Argument, type Call, call, type Cursor } from "../wasm/kernel_calls.ts";
import type { BlockNumbers } from "../wasm/row_blocks.ts";
import type { JetBlocks } from "./jet_phases.ts";
import type { JetShape } from "./jet_shape.ts";

/** The normalisation of one layer. */
export type JetNormaliser = ReturnType<typeof createJetNormaliser>;

/** Creates the normalisation of a stage; given statistics are constants, nothing is measured. */
export function createJetNormaliser(
  stage: SplineStage,
  shapes: readonly JetShape[],
  arena: Arena,
  blocks: Pick<JetBlocks, "most">,
  known?: NormalisationStatistics,
) {
  const { nIn, normalisation: kind, space: { domain } } = stage;
  const total = shapes.reduce((sum, { rows }) => sum + rows, 0);
  const fields = kind === "minmax" ? 4 : 3;
  const found = arena.float64(blocks.most * fields * nIn);
  const foundAt = { at: found.at, perBlock: 8 * fields * nIn };
  const sumSlot = arena.float64(blocks.most * 2 * nIn);
  const sums = { at: sumSlot.at, perBlock: 16 * nIn };
  const shares = arena.float64(3 * nIn), maps = arena.float64(3 * nIn);
  const join = createJoin(stage, blocks.most, found), { first, second, low, high } = join;
  let statistics: NormalisationStatistics = known ?? { kind: "none" };

  /** Takes the statistics of all blocks, or others in their place. */
  function conclude(others?: NormalisationStatistics): void {
    statistics = others ?? join.statistics() ?? statistics;
    for (let p = 0; p < nIn; p++) {
      const { from, scale, origin } = nodeMap(statistics, domain, p);
      maps.values.set([from, scale, origin], 3 * p);
    }
  }

  /**
   * Completes the values' gradients `scale ubar` by the part of the statistics: adds it to the
   * extreme rows (`barAt` turns addresses of values), or sets the shares that `finish` adds.
   */
  function pull(memory: Float64Array, barAt: (valueAt: number) => number): void {
    if (kind === "none") return;
    for (let p = 0; p < nIn; p++) {
      const [from, scale] = maps.values.subarray(3 * p);
      let sum = 0, scaleBar = 0;
      for (let b = 0; b < blocks.most; b++) {
        sum += sumSlot.values[2 * (b * nIn + p)];
        scaleBar += sumSlot.values[2 * (b * nIn + p) + 1];
      }
      if (kind === "batchnorm") {
        shares.values.set([-scale * sum / total, -scaleBar * pow(scale, 3) / total, from], 3 * p);
      } else if (scale !== 0) {
        const slope = scaleBar * scale / (second[p] - first[p]); // -scaleBar d scale / d high
        memory[barAt(low[p]) / 8] += slope - scale * sum;
        memory[barAt(high[p]) / 8] -= slope;
      }
    }
  }

  return {
    /** Per node `from, scale, origin`. */
    maps,
    /** Calls that measure a block's rows: before them, and on a tile. */
    start: startCalls(kind, nIn, foundAt),
    measure(group: number, x: Argument): Call[] {
      if (kind === "none") return [];
      const args = { nIn, channels: shapes[group].padded, x, found: foundAt };
      return [kind === "minmax" ? call.jetExtremes(args) : call.jetMoments(args)];
    },
    /** What every block measures, and adds up. */
    found: kind === "none" ? [] : [numbersOf(found, fields * nIn)],
    added: kind === "none" ? [] : [numbersOf(sumSlot, 2 * nIn)],
    conclude,
    extremes: join.extremes,
    /** The latest statistics, which the next ones replace. */
    statistics: () => statistics,
    /** Where blocks add T and S of every node, and the calls that set these sums to 0. */
    sums,
    clear: [call.zero({ to: sums, size: 16 * nIn })],
    pull,
    /** Adds the shares on a tile. */
    finish(group: number, x: Argument, bar: Argument): Call[] {
      if (kind !== "batchnorm") return [];
      const args = { nIn, channels: shapes[group].padded, x, bar };
      return [call.pullJetMoments({ ...args, shares: shares.at })];
    },
  };
}

/** The calls before a block's rows are measured. */
function startCalls(kind: string, nIn: number, found: Cursor): Call[] {
  if (kind === "minmax") return [call.resetJetExtremes({ nIn, found })];
  return kind === "batchnorm" ? [call.zero({ to: found, size: 24 * nIn })] : [];
}

/** The numbers of all blocks, as other processes are asked for them. */
function numbersOf(slot: Slot<Float64Array>, perBlock: number): BlockNumbers {
  return {
    perBlock,
    get values() {
      return slot.values;
    },
  };
}

/** Joins what the blocks found. */
function createJoin(
  { nIn, normalisation: kind }: SplineStage,
  numBlocks: number,
  found: Slot<Float64Array>,
) {
  const low = new Float64Array(nIn), high = new Float64Array(nIn); // addresses of extreme values
  const first = new Float64Array(nIn), second = new Float64Array(nIn); // minimum, maximum; or moments

  function joinExtremes(p: number): void {
    first[p] = Infinity;
    second[p] = -Infinity;
    for (let b = 0; b < numBlocks; b++) {
      const at = 4 * (b * nIn + p), extremes = found.values;
      if (extremes[at] < first[p]) [first[p], low[p]] = [extremes[at], extremes[at + 2]];
      if (extremes[at + 1] > second[p]) [second[p], high[p]] = [extremes[at + 1], extremes[at + 3]];
    }
  }

  function joinMoments(p: number): void {
    let count = 0, mean = 0, squares = 0;
    for (let b = 0; b < numBlocks; b++) {
      const at = 3 * (b * nIn + p), [rows, centre, around] = found.values.subarray(at, at + 3);
      if (rows === 0) continue;
      const all = count + rows, apart = centre - mean;
      mean += apart * (rows / all);
      squares += around + apart * apart * (count * rows / all);
      count = all;
    }
    first[p] = mean;
    second[p] = squares / count;
  }

  function statistics(): NormalisationStatistics | undefined {
    if (kind === "none") return undefined;
    const join = kind === "minmax" ? joinExtremes : joinMoments;
    for (let p = 0; p < nIn; p++) join(p);
    return kind === "minmax"
      ? { kind, minimum: first, maximum: second }
      : { kind, mean: first, variance: second };
  }

  /** Addresses of the values that are a node's minimum and maximum. */
  function extremes(node: number): number[] {
    return [low[node], high[node]];
  }

  return { first, second, low, high, extremes, statistics };
}

/**
 * How `u = scale x + shift` of a node moves with its two statistics: minimum and maximum, or mean
 * and variance. Gives `d scale / d s` and `d shift / d s` for the two statistics s.
 */
export function mapSlopes(
  statistics: NormalisationStatistics,
  domain: readonly [number, number],
  node: number,
) {
  const { scale, from } = nodeMap(statistics, domain, node);
  if (statistics.kind === "none" || scale === 0) return { scale: [0, 0], shift: [0, 0] };
  if (statistics.kind === "minmax") {
    const steep = scale / (statistics.maximum[node] - statistics.minimum[node]);
    return { scale: [steep, -steep], shift: [-scale - from * steep, from * steep] };
  }
  const steep = -0.5 * scale / (statistics.variance[node] + BATCH_NORM_EPSILON);
  return { scale: [0, steep], shift: [-scale, -from * steep] };
}
