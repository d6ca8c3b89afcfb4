/**
 * Programs of kernel calls, which every thread runs on its blocks of rows, written into the memory
 * that the threads share.
 *
 * A phase works through a block chunk by chunk, all calls on one chunk before the next, so that
 * results of a call stay in the cache for the next.
 *
 * @module
 */

import { PHASE_KERNELS, type Signature } from "./abi.ts";
import type { Arena } from "./memory.ts";
import { recordWords } from "./records.ts";

/** A number that moves with the chunk: `at + perRow first row + perBlock block + perThread thread`. */
export interface Cursor {
  readonly at: number;
  readonly perRow?: number;
  readonly perBlock?: number;
  /** Of rooms that a thread overwrites on every block. */
  readonly perThread?: number;
}

/** The number of the block. */
export const BLOCK: Cursor = { at: 0, perBlock: 1 };

/** The number of the chunk's first row. */
export const FIRST_ROW: Cursor = { at: 0, perRow: 1 };

/** A number for a kernel. */
export type Argument = number | Cursor;

/** Arguments of a kernel by their names, as abi.ts lists them. */
export type Arguments<Kernel extends Signature, Numbers = Argument> = {
  readonly [Name in keyof Kernel["takes"]]: Kernel["takes"][Name] extends "bool" ? boolean
    : Numbers;
};

/** A kernel call as it is written down: kernel, number of arguments, four words for each. */
export type Call = readonly number[];

type Callers = {
  readonly [Name in keyof typeof PHASE_KERNELS]: (
    args: Arguments<typeof PHASE_KERNELS[Name]>,
  ) => Call;
};

/** Gives the call of a kernel: `call.zero({ to: at, size: 8 })`. */
export const call: Callers = Object.fromEntries(
  Object.entries(PHASE_KERNELS).map(([name, { takes }], kernel) => {
    const names = Object.keys(takes);
    const write = (args: Readonly<Record<string, Argument | boolean>>): Call => [
      kernel,
      names.length,
      ...names.flatMap((name) => wordsOf(args[name])),
    ];
    return [name, write];
  }),
) as unknown as Callers;

/** Arguments of every kernel, by its number. */
const ARGUMENTS = Object.values(PHASE_KERNELS).map(({ takes }) => Object.keys(takes));

/** The addresses of a call's arguments that move with the rows. */
export function* movingArguments(
  call: Call,
): Generator<{ readonly name: string; readonly at: number }> {
  for (const [k, name] of ARGUMENTS[call[0]].entries()) {
    const [at, perRow] = call.slice(2 + WORDS * k);
    if (at > 0 && perRow > 0) yield { name, at };
  }
}

/** Words of an argument. */
const WORDS = 4;

/** An argument: its value at row 0 of block 0, its increments per row, block and thread. */
function wordsOf(argument: Argument | boolean): [number, number, number, number] {
  return typeof argument === "object"
    ? [argument.at, argument.perRow ?? 0, argument.perBlock ?? 0, argument.perThread ?? 0]
    : [Number(argument), 0, 0, 0];
}

/** Calls on one block. */
export interface Phase {
  /** Once, before the rows. */
  readonly start?: readonly Call[];
  /** On every chunk of rows. */
  readonly chunk?: readonly Call[];
  /** After every span of chunks, and the last. */
  readonly end?: readonly Call[];
}

/** One phase that does the work of several, in their order on every chunk. */
export function joinPhases(phases: readonly Phase[]): Phase {
  return {
    start: phases.flatMap(({ start }) => start ?? []),
    chunk: phases.flatMap(({ chunk }) => chunk ?? []),
    end: phases.flatMap(({ end }) => end ?? []),
  };
}

/** Whether a phase does anything. */
export function isEmpty({ start, chunk, end }: Phase): boolean {
  return !start?.length && !chunk?.length && !end?.length;
}

/** Rows after which float32 sums are moved into float64 ones. */
const SPAN_ROWS = 8192;

/** Writes a phase into the memory; returns its address. */
export function encodePhase(arena: Arena, phase: Phase, chunkRows: number): number {
  const words = phaseWords(phase, chunkRows, SPAN_ROWS);
  return arena.float64(words.length, (values) => values.set(words)).at;
}

/** A phase as it is written down. */
export function phaseWords(
  { start = [], chunk = [], end = [] }: Phase,
  chunkRows: number,
  spanRows: number,
): number[] {
  const [starts, chunks, ends] = [start, chunk, end].map(({ length }) => length);
  return [
    ...recordWords("PhaseHead", { chunkRows, spanRows, starts, chunks, ends }),
    ...[...start, ...chunk, ...end].flat(),
  ];
}
