/**
 * A network as tables of integers in C.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import type { ModelProgram } from "../program/program.ts";
import { outputNames } from "../program/program.ts";
import { cHeader, cTexts, largestOutput } from "../writers/c.ts";
import { headLines, numberLines, withPoint, type WriterOptions } from "../writers/text.ts";
import { COLUMN_BITS, type LinearLayer, type TableLayer } from "./layers.ts";
import { type IntegerNetwork, planIntegers, refuseTables } from "./plan.ts";

/** Error that is proven unless another is asked for, as a share of the target's range. */
const DEFAULT_SHARE = 1e-3;

/** Error of logits unless another is asked for. */
const DEFAULT_LOGIT = 0.1;

/** What is written, and the error that is proven for it, in the target's units. */
export interface WrittenTables {
  readonly code: string;
  readonly header: string;
  readonly error: number;
  /** Names of what comes out. */
  readonly outputs: readonly string[];
}

/** Writes the code and the header. */
export function writeTables(
  program: ModelProgram,
  settings: WriterOptions,
  error: number | undefined,
): WrittenTables {
  if (program.kind === "formulas") return refuseTables("a network", "formulas");
  const { result } = program;
  const ranges = result.kind === "classes"
    ? undefined
    : result.scales.map((scale, q): readonly [number, number] => {
      if (!scale) {
        return refuseTables("of targets with known ranges", `${result.names[q]} without one`);
      }
      if (scale.map) {
        return refuseTables("of targets on straight scales", result.names[q]);
      }
      return [scale.minimum, scale.maximum - scale.minimum];
    });
  const count = ranges?.length ?? program.members[0][program.members[0].length - 1].nOut;
  const wanted = Array.from({ length: count }, (_, q) => {
    if (error === undefined) return ranges ? DEFAULT_SHARE : DEFAULT_LOGIT;
    return error / (ranges?.[q][1] || 1);
  });
  const network = planIntegers(program, wanted);
  if (typeof network === "number") {
    const share = ranges ? ranges[0][1] * DEFAULT_SHARE : DEFAULT_LOGIT;
    const least = network * (error ?? share), current = error ?? share;
    throw new RangeError(
      `Cannot export model: error must be at least ${
        least.toPrecision(3)
      }, which the finest tables ` +
        `prove, current value is ${current}`,
    );
  }
  const last = network.outputs;
  const outputs = last.map(({ low, unit, error: least }, q) => {
    const [start, range] = ranges?.[q] ?? [0, 1];
    return { origin: start + range * low, unit: range * unit, error: Math.abs(range) * least };
  });
  return {
    code: codeText(program, network, settings),
    header: headerText(program, outputs, settings.name),
    error: Math.max(...outputs.map((each) => each.error)),
    outputs: tableOutputs(program),
  };
}

/** Names of outputs: of classes logits, two share the second's. */
function tableOutputs(program: ModelProgram): string[] {
  const { result } = program;
  if (result.kind === "values") return outputNames(program);
  const labels = result.labels.length === 2 ? result.labels.slice(1) : result.labels;
  return labels.map((label) => `${result.target}_logit_${label}`);
}

/** The head of both files. */
function headOf(program: ModelProgram): string {
  return headLines(program).join("\n * ").replace("gives probabilities of", "gives logits of");
}

/** Texts in a comment. */
function commented(text: string): string {
  return JSON.stringify(text).replace(/\*\/|\/\*/g, " ");
}

function headerText(
  program: ModelProgram,
  outputs: readonly { readonly origin: number; readonly unit: number; readonly error: number }[],
  name: string,
): string {
  const upper = name.toUpperCase(), { columns, result } = program;
  const head = headOf(program), names = tableOutputs(program);
  const list = (values: readonly number[]) =>
    `{${values.map((value) => withPoint(String(value))).join(", ")}}`;
  const ends = columns.map(({ offset = 0, range = [0, 1] }) => range.map((end) => end + offset));
  const outputLines = outputs.map(({ error }, q) =>
    ` * output ${q}, ${commented(names[q])}: wrong by at most ${error.toPrecision(4)}`
  );
  const columnLines = columns.map(({ name: column }, p) =>
    ` * column ${p}, ${commented(column)}: ${ends[p][0]} to ${ends[p][1]}`
  );
  return cHeader({
    ...{ name, real: "int32_t", includes: "#include <stdint.h>\n\n" },
    ...{ columns: columns.length, outputs: outputs.length },
    labels: result.kind === "classes" ? result.labels.length : undefined,
    head: `/* ${head}
 *
 * Integers only. Columns are positions in their ranges, 0 to ${upper}_POSITIONS, rounded to the
 * nearest; beyond the ranges the ends count. An output o stands for ORIGINS[q] + UNITS[q] * o.
${[...columnLines, ...outputLines].join("\n")}
 */
`,
    more: `#define ${upper}_POSITIONS ${pow(2, COLUMN_BITS)}

/* For programs that have floating-point numbers. */
#define ${upper}_MINIMA ${list(ends.map(([low]) => low))}
#define ${upper}_MAXIMA ${list(ends.map(([, high]) => high))}
#define ${upper}_ORIGINS ${list(outputs.map(({ origin }) => origin))}
#define ${upper}_UNITS ${list(outputs.map(({ unit }) => unit))}
#define ${upper}_ERRORS ${list(outputs.map(({ error }) => error))}
`,
  });
}

