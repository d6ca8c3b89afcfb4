/**
 * Inputs of networks without hidden nodes go by folds: every row is judged by a network that has not
 * seen it.
 *
 * @module
 */

import { type Dataset, subset } from "../../data/mod.ts";
import type { Loss } from "../../engine/mod.ts";
import { rowLosses, totalWeight } from "../../engine/inner.ts";

import { countParameters, createNetwork, createRandom, type Network } from "../../model/mod.ts";
import { edgeScores } from "../scores/mod.ts";
import { keepNodes } from "./keep_nodes.ts";
import type { PruneOptions } from "./options.ts";
import { isWithinError, refit } from "./refit.ts";
import {
  type PruneGoal,
  type PruneSearch,
  type PruneState,
  removeAsLong,
  withInputs,
} from "./search.ts";
import { leftOver } from "./second_look.ts";

const FOLDS = 5;
/** Epochs of the first trainings, in those of refits. */
const LONG = 4;
/** Single removals that are refused one after the other before the end. */
const PATIENCE = 6;
/** Of the inputs that may go, the share that goes at once. */
const SHARE = 1 / 8;
/** Most rows, and rows times squared parameters: beyond these one set of rows decides enough. */
const MOST_ROWS = 2000, MOST_WORK = 2e8;
/**
 * Weight decays among which the folds choose for classes that were trained without. The logits of
 * separated classes grow without end, so that none at all is not among them.
 */
const DECAYS = [1e-5, 1e-4, 1e-3, 1e-2];

/** Networks of the folds with the same inputs, and one of all rows. */
interface FoldState extends PruneState {
  /** One per fold, trained on the other rows. */
  readonly networks: readonly Network[];
}

/** A part of the rows: which they are, and which are the others. */
interface Fold {
  readonly held: readonly number[];
  readonly others: readonly number[];
}

/** Whether a network and its rows are such that inputs can go by folds. */
export function goesByFolds(
  { config }: Network,
  { rows, nOut }: Dataset,
  { judge, keepEdges }: PruneOptions,
  goal: PruneGoal,
): boolean {
  const { widths, activation, firstLayer, edges, knots } = config;
  return widths.length === 2 && activation === "spline" && firstLayer === "spline" &&
    edges === undefined && knots !== "fixed" && judge === undefined && keepEdges === undefined &&
    goal.inputs && (nOut === 1 || !goal.edges) && rows >= 4 * FOLDS && rows <= MOST_ROWS &&
    rows * countParameters(config) ** 2 <= MOST_WORK;
}

/**
 * Removes inputs of a network without hidden nodes. Every fold of the rows is judged by a network
 * trained on the others. A removal may cost the tolerance, or the standard error of the rows'
 * differences from the lowest loss.
 *
 * Classes are a bit a row, and who chooses among columns by few rows chooses chance. Networks with all
 * inputs say how probable the classes are of rows that they have not seen; the smaller networks learn
 * these probabilities in place of the classes (Piironen, Paasiniemi and Vehtari 2020, "Projective
 * inference in high-dimensional problems"), and the inputs go first whose splines vary least. The
 * classes judge. What a fold's network learns comes from folds within its rows, so that no class that
 * judges has a part in it.
 *
 * @param search Its lowest loss and row losses become those of the folds.
 * @returns The loss with all inputs, and what is left, trained on all rows.
 */
