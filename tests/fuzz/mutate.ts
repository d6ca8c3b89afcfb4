/**
 * Inputs that nobody would write: random ones, and good ones with parts changed.
 *
 * @module
 */

import { createRandom, type Random } from "../../lib/model/mod.ts";

/** What a mutation may put in, besides bytes of its own. */
const WORDS = [
  ..."NaN Infinity -Infinity 1e308 -1e308 1e-320 1e999 -0 0 9007199254740993 0x10 1_000".split(" "),
  ...'null true false "" {} [] __proto__ constructor toString hasOwnProperty'.split(" "),
  ...[
    "\u0000",
    "\ufeff",
    "\u202e",
    "é",
    "🙂",
    "\r\n",
    "\r",
    "\n\n",
    "\t",
    "  ",
    '"',
    "'",
    "\\",
    "</script>",
  ],
  ...[";", ",", ":", "=", "-", "--", "+", "*", "^", "/", "%", "#", "<", ">=", "@", "|"],
];

/** Pieces that nest, to be repeated. */
const NESTS = [
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
  ["-", ""],
  ["sin(", ")"],
  ["1^", ""],
  ["x+", ""],
  ["u*", ""],
  ["if(", ",1,x)"],
  [
    '{"a":',
    "}",
  ],
];

/**
 * Makes input `index` of a stream; the same whenever it is asked for.
 *
 * @param samples Good inputs of the kind.
 * @param words Words that mean something in inputs of the kind.
 */
export function fuzzInput(
  samples: readonly Uint8Array[],
  words: readonly string[],
  seed: number,
  index: number,
): Uint8Array {
  const random = createRandom(seed, `fuzz/${index}`);
  if (random.uniform() < 0.02) return randomBytes(random, 1 + below(random, 400));
  let bytes = pick(random, samples);
  const dictionary = [...WORDS, ...words, ...words];
  for (let count = 1 + below(random, 4); count > 0; count--) {
    bytes = mutated(bytes, pick(random, samples), dictionary, random);
  }
  return bytes;
}

function mutated(
  bytes: Uint8Array,
  other: Uint8Array,
  words: readonly string[],
  random: Random,
): Uint8Array {
  const at = below(random, bytes.length + 1);
  const length = Math.min(bytes.length - at, 1 + below(random, random.uniform() < 0.2 ? 200 : 8));
  const encode = (text: string) => new TextEncoder().encode(text);
  switch (below(random, 10)) {
    case 0:
      return bytes.map((byte, i) => i === at ? byte ^ (1 << below(random, 8)) : byte);
    case 1:
      return splice(bytes, at, length, new Uint8Array(0));
    case 2:
      return splice(bytes, at, 0, bytes.subarray(at, at + length));
    case 3:
      return splice(bytes, at, 0, encode(pick(random, words)));
    case 4:
      return splice(bytes, at, length, encode(pick(random, words)));
    case 5:
      return splice(bytes, at, bytes.length - at, other.subarray(below(random, other.length + 1)));
    case 6:
      return bytes.subarray(0, at);
    case 7:
      return splice(bytes, at, length, randomBytes(random, length));
    case 8: { // a number becomes another one
      const text = new TextDecoder("latin1").decode(bytes);
      const numbers = [...text.matchAll(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi)];
      if (numbers.length === 0) return bytes;
      const own = pick(random, numbers);
      const value = random.uniform() < 0.5
        ? pick(random, words)
        : String((below(random, 2) ? 1 : -1) * Math.round(10 ** (8 * random.uniform())));
      return splice(bytes, own.index, own[0].length, encode(value));
    }
    default: { // nested, as deep as stacks are
      const [open, close] = pick(random, NESTS), deep = 2 ** below(random, 15);
      return splice(bytes, at, length, encode(open.repeat(deep) + "1" + close.repeat(deep)));
    }
  }
}

function splice(bytes: Uint8Array, at: number, remove: number, put: Uint8Array): Uint8Array {
  const all = new Uint8Array(bytes.length - remove + put.length);
  all.set(bytes.subarray(0, at));
  all.set(put, at);
  all.set(bytes.subarray(at + remove), at + put.length);
  return all;
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => below(random, 256));
}

/** An integer from 0 to `most - 1`. */
export function below(random: Random, most: number): number {
  return Math.floor(random.uniform() * most);
}

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[below(random, items.length)];
}
