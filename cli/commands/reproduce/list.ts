/**
 * What `reproduce` can run: tables and experiments, or the rows and parts of one.
 *
 * @module
 */

import { experiments, findExperiment } from "../../../lib/reproduce/mod.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { switchFlag } from "../../flags/values.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { textTable } from "../../terminal/text_table.ts";
import { jsonText } from "../command.ts";
import { reproduceRequest, TABLES } from "./request.ts";

/** One line: a table, an experiment, a row or a part. */
interface Listed {
  readonly name: string;
  /** Whole minutes on two cores; of experiments. */
  readonly minutes?: number;
  readonly title?: string;
  readonly source?: string;
}

/** What is listed. */
interface Listing {
  readonly kind: "tables and experiments" | "rows" | "parts";
  readonly of?: string;
  readonly all: readonly Listed[];
  readonly json: boolean;
}

/** Flags of a run, which a list has none of. */
const OF_RUNS = ["only", "keep", "report", "model", "data"];

/**
 * Reads what to list.
 *
 * @throws {UsageError} If a flag asks for a run, or there is none of this name.
 */
export function listing(given: GivenFlags, name: string | undefined): Listing {
  const flag = OF_RUNS.find((each) => given.has(each));
  if (flag !== undefined) {
    throw new UsageError(
      `Cannot list what to reproduce: --${flag} must be left out, or a name of a table or an ` +
        `experiment be told instead of --list, current value is ${given.get(flag)}`,
    );
  }
  const json = switchFlag(given, "json") ?? false;
  if (name === undefined) {
    const told = experiments.map(({ name, minutes, title, source }) => ({
      ...{ name, minutes, title, source },
    }));
    return { kind: "tables and experiments", all: [...TABLES.map(tableOf), ...told], json };
  }
  const experiment = findExperiment(name);
  if (experiment === undefined) {
    const all = reproduceRequest(given, name).rows.map(({ id, label }) => ({
      ...{ name: id, title: label },
    }));
    return { kind: "rows", of: name, all, json };
  }
  const quick = switchFlag(given, "quick") ?? false;
  const all = experiment.parts({ quick }).map(({ id }) => ({ name: id }));
  return { kind: "parts", of: name, all, json };
}

function tableOf(name: string): Listed {
  const { table, problem } = reproduceRequest(new Map(), name);
  return {
    name,
    title: `${table}: ${problem.name}`,
    source: `Actor et al. 2025, ${table}`,
  };
}

/** Prints the list. */
export function presentList({ kind, of, all, json }: Listing, terminal: Terminal): number {
  terminal.out(
    json
      ? jsonText(of === undefined ? { names: all } : { name: of, [kind]: all })
      : of === undefined
      ? namesText(all)
      : `${textTable(all.map(({ name, title = "" }) => [name, title]), "ll")}\n\n` +
        `--only chooses ${kind} by words of their names: freeknot reproduce ${of} --only ` +
        `${all[0].name}\n`,
  );
  return EXIT.done;
}

function namesText(all: readonly Listed[]): string {
  const rows = all.flatMap(({ name, minutes, title = "", source = "" }) => [
    [name, minutes === undefined ? "" : `${minutes}`, title],
    ["", "", `  ${source}`],
  ]);
  return `${textTable([["name", "minutes", "what it is, and its source"], ...rows], "lrl")}\n\n` +
    "Minutes: of the full form, on two cores; --quick takes seconds. freeknot reproduce NAME --list " +
    "has its\nrows or parts; freeknot reproduce all runs every experiment.\n";
}
