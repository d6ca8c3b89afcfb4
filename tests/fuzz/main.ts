/**
 * Random and mutated inputs on all cores until something breaks, hangs or the number is reached:
 * `deno task fuzz [--inputs 1000000] [--seed 1] [--only INDEX]`.
 *
 * This module is also the program of its workers.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { type Finding, fuzz, MOST_MS } from "./fuzz.ts";

/** Inputs that a worker takes at a time. */
const BATCH = 2000;
/** Milliseconds without a sign after which an input counts as hanging. */
const HANG_MS = 20 * MOST_MS;

interface Job {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly now: Int32Array;
}

const NAME = "freeknot fuzz";
const scope = globalThis as unknown as {
  name?: string;
  onmessage?: unknown;
  postMessage?: unknown;
};

if (scope.name === NAME) {
  const post = scope.postMessage as (message: unknown) => void;
  scope.onmessage = async ({ data: { seed, from, to, now } }: MessageEvent<Job>) =>
    post(await fuzz(seed, from, to, (index) => Atomics.store(now, 0, index)));
} else if (import.meta.main) await main();

async function main(): Promise<void> {
  const { inputs, seed, only } = parseArgs(Deno.args, {
    string: ["inputs", "seed", "only"],
    default: { inputs: "1000000", seed: String(Math.floor(1e6 * Math.random())) },
  });
  if (only !== undefined) {
    for (const finding of await fuzz(Number(seed), Number(only), Number(only) + 1)) tell(finding);
    return;
  }
  console.log(`${inputs} inputs, --seed ${seed}`);
  const begun = performance.now();
  let next = 0, done = 0;
  const found = new Map<string, Finding>();
  async function lane(): Promise<void> {
    while (next < Number(inputs)) {
      const from = next, to = Math.min(Number(inputs), from + BATCH);
      next = to;
      for (const finding of await batch(Number(seed), from, to)) {
        const kind = `${finding.target}${finding.fault.replace(/\d+/g, "#").slice(0, 80)}`;
        if (!found.has(kind)) tell(finding);
        found.set(kind, finding);
      }
      done += to - from;
      if (Math.floor(done / 100_000) > Math.floor((done - to + from) / 100_000)) {
        console.log(`${done} inputs in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
      }
    }
  }
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, lane));
  console.log(
    `${done} inputs in ${
      ((performance.now() - begun) / 1000).toFixed(0)
    } s: ${found.size} findings`,
  );
  Deno.exit(found.size > 0 ? 1 : 0);
}

/** Tries a batch in a worker, which is left behind where an input hangs. */
function batch(seed: number, from: number, to: number): Promise<readonly Finding[]> {
  const worker = new Worker(import.meta.url, { type: "module", name: NAME });
  const now = new Int32Array(new SharedArrayBuffer(4));
  now[0] = -1;
  return new Promise((resolve) => {
    let last = -1, since = performance.now();
    function end(findings: readonly Finding[]): void {
      clearInterval(watch);
      worker.terminate();
      resolve(findings);
    }
    const watch = setInterval(() => {
      const index = Atomics.load(now, 0);
      if (index !== last) since = performance.now();
      last = index;
      if (performance.now() - since < HANG_MS) return;
      end([{ target: "hang", index, fault: `no end within ${HANG_MS} ms`, input: "--only tells" }]);
    }, 200);
    worker.onmessage = ({ data }: MessageEvent<readonly Finding[]>) => end(data);
    worker.onerror = (event) => {
      event.preventDefault();
      end([{ target: "crash", index: last, fault: event.message, input: "--only tells" }]);
    };
    worker.postMessage({ seed, from, to, now } satisfies Job);
  });
}

function tell({ target, index, fault, input }: Finding): void {
  console.log(`${target}, --only ${index}: ${fault}\n  ${input}`);
}
