import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import type { TableEncoding } from "../../lib/data/mod.ts";
import { exportModel, networkProgram } from "../../lib/export/mod.ts";
import { createRandom, type NetworkOptions } from "../../lib/model/mod.ts";
import { hasTool, putFiles, rowsOf, runC } from "../support/export_runners.ts";
import { withFolder } from "../support/folder.ts";
import type { LogitKind } from "../support/networks.ts";
import { expectedOutputs, measuredNetwork } from "../support/programs.ts";

const INPUTS = [
  { name: "a", minimum: -2, maximum: 3 },
  { name: "b", minimum: 100, maximum: 1000, offset: "7.5" },
];
const SPLIT = { seed: 1, testFraction: 0, validationFraction: 0, rows: 9, checksum: "0" };

function regression(outputs: number): TableEncoding {
  const targets = Array.from({ length: outputs }, (_, q) => ({
    name: `y${q}`,
    minimum: -5,
    maximum: 15 * (q + 1),
  }));
  return { kind: "table", task: "regression", inputs: INPUTS, targets, split: SPLIT };
}

function classes(labels: readonly string[]): TableEncoding {
  return {
    kind: "table",
    task: "classification",
    inputs: INPUTS,
    target: "kind",
    labels,
    split: SPLIT,
  };
}

type Options = NetworkOptions & { readonly logits?: LogitKind; readonly members?: number };

const CASES: readonly [string, Options, TableEncoding, number | undefined][] = [
  ["cubics", { widths: [2, 5, 1] }, regression(1), undefined],
  ["cubics, finer", { widths: [2, 5, 1] }, regression(1), 1e-4],
  ["two layers", { widths: [2, 4, 3, 2] }, regression(2), 0.05],
  [
    "splines first",
    { widths: [2, 3, 1], firstLayer: "spline", knots: "uniform" },
    regression(1),
    0.02,
  ],
  ["lines", { widths: [2, 4, 1], degree: 1, intervals: 12 }, regression(1), 0.01],
  ["quadratic powers", { widths: [2, 4, 1], degree: 2, basis: "relu" }, regression(1), 0.01],
  ["quintics", { widths: [2, 4, 1], degree: 5, normalisation: "batchnorm" }, regression(1), 0.01],
  ["silu", { widths: [2, 4, 1], base: "silu" }, regression(1), 0.01],
  ["crowded", { widths: [2, 4, 1], logits: "crowded", degree: 2 }, regression(1), 0.5],
  ["clamped", { widths: [2, 4, 1], extrapolation: "clamp" }, regression(1), 0.01],
  ["ensemble", { widths: [2, 5, 1], members: 3 }, regression(1), 0.05],
  [
    "ensemble of two layers, spline first",
    { widths: [2, 3, 2], firstLayer: "spline", base: "silu", members: 2 },
    regression(2),
    0.1,
  ],
  ["two classes", { widths: [2, 4, 1] }, classes(["no", "yes"]), undefined],
  ["three classes", { widths: [2, 4, 3] }, classes(["a", "b", "c"]), 0.05],
];

const MAIN = (upper: string, name: string, hasClasses: boolean) =>
  `#include <stdio.h>
#include "${name}.h"

static const double minima[] = ${upper}_MINIMA, maxima[] = ${upper}_MAXIMA;
static const double origins[] = ${upper}_ORIGINS, units[] = ${upper}_UNITS;

int main(void) {
  double row[${upper}_COLUMNS], out[${upper}_OUTPUTS + 1];
  while (fread(row, sizeof row, 1, stdin) == 1) {
    int32_t columns[${upper}_COLUMNS], outputs[${upper}_OUTPUTS];
    for (int p = 0; p < ${upper}_COLUMNS; p++) {
      double share = (row[p] - minima[p]) / (maxima[p] - minima[p]);
      columns[p] = (int32_t)(share * ${upper}_POSITIONS + 0.5);
    }
    ${name}_predict(columns, outputs);
    for (int q = 0; q < ${upper}_OUTPUTS; q++) out[q] = origins[q] + units[q] * outputs[q];
    out[${upper}_OUTPUTS] = ${hasClasses ? `${name}_class(outputs)` : "0"};
    fwrite(out, sizeof out, 1, stdout);
  }
  return 0;
}
`;

