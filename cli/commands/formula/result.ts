/**
 * What `formula` prints.
 *
 * @module
 */

import {
  asSquares,
  formulaCode,
  type FormulaSearch,
  type FoundFormula,
  printFormula,
  type RoundedConstant,
} from "../../../lib/interpret/mod.ts";
import { freeNumbers, splineEdges, visitFormula } from "../../../lib/interpret/inner.ts";
import { VERSION } from "../../terminal/version.ts";
import { duration, lossNumbers, shortNumber, textTable } from "../../terminal/text_table.ts";
import { jsonText } from "../command.ts";
import type { FormulaRequest } from "./request.ts";
import type { FormulaResult, TargetFormula } from "./find.ts";

/** The result as JSON. */
export function formulaJson(
  { targets, classes, seconds, stopped }: FormulaResult,
  { modelFile, dataFile, parts, columns, output }: FormulaRequest,
): string {
  const names = columns.map(({ variable }) => variable);
  return jsonText({
    model: modelFile,
    data: dataFile ?? null,
    rows: Object.fromEntries(parts.map(({ name, rows }) => [name, rows])),
    columns,
    targets: targets.map(({ name, search, digits, scores, printed, fixed }) => {
      const { best, front, status, considered, findings } = search;
      const symbols = splineEdges(best.formula).length === 0;
      return {
        ...{ name, status, considered, findings },
        ...(fixed && { fixed }),
        formula: {
          plain: printFormula(best.formula, "plain", { digits }),
          latex: printFormula(best.formula, "latex", { digits }),
          ...(symbols && {
            javascript: formulaCode(best.formula, names, "javascript"),
            python: formulaCode(best.formula, names, "python"),
            squares: printFormula(asSquares(best.formula), "plain", { digits }),
          }),
          tree: best.formula,
        },
        ...{ complexity: best.complexity, parameters: best.parameters, origin: best.origin },
        ...{ scores, printedRmse: printed, rounded: best.rounded },
        front: front.map((each) => ({
          formula: printFormula(each.formula),
          complexity: each.complexity,
          rmse: Math.sqrt(each.loss),
          origin: each.origin,
        })),
      };
    }),
    ...(classes && { classes }),
    ...{ seconds, stopped, modelOut: output?.path ?? null, version: VERSION },
  });
}

/** The best formulas alone. */
export function formulaAlone({ targets }: FormulaResult, request: FormulaRequest): string {
  const names = request.columns.map(({ variable }) => variable);
  return targets.map(({ search: { best: { formula } }, digits }) => {
    switch (request.style) {
      case "latex":
        return `${printFormula(formula, "latex", { digits })}\n`;
      case "javascript":
      case "python":
        return formulaCode(formula, names, request.style);
      case "json":
        return jsonText(formula);
      case "squares":
        return `${printFormula(asSquares(formula), "plain", { digits })}\n`;
      default:
        return `${printFormula(formula, "plain", { digits })}\n`;
    }
  }).join("");
}

/** The front, the formula, its errors. */
export function formulaText(result: FormulaResult, request: FormulaRequest): string {
  const { targets, classes, seconds, stopped } = result;
  const parts = targets.map((target) => targetText(target));
  const time = `${stopped ? "stopped after" : ""} ${
    targets.reduce((sum, { search }) => sum + search.considered, 0)
  } formulas fitted, ${duration(seconds)}`.trim();
  const kept = request.output === undefined ? "" : `formula: ${request.output.path}\n`;
  return `${parts.join("\n")}${classes ? classTable(classes) : ""}${time}\n${kept}`;
}

function classTable(classes: NonNullable<FormulaResult["classes"]>): string {
  return `\n${
    textTable([
      ["classes", "rows", "accuracy", "of the network", "log loss", "of the network"],
      ...classes.map(({ part, rows, formula, network }) => [
        part,
        String(rows),
        formula.accuracy.toFixed(4),
        network.accuracy.toFixed(4),
        shortNumber(formula.logLoss),
        shortNumber(network.logLoss),
      ]),
    ], "lrrrrr")
  }\n`;
}

