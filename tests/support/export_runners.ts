/**
 * Runs exported models in their own languages, where the tools are there.
 *
 * @module
 */

import type { ExportedFile } from "../../lib/export/mod.ts";

/** Puts files into a folder under one name. */
export function putFiles(folder: string, name: string, files: readonly ExportedFile[]): void {
  for (const { extension, content } of files) {
    const path = `${folder}/${name}${extension}`;
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
  }
}

/** Whether a program is there; a line says so if it is not. */
export function hasTool(command: string, args: readonly string[], what: string): boolean {
  try {
    const { success } = new Deno.Command(command, {
      args: [...args],
      stdout: "null",
      stderr: "null",
    }).outputSync();
    if (success) return true;
  } catch {
    // said below
  }
  console.log(`SKIPPED: ${what}, ${command} is not there`);
  return false;
}

/** Runs a program to its end; its stderr is the error if it fails. */
export async function runTool(
  command: string,
  args: readonly string[],
  stdin?: Uint8Array,
): Promise<Uint8Array> {
  const process = new Deno.Command(command, {
    args: [...args],
    stdin: stdin ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = stdin && process.stdin.getWriter();
  const fed = writer?.write(stdin!).then(() => writer.close()).catch(() => {}); // it may end early
  const { success, stdout, stderr } = await process.output();
  await fed;
  if (!success) throw new Error(`${command} failed: ${new TextDecoder().decode(stderr)}`);
  return stdout;
}

/** A C program that reads rows as doubles and writes the outputs of a model, and its classes. */
export function cMain(name: string, real: string, classes: boolean): string {
  const upper = name.toUpperCase();
  return `#include <stdio.h>
#include "${name}.h"

int main(void) {
  double row[${upper}_COLUMNS], out[${upper}_OUTPUTS];
  while (fread(row, sizeof row, 1, stdin) == 1) {
    ${real} columns[${upper}_COLUMNS], outputs[${upper}_OUTPUTS];
    for (int p = 0; p < ${upper}_COLUMNS; p++) columns[p] = (${real})row[p];
    ${name}_predict(columns, outputs);
    for (int q = 0; q < ${upper}_OUTPUTS; q++) out[q] = outputs[q];
    fwrite(out, sizeof out, 1, stdout);
    ${classes ? `if (${name}_class(outputs) < 0) return 1;` : ""}
  }
  return 0;
}
`;
}

/** Compiles the files of a model with a main program, strictly, and runs it on rows. */
export async function runC(
  folder: string,
  name: string,
  main: string,
  rows: readonly ArrayLike<number>[],
): Promise<Uint8Array> {
  await Deno.writeTextFile(`${folder}/main.c`, main);
  const flags = "-std=c99 -O1 -Wall -Wextra -Werror -fsanitize=undefined " +
    "-fno-sanitize-recover=all";
  const sources = [`${folder}/main.c`, `${folder}/${name}.c`, "-lm"];
  await runTool("cc", [...flags.split(" "), "-o", `${folder}/${name}`, ...sources]);
  return runTool(`${folder}/${name}`, [], flat(rows));
}

/** Numbers from rows, and rows from numbers. */
export function flat(rows: readonly ArrayLike<number>[]): Uint8Array {
  return new Uint8Array(Float64Array.from(rows.flatMap((row) => [...Array.from(row)])).buffer);
}

/** Rows from bytes of float64. */
export function rowsOf(bytes: Uint8Array, width: number): number[][] {
  const values = new Float64Array(bytes.slice().buffer);
  return Array.from(
    { length: values.length / width },
    (_, r) => [...values.subarray(r * width, (r + 1) * width)],
  );
}
