/**
 * The search for formulas, watched and interruptible.
 *
 * @module
 */

import { type RegressionScores, regressionScores } from "../../../lib/data/mod.ts";
import {
  complexityOf,
  findFormula,
  type Formula,
  formulaCode,
  type FormulaSearch,
  type FoundFormula,
  networkFormula,
  printFormula,
} from "../../../lib/interpret/mod.ts";
import {
  fixEdges,
  formulaValues,
  freeNumbers,
  meanSquare,
  noiseOf,
  roundConstants,
  scaledInputs,
  shownFormula,
  splineEdges,
  trainFormula,
  unscaledOutput,
} from "../../../lib/interpret/inner.ts";
import { writeFile } from "../../terminal/files.ts";
import { listenForInterrupt } from "../../terminal/interrupt.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { VERSION } from "../../terminal/version.ts";
import { shellWord } from "../../terminal/shell_word.ts";
import type { FormulaModel } from "../../models/formula_file.ts";
import { jsonText } from "../command.ts";
import { type FormulaRequest, targetRows } from "./request.ts";

/** Scores of the formula as it is printed, by the style of printing. */
export interface StyleErrors {
  /** Root mean square error of the text, on the rows that were fitted. */
  readonly [style: string]: number;
}

/** What was found for one target. */
export interface TargetFormula {
  readonly name: string;
  readonly search: FormulaSearch;
  /** Digits of measured constants that the text needs. */
  readonly digits: number;
  readonly scores: Readonly<Record<string, RegressionScores>>;
  readonly printed: StyleErrors;
  /** Of --fix: the loss before, and with the symbols before the rest was trained. */
  readonly fixed?: { readonly before: number; readonly replaced: number };
}

/** All targets. */
export interface FormulaResult {
  readonly targets: readonly TargetFormula[];
  readonly seconds: number;
  readonly stopped: boolean;
  readonly model: FormulaModel;
}

/** Searches, and writes the model. */
export async function performFormula(
  request: FormulaRequest,
  terminal: Terminal,
): Promise<FormulaResult> {
  const begin = performance.now(), targets: TargetFormula[] = [];
  const interrupt = listenForInterrupt(
    () => terminal.err("stopping with the front found so far; Ctrl-C again leaves at once\n"),
    () => {},
  );
  try {
    for (let t = 0; t < request.targets.length; t++) {
      if (interrupt.signal.aborted) break;
      const found = request.fixes.length > 0
        ? fixedTarget(request, t)
        : { search: await searched(request, t, interrupt.signal, terminal) };
      targets.push({
        name: request.targets[t].name,
        ...found,
        ...judged(request, t, found.search),
      });
    }
  } finally {
    interrupt.dispose();
  }
  const model = modelOf(request, targets), { output } = request;
  if (output !== undefined && targets.length === request.targets.length) {
    await writeFile(output.path, jsonText(model));
  }
  const seconds = (performance.now() - begin) / 1000;
  return { targets, seconds, stopped: interrupt.signal.aborted, model };
}

async function searched(
  request: FormulaRequest,
  target: number,
  signal: AbortSignal,
  terminal: Terminal,
): Promise<FormulaSearch> {
  const { network, columns, library, complexity, quiet, targets } = request;
  const rows = targetRows(request.parts[0], target),
    names = columns.map(({ variable }) => variable);
  const values = new Float64Array(rows.rows * names.length);
  names.forEach((name, c) => {
    rows.columns.get(name)!.forEach((x, r) => values[r * names.length + c] = x);
  });
  const units = [...columns.map(({ unit }) => unit), targets[target].unit];
  return await findFormula({
    ...{ names, targets: rows.target },
    inputs: { values, shape: [rows.rows, names.length] },
  }, {
    signal,
    ...(network && request.metadata && {
      network: {
        network,
        output: target,
        scale: request.metadata.encoding.kind === "table" ? request.metadata.encoding.inputs : [],
      },
    }),
    ...(library && { library }),
    ...(complexity !== undefined && { complexity }),
    ...(units.some((unit) => unit !== undefined) && { units }),
    ...(!quiet && { onStage: (stage: string) => terminal.err(`trying ${stage}\n`) }),
  });
}

