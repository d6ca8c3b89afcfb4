/**
 * The runs of a session, best first.
 *
 * @module
 */

import { compactNumber, escapeHtml } from "../../../lib/report/inner.ts";
import type { LossPoint, RunEnd } from "../protocol.ts";
import { differing, type PageState, writeState } from "./state.ts";

/** A run that has ended. */
export interface PastRun {
  readonly number: number;
  readonly state: PageState;
  /** Runs of one key have the same data: their losses compare. */
  readonly data: string;
  readonly points: readonly LossPoint[];
  readonly parameters: number;
  readonly end: RunEnd;
  readonly seconds: number;
}

/** Keys that say which rows are learned. */
const DATA_KEYS = [
  ...["learn", "problem", "formula", "low", "high", "rows", "noise", "target", "loss"],
  ...["equation", "pde"],
];

/** What tells data from others; `table` names a dropped or drawn one, and its size. */
export function dataKey(state: PageState, table: string | undefined): string {
  const keys = DATA_KEYS.map((key) => state[key] ?? "");
  return JSON.stringify([...keys, ["table", "drawn"].includes(state.learn) ? table : ""]);
}

/** What of a run differs from the page's start, in words. */
function differences(state: PageState): string {
  const parts = differing(state).map(([key, value]) => key === "learn" ? value : `${key} ${value}`);
  return parts.length === 0 ? "as the page starts" : parts.join(", ");
}

function lossOf({ end: { loss } }: PastRun): number {
  return loss.test ?? loss.train ?? Infinity;
}

/** The table, the runs on the latest data first, of these the best first. */
export function runsHtml(runs: readonly PastRun[]): string {
  const latest = runs.at(-1)?.data;
  const sorted = runs.toSorted((a, b) =>
    Number(b.data === latest) - Number(a.data === latest) ||
    (a.data < b.data ? -1 : a.data > b.data ? 1 : 0) ||
    lossOf(a) - lossOf(b)
  );
  const rows = sorted.map((run, k) => {
    const { number, state, end, parameters, points, seconds } = run;
    const best = k === 0 || sorted[k - 1].data !== run.data;
    return `<tr${best ? ' class="best"' : ""}><td class="number">${number}</td><td><a href="${
      escapeHtml(writeState(state))
    }">${escapeHtml(differences(state))}</a></td><td class="number">${parameters}</td>` +
      `<td class="number">${points.at(-1)?.epoch ?? 0}</td><td class="number">${
        compactNumber(end.loss.train ?? NaN)
      }</td><td class="number">${
        end.loss.test === undefined ? "-" : compactNumber(end.loss.test)
      }</td><td>${escapeHtml(end.score)}</td><td class="number">${seconds.toFixed(1)} s</td><td>${
        escapeHtml(end.status)
      }</td></tr>`;
  });
  const heads = [
    "run",
    "what differs",
    "parameters",
    "epochs",
    "training loss or residual",
    "test loss, fresh residual",
    "score",
  ];
  const numbers = new Set([0, 2, 3, 4, 5]);
  return `<table class="runs"><thead><tr>${
    heads.map((head, k) => `<th scope="col"${numbers.has(k) ? ' class="number"' : ""}>${head}</th>`)
      .join("")
  }<th scope="col" class="number">time</th><th scope="col">end</th></tr></thead><tbody>${
    rows.join("")
  }</tbody></table>`;
}
