/**
 * The plain C program: compiled for one network at a time, run on a binary file.
 *
 * @module
 */

import type { Case, Patience, Problem } from "./_case.ts";
import { type Measurement, runJson, runText } from "./_run_json.ts";

const SOURCE = decodeURIComponent(
  new URL("./peers/spline_layers.c", import.meta.url).pathname,
);
/** `CFLAGS` in the environment comes last: -mprefer-vector-width=128 gives WebAssembly's width. */
const FLAGS = [
  ...["-O3", "-march=native", "-ffast-math", "-fopenmp"],
  ...(Deno.env.get("CFLAGS") || undefined)?.split(" ") ?? [],
];

/** What the hardware gives one core. */
export interface Rate {
  /** Multiply-adds per nanosecond, float64, 256-bit registers. */
  readonly multiplyAdds: number;
  /** Bytes per nanosecond read from memory. */
  readonly bytes: number;
}

/** A temporary folder with compiled programs. */
export interface PlainC {
  /** First line of `gcc --version`, and the flags. */
  readonly version: string;
  /** Times a case; also gives value and gradient. */
  run(which: Case, problem: Problem, patience: Patience): Promise<PlainCResult>;
  /** Measures the hardware. */
  rate(): Promise<Rate>;
  /** Removes the folder. */
  dispose(): Promise<void>;
}

/** Time and result. */
export interface PlainCResult extends Measurement {
  readonly value: number;
  readonly gradient: Float64Array;
}

/**
 * Finds gcc and makes the folder.
 *
 * @throws {Unavailable} If there is no gcc.
 */
export async function createPlainC(): Promise<PlainC> {
  const version = (await runText(["gcc", "--version"])).split("\n")[0];
  const folder = await Deno.makeTempDir({ prefix: "freeknot_bench_" });
  const compiled = new Map<string, string>();

  async function compile({ widths, degree, knots }: Case): Promise<string> {
    const key = `${widths.join("_")}-${degree}-${knots}`;
    const known = compiled.get(key);
    if (known) return known;
    const program = `${folder}/${key}`;
    await runText([
      "gcc",
      ...FLAGS,
      `-DWIDTHS=${widths}`,
      `-DLAYERS=${widths.length - 1}`,
      `-DMAX_WIDTH=${Math.max(...widths)}`,
      `-DDEGREE=${degree}`,
      `-DFREE=${knots === "free" ? 1 : 0}`,
      SOURCE,
      "-lm",
      "-o",
      program,
    ]);
    compiled.set(key, program);
    return program;
  }

  async function run(
    which: Case,
    { network, dataset }: Problem,
    { seconds, repeats }: Patience,
  ): Promise<PlainCResult> {
    const program = await compile(which);
    const numbers = [network.parameters, dataset.inputs, dataset.targets];
    const all = new Float64Array(numbers.reduce((sum, each) => sum + each.length, 0));
    let offset = 0;
    for (const each of numbers) {
      all.set(each, offset);
      offset += each.length;
    }
    const from = `${folder}/in`, to = `${folder}/out`;
    await Deno.writeFile(from, new Uint8Array(all.buffer));
    const { rows } = dataset, { intervals, threads } = which;
    const args = [rows, intervals, threads, seconds, repeats].map(String);
    const measured = await runJson<Omit<Measurement, "rows">>([program, from, to, ...args]);
    const result = new Float64Array((await Deno.readFile(to)).buffer);
    return { ...measured, rows, value: result[0], gradient: result.slice(1) };
  }

  async function rate(): Promise<Rate> {
    const smallest: Case = {
      widths: [1, 1],
      degree: 1,
      intervals: 1,
      knots: "uniform",
      threads: 1,
    };
    return await runJson<Rate>([await compile(smallest), "rate"]);
  }

  return {
    version: `${version}, ${FLAGS.join(" ")}`,
    run,
    rate,
    dispose: () => Deno.remove(folder, { recursive: true }),
  };
}
