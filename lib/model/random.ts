/**
 * Seeded random numbers: the same seed and stream give the same numbers everywhere.
 *
 * The generator is xoshiro128** (Blackman and Vigna 2018) with its state filled by
 * splitmix32; float64 values use 53 bits from two draws.
 *
 * @module
 */

import { log } from "../numerics/inner.ts";

/** A stream of random numbers. */
export interface Random {
  /** Uniform on [0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal (polar method). */
  normal(): number;
  /** Uniform integer in `0..n-1`. */
  integer(n: number): number;
  /** A random order of `0..n-1` (Fisher-Yates). */
  permutation(n: number): Uint32Array;
}

/**
 * Creates a stream of random numbers.
 *
 * @param seed Any integer up to 2^53 in size.
 * @param stream Tells apart independent streams of one seed: `"init"`, `"split"`, ...
 * @returns The stream, at its beginning.
 * @throws {RangeError} If the seed is not an integer.
 *
 * @example
 * ```ts
 * import { createRandom } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(createRandom(7).uniform(), createRandom(7).uniform());
 * ```
 */
export function createRandom(seed: number, stream = ""): Random {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(
      `Cannot create random numbers: seed must be an integer, current value is ${seed}`,
    );
  }
  const next = splitmix32(hash(seed, stream));
  let s0 = next(), s1 = next(), s2 = next(), s3 = next();
  let spare: number | undefined;

  function bits(): number {
    const five = Math.imul(s1, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9) >>> 0;
    const t = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= t;
    s3 = (s3 << 11) | (s3 >>> 21);
    return result;
  }

  function uniform(): number {
    const high = bits() >>> 5; // 27 bits
    const low = bits() >>> 6; // 26 bits
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  function normal(): number {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const u = 2 * uniform() - 1, v = 2 * uniform() - 1;
      const square = u * u + v * v;
      if (square >= 1 || square === 0) continue;
      const factor = Math.sqrt(-2 * log(square) / square);
      spare = v * factor;
      return u * factor;
    }
  }

  function integer(n: number): number {
    return Math.floor(uniform() * n);
  }

  function permutation(n: number): Uint32Array {
    const order = new Uint32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    for (let i = n - 1; i > 0; i--) {
      const j = integer(i + 1);
      const held = order[i];
      order[i] = order[j];
      order[j] = held;
    }
    return order;
  }

  return { uniform, normal, integer, permutation };
}

function splitmix32(state: number): () => number {
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}

function hash(seed: number, stream: string): number {
  let h = 0x811c9dc5; // FNV-1a
  for (const character of `${seed}/${stream}`) {
    h = Math.imul(h ^ character.codePointAt(0)!, 0x01000193);
  }
  return h >>> 0;
}
