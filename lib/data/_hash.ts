/**
 * A 64-bit fingerprint of text and numbers, to tell tables apart.
 *
 * @module
 */

/** A fingerprint that is being computed. */
export interface Hash {
  /** Adds a text and a mark of its end. */
  text(text: string): void;
  /** Adds the bits of numbers, -0 as 0, and a mark of their end. */
  numbers(values: Float64Array): void;
  /** The fingerprint of all that was added, 16 hexadecimal digits. */
  digest(): string;
}

/** Which of the two words of a float64 holds its sign, on this machine. */
const HIGH = new Int32Array(new Float64Array([1]).buffer)[0] === 0 ? 1 : 0;

/** Creates an empty fingerprint: two multiplicative 32-bit hashes that feed each other. */
export function createHash(): Hash {
  let low = 0xdeadbeef | 0, high = 0x41c6ce57 | 0;

  function add(word: number): void {
    low = Math.imul((low ^ word) ^ (low >>> 15), 0x9e3779b1);
    high = Math.imul((high ^ word) ^ (high >>> 13), 0x5f356495);
    low ^= high >>> 16;
    high ^= low >>> 15;
  }

  function text(value: string): void {
    for (let i = 0; i < value.length; i++) add(value.charCodeAt(i));
    add(-1);
  }

  function numbers(values: Float64Array): void {
    const bits = new Float64Array(1), words = new Int32Array(bits.buffer);
    for (let i = 0; i < values.length; i++) {
      bits[0] = values[i] + 0;
      add(words[HIGH]);
      add(words[1 - HIGH]);
    }
    add(-2);
  }

  function digest(): string {
    let a = low, b = high;
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
    b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
    return [a, b].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  return { text, numbers, digest };
}
