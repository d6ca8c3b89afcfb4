/**
 * The linear memory of one evaluator.
 *
 * All arrays over points lie in one WebAssembly memory, so that JavaScript sees them as typed
 * arrays and the kernels by their addresses, without copies. Arrays are laid out first; the memory
 * is made when its size is known.
 *
 * @module
 */

import { canStartThreads } from "./threads.ts";

/** Precision of arrays over points and of the tables. */
export type Dtype = "float64" | "float32";

/** Numbers in the precision of the engine. */
export type Reals = Float64Array | Float32Array;

/** An array that has its place in the memory. */
export interface Slot<A> {
  /** Its address, a multiple of 64, never 0. */
  readonly at: number;
  /** Its numbers; there once the memory is made. */
  readonly values: A;
}

/** Lays out arrays, then makes the memory. */
export interface Arena {
  readonly dtype: Dtype;
  /** Bytes of one number of {@linkcode Arena.reals}. */
  readonly bytesPerReal: number;
  /** An array of zeros; `fill` sets its first content when the memory is made. */
  float64(length: number, fill?: (values: Float64Array) => void): Slot<Float64Array>;
  /** An array of zeros in the precision of the engine. */
  reals(length: number): Slot<Reals>;
  /** An array of zeros; `fill` as above. */
  int32(length: number, fill?: (values: Int32Array) => void): Slot<Int32Array>;
  /** All of the memory as float64, once it is made. */
  numbers(): Float64Array;
  /**
   * Makes the memory. Untouched pages cost nothing.
   *
   * @param shared Whether other threads will work on it.
   * @throws {RangeError} If the memory cannot be had (WebAssembly addresses 4 GiB).
   */
  makeMemory(shared: boolean): WebAssembly.Memory;
  /** Makes a plain buffer in place of a memory, for code without kernels; gives its bytes. */
  makeBuffer(): number;
}

const PAGE = 65536;
const MOST_PAGES = 65536;
const ALIGNMENT = 64;

/** Creates an empty arena. */
export function createArena(dtype: Dtype): Arena {
  let top = ALIGNMENT; // address 0 means "none" to the kernels
  let buffer: ArrayBuffer | undefined;
  const fills: (() => void)[] = [];

  function slot<A>(
    make: (buffer: ArrayBuffer, at: number, length: number) => A,
    size: number,
    length: number,
    fill?: (values: A) => void,
  ): Slot<A> {
    const at = top;
    let values: A | undefined;
    top += Math.ceil(size * length / ALIGNMENT) * ALIGNMENT;
    const place: Slot<A> = {
      at,
      get values() {
        if (!buffer) throw new Error("The arena has no memory yet");
        return values ??= make(buffer, at, length);
      },
    };
    if (fill) fills.push(() => fill(place.values));
    return place;
  }

  function makeMemory(shared: boolean): WebAssembly.Memory {
    const pages = Math.ceil(top / PAGE);
    if (pages > MOST_PAGES) {
      throw new RangeError(
        `Cannot compile network: widths and rows must be small enough for 4 GiB of working memory, ` +
          `current value needs ${(top / 2 ** 30).toFixed(1)} GiB`,
      );
    }
    const memory = new WebAssembly.Memory({ initial: pages, maximum: MOST_PAGES, shared });
    fillBuffer(memory.buffer as ArrayBuffer);
    return memory;
  }

  let all: Float64Array | undefined;
  function numbers(): Float64Array {
    if (!buffer) throw new Error("The arena has no memory yet");
    return all ??= new Float64Array(buffer, 0, Math.floor(buffer.byteLength / 8));
  }

  function fillBuffer(made: ArrayBuffer): void {
    buffer = made;
    for (const fill of fills.splice(0)) fill();
  }

  const bytesPerReal = dtype === "float64" ? 8 : 4;
  return {
    numbers,
    dtype,
    bytesPerReal,
    float64: (length, fill) => slot((...a) => new Float64Array(...a), 8, length, fill),
    reals: (length) =>
      slot<Reals>(
        (...a) => dtype === "float64" ? new Float64Array(...a) : new Float32Array(...a),
        bytesPerReal,
        length,
      ),
    int32: (length, fill) => slot((...a) => new Int32Array(...a), 4, length, fill),
    makeMemory,
    makeBuffer() {
      fillBuffer(new ArrayBuffer(top));
      return top;
    },
  };
}

/** Whether memory can be shared with other threads here (browsers ask for isolation headers). */
export function canShareMemory(): boolean {
  return typeof SharedArrayBuffer !== "undefined" && canStartThreads();
}
