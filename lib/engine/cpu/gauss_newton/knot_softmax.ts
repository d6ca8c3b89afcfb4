/**
 * From moving knots to their logits in a Gauss-Newton matrix.
 *
 * Rows are written by knots, and a knot's column is that of a logit; there are more logits than
 * moving knots in each softmax. Derivatives by knots become those by logits in place, first along
 * the rows of the matrix, then along its columns.
 *
 * @module
 */

import { numKnotLogits } from "../../../knots/inner.ts";
import type { JetChain, SplineJetStage } from "../jets/jet_chain.ts";
import { createPartsRunner, MOST_PARTS } from "../jets/jet_phases.ts";
import { BLOCK, call } from "../wasm/kernel_calls.ts";
import { recordLength, recordWords } from "../wasm/records.ts";
import { knotGroups, type MovedColumns } from "./moved_columns.ts";
import { exp } from "../../../numerics/inner.ts";

/** Turns knots into logits. */
export type KnotSoftmax = ReturnType<typeof createKnotSoftmax>;

/**
 * Lays out the softmaxes of all layers.
 *
 * `dt_i / ds_k = (b - a) p_k ([k <= i] - S_i)` with `p` the softmax of its logits s and S the sums
 * of p; see `freeKnotsVjp`.
 *
 * @param matrix Address of the matrix.
 */
export function createKnotSoftmax(
  chain: JetChain,
  moved: readonly (MovedColumns | undefined)[],
  matrix: number,
) {
  const { stages, arena, parameters } = chain;
  const groups = stages.flatMap((layer, s) => {
    const logits = moved[s]?.logits;
    if (layer.kind === "linear" || !logits) return [];
    return groupsOf(layer, logits.offset);
  });
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const gaps = arena.float64(total), sums = arena.float64(total);
  const records = arena.int32(recordLength("Softmax") * groups.length, (values) => {
    let at = 0;
    const words = groups.flatMap(({ begin, count }) => {
      const fields = { begin, count, gaps: gaps.at + 8 * at, sums: sums.at + 8 * at };
      at += count;
      return recordWords("Softmax", fields);
    });
    values.set(words);
  });

  /** Takes the logits of the latest forward pass. */
  function load(): void {
    let at = 0;
    for (const { begin, count, reach } of groups) {
      const logits = parameters.values.subarray(begin, begin + count);
      const largest = logits.reduce((most, s) => Math.max(most, s), -Infinity);
      let all = 0, sum = 0;
      for (let k = 0; k < count; k++) all += gaps.values[at + k] = exp(logits[k] - largest);
      for (let k = 0; k < count; k++) {
        sum += gaps.values[at + k];
        sums.values[at + k] = sum / all;
        gaps.values[at + k] *= reach / all;
      }
      at += count;
    }
  }

  const pulls = [true, false].map((along) =>
    createPartsRunner(chain, (size) => [call.pullSoftmax({
      ...{ matrix, size, along, groups: records.at, count: groups.length },
      part: BLOCK,
      parts: MOST_PARTS,
    })])
  );

  return {
    load,
    /** Turns rows and columns of the matrix, of `size` columns, in place. */
    pullMatrix(size: number): void {
      if (groups.length === 0) return;
      for (const pull of pulls) pull(size);
    },
    /** Turns a vector over the parameters, in place. */
    pullVector(vector: Float64Array): void {
      let at = 0;
      for (const { begin, count } of groups) {
        let suffix = 0, weighted = 0;
        for (let j = 0; j + 1 < count; j++) {
          suffix += vector[begin + j];
          weighted += vector[begin + j] * sums.values[at + j];
        }
        for (let k = 0; k < count; k++) {
          const bar = vector[begin + k];
          vector[begin + k] = gaps.values[at + k] * (suffix - weighted);
          suffix -= bar;
        }
        at += count;
      }
    },
  };
}

/** The softmaxes of a layer: their columns, and the length that their gaps fill. */
function groupsOf({ stage }: SplineJetStage, first: number) {
  const { numKnotVectors, space } = stage, reach = space.domain[1] - space.domain[0];
  const perVector = numKnotLogits(space);
  return Array.from(
    { length: numKnotVectors },
    (_, v) =>
      knotGroups(stage).map(({ offset, count }) => ({
        begin: first + v * perVector + offset,
        count,
        reach,
      })),
  ).flat();
}
