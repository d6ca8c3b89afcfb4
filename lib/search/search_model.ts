/**
 * The search for the model of a table.
 *
 * @module
 */

import { cpuEngine, type Engine, type Loss } from "../engine/mod.ts";
import { type Dataset, subset } from "../data/mod.ts";
import { type Network, scaleOutputs } from "../model/mod.ts";
import { checkOptions, defined } from "../numerics/inner.ts";
import type { Constraints } from "../train/mod.ts";
import { passTogether, type RowPass } from "../additive/inner.ts";
import { type Candidate, lossOf, type Task } from "./_candidates.ts";
import { dealFolds, type Dealing, type HeldRows, heldRows } from "./_folds.ts";
import { type Interactions, planCandidates } from "./_plan.ts";
import {
  datasetParts,
  inPasses,
  judgedRows,
  type RowSource,
  spacedRows,
  standIns,
} from "./_many_rows.ts";
import { outputBounds } from "./_slopes.ts";
import { heldOutLosses, meanHeldOut, standardError, temperature } from "./_stack.ts";
import { stackWeights } from "./_weights.ts";

/** Which models a search tries. */
export type ModelForm = "auto" | "linear" | "additive";

/** Options of {@linkcode searchModel}. */
export interface SearchOptions {
  /** Whether targets are numbers or classes. */
  readonly task: "regression" | "classification";
  /** Which models are tried. Default `"auto"`: all that the time allows. */
  readonly form?: ModelForm;
  /**
   * What errors cost; of classes cross-entropy. Default squared errors. Outputs are what the loss
   * wants: logarithms of means, logits, logarithms of hazard ratios.
   */
  readonly loss?: Loss;
  /**
   * Pairs of columns that may act together in the additive model with pairs, so many or these, by
   * their places; 0: no such model. `"none"`: the model is a sum of functions of single columns,
   * and with pairs by their places a sum of functions of single columns and of those pairs. Default
   * 5, with form `"additive"` 0.
   */
  readonly interactions?: number | "none" | readonly (readonly [number, number])[];
  /** Group of every row: none is on both sides where rows are held out. */
  readonly groups?: ArrayLike<number | string>;
  /** Time of every row: candidates are judged on rows later than those they are fitted to. */
  readonly order?: ArrayLike<number>;
  /** What the model is held to: monotone, convex or concave in inputs. */
  readonly constraints?: Omit<Constraints, "range">;
  /** Fixes folds, trees and first guesses. Default 1234. */
  readonly seed?: number;
  /**
   * Seconds that the plan may take, by an estimate from the numbers of rows and columns: the same
   * plan on every machine. Default 60.
   */
  readonly timeLimit?: number;
  /** Where networks are trained. Default `cpuEngine`. */
  readonly engine?: Engine;
  /**
   * All rows, in parts, where the dataset is a sample of them: sums of splines are fitted to all, in
   * passes over them. Default: the dataset's.
   */
  readonly allRows?: RowSource;
  /** Ends the search early; the best of what is done so far is kept. */
  readonly signal?: AbortSignal;
  /** Told the plan before it begins, and every candidate when it is judged. */
  readonly onEvent?: (event: SearchEvent) => void;
}

/** What a search tells on its way. */
export type SearchEvent =
  | {
    readonly type: "plan";
    readonly candidates: readonly string[];
    /** Rows judged by, folds and repeats of them. */
    readonly folds: number;
    readonly repeats: number;
    /** Rows that candidates are judged by, those held out and the others: of a large table a sample. */
    readonly rows: number;
    /** Estimated seconds. */
    readonly estimate: number;
    /** Candidates that the time limit leaves out. */
    readonly left: readonly string[];
    /** Candidates left out since they cannot be held to what is asked, or cannot fit the loss. */
    readonly unfit: readonly string[];
  }
  | { readonly type: "candidate"; readonly candidate: TriedCandidate };

/** A candidate and how it did. */
export interface TriedCandidate {
  /** What it is, in a few words. */
  readonly name: string;
  /** Mean loss of rows that were held out. */
  readonly loss: number;
  /** Standard error of that mean. */
  readonly standardError: number;
  /** Seconds of its folds. */
  readonly seconds: number;
  /** Its share in the model, 0 to 1. */
  readonly weight: number;
  /** Rows that its part of the model was fitted to; absent where it has no share. */
  readonly rows?: number;
}

/**
 * Outputs of rows in cross-validation, the first time that they were dealt, and what is right; both of
 * shape `[rows, nOut]`, scaled.
 */
export interface HeldOutOutputs {
  /** Numbers, or logits. */
  readonly outputs: Float64Array;
  /** What is right. */
  readonly targets: Float64Array;
  /** Of the rows. Absent: all 1. */
  readonly weights?: Float64Array;
}

