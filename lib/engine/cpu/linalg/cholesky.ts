/**
 * Cholesky's factorisation of dense symmetric matrices, in WebAssembly with SIMD, on threads.
 *
 * @module
 */

import { CHOLESKY_KERNELS } from "../wasm/abi.ts";
import { bindKernels } from "../wasm/exported_kernels.ts";
import { canShareMemory, createArena } from "../wasm/memory.ts";
import { choleskyModule, FACTORISATION_RUNNER } from "../wasm/module.ts";
import { recordLength, recordWords } from "../wasm/records.ts";
import { canWait, createTeam } from "../wasm/team.ts";

/** A matrix `M` in a memory of its own, and the factor of `S M S + shift I` beside it. */
export interface Cholesky {
  /** `M`, shape `[n, n]`, for the caller to fill. Only the lower half is read, nothing is changed. */
  readonly matrix: Float64Array;
  /**
   * Factorises, `S M S + shift I = L L^T`: the same bits for any number of threads.
   *
   * @param change What becomes of `M`; default: nothing.
   * @returns Whether all pivots were positive; if not, there is no factor.
   */
  factorise(change?: MatrixChange): boolean;
  /**
   * Solves `L L^T x = v` after {@linkcode Cholesky.factorise}.
   *
   * @param vector `v`, shape `[n]`; becomes `x`.
   */
  solve(vector: Float64Array): void;
  /** Sends the threads away; the caller's goes on to work. */
  dispose(): void;
}

/** What becomes of a matrix before it is factorised. */
export interface MatrixChange {
  /** Diagonal of `S`, shape `[n]`. Default: 1. */
  readonly scales?: Float64Array;
  /** Added to the diagonal of `S M S`. Default: 0. */
  readonly shift?: number;
}

/** Rows of a strip and of a block of cholesky.ts in assembly/. */
const STRIP = 12, BLOCK = 60;
/** The most rows for which matrix and factor have room in 4 GiB. */
const MOST_ROWS = 18_900;
/** Rows from which on further threads are faster than one. */
const LEAST_SHARED_ROWS = 256;

/**
 * Makes room for a matrix.
 *
 * @param n Rows, at least 1.
 * @param threads Threads, the caller included; matrices that are too small to share take one.
 * @throws {RangeError} If the room exceeds the 4 GiB that WebAssembly can address.
 *
 * @example
 * ```ts
 * import { createCholesky } from "../../inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { matrix, factorise, solve } = createCholesky(2);
 * matrix.set([4, 0, 2, 5]); // the 0 is not read
 * const vector = new Float64Array([8, 12]);
 * assertEquals(factorise(), true);
 * solve(vector);
 * assertEquals([...vector], [1, 2]);
 * ```
 */
export function createCholesky(n: number, threads = 1): Cholesky {
  if (n > MOST_ROWS) {
    throw new RangeError(
      `Cannot factorise: n must be at most ${MOST_ROWS} (4 GiB), current value is ${n}`,
    );
  }
  const rows = Math.ceil(n / BLOCK), strips = Math.ceil(n / STRIP);
  const used = n >= LEAST_SHARED_ROWS && canShareMemory() ? Math.min(threads, rows) : 1;
  const arena = createArena("float64");
  const record = arena.int32(recordLength("Factorisation"));
  const parts = arena.int32(1, (values) => values.fill(used));
  const state = arena.int32(2), progress = arena.int32(rows), numbers = arena.float64(2);
  const scales = arena.float64(STRIP * strips), inverses = arena.float64(STRIP * strips);
  const vector = arena.float64(STRIP * strips), matrix = arena.float64(n * n);
  const factor = arena.float64(STRIP ** 2 * strips * (strips + 1) / 2);
  const memory = arena.makeMemory(used > 1), module = choleskyModule(used > 1);
  const { solveFactorised } = bindKernels(CHOLESKY_KERNELS, module, memory);
  record.values.set(recordWords("Factorisation", {
    n,
    matrix: matrix.at,
    factor: factor.at,
    inverses: inverses.at,
    scales: scales.at,
    numbers: numbers.at,
    progress: progress.at,
    state: state.at,
    sleeps: used > 1 && canWait,
  }));
  const list = Array.from({ length: used });
  const blocks = { at: parts.at, list: () => list };
  const team = createTeam({ memory, module, runner: FACTORISATION_RUNNER, blocks }, used);
  const place = { strips, factor: factor.at, inverses: inverses.at, vector: vector.at };
  const room = vector.values.subarray(0, n);
  return {
    matrix: matrix.values,
    factorise({ scales: units, shift = 0 } = {}) {
      if (units) scales.values.set(units);
      else scales.values.fill(1);
      numbers.values[0] = shift;
      state.values.fill(0);
      progress.values.fill(0);
      team.run(record.at);
      return state.values[1] === 0;
    },
    solve(right) {
      room.set(right);
      solveFactorised(place);
      right.set(room);
    },
    dispose: () => team.dispose(),
  };
}
