/**
 * The search for formulas of all targets, in a terminal or in a page.
 *
 * @module
 */

import {
  classificationScores,
  type RegressionScores,
  regressionScores,
} from "../../../lib/data/mod.ts";
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
  pinConstants,
  roundConstants,
  scaledInputs,
  shownFormula,
  splineEdges,
  trainFormula,
  unscaledOutput,
} from "../../../lib/interpret/inner.ts";
import { defined, exp, joinColumns, log1p } from "../../../lib/numerics/inner.ts";
import { VERSION } from "../../terminal/version.ts";
import { shellCommand } from "../../terminal/shell_word.ts";
import type { FormulaModel } from "../../models/formula_file.ts";
import { type FormulaPart, type FormulaRequest, targetRows } from "./request.ts";

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

/** How formulas of logits tell classes apart, and how the network does. */
export interface ClassesTold {
  readonly part: FormulaPart["name"];
  readonly rows: number;
  readonly formula: { readonly accuracy: number; readonly logLoss: number };
  readonly network: { readonly accuracy: number; readonly logLoss: number };
}

/** All targets. */
export interface FormulaResult {
  readonly targets: readonly TargetFormula[];
  /** Of classes, for every part. */
  readonly classes?: readonly ClassesTold[];
  readonly seconds: number;
  readonly stopped: boolean;
  readonly model: FormulaModel;
}

/** What hears of a search, and ends it. */
export interface FormulaListener {
  readonly signal: AbortSignal;
  /** Hears which kind of formula is tried. */
  onStage(stage: string): void;
}

/** Searches for the formulas of all targets. */
export async function findTargets(
  request: FormulaRequest,
  listener: FormulaListener,
): Promise<FormulaResult> {
  const begin = performance.now(), targets: TargetFormula[] = [], { signal } = listener;
  for (let t = 0; t < request.targets.length; t++) {
    if (signal.aborted) break;
    const found = request.fixes.length + request.pins.length > 0
      ? fixedTarget(request, t)
      : { search: short(request, await searched(request, t, listener)) };
    targets.push({
      name: request.targets[t].name,
      ...found,
      ...judged(request, t, found.search),
    });
  }
  const seconds = (performance.now() - begin) / 1000;
  const classes = request.classes !== undefined && targets.length === request.targets.length
    ? request.parts.map((part) => toldApart(part, targets.map(({ search }) => search.best.formula)))
    : undefined;
  return {
    ...{ targets, seconds, stopped: signal.aborted, model: modelOf(request, targets) },
    ...(classes && { classes }),
  };
}

/** Accuracy and cross-entropy of formulas of logits. */
function toldApart(part: FormulaPart, formulas: readonly Formula[]): ClassesTold {
  const { name, rows, targets, classes } = part, wide = targets.length;
  const score = (logits: readonly Float64Array[]) => {
    const { accuracy, logLoss } = classificationScores(joinColumns(logits, rows), classes!, wide);
    return { accuracy, logLoss };
  };
  return {
    ...{ part: name, rows },
    formula: score(formulas.map((formula) => formulaValues(formula, part))),
    network: score(targets),
  };
}

/**
 * Of two classes the shortest formula of the front whose cross-entropy is within one standard error
 * of the network's: the logit itself need not be met.
 */
function short({ parts: [part], classes }: FormulaRequest, search: FormulaSearch): FormulaSearch {
  if (classes === undefined || part.targets.length > 1 || part.classes === undefined) return search;
  const right = part.classes;
  const losses = (logits: Float64Array) =>
    logits.map((y, r) => Math.max(y, 0) - y * right[r] + log1p(exp(-Math.abs(y))));
  const mean = (values: Float64Array) =>
    values.reduce((sum, each) => sum + each / values.length, 0);
  const network = losses(part.targets[0]), level = mean(network);
  const spread = Math.sqrt(mean(network.map((each) => (each - level) ** 2)) / part.rows);
  const best = search.front.find(({ formula }) =>
    mean(losses(formulaValues(formula, part))) <= level + spread
  );
  return best === undefined ? search : { ...search, best };
}