/** A candidate in a model. */
export interface ModelPart {
  /** What it is. */
  readonly name: string;
  /** Its share. */
  readonly weight: number;
  /** Number of its networks. */
  readonly networks: number;
}

/** The model that a search has found. */
export interface FoundModel {
  /** Networks whose mean output is the model's: numbers, or logits. */
  readonly networks: readonly Network[];
  /**
   * The candidates that count, in the order of their networks; the mean of all outputs is the sum over
   * the candidates of weight times what each says.
   */
  readonly parts: readonly ModelPart[];
  /** Every candidate. */
  readonly tried: readonly TriedCandidate[];
  /** The simplest candidate within one standard error of the best. */
  readonly simplest: string;
  /** Held-out loss of the model. */
  readonly loss: number;
  /** Standard error of that loss. */
  readonly standardError: number;
  /** What the model's candidates, weighed as in the model, say of rows that each did not see. */
  readonly heldOut: HeldOutOutputs;
  /** Per output the least and the largest value that the model may say; of classes none. */
  readonly bounds?: readonly (readonly [number, number])[];
  /** How the search ended. */
  readonly status: "completed" | "stopped" | "budget";
}

/** The clock ends a search after so many times the time limit and so many seconds more. */
const EMERGENCY = 4, GRACE = 60;

/**
 * Finds a model for a table: tries linear and additive models, sums of trees and networks by
 * cross-validation, weighs them together, and fits those that count to all rows.
 *
 * @param dataset Training rows, scaled.
 * @param options Task, seed, time.
 * @returns Networks and their mean, and the table of what was tried.
 * @throws {TypeError} If an option is not known.
 *
 * @example
 * ```ts
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { searchModel } from "@freeknot/freeknot/search";
 * import { assert } from "@std/assert";
 *
 * const inputs = Array.from({ length: 60 }, (_, i) => [i / 60, Math.sin(i)]);
 * const dataset = datasetOf({ inputs, targets: inputs.map(([x]) => x * x) });
 * const { tried, networks } = await searchModel(dataset, { task: "regression", form: "additive" });
 * assert(tried.length === 2 && networks.length >= 1);
 * ```
 */
export async function searchModel(dataset: Dataset, options: SearchOptions): Promise<FoundModel> {
  checkOptions(
    "search model",
    options,
    "task form loss interactions groups order constraints seed timeLimit engine allRows signal onEvent",
  );
  const { seed = 1234, form = "auto", timeLimit = 60, engine = cpuEngine, signal, onEvent } =
    options;
  const task = taskOf(dataset, options, { seed, engine });
  const interactions: Interactions = options.interactions ?? (form === "auto" ? 5 : 0);
  const sample = judgedRows(dataset, task);
  const allRows = options.allRows?.rows ?? dataset.rows;
  const plan = planCandidates(sample, task, form, timeLimit, interactions, allRows);
  onEvent?.({
    type: "plan",
    candidates: plan.candidates.map(({ name }) => name),
    folds: plan.folds,
    repeats: plan.repeats,
    rows: sample.rows,
    estimate: plan.estimate,
    left: plan.left,
    unfit: plan.unfit,
  });
  const held = heldRows(sample, task, plan);
  const judged: Judged[] = [], begun = performance.now();
  let status: FoundModel["status"] = "completed";
  const candidates = [...plan.candidates];
  for (const candidate of candidates) {
    if (signal?.aborted && judged.length > 0) {
      status = "stopped";
      break;
    }
    const together = (options.allRows?.peers?.size ?? 1) > 1; // clocks of processes differ
    if (!together && performance.now() - begun > 1000 * (EMERGENCY * timeLimit + GRACE)) {
      status = "budget"; // the machine is far slower than the plan supposes
      break;
    }
    const each = await judge(candidate, sample, task, plan, held);
    judged.push(each);
    if (judged.length === plan.candidates.length && hardlyNoisy(judged, held.judged)) {
      candidates.push(...plan.forClean); // the loop goes on with them
    }
    onEvent?.({ type: "candidate", candidate: { ...shown(each), weight: 0 } });
    await new Promise((resolve) => setTimeout(resolve, 0)); // Ctrl-C is heard
  }
  const rows: Rows = { dataset, sample, source: options.allRows ?? datasetParts(dataset) };
  return { ...await together(judged, rows, held.judged, task), status };
}

