/**
 * Cholesky's factorisation of dense symmetric matrices, in WebAssembly with SIMD, on threads.
 *
 * @module
 */

import type { Cholesky } from "../../contract.ts";
import { CHOLESKY_KERNELS } from "../wasm/abi.ts";
import { bindKernels } from "../wasm/exported_kernels.ts";
import { canShareMemory, createArena } from "../wasm/memory.ts";
import { choleskyModule, FACTORISATION_RUNNER } from "../wasm/module.ts";
import { recordLength, recordWords } from "../wasm/records.ts";
import { canWait } from "../wasm/helpers.ts";
import { createTeam } from "../wasm/team.ts";
import { hardwareThreads } from "../wasm/threads.ts";

/** The most rows for which matrix and factor have room in 4 GiB. */
const MOST_ROWS = 18_900;
/** Rows of a strip, see cholesky.ts in assembly/. */
const STRIP = 12;
/**
 * Strips along a block's side: few, so that threads wait less at the end; many, where rows of blocks
 * are too long for the second cache, so that they are read less often.
 */
const SIDE = 5, LONG_SIDE = 12, LONG_ROWS = 1800;
/** Rows for each thread: two are faster than one from 256 rows on. */
const ROWS_PER_THREAD = 128;
/** Rows from which on threads that have left are worth waiting for, and for how long at most. */
const GATHERING_ROWS = 1500, GATHERING_MS = 20;

/**
 * Makes room for a matrix and its factor.
 *
 * @param n Rows, at least 1.
 * @param threads Threads, the caller included; matrices that are too small to share take fewer.
 * @throws {RangeError} If the room exceeds the 4 GiB that WebAssembly can address.
 *
 * @example
 * ```ts
 * import { createCholesky } from "../../inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { matrix, factorise, solve } = createCholesky(2);
 * matrix.set([4, NaN, 2, 5]);
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
  const strips = Math.ceil(n / STRIP), side = n < LONG_ROWS ? SIDE : LONG_SIDE;
  const sharing = Math.max(1, Math.min(threads, Math.floor(n / ROWS_PER_THREAD)));
  const used = canShareMemory() ? sharing : 1;
  const arena = createArena("float64");
  const record = arena.int32(recordLength("Factorisation"));
  const parts = arena.int32(1, (values) => values.fill(used));
  const state = arena.int32(2), progress = arena.int32(Math.ceil(strips / side));
  const numbers = arena.float64(2); // pivots must be above the second one, 0
  const scales = arena.float64(STRIP * strips), inverses = arena.float64(STRIP * strips);
  const vector = arena.float64(STRIP * strips), matrix = arena.float64(n * n);
  const factor = arena.float64(STRIP ** 2 * strips * (strips + 1) / 2);
  const memory = arena.makeMemory(used > 1), module = choleskyModule(used > 1);
  const { solveFactorised } = bindKernels(CHOLESKY_KERNELS, module, memory);
  const places = { factor: factor.at, inverses: inverses.at };
  record.values.set(recordWords("Factorisation", {
    ...{ n, side, ...places, matrix: matrix.at, scales: scales.at, numbers: numbers.at },
    ...{ progress: progress.at, state: state.at, sleeps: used > 1 && canWait },
  }));
  const blocks = { at: parts.at, list: () => list }, list = Array.from({ length: used });
  const team = createTeam({ memory, module, runner: FACTORISATION_RUNNER, blocks }, used);
  const solution = { strips, ...places, vector: vector.at };
  const room = vector.values.subarray(0, n);
  return {
    matrix: matrix.values,
    factorise({ scales: units, shift = 0 } = {}) {
      if (units) scales.values.set(units);
      else scales.values.fill(1);
      numbers.values[0] = shift;
      state.values.fill(0);
      progress.values.fill(0);
      if (n >= GATHERING_ROWS) team.gather(GATHERING_MS);
      team.run(record.at);
      return state.values[1] === 0;
    },
    solve(right) {
      room.set(right);
      vector.values.fill(0, n); // NaN may be left of a solution without a factor
      solveFactorised(solution);
      right.set(room);
    },
    dispose: () => team.dispose(),
  };
}

/**
 * Makes factorisations for an evaluator: optimizers whose states take turns at it each have theirs.
 *
 * @param threads Threads, the caller included. Default: the cores of the machine.
 */
export function choleskyOnThreads(threads = hardwareThreads()) {
  const lent: Cholesky[] = [];
  return {
    /** See `Curvature`. */
    cholesky(n: number): Cholesky {
      const made = createCholesky(n, threads);
      lent.push(made);
      return made;
    },
    /** Sends the threads away. */
    dispose() {
      for (const made of lent.splice(0)) made.dispose();
    },
  };
}
