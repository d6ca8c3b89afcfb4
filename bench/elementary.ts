/**
 * Time of the elementary functions of lib/numerics/elementary beside `Math`'s: nanoseconds a value,
 * the medians of interleaved rounds over the same arguments, and their ratio.
 *
 * `deno run bench/elementary.ts [--rounds 41]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import * as elementary from "../lib/numerics/inner.ts";
import { median } from "./_case.ts";

const COUNT = 20_000;
const rounds = Number(
  (parseArgs(Deno.args, { string: ["rounds"] }) as { rounds?: string }).rounds ?? 41,
);

/** Arguments by function: the least and the largest, spread evenly. */
const RANGES = {
  exp: [-20, 5],
  log: [1e-6, 100],
  sin: [-10, 10],
  cos: [-10, 10],
  tanh: [-4, 4],
  expm1: [-5, 5],
  log1p: [0, 1],
  sinh: [-5, 5],
  cosh: [-5, 5],
  tan: [-10, 10],
  atan: [-5, 5],
  asin: [-1, 1],
  acos: [-1, 1],
  asinh: [-5, 5],
  atanh: [-0.99, 0.99],
  log2: [1e-6, 100],
  log10: [1e-6, 100],
  cbrt: [-10, 10],
} as const;

type Unary = (x: number) => number;

/** A loop of its own for a function: a shared one would call all through one variable. */
function loop(name: string, of: string): (x: Float64Array, y: Float64Array, f: Unary) => void {
  const text = `for (let i = 0; i < x.length; i++) y[i] = f(x[i]); // ${of} ${name}`;
  return new Function("x", "y", "f", text) as (x: Float64Array, y: Float64Array, f: Unary) => void;
}

const y = new Float64Array(COUNT);
console.log("| function | arguments | Math, ns | elementary, ns | ratio |");
console.log("| -------- | --------- | -------: | -------------: | ----: |");
const programs: [string, readonly [number, number], Unary, Unary][] = [
  ...Object.entries(RANGES).map(([name, range]) =>
    [name, range, Math[name as "exp"], elementary[name as "exp"]] as [
      string,
      readonly [number, number],
      Unary,
      Unary,
    ]
  ),
  ["pow(x, 2.5)", [0, 10], (x) => Math.pow(x, 2.5), (x) => elementary.pow(x, 2.5)],
  ["pow(x, 3)", [-10, 10], (x) => Math.pow(x, 3), (x) => elementary.pow(x, 3)],
  ["hypot(x, 3)", [-10, 10], (x) => Math.hypot(x, 3), (x) => elementary.hypot(x, 3)],
  ["atan2(x, 3)", [-10, 10], (x) => Math.atan2(x, 3), (x) => elementary.atan2(x, 3)],
];
for (const [name, [low, high], theirs, ours] of programs) {
  const x = Float64Array.from(
    { length: COUNT },
    (_, i) => low + (high - low) * (i * 7919 % COUNT) / COUNT,
  );
  const loops = [loop(name, "Math"), loop(name, "elementary")], functions = [theirs, ours];
  const times: number[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const k of [0, 1]) {
      const begin = performance.now();
      loops[k](x, y, functions[k]);
      times[k].push((performance.now() - begin) * 1e6 / COUNT);
    }
  }
  const [a, b] = times.map((each) => median(each.slice(Math.floor(rounds / 4))));
  const cells = [name, `${low} to ${high}`, a.toFixed(1), b.toFixed(1), (b / a).toFixed(2)];
  console.log(`| ${cells.join(" | ")} |`);
}