/** What is searched for, checked. */
function taskOf(
  dataset: Dataset,
  { task, loss, groups, order, constraints }: SearchOptions,
  { seed, engine }: Pick<Task, "seed" | "engine">,
): Task {
  const family = task === "regression" ? "gaussian" : "classes";
  if (loss !== undefined && (loss.kind === "crossEntropy") !== (family === "classes")) {
    const right = family === "classes" ? "crossEntropy" : "one of numbers";
    throw new TypeError(
      `Cannot search model: loss must be ${right} for ${task}, current value is ${loss.kind}`,
    );
  }
  for (const [name, values] of Object.entries({ groups, order })) {
    if (values === undefined || values.length === dataset.rows) continue;
    throw new TypeError(
      `Cannot search model: ${name} must have ${dataset.rows} entries, current value is ` +
        values.length,
    );
  }
  const { monotone, convex = [], concave = [] } = constraints ?? {};
  const held = {
    ...(monotone?.some((sign) => sign !== 0) ? { monotone } : {}),
    ...(convex.length > 0 ? { convex } : {}),
    ...(concave.length > 0 ? { concave } : {}),
  };
  return {
    ...{ family, seed, engine },
    ...(loss && { loss }),
    ...(groups && { groups }),
    ...(order && { order }),
    ...(Object.keys(held).length > 0 ? { constraints: held } : {}),
  };
}

/** Where outputs are held within; convex and concave ones are not cut off. */
function boundsOf(dataset: Dataset, task: Task): [number, number][] | undefined {
  const { convex, concave } = task.constraints ?? {};
  return (convex ?? concave) === undefined ? outputBounds(lossOf(task), dataset) : undefined;
}

/** A candidate with its held-out outputs. */
interface Judged {
  readonly candidate: Candidate;
  /** Mean over the repeats, shape `[rows, nOut]`. */
  readonly outputs: Float64Array;
  /** Those of the first time that rows were dealt. */
  readonly first: Float64Array;
  readonly variant: number;
  readonly loss: number;
  readonly standardError: number;
  readonly seconds: number;
}

function shown({ candidate, loss, standardError, seconds }: Judged) {
  return { name: candidate.name, loss, standardError, seconds };
}

function clampOutputs(outputs: Float64Array, bounds: readonly (readonly [number, number])[]): void {
  for (let i = 0; i < outputs.length; i++) {
    const [low, high] = bounds[i % bounds.length];
    outputs[i] = Math.min(high, Math.max(low, outputs[i]));
  }
}

/** Unexplained share of the variance below which rows hold hardly any noise. */
const CLEAN = 0.02;

/** Whether a network explains nearly all of the variance. */
function hardlyNoisy(judged: readonly Judged[], { targets, nOut, rows }: Dataset): boolean {
  let square = 0;
  for (let q = 0; q < nOut; q++) {
    let sum = 0, squares = 0;
    for (let i = q; i < targets.length; i += nOut) {
      sum += targets[i];
      squares += targets[i] ** 2;
    }
    square += squares / rows - (sum / rows) ** 2;
  }
  return Math.min(...judged.map(({ loss }) => loss)) < CLEAN * square / nOut;
}

/** Cross-validates one candidate. */
async function judge(
  candidate: Candidate,
  dataset: Dataset,
  task: Task,
  dealing: Dealing,
  { judged, places }: HeldRows,
): Promise<Judged> {
  const begun = performance.now(), { nOut } = dataset, { folds, repeats } = dealing;
  const loss = lossOf(task);
  const variants: Float64Array[] = [], firsts: Float64Array[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const parts = dealFolds(dataset, task, dealing, repeat);
    for (const [fold, { train, test }] of parts.entries()) {
      const seen = subset(dataset, train), held = subset(dataset, test);
      const outputs = await candidate.fold(seen, held, task, repeat * folds + fold, dataset);
      const bounds = boundsOf(seen, task);
      outputs.forEach((each, v) => {
        if (bounds) clampOutputs(each, bounds);
        if (loss.kind === "cox") centre(each);
        const all = variants[v] ??= new Float64Array(judged.rows * nOut);
        const first = firsts[v] ??= new Float64Array(judged.rows * nOut);
        test.forEach((row, i) => {
          const at = places[row] * nOut;
          for (let q = 0; q < nOut; q++) all[at + q] += each[i * nOut + q] / repeats;
          if (repeat === 0) first.set(each.subarray(i * nOut, (i + 1) * nOut), at);
        });
      });
    }
  }
  const losses = variants.map((each) => heldOutLosses(loss, each, judged));
  const means = losses.map((each) => orMost(meanHeldOut(loss, each, judged)));
  const variant = means.indexOf(Math.min(...means));
  return {
    ...{ candidate, variant, outputs: variants[variant], first: firsts[variant] },
    loss: means[variant],
    standardError: errorOf(losses[variant], loss, judged),
    seconds: (performance.now() - begun) / 1000,
  };
}

