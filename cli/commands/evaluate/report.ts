/**
 * The page of `evaluate --report`.
 *
 * @module
 */

import { basename } from "node:path";
import { renderEvaluation, type ReportTable } from "../../../lib/report/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { costsText } from "../../flags/judging.ts";
import { type CostResult, costTable } from "../../models/cost.ts";
import type { JudgedRows } from "../../models/judged_rows.ts";
import { plainScores, type Scores } from "../../models/metadata.ts";
import { scoreCells } from "../../models/score_table.ts";
import { shellWord } from "../../terminal/shell_word.ts";
import { lossNumbers } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";

/** What the page shows. */
export interface EvaluationPage {
  readonly model: string;
  readonly file: string | undefined;
  readonly part: string;
  readonly rows: number;
  readonly loss: number;
  readonly scores: Scores;
  readonly judged: JudgedRows | undefined;
  readonly cost?: CostResult | undefined;
}

/** The HTML text of the page. */
export function evaluationReport(page: EvaluationPage): string {
  const { model, file, part, rows, judged, cost } = page;
  const costs = cost === undefined ? [] : ["--cost", costsText(cost.costs)];
  const words = ["--model", model, ...(file === undefined ? [] : ["--data", file]), "--part", part];
  return renderEvaluation({
    title: `${basename(model)}: ${file === undefined ? "points drawn again" : basename(file)}`,
    subtitle: `${rows} rows${part === "all" ? "" : `, the ${part} rows`}`,
    tables: [...scoreTables(page), ...(cost === undefined ? [] : [costTable(cost)])],
    ...defined({ judged }),
    ...(judged?.kind === "classes" ? { labels: judged.labels } : {}),
    reproduce: ["freeknot", "evaluate", ...[...words, ...costs].map(shellWord)].join(" "),
    version: VERSION,
  });
}

function scoreTables({ part, rows, loss, scores }: EvaluationPage): ReportTable[] {
  const several = "targets" in scores && scores.targets !== undefined;
  const { logLoss = NaN, ...plain } = plainScores(scores), classes = "confusion" in scores;
  // The log loss is the loss, but for class weights.
  const same = !classes || Math.abs(loss - Number(logLoss)) <= 1e-9 * Math.abs(loss);
  const { titles, cells } = scoreCells([several ? {} : same ? plain : { logLoss, ...plain }]);
  const nested = Object.entries(
    "classes" in scores ? scores.classes : several ? scores.targets ?? {} : {},
  ) as [string, Readonly<Record<string, number | null>>][];
  // Targets have units of their own, each a notation of its own.
  const own = nested.map(([name, { rows: _, ...line }]) => ({ name, ...scoreCells([line]) }));
  return [
    {
      caption: classes
        ? "Loss, in nats, and scores of the classes."
        : "Loss on scaled targets; scores in the target's own units.",
      head: ["part", "rows", "loss", ...titles],
      rows: [[part, `${rows}`, lossNumbers([loss])[0], ...cells[0]]],
    },
    ...(own.length === 0 ? [] : [{
      caption: "By name.",
      head: [several ? "target" : "class", ...own[0].titles],
      rows: own.map(({ name, cells }) => [name, ...cells[0]]),
    }]),
  ];
}
