/**
 * The table: one row per case, in Markdown that is aligned for the eye too.
 *
 * @module
 */

import { type Case, edgesOf, median } from "./_case.ts";
import type { Floor } from "./_floor.ts";
import type { Program } from "./_programs.ts";
import type { Measurement } from "./_run_json.ts";

/** What was measured of one case. */
export interface Row {
  readonly which: Case;
  readonly rows: number;
  readonly floor: Floor;
  /** By program: all rounds. */
  readonly measured: Map<string, Measurement[]>;
}

/** Nanoseconds per edge and point: the median over all evaluations of all rounds. */
export function nanoseconds(row: Row, program: string): number | undefined {
  const rounds = row.measured.get(program);
  if (!rounds?.length) return undefined;
  const milliseconds = median(rounds.flatMap((each) => each.milliseconds));
  return milliseconds * 1e6 / rounds[0].rows / edgesOf(row.which);
}

/** Highest resident size over the rounds, in MB of 10^6 bytes. */
export function peakMegabytes(row: Row, program: string): number | undefined {
  const rounds = row.measured.get(program);
  return rounds?.length ? Math.max(...rounds.map((each) => each.peakBytes)) / 1e6 : undefined;
}

/** Lays out the table. */
export function formatTable(rows: readonly Row[], programs: readonly Program[]): string {
  const own = programs.filter(({ kind }) => kind === "ours").map(({ name }) => name);
  const first: string | undefined = own[0];
  const peers = programs.filter(({ kind }) => kind === "peer").map(({ name }) => name);
  const plain = programs.some(({ kind }) => kind === "plain");
  const head = [
    "network",
    "deg",
    "int",
    "knots",
    "thr",
    "ops",
    "bytes",
    ...(plain ? ["C"] : []),
    ...own.flatMap((name) => [name, "/floor", ...(plain ? ["/C"] : [])]),
    ...peers,
    ...programs.filter(({ name }) => !name.endsWith(" minmax")).map(({ name }) => `MB ${name}`),
  ];
  const body = rows.map((row) => {
    const { widths, degree, intervals, knots, threads } = row.which;
    const time = (name: string) => nanoseconds(row, name);
    const bound = Math.max(row.floor.operations, row.floor.bytes);
    return [
      `[${widths.join(", ")}]`,
      `${degree}`,
      `${intervals}`,
      knots,
      `${threads}`,
      short(row.floor.operations),
      short(row.floor.bytes),
      ...(plain ? [short(time("C"))] : []),
      ...own.flatMap((name) => [
        short(time(name)),
        ratio(time(name), bound),
        ...(plain ? [ratio(time(name), time("C"))] : []),
      ]),
      ...peers.map((name) => {
        const text = short(time(name));
        const times = first ? ratio(time(name), time(first)) : "-";
        return times === "-" ? text : `${text} (${times}x)`;
      }),
      ...programs.filter(({ name }) => !name.endsWith(" minmax")).map(({ name }) =>
        peakMegabytes(row, name)?.toFixed(0) ?? "-"
      ),
    ];
  });
  return markdown(head, body);
}

function short(value: number | undefined): string {
  if (value === undefined) return "-";
  return value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

function ratio(value: number | undefined, base: number | undefined): string {
  return value === undefined || !base ? "-" : short(value / base);
}

/** Lays out cells, the first column to the left. */
export function markdown(head: readonly string[], body: readonly string[][]): string {
  const widths = head.map((cell, c) => Math.max(cell.length, ...body.map((row) => row[c].length)));
  const line = (row: readonly string[]) =>
    `| ${
      row.map((cell, c) => c ? cell.padStart(widths[c]) : cell.padEnd(widths[c])).join(" | ")
    } |`;
  const rule = `|${widths.map((width, c) => "-".repeat(width + 1) + (c ? ":" : "-")).join("|")}|`;
  return [line(head), rule, ...body.map(line)].join("\n");
}
