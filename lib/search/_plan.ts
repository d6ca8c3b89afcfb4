/**
 * Which candidates a search tries, by a model of their cost: the same on every machine.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import {
  additiveCandidate,
  type Candidate,
  linearCandidate,
  obliqueCandidate,
  pairsCandidate,
  type Task,
  treeCandidate,
} from "./_candidates.ts";

import { networkCandidate } from "./_network_candidate.ts";
import { refinedCandidate } from "./_refined_candidate.ts";

/** What a search does. */
export interface Plan {
  /** From the simplest on. */
  readonly candidates: readonly Candidate[];
  /** More candidates, where rows turn out to hold hardly any noise. */
  readonly forClean: readonly Candidate[];
  readonly folds: number;
  /** How many of the folds are held out: of large tables not all. */
  readonly holdouts: number;
  readonly repeats: number;
  /** Estimated seconds. */
  readonly estimate: number;
  /** Names of candidates for which there is no time. */
  readonly left: readonly string[];
}

/** More rows than these are judged by a sample of them; of more than the last, by a smaller one. */
const LARGE = 25_000, HUGE = 300_000, LARGE_SAMPLE = 20_000, HUGE_SAMPLE = 12_000;

/** Rows of a table that candidates are judged by, by the first fits and the rows held out of them. */
export function judgedRows(rows: number): number {
  return rows <= LARGE ? rows : rows <= HUGE ? LARGE_SAMPLE : HUGE_SAMPLE;
}

/** Chooses candidates, folds and repeats; `rows` are all that the last fits may see. */
export function planCandidates(
  dataset: Dataset,
  task: Task,
  form: "auto" | "linear" | "additive",
  timeLimit: number,
  interactions: number,
  allRows = dataset.rows,
): Plan {
  const { rows, nIn, nOut } = dataset, large = allRows > rows;
  const folds = allRows > HUGE ? 3 : Math.min(5, rows);
  const holdouts = large || rows > 20_000 ? 1 : rows > 5000 ? 3 : folds;
  const repeats = rows < 60 ? 4 : rows < 150 ? 3 : rows < 400 ? 2 : 1;
  const all = large
    ? largeCandidates(dataset, task, form, interactions)
    : candidatesOf(dataset, task, form, interactions);
  const candidates: Candidate[] = [], left: string[] = [];
  let estimate = 0;
  for (const candidate of all) {
    const fitted = Math.min(allRows, candidate.mostRows ?? allRows);
    const cost = large
      ? candidate.cost(dataset) + candidate.cost({ rows: fitted, nIn, nOut }) * LAST_SHARE
      : (Math.min(folds, holdouts) * repeats + 1) * candidate.cost(dataset);
    if (candidates.length > 0 && estimate + cost > timeLimit) left.push(candidate.name);
    else {
      candidates.push(candidate);
      estimate += cost;
    }
  }
  const refined = refinedCandidate(), fits = Math.min(folds, holdouts) * repeats + 1;
  const time = !large && estimate + fits * refined.cost(dataset) <= timeLimit;
  const forClean = form === "auto" && task.family === "gaussian" && time ? [refined] : [];
  return {
    candidates,
    forClean,
    folds,
    repeats,
    holdouts: Math.min(folds, holdouts),
    estimate,
    left,
  };
}

/** Few candidates are fitted to all rows in the end. */
const LAST_SHARE = 0.1;

/** Candidates for many rows: those that few rows need are left out, others are richer. */
function largeCandidates(
  { nIn, nOut }: Dataset,
  task: Task,
  form: string,
  interactions: number,
): Candidate[] {
  const linear = linearCandidate(task);
  if (form === "linear") return [linear];
  const additive = additiveCandidate(task, 10);
  const most = Math.min(interactions, nIn * (nIn - 1) / 2);
  const pairs = most > 0 ? [pairsCandidate(task, most, 8)] : [];
  if (form === "additive") return [linear, additive, ...pairs];
  const boosted = { rowShare: 0.7, columnShare: 0.6, leastRows: 15, ridge: 1 };
  return [
    linear,
    additive,
    ...pairs,
    treeCandidate("trees of 8 leaves", { ...boosted, leaves: 8, trees: 200, rate: 0.1 }),
    treeCandidate("trees of 32 leaves", { ...boosted, leaves: 32, trees: 120, rate: 0.1 }),
    networkCandidate("networks of 10", {
      ...{ hidden: 10, intervals: 4, weightDecay: 1e-4, guesses: 2 },
    }),
    ...(nIn > 1 ? [obliqueCandidate(task, nOut > 1 ? 12 : 40, 4)] : []),
  ];
}

function candidatesOf(
  { rows, nIn, nOut }: Dataset,
  task: Task,
  form: string,
  interactions: number,
): Candidate[] {
  const linear = linearCandidate(task);
  if (form === "linear") return [linear];
  const additive = additiveCandidate(task, rows < 100 ? 5 : 8);
  const most = Math.min(interactions, nIn * (nIn - 1) / 2);
  const pairs = most > 0 ? [pairsCandidate(task, most, 5)] : [];
  if (form === "additive") return [linear, additive, ...pairs];
  const leastRows = rows < 100 ? 3 : rows < 2000 ? 5 : 10;
  const boosted = { rowShare: 0.7, columnShare: 0.6, leastRows, ridge: 1 };
  return [
    linear,
    additive,
    ...pairs,
    treeCandidate("steps", { ...boosted, leaves: 2, trees: 400, rate: 0.1 }),
    treeCandidate("trees of 4 leaves", { ...boosted, leaves: 4, trees: 300, rate: 0.07 }),
    treeCandidate("trees of 8 leaves", { ...boosted, leaves: 8, trees: 250, rate: 0.06 }),
    treeCandidate("trees side by side", {
      ...{ leaves: 64, trees: 60, rate: 0, rowShare: 1, leastRows: 2 },
      ...(task.family === "gaussian"
        ? { columnShare: 0.7, ridge: 0 }
        : { columnShare: 0.5, ridge: 0.5 }),
    }),
    networkCandidate("networks of 5", {
      ...{ hidden: 5, intervals: 2, weightDecay: 1e-4, guesses: rows > 3000 ? 2 : 3 },
    }),
    networkCandidate("networks of 10", {
      ...{ hidden: 10, intervals: 2, weightDecay: 3e-4, guesses: 2 },
    }),
    ...(nIn > 1 ? [obliqueCandidate(task, nOut > 1 ? 12 : 40, 4)] : []),
  ];
}