/** Characters that a line of squares may have; `--print squares` prints longer ones, too. */
const LONG = 160;

function targetText(target: TargetFormula): string {
  const { name, search, digits, scores, printed, fixed } = target, { best } = search;
  const front = shownFront(search);
  const losses = lossNumbers(front.map(({ loss }) => Math.sqrt(loss)));
  const table = textTable([
    ["", "complexity", "rmse", "formula"],
    ...front.map((each, i) => [
      each === best ? "*" : "",
      shortNumber(each.complexity),
      losses[i],
      shortText(each, each === best ? digits : 4),
    ]),
  ], "lrrl");
  const lines = [table, ""];
  if (fixed) {
    lines.push(
      `loss ${shortNumber(fixed.before)} before, ${
        shortNumber(fixed.replaced)
      } with what was fixed, ` +
        `${shortNumber(best.loss)} after training the rest`,
    );
  }
  lines.push(`${name} = ${shortText(best, digits)}`);
  lines.push(`LaTeX: ${printFormula(best.formula, "latex", { digits })}`);
  const squares = hasProduct(best)
    ? printFormula(asSquares(best.formula), "plain", { digits })
    : "";
  if (squares !== "" && squares.length < LONG) lines.push(`in squares: ${squares}`);
  lines.push(...best.rounded.filter(isRounded).map(roundedText), ...errorBars(best, digits));
  lines.push(
    ...search.findings,
    "",
    scoreTable(scores),
    `errors of the printed text (rmse): ${
      Object.entries(printed).map(([style, rmse]) => `${style} ${shortNumber(rmse)}`).join(", ")
    }`,
    `found as ${best.origin}; ${search.status}`,
  );
  return `${lines.join("\n")}\n`;
}

/** Longer formulas than the best are shown if they lower its error by more than this share. */
const WORTH = 0.02;

function shownFront({ front, best }: FormulaSearch): readonly FoundFormula[] {
  const enough = (1 - WORTH) ** 2 * best.loss;
  return front.filter((each) =>
    each === best || each.complexity <= best.complexity || each.loss < enough
  );
}

function shortText({ formula }: FoundFormula, digits: number): string {
  return printFormula(formula, "plain", { digits });
}

function hasProduct({ formula }: FoundFormula): boolean {
  let found = false;
  visitFormula(formula, (node) => {
    if (node.kind === "product") {
      found ||= node.factors.filter((each) => each.kind !== "number").length > 1;
    }
  });
  return found && splineEdges(formula).length === 0;
}

/** Constants that only lost rounding errors need no words. */
function isRounded({ measured, exact }: RoundedConstant): boolean {
  return String(measured) !== exact;
}

function roundedText({ measured, error, exact }: RoundedConstant): string {
  return `rounded: ${measured} (standard error ${shortNumber(error)}) is ${exact}`;
}

function errorBars({ formula }: FoundFormula, digits: number): string[] {
  if (splineEdges(formula).length > 0) return [];
  const bars = freeNumbers(formula).flatMap(({ value, error }, i) =>
    error === undefined
      ? []
      : [`c${i + 1} = ${Number(value.toPrecision(digits))} +- ${shortNumber(error)}`]
  );
  return bars.length === 0 ? [] : [`measured: ${bars.join(", ")}`];
}

function scoreTable(scores: TargetFormula["scores"]): string {
  return textTable([
    ["part", "rmse", "r2", "maxError"],
    ...Object.entries(scores).map(([part, { rmse, r2, maxError }]) => [
      part,
      shortNumber(rmse),
      r2 === null ? "-" : String(Number(r2.toFixed(12))),
      shortNumber(maxError),
    ]),
  ], "lrrr");
}