/** Edges become symbols, the rest is trained. */
function fixedTarget(
  request: FormulaRequest,
  target: number,
): { readonly search: FormulaSearch; readonly fixed: NonNullable<TargetFormula["fixed"]> } {
  const rows = targetRows(request.parts[0], target), start = startFormula(request, target);
  const before = meanSquare(formulaValues(start, rows), rows.target);
  const replaced = fixEdges(start, request.fixes, rows);
  const first = meanSquare(formulaValues(replaced, rows), rows.target);
  const trained = trainFormula(replaced, rows);
  const whole = splineEdges(trained.formula).length === 0;
  const done = whole
    ? roundConstants(trained.formula, rows, noiseOf(rows))
    : { ...trained, rounded: [] };
  const best: FoundFormula = {
    formula: done.formula,
    loss: done.loss,
    rounded: done.rounded,
    complexity: complexityOf(done.formula),
    parameters: freeNumbers(done.formula).length,
    origin: "edges made symbols",
  };
  const search: FormulaSearch = {
    ...{ best, front: [best], status: "found", considered: 1, findings: [] },
  };
  return { search, fixed: { before, replaced: first } };
}

function startFormula(
  { start, network, metadata, columns }: FormulaRequest,
  target: number,
): Formula {
  if (start !== undefined) return start.targets[target].formula;
  const { encoding } = metadata!;
  const names = columns.map(({ variable }) => variable);
  const inputs = scaledInputs(names, encoding.kind === "table" ? encoding.inputs : []);
  const scale = encoding.kind === "gallery"
    ? encoding.target
    : encoding.task === "regression"
    ? encoding.targets[target]
    : undefined;
  return unscaledOutput(networkFormula(network!, inputs, target), scale!);
}

/** Scores on all parts, and the errors of the printed texts. */
function judged(
  request: FormulaRequest,
  target: number,
  { best }: FormulaSearch,
): Pick<TargetFormula, "digits" | "scores" | "printed"> {
  const rows = targetRows(request.parts[0], target), { formula } = best;
  const digits = enoughDigits(formula, rows),
    rmse = (values: Float64Array) => Math.sqrt(meanSquare(values, rows.target));
  const short = rmse(formulaValues(shownFormula(formula, digits), rows));
  const printed: Record<string, number> = { plain: short, latex: short };
  if (splineEdges(formula).length === 0) {
    const names = [...rows.columns.keys()], columns = [...rows.columns.values()];
    const code = formulaCode(formula, names, "javascript");
    const f = new Function(`${code}return f;`)() as (...values: number[]) => number;
    printed.javascript = rmse(
      Float64Array.from({ length: rows.rows }, (_, r) => f(...columns.map((column) => column[r]))),
    );
    printed.python = rmse(formulaValues(formula, rows)); // all digits are printed
  }
  printed.json = rmse(formulaValues(JSON.parse(JSON.stringify(formula)), rows));
  const scores = request.parts.map((part) => {
    const own = targetRows(part, target);
    return [part.name, regressionScores(formulaValues(formula, own), own.target, 1)] as const;
  });
  return { digits, printed, scores: Object.fromEntries(scores) };
}

/** Digits that leave the error as it is, to a hundredth. */
function enoughDigits(formula: Formula, rows: ReturnType<typeof targetRows>): number {
  const loss = meanSquare(formulaValues(formula, rows), rows.target);
  for (let digits = 4; digits < 17; digits++) {
    const short = meanSquare(formulaValues(shownFormula(formula, digits), rows), rows.target);
    if (short <= 1.02 * loss) return digits;
  }
  return 17;
}

function modelOf(request: FormulaRequest, targets: readonly TargetFormula[]): FormulaModel {
  const { modelFile, dataFile, columns, library, complexity, fixes, output } = request;
  const words = [
    ...["freeknot", "formula", "--model", modelFile],
    ...(dataFile === undefined ? [] : ["--data", dataFile]),
    ...(library === undefined ? [] : ["--library", library.join(",")]),
    ...(complexity === undefined ? [] : ["--complexity", String(complexity)]),
    ...(fixes.length === 0
      ? []
      : ["--fix", fixes.map(({ edge, name }) => `${edge.join(".")}=${name}`).join(",")]),
    ...(output === undefined ? [] : ["--model-out", output.path]),
  ];
  return {
    format: "freeknot formula",
    formatVersion: 1,
    version: VERSION,
    columns,
    targets: targets.map(({ name, search, digits }) => ({
      name,
      text: printFormula(search.best.formula, "plain", { digits }),
      formula: search.best.formula,
      front: search.front.map(({ formula, complexity, loss }) => ({
        text: printFormula(formula),
        complexity,
        rmse: Math.sqrt(loss),
        formula,
      })),
    })),
    command: words.map(shellWord).join(" "),
  };
}
