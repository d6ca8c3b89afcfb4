/**
 * A model as a file of C99 and its header: no allocation, no library beyond math.h, no state.
 *
 * @module
 */

import type { ModelProgram } from "../program/program.ts";
import { countOutputs, outputNames } from "../program/program.ts";
import { type BraceWords, writeNetwork } from "./braces.ts";
import { bracedFormulas } from "./formulas.ts";
import { decimal, headLines, numberLines, withPoint, type WriterOptions } from "./text.ts";

function words(dtype: WriterOptions["dtype"]): BraceWords {
  const real = dtype === "float32" ? "float" : "double", suffix = dtype === "float32" ? "f" : "";
  const number = (value: number) => `${withPoint(decimal(value, dtype))}${suffix}`;
  return {
    constant: `const ${real} `,
    variable: `${real} `,
    index: "int ",
    number,
    math: (name) => `${name}${suffix}`,
    integer: (text) => `(int)${text}`,
    nan: "NAN",
    table: (name, values) =>
      `static const ${real} ${name}[${values.length}] = {\n${numberLines(values, number)}\n};\n`,
    integers: (name, values) =>
      `static const int ${name}[${values.length}] = {\n${numberLines(values, String)}\n};\n`,
    scratch: (name, length) => `${real} ${name}[${length}];`,
    sharedScratch: false,
    step: (name) => `static void ${name}(const ${real} *x, ${real} *restrict y)`,
    scalar: (name) => `static ${real} ${name}(${real} x)`,
  };
}

/** A text as a literal of C. */
function cText(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const plain = (byte: number) => byte >= 32 && byte < 127 && byte !== 34 && byte !== 92;
  return `"${
    Array.from(
      bytes,
      (byte) =>
        plain(byte) && byte !== 63 // trigraphs
          ? String.fromCharCode(byte)
          : `\\${byte.toString(8).padStart(3, "0")}`,
    ).join("")
  }"`;
}

/** Texts that a header declares. */
export function cTexts(name: string, texts: readonly string[]): string {
  const lines = texts.map((text) => `  ${cText(text)}`).join(",\n");
  return `const char *const ${name}[${texts.length}] = {\n${lines}\n};\n`;
}

/** The lines of a function that finds the largest of some outputs. */
export function largestOutput(count: number): string {
  return `  int best = 0;
  for (int k = 1; k < ${count}; k++) if (outputs[k] > outputs[best]) best = k;
  return best;`;
}

/** What a header says of a model. */
export interface HeaderParts {
  readonly name: string;
  /** The comment at its head. */
  readonly head: string;
  /** Type of columns and outputs. */
  readonly real: string;
  readonly columns: number;
  readonly outputs: number;
  /** How many classes have labels; undefined without classes. */
  readonly labels: number | undefined;
  /** Other headers that it needs. */
  readonly includes?: string;
  /** Between the sizes and the functions. */
  readonly more: string;
}

/** The header of a model. */
export function cHeader(parts: HeaderParts): string {
  const { name, head, real, columns, outputs, labels, includes = "", more } = parts;
  const upper = name.toUpperCase();
  const classes = labels === undefined ? "" : `
/* Labels of the classes, and the index of the most probable one by the outputs of a row. */
extern const char *const ${name}_labels[${labels}];
int ${name}_class(const ${real} *outputs);
`;
  return `${head}#ifndef ${upper}_H
#define ${upper}_H

${includes}#ifdef __cplusplus
extern "C" {
#endif

#define ${upper}_COLUMNS ${columns}
#define ${upper}_OUTPUTS ${outputs}
${more}
/* Predicts one row. */
void ${name}_predict(const ${real} *columns, ${real} *outputs);
${classes}
#ifdef __cplusplus
}
#endif

#endif
`;
}

/**
 * From -O3 on GCC takes two inputs of a layer at a time and then no longer sees that outputs are
 * apart: a layer of lines took ten times as long in GCC 12.
 */
const NO_JAM = `
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 8
#pragma GCC optimize("no-loop-unroll-and-jam")
#endif
`;

/** Writes the code and the header. */
export function writeC(
  program: ModelProgram,
  { name, dtype, header: headerName }: WriterOptions,
): { readonly code: string; readonly header: string } {
  const real = dtype === "float32" ? "float" : "double";
  const { columns, result } = program, count = countOutputs(program);
  const parts = program.kind === "formulas"
    ? bracedFormulas(program, "c", words(dtype))
    : writeNetwork(program, words(dtype));
  const head = `/* ${headLines(program).join("\n * ")} */\n`;
  const labels = result.kind === "classes" ? result.labels : undefined;
  const header = cHeader({
    ...{ name, head, real, columns: columns.length, outputs: count, labels: labels?.length },
    more: `
/* Names of the columns and outputs, in their order. */
extern const char *const ${name}_columns[${columns.length}];
extern const char *const ${name}_outputs[${count}];
`,
  });
  const code = `${head}#include "${headerName}.h"

#include <math.h>
${NO_JAM}
${cTexts(`${name}_columns`, columns.map((each) => each.name))}
${cTexts(`${name}_outputs`, outputNames(program))}
${labels ? `${cTexts(`${name}_labels`, labels)}\n` : ""}${parts.tables.join("")}
${parts.functions.join("\n")}
void ${name}_predict(const ${real} *columns, ${real} *outputs) {
${[...parts.scratch, ...parts.body].map((line) => `  ${line}\n`).join("")}}
${labels ? `\nint ${name}_class(const ${real} *outputs) {\n${largestOutput(count)}\n}\n` : ""}`;
  return { code, header };
}
