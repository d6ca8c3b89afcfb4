/**
 * The curves of a table as the page carries them.
 *
 * @module
 */

import type { RowRun, RowSummary } from "../../reproduce/mod.ts";
import { rounded } from "../html/numbers.ts";
import type { PageData, PageLine, PageProgress } from "../page/data.ts";
import { pageProgress } from "../training/pictures.ts";
import type { TableReport } from "./data.ts";

/** Names of the colours of the style sheet. */
const COLORS = { relu: "n3", spline: "n0", mlp: "n2", ours: "n1" } as const;
const UNIT_STEPS = "n4";
const DASHES = { coarse: [2, 3], fine: [8, 4], multilevel: [] } as const;
/** Dashes of an MLP: of the first row here with at least as many parameters. */
const MLP_DASHES = [[100, DASHES.coarse], [300, DASHES.fine], [Infinity, []]] as const;

/** The part of the table that the page draws. */
export function tablePageData({ rows }: TableReport): PageData {
  const published = rows.map(({ summary }) => summary.row.paper).filter((row) => row !== undefined);
  const [best] = published.sort((a, b) => a.mse - b.mse);
  return {
    curves: rows.map(({ summary }) => curve(summary)),
    reference: best === undefined
      ? null
      : { label: `paper's best of these: ${best.label}`, value: best.mse },
  };
}

function curve({ row, runs }: RowSummary): PageLine & PageProgress {
  const { history } = medianRun(runs);
  return {
    label: row.label,
    color: row.optimizer === "lbfgs-unit" ? UNIT_STEPS : COLORS[row.group],
    dash: row.group === "mlp"
      ? MLP_DASHES.find(([most]) => runs[0].parameters <= most)![1]
      : DASHES[(row.paper ?? row.explains)?.fidelity ?? "multilevel"],
    width: row.network.knots === "free" ? 3 : 1.5,
    values: rounded(history.map(({ loss }) => loss), 4),
    ...pageProgress(history),
  };
}

/** The run with the middle loss, of an even number the lower of the middle two. */
function medianRun(runs: readonly RowRun[]): RowRun {
  return runs.toSorted((a, b) => a.loss - b.loss)[(runs.length - 1) >> 1];
}
