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

/** Chooses candidates, folds and repeats. */
export function planCandidates(
  dataset: Dataset,
  task: Task,
  form: "auto" | "linear" | "additive",
  timeLimit: number,
  interactions: number,
): Plan {
  const { rows } = dataset;
  const folds = Math.min(5, rows), holdouts = rows > 20_000 ? 1 : rows > 5000 ? 3 : folds;
  const repeats = rows < 60 ? 4 : rows < 150 ? 3 : rows < 400 ? 2 : 1;
  const all = candidatesOf(dataset, task, form, interactions);
  const candidates: Candidate[] = [], left: string[] = [];
  let estimate = 0;
  for (const candidate of all) {
    const cost = (Math.min(folds, holdouts) * repeats + 1) * candidate.cost(dataset);
    if (candidates.length > 0 && estimate + cost > timeLimit) left.push(candidate.name);
    else {
      candidates.push(candidate);
      estimate += cost;
    }
  }
  const refined = refinedCandidate(), fits = Math.min(folds, holdouts) * repeats + 1;
  const time = estimate + fits * refined.cost(dataset) <= timeLimit;
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
