/**
 * What an experiment prints: claims and tables as text, or one JSON object.
 *
 * @module
 */

import type { CheckedClaim, FindingTable } from "../../../../lib/reproduce/mod.ts";
import { wrap } from "../../../terminal/help.ts";
import { duration, shortNumber, textTable } from "../../../terminal/text_table.ts";
import { VERSION } from "../../../terminal/version.ts";
import type { ExperimentResult } from "./run.ts";

/** The verdict in a word or two. */
export function experimentStatus({ findings: { claims }, complete }: ExperimentResult): string {
  const failed = claims.filter(({ holds }) => holds === false).length;
  if (failed > 0) return `${failed} of ${claims.length} claims do not hold`;
  if (!complete) return "stopped";
  if (claims.length === 0) return "measured";
  return claims.some(({ holds }) => holds === undefined) ? "parts were run" : "all claims hold";
}

/** The page of text. */
export function experimentText(result: ExperimentResult): string {
  const { request: { experiment, options, command }, findings, seconds } = result;
  return [
    `${experiment.title}: ${experimentStatus(result)}`,
    experiment.source,
    ...(options.quick ? ["Quick form: smaller grids and shorter runs."] : []),
    ...findings.tables.flatMap((table) => ["", ...wrap(table.title, 98), tableText(table)]),
    ...(findings.claims.length === 0 ? [] : ["", ...findings.claims.flatMap(claimLines)]),
    "",
    ...findings.notes.flatMap((note) => wrap(note, 98)),
    "",
    `${duration(seconds)}; again: ${command}`,
  ].join("\n") + "\n";
}

function tableText({ columns, rows }: FindingTable): string {
  const cells = rows.map((row) =>
    row.map((cell) => cell === null ? "-" : typeof cell === "number" ? shortNumber(cell) : cell)
  );
  const align = columns.map((_, c) =>
    c > 0 && rows.every((row) => typeof row[c] !== "string") ? "r" : "l"
  );
  return textTable([columns, ...cells], align.join(""));
}

function claimLines({ statement, measured, holds }: CheckedClaim): string[] {
  const word = holds === undefined ? "not run" : holds ? "holds" : "DOES NOT HOLD";
  return wrap(`${word}: ${statement}. Measured: ${measured}.`, 98);
}

/** The object of `--json`. */
export function experimentJson(result: ExperimentResult): Record<string, unknown> {
  const { request: { experiment, options, command }, findings, complete, seconds } = result;
  return {
    experiment: experiment.name,
    title: experiment.title,
    source: experiment.source,
    version: VERSION,
    command,
    status: experimentStatus(result),
    quick: options.quick ?? false,
    complete,
    seconds,
    claims: findings.claims.map((claim) => ({ ...claim, holds: claim.holds ?? null })),
    tables: findings.tables,
    notes: findings.notes,
  };
}
