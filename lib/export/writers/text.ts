/**
 * Pieces of text that several writers need.
 *
 * @module
 */

import { visitFormula } from "../../interpret/inner.ts";
import type { FormulasProgram, ModelProgram } from "../program/program.ts";

/** Number format of a written model. */
export type NumberFormat = "float32" | "float64";

/** How a model is written, whatever the language. */
export interface WriterOptions {
  /** The model's name: an identifier. */
  readonly name: string;
  /** Name of the header, without its ending. */
  readonly header: string;
  /** Number format of tables, and of arithmetic where the language has both. */
  readonly dtype: NumberFormat;
}

/** A number in the format, as the shortest decimal that is read as it. */
export function decimal(value: number, dtype: NumberFormat): string {
  const rounded = dtype === "float32" ? Math.fround(value) : value;
  if (rounded === 0) return "0";
  if (dtype === "float32" && Number.isFinite(rounded)) {
    for (let digits = 1; digits < 10; digits++) {
      const short = Number(rounded.toPrecision(digits));
      if (Math.fround(short) === rounded) return String(short);
    }
  }
  return String(rounded);
}

/** A decimal that no language takes for an integer. */
export function withPoint(text: string): string {
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Numbers as lines of text with commas between them, without brackets. */
export function numberLines(
  values: ArrayLike<number>,
  write: (value: number) => string,
  indent = "  ",
): string {
  const lines: string[] = [];
  let line = "";
  for (let i = 0; i < values.length; i++) {
    const text = write(values[i]) + (i < values.length - 1 ? "," : "");
    if (line !== "" && line.length + text.length > 96) {
      lines.push(indent + line);
      line = "";
    }
    line += line === "" ? text : ` ${text}`;
  }
  return [...lines, indent + line].join("\n");
}

/** What the head of every file says of the model: lines without comment signs. */
export function headLines(program: ModelProgram): string[] {
  const { columns, result } = program;
  const names = columns.map(({ name }) => JSON.stringify(name)).join(", ");
  const what = program.kind === "formulas"
    ? "formulas"
    : program.members.length > 1
    ? `${program.members.length} networks, whose mean counts,`
    : "a network";
  const outputs = result.kind === "classes"
    ? `probabilities of ${result.labels.length} classes of ${JSON.stringify(result.target)}`
    : result.names.map((name) => JSON.stringify(name)).join(", ");
  return [
    `Written by freeknot export: ${what} of the columns ${shorten(names)};`,
    `gives ${shorten(outputs)}.`,
  ].map((line) => line.replace(/\*\/|--|[\r\n\u2028\u2029]/g, " "));
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)} ...` : text;
}

/** Refuses formulas that a language cannot write. */
export function checkFormulas(
  program: FormulasProgram,
  known: (name: string) => boolean,
  target: string,
): void {
  for (const formula of program.formulas) {
    visitFormula(formula, (node) => {
      if (node.kind === "spline") {
        throw new RangeError(
          "Cannot export model: every edge of a formula must be a symbol, current value is a spline",
        );
      }
      if (node.kind !== "call" || known(node.name)) return;
      throw new RangeError(
        `Cannot export model: functions of ${target} must be among those that it has, ` +
          `current value is ${node.name}`,
      );
    });
  }
}
