/**
 * What benches of exported models share: CPU time of calls, and C programs that time themselves.
 *
 * @module
 */

import process from "node:process";

/** Microseconds of CPU time of this process. */
export function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** How long and how often is measured. */
export interface Patience {
  /** Seconds of one measurement. */
  readonly seconds: number;
  /** Rounds, of which the best counts. */
  readonly rounds: number;
}

/** Nanoseconds per row of a call that predicts some rows: the best of some rounds. */
export function timedCalls(call: () => unknown, rows: number, patience: Patience): number {
  const { seconds, rounds } = patience;
  let best = Infinity, calls = 1;
  for (let round = -1; round < rounds; round++) {
    const begin = cpuMicroseconds();
    for (let i = 0; i < calls; i++) call();
    const time = cpuMicroseconds() - begin;
    if (round >= 0) best = Math.min(best, 1000 * time / (calls * rows));
    else {
      while (cpuMicroseconds() - begin < 1e6 * seconds / rounds) calls += call() === null ? 0 : 1;
    }
  }
  return best;
}

/** The output of a program. */
export function commandOutput(command: string, args: readonly string[]): string {
  const { success, stdout, stderr } = new Deno.Command(command, { args: [...args] }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** A model that was written as C. */
export interface WrittenC {
  readonly folder: string;
  /** Name of its files without the ending. */
  readonly stem: string;
  readonly columns: number;
  readonly outputs: number;
  /** Type of its numbers. */
  readonly real: "double" | "float" | "int32_t";
  /** Flags of the compiler. */
  readonly flags: string;
  /** Rows that are predicted one after the other. */
  readonly rows: number;
}

/** Compiles a C program that times a model on random rows; nanoseconds per row. */
export function timedC(model: WrittenC, { seconds, rounds }: Patience): number {
  const { folder, stem, columns, outputs, real, flags, rows } = model;
  Deno.writeTextFileSync(
    `${folder}/main.c`,
    `#include <stdio.h>
#include <time.h>
#include "${stem}.h"
static ${real} rows[${rows}][${columns}], out[${outputs}];
int main(void) {
  unsigned seed = 1;
  for (int r = 0; r < ${rows}; r++) for (int p = 0; p < ${columns}; p++) {
    seed = seed * 1664525u + 1013904223u;
    rows[r][p] = ${real === "int32_t" ? "(int32_t)(seed >> 8)" : "(seed >> 8) / 8388608.0f - 1"};
  }
  double best = 1e30, sum = 0;
  int rounds = 1;
  for (int round = -1; round < ${rounds}; round++) {
    clock_t begin = clock();
    int done = 0;
    do {
      for (int r = 0; r < ${rows}; r++) { model_predict(rows[r], out); sum += out[0]; }
      done++;
    } while (round < 0 ? (clock() - begin) < ${seconds / rounds} * CLOCKS_PER_SEC : done < rounds);
    if (round < 0) rounds = done;
    double each = (double)(clock() - begin) / CLOCKS_PER_SEC / done / ${rows} * 1e9;
    if (round >= 0 && each < best) best = each;
  }
  fprintf(stderr, "%g", sum);
  printf("%g", best);
  return 0;
}
`,
  );
  const sources = [`${folder}/main.c`, `${folder}/${stem}.c`, "-lm"];
  commandOutput("cc", ["-std=c99", ...flags.split(" "), "-o", `${folder}/main`, ...sources]);
  return Number(commandOutput(`${folder}/main`, []));
}
