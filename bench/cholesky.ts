/**
 * Time of Cholesky's factorisation and of a solution by it, beside the arithmetic that a core can do
 * with 128-bit vectors: two fused multiply-adds of two numbers a cycle.
 *
 * `deno run --allow-read bench/cholesky.ts [--sizes 50,200,1000] [--threads 2]`
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { createCholesky } from "../lib/engine/inner.ts";

const args = parseArgs(Deno.args, { string: ["sizes", "threads"] }) as {
  sizes?: string;
  threads?: string;
};
const sizes = (args.sizes ?? "10,50,100,200,600,1000,1500,2500").split(",").map(Number);
const most = Number(args.threads ?? 2);

/** Rows from which on threads share a factorisation. */
const LEAST_SHARED = 256;
/** Multiplications of a run of the clock, each of which waits three cycles for the one before. */
const CHAIN = 8_000_000;
const MULTIPLY_CYCLES = 3;
/** Flops per cycle: two multiply-adds of two numbers. */
const WIDTH = 8;
/** Flops of the runs of one size, at least `FEWEST` of them. */
const WORK = 2e9, FEWEST = 6;

/** Thousands of cycles in a microsecond, from a chain of integer multiplications. */
function gigahertz(): number {
  let least = Infinity, x = 3;
  for (let run = 0; run < 30; run++) {
    const begin = performance.now();
    for (let i = 0; i < CHAIN; i += 4) {
      x = Math.imul(x, x);
      x = Math.imul(x, x);
      x = Math.imul(x, x);
      x = Math.imul(x, x);
    }
    least = Math.min(least, performance.now() - begin);
  }
  return x === 0 ? NaN : MULTIPLY_CYCLES * CHAIN / least / 1e6;
}

/** Milliseconds of a factorisation and of a solution, the least of many. */
async function measure(n: number, threads: number): Promise<readonly [number, number]> {
  const { matrix, factorise, solve, dispose } = createCholesky(n, threads);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) matrix[i * n + j] = Math.sin(i * j + i) + (i === j ? n : 0);
  }
  const right = Float64Array.from({ length: n }, (_, i) => Math.cos(i)), x = right.slice();
  const runs = Math.max(FEWEST, Math.min(3000, Math.floor(WORK / (n ** 3 / 3))));
  let factor = Infinity, solution = Infinity;
  for (let run = 0; run < runs; run++) {
    if (run < 2) await new Promise((resolve) => setTimeout(resolve, 50)); // threads come
    let begin = performance.now();
    factorise();
    factor = Math.min(factor, performance.now() - begin);
    x.set(right);
    begin = performance.now();
    solve(x);
    solution = Math.min(solution, performance.now() - begin);
  }
  dispose();
  return [factor, solution];
}

const rate = gigahertz(), floor = WIDTH * rate;
console.log(`${rate.toFixed(2)} GHz, ${floor.toFixed(1)} GFlop/s in 128-bit vectors and a core`);
console.log("    n  threads  factorise, ms  GFlop/s  share   solve, ms  GFlop/s");
for (const n of sizes) {
  for (let threads = 1; threads <= (n < LEAST_SHARED ? 1 : most); threads++) {
    const [factor, solution] = await measure(n, threads);
    const speed = n ** 3 / 3 / factor / 1e6;
    console.log([
      `${n}`.padStart(5),
      `${threads}`.padStart(9),
      factor.toFixed(3).padStart(15),
      speed.toFixed(1).padStart(9),
      `${(100 * speed / floor / threads).toFixed(0)} %`.padStart(7),
      solution.toFixed(4).padStart(12),
      (2 * n * n / solution / 1e6).toFixed(1).padStart(9),
    ].join(""));
  }
}