export async function removeByFolds(
  network: Network,
  dataset: Dataset,
  search: PruneSearch,
): Promise<{ readonly before: number; readonly left: PruneState }> {
  const { loss, options: asked } = search, { seed = 1234 } = asked;
  const folds = foldsOfRows(dataset, loss, seed);
  const begun = createNetwork(network.config, { seed });
  const { networks, options } = await firstNetworks(begun, folds, dataset, asked);
  const before = meanOf(judgedRowsOf(networks, folds, dataset, loss), dataset);
  const work: FoldWork = {
    ...{ loss, options, folds, dataset },
    learned: await learnedRows(begun, folds, dataset, options, seed),
    all: learnable(networks, folds, dataset, loss),
  };
  const inputs = Array.from({ length: dataset.nIn }, (_, i) => i);
  const outputs = Array.from({ length: dataset.nOut }, (_, q) => q);
  const start = await refitted(work, {
    ...{ networks, network: begun, kept: [inputs, outputs], loss: Infinity },
    ...{ origin: network, wanted: inputs },
  }, LONG);
  search.best = start.loss;
  search.lowest = start.rows!;
  const refused = new Set<string>();
  const left = await removeAsLong(search, start, {
    ...{ patience: PATIENCE, refused },
    async attempt(state, most) {
      const batch = weakest(work, state, search.goal, refused, most);
      if (batch.length === 0) return undefined;
      return {
        keys: batch.map(String),
        nodes: batch.map((node) => ({ level: 0, node })),
        edges: [],
        left: await refitted(work, without(work, state, batch)),
      };
    },
    accepts: ({ loss: after, rows = new Float64Array(0) }) =>
      after <= search.allowed(search.best) || isWithinError(rows, search.lowest),
  });
  return { before, left };
}

/** What the networks of folds are trained by. */
interface FoldWork {
  readonly loss: Loss;
  /** With the weight decay of refits. */
  readonly options: PruneOptions;
  readonly folds: readonly Fold[];
  readonly dataset: Dataset;
  /** What the network of every fold learns. */
  readonly learned: readonly Dataset[];
  /** What the network of all rows learns. */
  readonly all: Dataset;
}

/** Parts of equal size by chance, of classes as many rows as can be. */
function foldsOfRows({ rows, nOut, targets }: Dataset, { kind }: Loss, seed: number): Fold[] {
  const order = [...createRandom(seed, "folds").permutation(rows)];
  if (kind === "crossEntropy") {
    const labels = Array.from({ length: rows }, (_, r) => {
      const row = targets.subarray(r * nOut, (r + 1) * nOut);
      return nOut === 1 ? Number(row[0] > 0.5) : row.indexOf(Math.max(...row));
    });
    order.sort((a, b) => labels[a] - labels[b]);
  }
  return Array.from({ length: FOLDS }, (_, k) => ({
    held: order.filter((_, i) => i % FOLDS === k).sort((a, b) => a - b),
    others: order.filter((_, i) => i % FOLDS !== k).sort((a, b) => a - b),
  }));
}

/** Networks with all inputs, and for classes without weight decay the one that the folds choose. */
async function firstNetworks(
  begun: Network,
  folds: readonly Fold[],
  dataset: Dataset,
  asked: PruneOptions,
): Promise<{ readonly networks: readonly Network[]; readonly options: PruneOptions }> {
  const { loss = { kind: "mse" } } = asked;
  const free = loss.kind === "crossEntropy" && !loss.weightDecay;
  let best: { networks: readonly Network[]; options: PruneOptions } | undefined, lowest = Infinity;
  for (const weightDecay of free ? DECAYS : [loss.weightDecay ?? 0]) {
    const options = { ...asked, loss: { ...loss, weightDecay } };
    const networks = await trainedFolds(begun, folds, dataset, options);
    const mean = meanOf(judgedRowsOf(networks, folds, dataset, loss), dataset);
    if (best === undefined || mean < lowest) [best, lowest] = [{ networks, options }, mean];
  }
  return best!;
}

/** The losses of all rows, each by the network that has not seen it. */
function judgedRowsOf(
  networks: readonly Network[],
  folds: readonly Fold[],
  dataset: Dataset,
  loss: Loss,
): Float64Array {
  const all = new Float64Array(dataset.rows);
  folds.forEach(({ held }, k) => {
    const losses = rowLosses(networks[k], subset(dataset, held), loss);
    held.forEach((row, i) => all[row] = Number.isFinite(losses[i]) ? losses[i] : Infinity);
  });
  return all;
}

