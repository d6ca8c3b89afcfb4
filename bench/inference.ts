/**
 * One function in three forms: splines of degree 1, the sparse ReLU network that `freeknot convert`
 * makes of them, and the ReLU MLP with its neighbouring maps multiplied. Nanoseconds per row and
 * bytes by width and intervals, and which form wins.
 *
 * C runs one row after the other, ONNX Runtime (FREEKNOT_ONNX=1, one thread) one row and 10,000 at
 * once; numbers are float32. ONNX has no sparse product: its sparse form is a chain of Gemm and Relu
 * whose maps are not multiplied. CPU time, the best of some rounds. Bytes are the tables of the C
 * files: 4 of a number or an index.
 *
 * `deno run --no-lock --allow-all bench/inference.ts [--seconds 0.3] [--widths 4,16,64]
 * [--intervals 2,5,20,80]`
 *
 * @module
 */

import { createNetwork } from "@freeknot/freeknot";
import { type ReluNetwork, reluToMlp, splinesToRelu } from "@freeknot/freeknot/convert";
import {
  exportModel,
  type ModelProgram,
  type NetworkProgram,
  networkProgram,
  reluProgram,
} from "@freeknot/freeknot/export";
import { createRandom, withStatistics } from "@freeknot/freeknot/model";
import { parseArgs } from "@std/cli/parse-args";
import { loadOnnx, runOnnx } from "../tests/support/onnx.ts";
import { cpuMicroseconds, timedC } from "./_exported.ts";
import { describeMachine } from "./_machine.ts";
import { markdown } from "./_table.ts";

const given = parseArgs(Deno.args, { string: ["seconds", "widths", "intervals"] });
const numbers = (text: unknown, usual: readonly number[]) =>
  text === undefined ? usual : String(text).split(",").map(Number);
const WIDTHS = numbers(given.widths, [4, 16, 64]);
const INTERVALS = numbers(given.intervals, [2, 5, 20, 80]);
const PATIENCE = { seconds: Number(given.seconds ?? 0.3), rounds: 5 };
const ROWS = 10_000, FLAGS = "-O3 -march=native";

/** Most numbers of a form that is measured: compilers take minutes for larger tables. */
const MOST = 500_000;

const FORMS = ["splines", "sparse ReLU", "full ReLU"] as const;
const WAYS = ["bytes", "C", "ONNX Runtime, 1 row", "ONNX Runtime, 10,000 rows"] as const;
type Measured = Partial<Record<typeof WAYS[number], number>>;

const folder = Deno.makeTempDirSync(), runtime = await loadOnnx();
console.log(Object.values(describeMachine()).join("; "));
const tables = WAYS.map((): string[][] => []);
for (const width of WIDTHS) {
  for (const intervals of INTERVALS) {
    const measured: (Measured | undefined)[] = [];
    for (const [i, form] of formsOf(width, intervals).entries()) {
      measured.push(form && await measure(form, `form${i}`));
    }
    WAYS.forEach((way, w) => {
      const values = measured.map((each) => each?.[way]);
      const known = values.filter((value) => value !== undefined);
      const best = known.length === 0 ? "-" : FORMS[values.indexOf(Math.min(...known))];
      const texts = values.map((value) => value === undefined ? "-" : value.toFixed(0));
      tables[w].push([String(width), String(intervals), ...texts, best]);
    });
    console.error(`width ${width}, ${intervals} intervals: done`);
  }
}
Deno.removeSync(folder, { recursive: true });
WAYS.forEach((way, w) => {
  console.log(`\n${way}${way === "bytes" ? "" : ", ns/row"}\n`);
  console.log(markdown(["width", "intervals", ...FORMS, "least"], tables[w]));
});

/** The programs of `[n, n, n]`; undefined where one has too many numbers. */
function formsOf(width: number, intervals: number): (NetworkProgram | undefined)[] {
  const config = { widths: [width, width, width], firstLayer: "spline", degree: 1 } as const;
  const start = createNetwork({ ...config, intervals }, { seed: 1 }), random = createRandom(1, "i");
  const parameters = start.parameters.map((value) => value + 0.1 * random.normal()); // no even knots
  const rows = Float64Array.from({ length: 1000 * width }, () => 2 * random.uniform() - 1);
  const network = withStatistics({ ...start, parameters }, rows), relu = splinesToRelu(network);
  const full = fullSize(relu) > MOST ? undefined : networkProgram(reluToMlp(relu));
  return [networkProgram(network), reluProgram(relu), full];
}

/** Numbers of the multiplied maps. */
function fullSize({ layers }: ReluNetwork): number {
  const units = layers.filter(({ activation }) => activation === "relu").map(({ nOut }) => nOut);
  return [layers[0].nIn, ...units].reduce(
    (sum, nIn, l) => sum + nIn * (units[l] ?? layers[layers.length - 1].nOut),
    0,
  );
}

async function measure(program: NetworkProgram, stem: string): Promise<Measured> {
  for (const { extension, content } of write(program, "c", stem)) {
    Deno.writeTextFileSync(`${folder}/${stem}${extension}`, content as string);
  }
  const columns = program.columns.length, outputs = columns, real = "float";
  const flags = FLAGS;
  const c = timedC({ folder, stem, columns, outputs, real, flags, rows: ROWS }, PATIENCE);
  const measured = { bytes: tableBytes(program), C: c };
  if (!runtime) return measured;
  const [{ content }] = write(program, "onnx", stem);
  const session = await runtime.InferenceSession.create(content as Uint8Array, {
    intraOpNumThreads: 1,
  });
  const random = createRandom(2, "rows");
  const rows = Array.from(
    { length: ROWS },
    () => Array.from({ length: columns }, () => 2 * random.uniform() - 1),
  );
  const timed = async (count: number) => {
    const part = rows.slice(0, count);
    let best = Infinity;
    for (let round = 0, calls = count === 1 ? 1000 : 1; round < PATIENCE.rounds; round++) {
      const begin = cpuMicroseconds();
      for (let i = 0; i < calls; i++) await runOnnx(runtime, session, part, "float32");
      best = Math.min(best, 1000 * (cpuMicroseconds() - begin) / calls / count);
    }
    return best;
  };
  const one = await timed(1), many = await timed(ROWS);
  await session.release();
  return { ...measured, "ONNX Runtime, 1 row": one, "ONNX Runtime, 10,000 rows": many };
}

function write(program: ModelProgram, to: "c" | "onnx", header: string) {
  return exportModel(program, { to, name: "model", header, dtype: "float32" }).files;
}

/** Bytes of all tables: 4 of a number, and of an index of a sparse matrix. */
function tableBytes(program: NetworkProgram): number {
  let count = 0;
  for (const step of program.members[0]) {
    if (step.kind === "linear") count += step.weights.length + (step.bias?.length ?? 0);
    if (step.kind === "sparse") {
      const { values, bias, starts } = step, single = values.length === bias.length;
      count += 2 * values.length + bias.length + (single ? 0 : starts.length);
    }
    if (step.kind !== "splines") continue;
    count += step.table.length + step.maps.length + (step.basis?.polynomials.length ?? 0) +
      (step.basis?.first.length ?? 0);
    for (const grid of step.grids) count += grid.knots.length + 2 * grid.origins.length;
  }
  return 4 * count;
}