Deno.test({
  name: "tables of integers are wrong by no more than is proven",
  ignore: !hasTool("cc", ["--version"], "exported tables of integers"),
  fn: () =>
    withFolder(async (folder) => {
      for (const [i, [title, options, encoding, error]] of CASES.entries()) {
        const { members = 1, ...network } = options, name = `table${i}`;
        const networks = Array.from(
          { length: members },
          (_, m) => measuredNetwork(network, i + 1 + 100 * m),
        );
        const program = networkProgram(networks, encoding);
        const settings = { to: "lut", name, ...(error === undefined ? {} : { error }) } as const;
        const model = exportModel(program, settings);
        assert(error === undefined || model.error! <= error, title);
        putFiles(folder, name, model.files);
        const isClasses = encoding.task === "classification";
        const main = MAIN(name.toUpperCase(), name, isClasses);
        const random = createRandom(i, "rows");
        const rows = Array.from(
          { length: 20_000 },
          (_, r) =>
            INPUTS.map(({ minimum, maximum, offset = "0" }, p) => {
              const share = r < 4 ? r >> p & 1 : random.uniform(); // the corners, too
              return minimum + share * (maximum - minimum) + Number(offset);
            }),
        );
        const each = { name: title, networks, encoding, program };
        const outputs = networks[0].config.widths.at(-1)!;
        const found = rowsOf(await runC(folder, name, main, rows), outputs + 1);
        const logits = { ...each, encoding: regression(outputs) }; // what the network says itself
        const plain = networkProgram(networks, regression(outputs));
        const expected = expectedOutputs({ ...logits, program: plain }, rows);
        let worst = 0;
        found.forEach((row, r) => {
          for (let q = 0; q < outputs; q++) {
            const range = 15 * (q + 1) + 5, y = expected[r][q];
            worst = Math.max(worst, Math.abs(row[q] - (isClasses ? (y + 5) / range : y)));
          }
          if (!isClasses) return;
          const z = Array.from(expected[r], (y, q) => (y + 5) / (15 * (q + 1) + 5));
          const best = outputs === 1 ? (z[0] > 0 ? 1 : 0) : z.indexOf(Math.max(...z));
          const sorted = outputs === 1 ? [z[0], 0] : z.toSorted((a, b) => b - a);
          if (Math.abs(sorted[0] - sorted[1]) > 2 * model.error!) assertEquals(row[outputs], best);
        });
        if (Deno.env.get("FREEKNOT_SHOW")) {
          const text = model.files[0].content as string;
          const sizes = [...text.matchAll(/int(16|32)_t layer\d+_table\[(\d+)\]/g)];
          const bytes = sizes.reduce(
            (sum, [, bits, count]) => sum + Number(bits) / 8 * Number(count),
            0,
          );
          console.log(`${title}: proven ${model.error}, found ${worst}, ${bytes} bytes of tables`);
        }
        assertLessOrEqual(worst, model.error!, title);
      }
    }),
});

Deno.test("what tables of integers cannot hold is refused", () => {
  const program = (options: NetworkOptions, encoding?: TableEncoding) =>
    networkProgram([measuredNetwork(options, 1)], encoding);
  const refused = (model: ReturnType<typeof program>, text: string, error?: number) =>
    assertThrows(
      () => exportModel(model, { to: "lut", ...(error === undefined ? {} : { error }) }),
      RangeError,
      text,
    );
  refused(program({ widths: [2, 4, 1] }), "known ranges");
  refused(program({ widths: [2, 4, 1], activation: "relu" }, regression(1)), "an MLP");
  refused(program({ widths: [2, 4, 1], extrapolation: "error" }, regression(1)), "extrapolation");
  refused(program({ widths: [2, 4, 1] }, regression(1)), "error must be at least", 1e-12);
  const members = [1, 2].map((seed) => measuredNetwork({ widths: [2, 4, 1] }, seed));
  refused(networkProgram(members, classes(["no", "yes"])), "an ensemble of 2");
  const mlps = [1, 2].map((seed) =>
    measuredNetwork({ widths: [2, 4, 1], activation: "tanh" }, seed)
  );
  refused(networkProgram(mlps, regression(1)), "an ensemble of splines");
});
