/**
 * Times one of our engines on one case in a process of its own, so that its peak memory is known.
 *
 * `deno run --allow-read bench/_own_process.ts ENGINE none|minmax CASE PATIENCE` prints one JSON
 * object; the last two arguments are JSON.
 *
 * @module
 */

import { type Case, createProblem, type Patience } from "./_case.ts";
import { OWN_ENGINES } from "./_engines.ts";
import { peakBytes } from "./_memory.ts";

const [name, normalisation, caseText, patienceText] = Deno.args;
const which: Case = JSON.parse(caseText);
const { seconds, repeats }: Patience = JSON.parse(patienceText);
const engine = OWN_ENGINES.find((each) => each.name === name)!.create(which.threads);
const { network, dataset } = createProblem(which, normalisation as "none" | "minmax");
const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
const gradient = new Float64Array(network.parameters.length);

async function measure(least: number, most: number): Promise<number[]> {
  const milliseconds: number[] = [];
  const begin = performance.now();
  while (
    milliseconds.length < least ||
    (milliseconds.length < most && performance.now() - begin < 1000 * seconds)
  ) {
    const start = performance.now();
    await evaluator.evaluate(network.parameters, gradient);
    milliseconds.push(performance.now() - start);
  }
  return milliseconds;
}

// Helper threads come when they are ready: what is measured is the state after.
if (which.threads > 1) await new Promise((resolve) => setTimeout(resolve, 500));
await measure(2, 10);
const milliseconds = await measure(3, repeats);
evaluator.dispose();
console.log(JSON.stringify({ milliseconds, peakBytes: peakBytes(), rows: dataset.rows }));
