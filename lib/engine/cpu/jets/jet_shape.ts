/**
 * What the loops need to know of a group of points: how many derivatives, which chain rule.
 *
 * @module
 */

import { chainTerms, type JetPoints } from "../../jets.ts";
import type { Arena, Slot } from "../memory.ts";

/** Chain terms of one group of points, laid out for the kernels. */
export interface JetShape {
  /** Derivatives, the value included. */
  readonly channels: number;
  /** Highest order. */
  readonly order: number;
  /** Number of terms. */
  readonly terms: number;
  /** Per term 8 numbers: channel, order, number of blocks, blocks. */
  readonly table: Slot<Int32Array>;
  /** Per term its factor. */
  readonly factors: Slot<Float64Array>;
}

const TERM = 8;

/** Jets that the kernels' scratch has room for: derivatives times functions. */
export const MOST_JETS = 1024;

/** Bytes of scratch besides 8 for every term. */
export const SCRATCH_BYTES = 17_920;

/** Lays out the chain rule of a group. */
export function createJetShape({ derivatives }: JetPoints, arena: Arena): JetShape {
  const terms = chainTerms(derivatives);
  const table = arena.int32(TERM * terms.length);
  const factors = arena.float64(terms.length, (values) => {
    terms.forEach(({ channel, order, factor, blocks }, s) => {
      values[s] = factor;
      table.values.set([channel, order, blocks.length, ...blocks], TERM * s);
    });
  });
  return {
    channels: derivatives.length,
    order: derivatives[derivatives.length - 1].length,
    terms: terms.length,
    table,
    factors,
  };
}