async function searched(
  request: FormulaRequest,
  target: number,
  { signal, onStage }: FormulaListener,
): Promise<FormulaSearch> {
  const { network, columns, library, complexity, targets } = request;
  const rows = targetRows(request.parts[0], target);
  const names = columns.map(({ variable }) => variable);
  const values = joinColumns(names.map((name) => rows.columns.get(name)!), rows.rows);
  const units = [...columns.map(({ unit }) => unit), targets[target].unit];
  return await findFormula({
    ...{ names, targets: rows.target },
    inputs: { values, shape: [rows.rows, names.length] },
  }, {
    ...{ signal, onStage },
    ...(network && request.metadata && {
      network: {
        network,
        output: target,
        scale: request.metadata.encoding.kind === "table" ? request.metadata.encoding.inputs : [],
      },
    }),
    ...defined({ library, complexity }),
    ...(units.some((unit) => unit !== undefined) && { units }),
  });
}

/** Edges become symbols, the rest is trained. */
function fixedTarget(
  request: FormulaRequest,
  target: number,
): { readonly search: FormulaSearch; readonly fixed: NonNullable<TargetFormula["fixed"]> } {
  const rows = targetRows(request.parts[0], target), start = startFormula(request, target);
  const before = meanSquare(formulaValues(start, rows), rows.target);
  const replaced = fixEdges(pinConstants(start, request.pins), request.fixes, rows);
  const first = meanSquare(formulaValues(replaced, rows), rows.target);
  const trained = trainFormula(replaced, rows);
  const whole = splineEdges(trained.formula).length === 0 && request.pins.length === 0;
  const done = whole
    ? roundConstants(trained.formula, rows, noiseOf(rows))
    : { ...trained, rounded: [] };
  const best: FoundFormula = {
    formula: done.formula,
    loss: done.loss,
    rounded: done.rounded,
    complexity: complexityOf(done.formula),
    parameters: freeNumbers(done.formula).length,
    origin: request.fixes.length > 0 ? "edges made symbols" : "constants fixed",
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
  const formula = networkFormula(network!, inputs, target);
  if (encoding.kind === "gallery") return unscaledOutput(formula, encoding.target);
  return encoding.task === "regression"
    ? unscaledOutput(formula, encoding.targets[target])
    : formula; // a logit
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
    const f = compiled(code);
    if (f) {
      printed.javascript = rmse(
        Float64Array.from(
          { length: rows.rows },
          (_, r) => f(...columns.map((column) => column[r])),
        ),
      );
    }
    printed.python = rmse(formulaValues(formula, rows)); // all digits are printed
  }
  printed.json = rmse(formulaValues(JSON.parse(JSON.stringify(formula)), rows));
  const scores = request.parts.map((part) => {
    const own = targetRows(part, target);
    return [part.name, regressionScores(formulaValues(formula, own), own.target, 1)] as const;
  });
  return { digits, printed, scores: Object.fromEntries(scores) };
}

/** A function of its text; undefined where texts may not run, as in a page that forbids it. */
function compiled(code: string): ((...values: number[]) => number) | undefined {
  try {
    return new Function(`${code}return f;`)();
  } catch (error) {
    if (error instanceof EvalError) return undefined;
    throw error;
  }
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

/** What --fix was. */
function fixedTexts({ fixes, pins }: FormulaRequest): string[] {
  return [
    ...fixes.map(({ edge, name }) => `${edge.join(".")}=${name}`),
    ...pins.map(({ number, value }) => `c${number}=${value.exact ?? value.value}`),
  ];
}

/** Edges that are functions, of this run and of those before it. */
function fixedEdges({ start, fixes }: FormulaRequest): Pick<FormulaModel, "fixed"> {
  const edges = {
    ...start?.fixed,
    ...Object.fromEntries(fixes.map(({ edge, name }) => [edge.join("."), name])),
  };
  return Object.keys(edges).length > 0 ? { fixed: edges } : {};
}

function modelOf(request: FormulaRequest, targets: readonly TargetFormula[]): FormulaModel {
  const { modelFile, dataFile, columns, library, complexity, output } = request;
  const fixes = fixedTexts(request);
  return {
    format: "freeknot formula",
    formatVersion: 1,
    version: VERSION,
    columns,
    ...defined({ recipes: request.recipes }),
    ...(request.classes && { classes: request.classes }),
    ...fixedEdges(request),
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
    command: shellCommand("formula", {
      ...{ model: modelFile, data: dataFile, library, complexity },
      fix: fixes.length > 0 && fixes,
      "model-out": output?.path,
    }),
  };
}
