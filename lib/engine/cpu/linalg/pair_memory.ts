/**
 * The stored pairs of L-BFGS, side by side in one memory, and their product with a vector.
 *
 * The two-loop recursion (Nocedal and Wright 2006, Algorithm 7.4) must read every stored number
 * twice: `4 m n` numbers for `m` pairs of length `n`. Its loops here are WebAssembly with SIMD, and
 * the vector that they turn is read and written once a pair and loop.
 *
 * @module
 */

import { createVectorKernels } from "./vector_kernels.ts";

/** Pairs `(s, y)` of vectors, oldest first. */
export interface PairMemory {
  /** `s` of every pair: views, valid until the pair is dropped. The list itself stays the same. */
  readonly steps: Float64Array[];
  /** `y` of every pair; as `steps`. */
  readonly differences: Float64Array[];
  /**
   * Stores a pair; the oldest one is dropped where there is no room.
   *
   * @param step `s`, copied.
   * @param difference `y`, copied, with `y.s > 0`.
   */
  add(step: Float64Array, difference: Float64Array): void;
  /**
   * Gives room for the next pair, for the caller to fill; `keepDraft` stores it without a copy.
   *
   * @returns Views that hold anything; valid until `add` or `keepDraft`.
   */
  draft(): { readonly step: Float64Array; readonly difference: Float64Array };
  /**
   * Stores the draft if its curvature is large enough; the oldest pair is dropped where there is
   * no room.
   *
   * @param least The curvature `y.s` must be above this,
   * @param leastShare and above this times `y.y`.
   * @returns Whether the draft was stored.
   */
  keepDraft(least: number, leastShare: number): boolean;
  /** Drops all pairs. */
  clear(): void;
  /**
   * Computes `H v` by the two-loop recursion: BFGS turns `(y.s / y.y) I` of the latest pair into
   * `H` with all pairs; without pairs it is `I`. The same bits every time; on another
   * machine the last ones may differ (fused multiply-adds).
   *
   * @param vector `v`, not changed.
   * @param out Overwritten with `H v`.
   */
  inverseHessianTimes(vector: Float64Array, out: Float64Array): void;
}

const PAGE = 65536;
const MOST_BYTES = 65535 * PAGE;
const LINE = 64;

/**
 * Makes room for pairs.
 *
 * @param length Numbers of a vector.
 * @param capacity Most pairs, at least 1. Room that is never used costs nothing.
 * @returns No pairs yet.
 * @throws {RangeError} If the room exceeds the 4 GiB that WebAssembly can address.
 *
 * @example
 * ```ts
 * import { createPairMemory } from "../../inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const pairs = createPairMemory(2, 10);
 * pairs.add(new Float64Array([1, 0]), new Float64Array([4, 0])); // curvature 4 along x
 * const out = new Float64Array(2);
 * pairs.inverseHessianTimes(new Float64Array([8, 8]), out);
 * assertEquals([...out], [2, 2]);
 * ```
 */
export function createPairMemory(length: number, capacity: number): PairMemory {
  const bytes = Math.ceil(8 * length / LINE) * LINE;
  const slots = capacity + 1; // one is the draft's
  const table = Math.ceil(8 * slots / LINE) * LINE;
  const zAt = 0, productsAt = zAt + bytes, alphasAt = productsAt + table;
  const pairsAt = alphasAt + table, end = pairsAt + 2 * bytes * slots;
  if (end > MOST_BYTES) {
    throw new RangeError(
      `Cannot store pairs: memory must be at most ${
        Math.floor((MOST_BYTES - 4 * bytes) / (2 * bytes + 17)) - 1
      } with ${length} parameters (4 GiB), current value is ${capacity}`,
    );
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(Math.max(end, 1) / PAGE) });
  const kernels = createVectorKernels(memory);
  /** The loops' arguments: the ring's first slot, and `y.s / y.y` of the latest pair. */
  const loops = {
    ...{ bytes, capacity: slots, first: 0, count: 0, scale: 1 },
    ...{ pairs: pairsAt, products: productsAt, alphas: alphasAt, z: zAt },
  };
  const z = new Float64Array(memory.buffer, zAt, length);
  const products = new Float64Array(memory.buffer, productsAt, slots);
  const steps: Float64Array[] = [], differences: Float64Array[] = [];

  function slotAt(slot: number): number {
    return pairsAt + 2 * bytes * slot;
  }

  function draft(): { step: Float64Array; difference: Float64Array } {
    const at = slotAt((loops.first + steps.length) % slots);
    return {
      step: new Float64Array(memory.buffer, at, length),
      difference: new Float64Array(memory.buffer, at + bytes, length),
    };
  }

  function keepDraft(least: number, leastShare: number): boolean {
    const slot = (loops.first + steps.length) % slots;
    const stepAt = slotAt(slot), differenceAt = stepAt + bytes;
    const product = kernels.dot({ bytes, x: stepAt, y: differenceAt });
    const square = kernels.dot({ bytes, x: differenceAt, y: differenceAt });
    if (!(product > least && product > leastShare * square)) return false;
    const { step, difference } = draft();
    products[slot] = product;
    loops.scale = product / square;
    if (steps.length === capacity) {
      steps.shift();
      differences.shift();
      loops.first = (loops.first + 1) % slots;
    }
    steps.push(step);
    differences.push(difference);
    return true;
  }

  function add(step: Float64Array, difference: Float64Array): void {
    const copy = draft();
    copy.step.set(step);
    copy.difference.set(difference);
    keepDraft(-Infinity, -Infinity);
  }

  return {
    steps,
    differences,
    add,
    draft,
    keepDraft,
    clear() {
      steps.length = differences.length = loops.first = 0;
    },
    inverseHessianTimes(vector, out) {
      loops.count = steps.length;
      if (loops.count === 0) return out.set(vector);
      z.set(vector);
      kernels.twoLoop(loops);
      out.set(z);
    },
  };
}
