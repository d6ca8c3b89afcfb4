/**
 * Damped least squares by reflections, in WebAssembly with SIMD: with `A = J^T J` half the digits of
 * small singular values are lost before a step is computed, with a triangle of `J` none.
 *
 * @module
 */

import {
  PLAIN_REFLECTION_KERNELS,
  RELAXED_REFLECTION_KERNELS,
} from "../wasm/_reflection_kernels.ts";
import { REFLECTION_KERNELS } from "../wasm/abi.ts";
import { kernelBinder } from "../wasm/exported_kernels.ts";

/** Minimises `|J D x + r|^2 + mu |x|^2`: one triangle of `J D` for any number of `mu`. */
export interface LeastSquares {
  /**
   * Takes a problem.
   *
   * @param jacobian `J`, shape `[rows, n]`.
   * @param residuals `r`, shape `[rows]`.
   * @param scales Diagonal of `D`, shape `[n]`.
   */
  take(jacobian: Float64Array, residuals: Float64Array, scales: Float64Array): void;
  /**
   * The minimum for one damping, above 0.
   *
   * @returns `x`, and how much `|J D x + r|^2 / 2` falls.
   */
  solve(damping: number): { readonly x: Float64Array; readonly decrease: number };
  /** Solves `(D J^T J D + mu I) x = right`, in place, with the `mu` of the latest `solve`. */
  again(right: Float64Array): void;
}

const bind = kernelBinder(
  REFLECTION_KERNELS,
  RELAXED_REFLECTION_KERNELS,
  PLAIN_REFLECTION_KERNELS,
);

/** Reflections of a panel, rows of a group: those of reflect.ts. */
const PANEL = 32, GROUP = 4;
const PAGE = 65536, MOST_PAGES = 65535;

function groups(count: number): number {
  return GROUP * Math.ceil(count / GROUP);
}

/** Whether problems of this size have room, and take seconds rather than minutes. */
export function canReflect(rows: number, n: number): boolean {
  return numbersOf(rows, n).end * 8 <= MOST_PAGES * PAGE && rows * n * n <= MOST_WORK;
}

/** Multiply-adds of a triangle, at most: some ten seconds. */
const MOST_WORK = 5e10;

/** Where arrays begin, in numbers. */
function numbersOf(rows: number, n: number) {
  const tall = groups(Math.max(rows, n)), square = groups(n);
  const triangle = tall * (n + 1), packed = triangle + 2 * square * (n + 1);
  const scratch = packed + PANEL * (Math.max(tall, 2 * square) + 2 * PANEL);
  return { tall, square, triangle, packed, scratch, end: scratch + PANEL * (n + 1 + 2 * PANEL) };
}

/**
 * Makes room for problems of a size.
 *
 * @param rows Rows of `J`, at least 1.
 * @param n Its columns, at least 1.
 *
 * @example
 * ```ts
 * import { createLeastSquares } from "../../inner.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const system = createLeastSquares(2, 1);
 * system.take(new Float64Array([3, 4]), new Float64Array([-6, -8]), new Float64Array([1]));
 * assertAlmostEquals(system.solve(1e-20).x[0], 2, 1e-14);
 * ```
 */
export function createLeastSquares(rows: number, n: number): LeastSquares {
  const { tall, square, triangle, packed, scratch, end } = numbersOf(rows, n);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(8 * end / PAGE) });
  const { reflectPanel } = bind(memory), numbers = new Float64Array(memory.buffer, 0, end);
  const columns = n + 1, both = 2 * square;
  const right = new Float64Array(n);

  /** The triangle of the damped problem: column j begins at `triangle + j both`. */
  function damp(damping: number): void {
    const root = Math.sqrt(damping);
    for (let j = 0; j < columns; j++) {
      const to = triangle + j * both, from = j * tall, length = Math.min(j + 1, n);
      numbers.fill(0, to, to + both);
      numbers.copyWithin(to, from, from + length);
      if (j < n) numbers[to + square + j] = root;
    }
    for (let first = 0; first < n; first += PANEL) {
      const count = Math.min(PANEL, n - first), last = groups(first + count);
      reflectPanel({
        ...{ matrix: 8 * triangle, step: 8 * both, columns, first, count, endA: last },
        ...{ lowB: square, endB: square + last, packed: 8 * packed, scratch: 8 * scratch },
      });
    }
  }

  /** Solves with the triangle, in place. */
  function solveUpper(x: Float64Array): void {
    for (let j = n - 1; j >= 0; j--) {
      const at = triangle + j * both, value = x[j] /= numbers[at + j];
      for (let i = 0; i < j; i++) x[i] -= value * numbers[at + i];
    }
  }

  return {
    take(jacobian, residuals, scales) {
      numbers.fill(0, 0, triangle);
      for (let r = 0; r < rows; r++) {
        for (let j = 0, from = r * n; j < n; j++) {
          numbers[j * tall + r] = jacobian[from + j] * scales[j];
        }
        numbers[n * tall + r] = -residuals[r];
      }
      for (let first = 0; first < n; first += PANEL) {
        reflectPanel({
          ...{ matrix: 0, step: 8 * tall, columns, first, count: Math.min(PANEL, n - first) },
          ...{ endA: tall, lowB: 0, endB: 0, packed: 8 * packed, scratch: 8 * scratch },
        });
      }
    },
    solve(damping) {
      damp(damping);
      const at = triangle + n * both;
      right.set(numbers.subarray(at, at + n));
      const x = right.slice();
      // |J D x + r|^2 + mu |x|^2 falls by the square of the triangle's right side
      const fallen = right.reduce((sum, value) => sum + value * value, 0);
      solveUpper(x);
      const length = x.reduce((sum, value) => sum + value * value, 0);
      return { x, decrease: (fallen + damping * length) / 2 };
    },
    again(vector) {
      for (let j = 0; j < n; j++) {
        const at = triangle + j * both;
        let sum = vector[j];
        for (let i = 0; i < j; i++) sum -= numbers[at + i] * vector[i];
        vector[j] = sum / numbers[at + j];
      }
      solveUpper(vector);
    },
  };
}
