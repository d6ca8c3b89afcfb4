/**
 * A model as a file of C99 and its header: no allocation, no library beyond math.h, no state.
 *
 * @module
 */

import type { ModelProgram } from "../program/program.ts";
import { countOutputs, outputNames } from "../program/program.ts";
import { type BraceWords, writeNetwork } from "./braces.ts";
import { bracedFormulas } from "./formulas.ts";
import { decimal, headLines, numberLines, type WriterOptions } from "./text.ts";

function words(dtype: WriterOptions["dtype"]): BraceWords {
  const real = dtype === "float32" ? "float" : "double", suffix = dtype === "float32" ? "f" : "";
  const number = (value: number): string => {
    const text = decimal(value, dtype);
    return `${/[.e]/.test(text) ? text : `${text}.0`}${suffix}`;
  };
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
export function cText(text: string): string {
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

/** Writes the code and the header. */
export function writeC(
  program: ModelProgram,
  { name, dtype, header: headerName }: WriterOptions,
): { readonly code: string; readonly header: string } {
  const real = dtype === "float32" ? "float" : "double", upper = name.toUpperCase();
  const { columns, result } = program, count = countOutputs(program);
  const parts = program.kind === "formulas"
    ? bracedFormulas(program, "c", words(dtype))
    : writeNetwork(program, words(dtype));
  const head = `/* ${headLines(program).join("\n * ")} */\n`;
  const array = (suffix: string, texts: readonly string[]) =>
    `const char *const ${name}_${suffix}[${texts.length}] = {\n${
      texts.map((text) => `  ${cText(text)}`).join(",\n")
    }\n};\n`;
  const classes = result.kind === "classes";
  const header = `${head}#ifndef ${upper}_H
#define ${upper}_H

#ifdef __cplusplus
extern "C" {
#endif

#define ${upper}_COLUMNS ${columns.length}
#define ${upper}_OUTPUTS ${count}

/* Names of the columns and outputs, in their order. */
extern const char *const ${name}_columns[${columns.length}];
extern const char *const ${name}_outputs[${count}];

/* Predicts one row. */
void ${name}_predict(const ${real} *columns, ${real} *outputs);
${
    classes
      ? `
/* Labels of the classes, and the index of the most probable one by the outputs of a row. */
extern const char *const ${name}_labels[${count}];
int ${name}_class(const ${real} *outputs);
`
      : ""
  }
#ifdef __cplusplus
}
#endif

#endif
`;
  const code = `${head}#include "${headerName}.h"

#include <math.h>

${array("columns", columns.map((each) => each.name))}
${array("outputs", outputNames(program))}
${classes ? `${array("labels", result.labels)}\n` : ""}${parts.tables.join("")}
${parts.functions.join("\n")}
void ${name}_predict(const ${real} *columns, ${real} *outputs) {
${[...parts.scratch, ...parts.body].map((line) => `  ${line}\n`).join("")}}
${
    classes
      ? `
int ${name}_class(const ${real} *outputs) {
  int best = 0;
  for (int k = 1; k < ${count}; k++) if (outputs[k] > outputs[best]) best = k;
  return best;
}
`
      : ""
  }`;
  return { code, header };
}