/** The rows outside every fold, with what is to be learned of them. */
async function learnedRows(
  begun: Network,
  folds: readonly Fold[],
  dataset: Dataset,
  options: PruneOptions,
  seed: number,
): Promise<Dataset[]> {
  const { loss = { kind: "mse" } } = options, found: Dataset[] = [];
  for (const { others } of folds) {
    const rows = subset(dataset, others), within = foldsOfRows(rows, loss, seed);
    const networks = loss.kind === "crossEntropy"
      ? await trainedFolds(begun, within, rows, options)
      : [];
    found.push(learnable(networks, within, rows, loss));
  }
  return found;
}

/** Rows with the probabilities of their classes by the networks that have not seen them. */
function learnable(
  networks: readonly Network[],
  folds: readonly Fold[],
  dataset: Dataset,
  loss: Loss,
): Dataset {
  if (loss.kind !== "crossEntropy") return dataset;
  const { nOut, targets } = dataset, all = targets.slice();
  folds.forEach(({ held }, k) => {
    const missing = leftOver(networks[k], subset(dataset, held), loss);
    held.forEach((row, i) => {
      for (let q = 0; q < nOut; q++) all[row * nOut + q] -= missing[i * nOut + q];
    });
  });
  return { ...dataset, targets: all };
}

/** A network for every fold, trained on the other rows. */
async function trainedFolds(
  begun: Network,
  folds: readonly Fold[],
  dataset: Dataset,
  options: PruneOptions,
): Promise<Network[]> {
  const networks: Network[] = [];
  for (const { others } of folds) {
    networks.push(await refit(begun, subset(dataset, others), options, LONG));
  }
  return networks;
}

/** The weighted mean of all rows' losses. */
function meanOf(losses: Float64Array, dataset: Dataset): number {
  const { weights } = dataset, total = totalWeight(dataset);
  return losses.reduce((sum, x, r) => sum + (weights ? weights[r] : 1) * x, 0) / total;
}

/** Trains all networks of a state for some epochs, and judges them. */
async function refitted(
  { loss, options, folds, dataset, learned, all }: FoldWork,
  state: FoldState,
  times = 1,
): Promise<FoldState> {
  const [inputs] = state.kept, networks: Network[] = [];
  for (const [k, rows] of learned.entries()) {
    networks.push(await refit(state.networks[k], withInputs(rows, inputs), options, times));
  }
  const network = await refit(state.network, withInputs(all, inputs), options, times);
  const losses = judgedRowsOf(networks, folds, withInputs(dataset, inputs), loss);
  return { ...state, networks, network, rows: losses, loss: meanOf(losses, dataset) };
}

/** The inputs whose splines vary least, some at once. */
function weakest(
  { learned, options: { threshold } }: FoldWork,
  { networks, kept: [inputs] }: FoldState,
  { least: [least] }: PruneGoal,
  refused: ReadonlySet<string>,
  most: number,
): number[] {
  const scores = new Float64Array(inputs.length);
  learned.forEach((rows, k) => {
    const { nodes: [first] } = edgeScores(networks[k], withInputs(rows, inputs).inputs);
    first.forEach(({ attribution }, i) => scores[i] += attribution / learned.length);
  });
  const size = Math.min(most, inputs.length - least, Math.ceil(SHARE * (inputs.length - least)));
  return inputs.map((input, i) => ({ input, score: scores[i] }))
    .filter(({ input, score }) =>
      !refused.has(String(input)) && !(score >= (threshold ?? Infinity))
    )
    .sort((a, b) => a.score - b.score)
    .slice(0, Math.max(0, size)).map(({ input }) => input);
}

/** The networks without some inputs, means in their place. */
function without(
  { learned, all }: FoldWork,
  state: FoldState,
  gone: readonly number[],
): FoldState {
  const [inputs, outputs] = state.kept;
  const places = inputs.map((_, i) => i).filter((i) => !gone.includes(inputs[i]));
  const smaller = (network: Network, rows: Dataset) =>
    keepNodes(network, [places, outputs], withInputs(rows, inputs).inputs);
  return {
    ...state,
    networks: state.networks.map((each, k) => smaller(each, learned[k])),
    network: smaller(state.network, all),
    kept: [places.map((i) => inputs[i]), outputs],
  };
}
