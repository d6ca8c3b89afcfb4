/**
 * A model as one module of JavaScript without imports, and its types.
 *
 * @module
 */

import type { ModelProgram } from "../program/program.ts";
import { countOutputs, outputNames } from "../program/program.ts";
import { type BraceCode, type BraceWords, writeNetwork } from "./braces.ts";
import { bracedFormulas } from "./formulas.ts";
import { decimal, headLines, numberLines, type WriterOptions } from "./text.ts";

function words(dtype: WriterOptions["dtype"]): BraceWords {
  const number = (value: number) => decimal(value, dtype);
  const array = dtype === "float32" ? "Float32Array" : "Float64Array";
  return {
    constant: "const ",
    variable: "let ",
    index: "let ",
    number,
    math: (name) => `Math.${name === "fabs" ? "abs" : name}`,
    integer: (text) => `${text} | 0`,
    nan: "NaN",
    table: (name, values) =>
      `const ${name} = new ${array}([\n${numberLines(values, number)}\n]);\n`,
    integers: (name, values) =>
      `const ${name} = new Int32Array([\n${numberLines(values, String)}\n]);\n`,
    scratch: (name, length) => `const ${name} = new Float64Array(${length});\n`,
    sharedScratch: true,
    step: (name) => `function ${name}(x, y)`,
    scalar: (name) => `function ${name}(x)`,
  };
}

/** The word before what the module passes on. */
const PUBLIC = "export";

/** Writes the module, and its declarations for TypeScript. */
export function writeJavaScript(
  program: ModelProgram,
  { dtype }: WriterOptions,
): { readonly module: string; readonly types: string } {
  const code = program.kind === "formulas"
    ? bracedFormulas(program, "javascript")
    : writeNetwork(program, words(dtype));
  return { module: moduleText(program, code), types: typesText(program) };
}

function moduleText(program: ModelProgram, code: BraceCode): string {
  const { columns, result } = program, count = countOutputs(program);
  const list = (names: readonly string[]) => JSON.stringify(names);
  const classify = result.kind !== "classes" ? "" : `
/** The label of the most probable class of a row. */
${PUBLIC} function classify(columns) {
  const probabilities = predict(columns);
  let best = 0;
  for (let k = 1; k < ${count}; k++) if (probabilities[k] > probabilities[best]) best = k;
  return labels[best];
}
`;
  return `${headLines(program).map((line) => `// ${line}\n`).join("")}
/** Names of the columns that predict() reads, in their order. */
${PUBLIC} const columns = Object.freeze(${list(columns.map(({ name }) => name))});

/** Names of the numbers that predict() returns, in their order. */
${PUBLIC} const outputs = Object.freeze(${list(outputNames(program))});
${
    result.kind === "classes"
      ? `\n/** Labels of the classes. */\n${PUBLIC} const labels = Object.freeze(${
        list(result.labels)
      });\n`
      : ""
  }
${[...code.tables, ...code.scratch].join("")}
${code.functions.join("\n")}
/** Predicts one row; \`outputs\` is filled and returned. */
${PUBLIC} function predict(columns, outputs = new Float64Array(${count})) {
  if (columns.length !== ${columns.length}) {
    throw new TypeError(\`columns must be ${columns.length} numbers, current value is \${columns.length}\`);
  }
${code.body.map((line) => `  ${line}\n`).join("")}  return outputs;
}
${classify}`;
}

function typesText({ result }: ModelProgram): string {
  const classes = result.kind !== "classes" ? "" : `
/** Labels of the classes. */
${PUBLIC} declare const labels: readonly string[];

/** The label of the most probable class of a row. */
${PUBLIC} declare function classify(columns: ArrayLike<number>): string;
`;
  return `/** Names of the columns that predict() reads, in their order. */
${PUBLIC} declare const columns: readonly string[];

/** Names of the numbers that predict() returns, in their order. */
${PUBLIC} declare const outputs: readonly string[];

/** Predicts one row; \`outputs\` is filled and returned. */
${PUBLIC} declare function predict(
  columns: ArrayLike<number>,
  outputs?: Float64Array,
): Float64Array;
${classes}`;
}