function array(type: string, name: string, values: ArrayLike<number | bigint>): string {
  const texts = Array.from(values, (value) => String(value) + (type === "int64_t" ? "LL" : ""));
  const lines = numberLines(texts.map((_, i) => i), (i) => texts[i]);
  return `static const ${type} ${name}[${texts.length}] = {\n${lines}\n};\n`;
}

function codeText(
  program: ModelProgram,
  network: IntegerNetwork,
  { name, header }: WriterOptions,
): string {
  const { linear, tables, outputs } = network, { columns, result } = program;
  const parts: string[] = [], calls: string[] = [];
  const widest = Math.max(
    columns.length,
    ...tables.map((layer) => Math.max(layer.nIn, layer.nOut)),
  );
  let from = "odd";
  const next = () => from === "odd" ? "even" : "odd";
  const call = (step: string, target: string) => calls.push(`  ${step}(${from}, ${target});\n`);
  if (linear) {
    parts.push(linearText(linear, outputsMost()));
    call("linear", next());
    from = next();
  }
  tables.forEach((layer, k) => {
    parts.push(tableText(layer, `layer${k}`, outputsMost()));
    const target = k === tables.length - 1 ? "outputs" : next();
    call(`layer${k}`, target);
    from = target;
  });
  return `/* ${headOf(program)} */
#include "${header}.h"

/* x / 2^bits without what is left over. */
static int64_t shorten(int64_t x, int bits) {
  return x < 0 ? -((-x) >> bits) : x >> bits;
}

${parts.join("\n")}
void ${name}_predict(const int32_t *columns, int32_t *outputs) {
  int32_t odd[${widest}], even[${widest}];
  for (int p = 0; p < ${columns.length}; p++) {
    int32_t s = columns[p];
    odd[p] = s < 0 ? 0 : s > ${pow(2, COLUMN_BITS) - 1} ? ${pow(2, COLUMN_BITS) - 1} : s;
  }
${calls.join("")}${usesEven() ? "" : "  (void)even;\n"}}
${result.kind === "classes" ? classText(result.labels) : ""}`;

  function usesEven(): boolean {
    return calls.some((text) => text.includes("even"));
  }
  function outputsMost(): number {
    return outputs[0].most;
  }
  function classText(labels: readonly string[]): string {
    const zero = Math.round(-outputs[0].low / outputs[0].unit);
    const body = labels.length === 2
      ? `  return outputs[0] > ${zero} ? 1 : 0;`
      : largestOutput(labels.length);
    return `
${cTexts(`${name}_labels`, labels)}
int ${name}_class(const int32_t *outputs) {
${body}
}
`;
  }
}

/** The statements that end with a position in `y[q]`. */
function positionLines(most: number, shift: string): string[] {
  return [
    `    y[q] = sum < 0 ? 0 : (sum >> ${shift}) > ${most} ? ${most} : (int32_t)(sum >> ${shift});`,
  ];
}

function linearText({ nIn, nOut, factors, offsets, shift }: LinearLayer, most: number): string {
  return [
    array("int32_t", "linear_factors", factors),
    array("int64_t", "linear_offsets", offsets),
    "static void linear(const int32_t *x, int32_t *y) {",
    `  for (int q = 0; q < ${nOut}; q++) {`,
    "    int64_t sum = linear_offsets[q];",
    `    for (int p = 0; p < ${nIn}; p++) sum += (int64_t)linear_factors[p * ${nOut} + q] * x[p];`,
    ...positionLines(most, String(shift)),
    "  }",
    "}\n",
  ].join("\n");
}

function tableText(layer: TableLayer, name: string, most: number): string {
  const { nIn, nOut, cellBits, positionBits, entryBits, table, drop } = layer;
  const fraction = positionBits - cellBits, rows = pow(2, cellBits) + 1;
  return [
    array(`int${entryBits}_t`, `${name}_table`, table),
    array("int32_t", `${name}_factors`, layer.factors),
    array("int64_t", `${name}_offsets`, layer.offsets),
    array("int32_t", `${name}_shifts`, layer.shifts),
    `static void ${name}(const int32_t *x, int32_t *y) {`,
    `  for (int q = 0; q < ${nOut}; q++) {`,
    "    int64_t sum = 0;",
    `    for (int p = 0; p < ${nIn}; p++) {`,
    `      int32_t at = (p * ${rows} + (x[p] >> ${fraction})) * ${nOut} + q;`,
    `      int64_t low = ${name}_table[at], high = ${name}_table[at + ${nOut}];`,
    `      sum += low * ${pow(2, fraction)} + (high - low) * (x[p] & ${pow(2, fraction) - 1});`,
    "    }",
    `    sum = shorten(sum, ${drop}) * ${name}_factors[q] + ${name}_offsets[q];`,
    ...positionLines(most, `${name}_shifts[q]`),
    "  }",
    "}\n",
  ].join("\n");
}