function orMost(x: number): number {
  return Number.isFinite(x) ? x : Number.MAX_VALUE;
}

/** Hazards are known up to a constant, which differs from fold to fold. */
function centre(outputs: Float64Array): void {
  const mean = outputs.reduce((sum, y) => sum + y, 0) / outputs.length;
  for (let i = 0; i < outputs.length; i++) outputs[i] -= mean;
}

/** Standard error of the mean of row losses; of hazards over the events. */
function errorOf(losses: Float64Array, { kind }: Loss, { targets }: Dataset): number {
  return standardError(kind === "cox" ? losses.filter((_, r) => targets[r] > 0) : losses);
}

/** A weighed sum. */
function weighed(outputs: readonly Float64Array[], weights: Float64Array): Float64Array {
  return outputs[0].map((_, i) => outputs.reduce((sum, each, m) => sum + weights[m] * each[i], 0));
}

/** The rows of a search: those at hand, those that candidates were judged by, and all. */
interface Rows {
  readonly dataset: Dataset;
  readonly sample: Dataset;
  readonly source: RowSource;
}

/** Fits the candidates that count: their networks, and how many rows these have seen. */
async function fitLast(
  kept: readonly Judged[],
  { dataset, sample, source }: Rows,
  task: Task,
): Promise<{ readonly networks: Network[]; readonly rows: number }[]> {
  const found: { networks: Network[]; rows: number }[] = [];
  const inParts: number[] = [], fits: Generator<RowPass, Network[], void>[] = [];
  const some = inPasses(sample.rows) ? standIns(sample) : sample;
  for (const [m, { candidate, variant }] of kept.entries()) {
    const fit = inPasses(source.rows) ? candidate.refitAll?.(some, variant, task) : undefined;
    if (fit) {
      inParts.push(m);
      fits.push(fit);
      continue;
    }
    const seen = spacedRows(dataset, candidate.mostRows ?? dataset.rows);
    found[m] = { networks: await candidate.refit(seen, variant, task), rows: seen.rows };
  }
  const passed = await passTogether(source, fits);
  passed.forEach((networks, i) => found[inParts[i]] = { networks, rows: source.rows });
  return found;
}

/** Of many rows candidates with a smaller share are left out: each costs time with every row. */
const SMALL_SHARE = 0.1;

/** Weighs the candidates, and fits those that count to all rows. */
async function together(
  judged: readonly Judged[],
  all: Rows,
  held: Dataset,
  task: Task,
): Promise<Omit<FoundModel, "status">> {
  const loss = lossOf(task), { dataset } = all;
  const usable = judged.filter(({ outputs }) => outputs.every(Number.isFinite));
  const weights = stackWeights(
    loss,
    usable.map(({ candidate: { kind }, outputs }) => ({ kind, outputs })),
    held,
    inPasses(all.source.rows) ? SMALL_SHARE : undefined,
  );
  const mixed = weighed(usable.map(({ outputs }) => outputs), weights);
  const factor = task.family === "classes" ? temperature(mixed, held) : 1;
  const losses = heldOutLosses(loss, mixed.map((y) => factor * y), held);
  const outputs = weighed(usable.map(({ first }) => first), weights).map((y) => factor * y);
  const networks: Network[] = [], kept: ModelPart[] = [], fitted = new Map<Judged, number>();
  const counted = usable.filter((_, m) => weights[m] > 0);
  for (const [i, last] of (await fitLast(counted, all, task)).entries()) {
    const each = counted[i], weight = weights[usable.indexOf(each)];
    fitted.set(each, last.rows);
    const factors = new Array(dataset.nOut).fill(weight * factor);
    networks.push(...last.networks.map((one) => scaleOutputs(one, factors)));
    kept.push({ name: each.candidate.name, weight, networks: last.networks.length });
  }
  const bounds = boundsOf(dataset, task);
  const count = new Array(dataset.nOut).fill(networks.length);
  const best = usable.reduce((a, b) => b.loss < a.loss ? b : a);
  const simplest = usable.find(({ loss }) => loss <= best.loss + best.standardError)!;
  return {
    networks: networks.map((each) => scaleOutputs(each, count)),
    parts: kept,
    tried: judged.map((each) => ({
      ...{ ...shown(each), weight: weights[usable.indexOf(each)] ?? 0 },
      ...defined({ rows: fitted.get(each) }),
    })),
    simplest: simplest.candidate.name,
    loss: meanHeldOut(loss, losses, held),
    standardError: errorOf(losses, loss, held),
    heldOut: { outputs, targets: held.targets, ...defined({ weights: held.weights }) },
    ...(bounds && { bounds }),
  };
}
