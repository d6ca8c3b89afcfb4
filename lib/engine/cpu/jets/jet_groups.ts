/**
 * Groups of points: checks, and the chain rule as the kernels read it.
 *
 * @module
 */

import type { Network } from "../../../model/mod.ts";
import { chainTerms, type JetPoints } from "../../jets.ts";
import type { Arena } from "../wasm/memory.ts";
import { recordLength, recordWords } from "../wasm/records.ts";

/** The chain rule of a group. */
export type ChainTables = ReturnType<typeof layOutChain>;

/** Lays out the chain rule of a group. */
export function layOutChain({ rows, derivatives }: JetPoints, arena: Arena) {
  const terms = chainTerms(derivatives), size = recordLength("Term");
  const table = arena.int32(size * terms.length);
  const factors = arena.float64(terms.length, (values) => {
    terms.forEach(({ channel, order, factor, blocks }, k) => {
      const [block0 = 0, block1 = 0, block2 = 0, block3 = 0, block4 = 0, block5 = 0] = blocks;
      const places = { block0, block1, block2, block3, block4, block5 };
      values[k] = factor;
      table.values.set(
        recordWords("Term", { channel, order, blocks: blocks.length, ...places }),
        size * k,
      );
    });
  });
  return {
    rows,
    /** Derivatives, the value included. */
    channels: derivatives.length,
    /** Highest order of a derivative, and number of terms. */
    order: derivatives[derivatives.length - 1].length,
    terms: terms.length,
    table,
    factors,
  };
}

/**
 * Checks groups of points.
 *
 * @throws {TypeError} If a group's inputs are not `[rows, derivatives, nIn]` numbers.
 * @throws {RangeError} If there is no point.
 */
export function checkGroups(network: Network, groups: readonly JetPoints[]): void {
  const nIn = network.config.widths[0];
  groups.forEach(({ rows, derivatives, inputs }, g) => {
    if (inputs.length === rows * derivatives.length * nIn && derivatives[0]?.length === 0) return;
    throw new TypeError(
      `Cannot compile jets: inputs of group ${g} must be [${rows}, ${derivatives.length}, ` +
        `${nIn}] with the value first, current value is ${inputs.length} numbers`,
    );
  });
  if (groups.reduce((sum, group) => sum + group.rows, 0) === 0) {
    throw new RangeError("Cannot compile jets: groups must hold a point, current value is none");
  }
}
