/**
 * What an experiment of the theory lab is: parts that run one by one, and what follows from them.
 *
 * @module
 */

import type { Table } from "../data/mod.ts";
import { cpuEngine, createCpuEngine, type Engine } from "../engine/mod.ts";
import type { Network } from "../model/mod.ts";

/** What an experiment runs with. */
export interface ExperimentOptions {
  /** A small form that takes seconds; its claims hold, too. Default no. */
  readonly quick?: boolean;
  /** Seeds of random numbers. Default: the experiment's. */
  readonly seeds?: readonly number[];
  /** Threads; the result is the same for any number. Default: the cores. */
  readonly threads?: number;
  /** A network to measure instead of the experiment's, where it takes one. */
  readonly network?: Network;
  /** A table to take instead of the experiment's own rows, where it takes one. */
  readonly table?: Table;
}

/** What a part runs with. */
export interface PartRunning {
  /** Tells it to stop. */
  readonly signal: AbortSignal;
  /** Trains networks on as many threads as the options say. */
  readonly engine: Engine;
}

/** One part of an experiment; its value is data that JSON can hold. */
export interface ExperimentPart<Value> {
  /** Words with dashes between them: `degree-1-even`. */
  readonly id: string;
  /** Runs it. Throws the signal's reason where it is told to stop. */
  run(running: PartRunning): Value | Promise<Value>;
}

/** A statement that an experiment checks. */
export interface CheckedClaim {
  /** What should hold, as a sentence without its full stop. */
  readonly statement: string;
  /** What was measured, with its unit. */
  readonly measured: string;
  /** Whether it holds; undefined: parts that it needs were not run. */
  readonly holds: boolean | undefined;
}

/** A table of an experiment. Numbers are printed shortly. */
export interface FindingTable {
  /** Heading. */
  readonly title: string;
  /** Headings of the columns. */
  readonly columns: readonly string[];
  /** The first cell names the row; null: nothing to say. */
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** A curve of a {@linkcode FindingChart}. */
export interface FindingCurve {
  /** Name in the legend. */
  readonly label: string;
  /** Places. */
  readonly x: readonly number[];
  /** Values. */
  readonly y: readonly number[];
  /** A line (default), points alone, or a line that only guides the eye. */
  readonly kind?: "line" | "points" | "guide";
}

/** A chart of an experiment. */
export interface FindingChart {
  /** Heading. */
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly text: string;
  /** Title of the axis below. */
  readonly xTitle: string;
  /** Title of the axis at the left. */
  readonly yTitle: string;
  /** Which axes are logarithmic. Default none. */
  readonly logarithmic?: "x" | "y" | "both";
  /** Its curves. */
  readonly curves: readonly FindingCurve[];
}

/** A heat map of an experiment. */
export interface FindingMap {
  /** Heading. */
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly text: string;
  /** Title of the axis below. */
  readonly xTitle: string;
  /** Title of the axis at the left. */
  readonly yTitle: string;
  /** Numbers below the columns. */
  readonly x: readonly number[];
  /** Numbers beside the rows, from below. */
  readonly y: readonly number[];
  /** Values, row by row from below: 0 is pale, 1 and more are full colour. */
  readonly values: readonly (readonly number[])[];
}

/** What follows from the parts. */
export interface Findings {
  /** What was checked. */
  readonly claims: readonly CheckedClaim[];
  /** The numbers. */
  readonly tables: readonly FindingTable[];
  /** The pictures. */
  readonly charts: readonly FindingChart[];
  /** Heat maps. Default: none. */
  readonly maps?: readonly FindingMap[];
  /** What a reader must know: choices that the source does not print, where ours differs. */
  readonly notes: readonly string[];
}

/** An experiment of a paper. */
export interface Experiment<Value = unknown> {
  /** Name on the command line. */
  readonly name: string;
  /** Heading. */
  readonly title: string;
  /** Paper and place in it. */
  readonly source: string;
  /** Which of `network` and `table` it takes. Default: neither. */
  readonly takes?: readonly ("network" | "table")[];
  /** Whole minutes of the full form on two cores. */
  readonly minutes: number;
  /** What of it would run. */
  parts(options: ExperimentOptions): readonly ExperimentPart<Value>[];
  /** What follows from the parts that were run, by their ids. */
  conclude(values: ReadonlyMap<string, Value>, options: ExperimentOptions): Findings;
}

/** A part that was run. */
export interface PartRun {
  /** Words with dashes between them. */
  readonly id: string;
  /** Data that JSON can hold. */
  readonly value: unknown;
  /** How long it took. */
  readonly seconds: number;
}

/**
 * Runs the parts of an experiment one after the other.
 *
 * @param experiment Which one.
 * @param options What it runs with.
 * @param choose Which parts run, by their ids. Default: all.
 * @param signal Ends it before the next part, or within one that looks.
 * @returns Each part as soon as it is done.
 *
 * @example
 * ```ts
 * import { findExperiment, runExperiment } from "@freeknot/freeknot/reproduce";
 * import { assert } from "@std/assert";
 *
 * const experiment = findExperiment("preconditioner")!, options = { quick: true };
 * const values = new Map<string, unknown>();
 * for await (const { id, value } of runExperiment(experiment, options)) values.set(id, value);
 * assert(experiment.conclude(values, options).claims.every(({ holds }) => holds));
 * ```
 */
export async function* runExperiment(
  experiment: Experiment,
  options: ExperimentOptions = {},
  choose: (id: string) => boolean = () => true,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<PartRun, void, void> {
  const { threads } = options;
  const engine = threads === undefined ? cpuEngine : createCpuEngine({ threads });
  for (const { id, run } of experiment.parts(options)) {
    if (!choose(id)) continue;
    const from = performance.now();
    try {
      signal.throwIfAborted();
      const value = await run({ signal, engine });
      yield { id, value, seconds: (performance.now() - from) / 1000 };
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }
}
