/**
 * Memory of the CPU engine's evaluator: bytes per point, and per parameter.
 *
 * The evaluator says how many bytes it has laid out (`bytes`). From two numbers of rows follow the
 * bytes of every point and those that are the same for any number, among them tables and one block of
 * sums for each thread and parameter.
 *
 * `deno run --allow-all bench/evaluator_memory.ts [--threads 1] [--dtype float64|float32]`
 *
 * @module
 */

import { createCpuEngine, createNetwork, type NetworkOptions } from "@freeknot/freeknot";
import { parseArgs } from "@std/cli/parse-args";
import { markdown } from "./_table.ts";

const given = parseArgs(Deno.args, { string: ["threads", "dtype"] });
const engine = createCpuEngine({
  threads: Number(given.threads ?? 1),
  dtype: given.dtype === "float32" ? "float32" : "float64",
});

/** Bytes of an evaluator on so many rows. */
async function bytesOf(options: NetworkOptions, rows: number): Promise<number> {
  const { widths } = options, nIn = widths[0], nOut = widths[widths.length - 1];
  const dataset = {
    ...{ rows, nIn, nOut },
    inputs: Float64Array.from({ length: rows * nIn }, (_, i) => Math.sin(i)),
    targets: new Float64Array(rows * nOut),
  };
  const network = createNetwork(options, { seed: 1 });
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
  const { bytes } = evaluator;
  evaluator.dispose();
  return bytes!;
}

const FEW = 100_000, MANY = 200_000;
const body: string[][] = [];
for (const widths of [[2, 5, 1], [2, 20, 20, 1], [21, 64, 64, 24]]) {
  for (const normalisation of ["minmax", "none"] as const) {
    for (const knots of ["uniform", "free"] as const) {
      for (const intervals of [5, 40]) {
        const options = { widths, normalisation, knots, intervals };
        const parameters = createNetwork(options, { seed: 1 }).parameters.length;
        const few = await bytesOf(options, FEW), many = await bytesOf(options, MANY);
        const perPoint = (many - few) / (MANY - FEW), rest = few - FEW * perPoint;
        body.push([
          ...[`[${widths.join(", ")}]`, normalisation, knots, `${intervals}`, `${parameters}`],
          ...[perPoint.toFixed(1), (rest / 1024).toFixed(0), (rest / parameters).toFixed(0)],
        ]);
      }
    }
  }
}
console.log(markdown([
  ...["network", "normalisation", "knots", "int", "parameters"],
  ...["B/point", "other kB", "other B/parameter"],
], body));
