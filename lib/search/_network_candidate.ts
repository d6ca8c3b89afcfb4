/**
 * Trained networks as candidates: the mean of several first guesses, after as many epochs as the rows
 * held out like best.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import type { Loss } from "../engine/mod.ts";
import {
  createNetwork,
  forward,
  type Network,
  scaleOutputs,
  withStatistics,
} from "../model/mod.ts";
import { constrained, heldTo } from "../train/inner.ts";
import { lbfgs } from "../train/mod.ts";
import { type Candidate, lossOf, type Task } from "./_candidates.ts";

/** What network is trained, and how. */
export interface NetworkCandidateOptions {
  /** Hidden nodes; 0: one layer of splines, a sum of functions of single columns. */
  readonly hidden: number;
  /** Pieces per spline, and their degree, 3 unless told otherwise. */
  readonly intervals: number;
  readonly degree?: number;
  readonly weightDecay: number;
  /** First guesses whose mean counts. */
  readonly guesses: number;
}

/** Epochs, of at most ten iterations, after which networks are compared. */
const EPOCHS = [1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48];
const ITERATIONS = 10;
const SEED_STEP = 7919;
/** Most rows that the last networks see. */
const MOST_ROWS = 100_000;
/** Rows so many that the last networks go on from those of the first fold, for this share of epochs. */
const WARM_ROWS = 25_000, WARM_SHARE = 0.5;

/** Half the width of the corner of a quantile's loss, in which an optimizer finds a slope. */
const CORNER = 0.01;

function smoothLoss(loss: Loss): Loss {
  return loss.kind === "quantile" ? { ...loss, delta: CORNER } : loss;
}

/** Trains a network; hands it over after every count of epochs, up to the last that is wanted. */
async function follow(
  { hidden, intervals, degree = 3, weightDecay }: NetworkCandidateOptions,
  dataset: Dataset,
  task: Task,
  { last, take, warm }: {
    readonly last: number;
    readonly take: (variant: number, network: () => Network) => void;
    /** Parameters to begin with, in place of a first guess. */
    readonly warm?: Float64Array | undefined;
  },
): Promise<void> {
  const { nIn, nOut, inputs, rows } = dataset, { seed, engine, constraints } = task;
  const bent = (constraints?.convex ?? constraints?.concave) !== undefined;
  const first = createNetwork({
    ...(hidden > 0
      ? { widths: [nIn, hidden, nOut] }
      : { widths: [nIn, nOut], firstLayer: "spline" as const }),
    ...{ intervals, degree, knots: "uniform", extrapolation: bent ? "linear" : "clamp" },
  }, { seed });
  const held = constraints && heldTo(first, constraints), network = held?.network ?? first;
  const loss: Loss = { ...smoothLoss(lossOf(task)), weightDecay };
  const compiled = await engine.compile({ network, loss, dataset });
  const evaluator = held ? constrained(compiled, held.shape) : compiled;
  try {
    const optimizer = lbfgs({ maxIterations: ITERATIONS, maxEvaluations: ITERATIONS + 4 });
    const start = held ? held.shape.encode(network.parameters) : warm ?? network.parameters;
    const state = optimizer.init(start, rows);
    let epoch = 0, running = true;
    for (let variant = 0; variant <= last; variant++) {
      const epochs = warm ? Math.ceil(WARM_SHARE * EPOCHS[variant]) : EPOCHS[variant];
      while (running && epoch < epochs) {
        running = await optimizer.epoch(state, evaluator) === "running";
        epoch++;
      }
      const parameters = held
        ? held.shape.at(state.parameters).parameters.slice()
        : state.parameters.slice();
      take(variant, () => withStatistics({ ...network, parameters }, inputs, rows));
    }
  } finally {
    compiled.dispose();
  }
}

/** Trains networks of one hidden layer. */
export function networkCandidate(
  name: string,
  options: NetworkCandidateOptions,
): Candidate {
  const { hidden, intervals, guesses } = options;
  /** Parameters of the first fold's networks, by guess and variant. */
  const firstFold: Float64Array[][] = [];

  return {
    ...{ name, mostRows: MOST_ROWS },
    kind: hidden > 0 ? "networks" : name === "linear" ? "lines" : "splines",
    cost: ({ rows, nIn, nOut }) => {
      if (hidden === 0) return 500 * (20 * rows * nIn * nOut + 30_000) / 1.5e9;
      const parameters = (nIn + 1) * hidden + hidden * nOut * (intervals + 3);
      const perRow = nIn * hidden + hidden * nOut * 8 + 40 * hidden;
      return guesses * 500 * (rows * perRow + parameters * 100 + 30_000) / 1.5e9;
    },
    async fold(train, held, task, fold) {
      const variants: Float64Array[] = [];
      for (let guess = 0; guess < guesses; guess++) {
        const seed = task.seed + SEED_STEP * (guess + guesses * (fold + 1));
        const take = (variant: number, reached: () => Network) => {
          const network = reached(), outputs = forward(network, held.inputs, held.rows);
          const sum = variants[variant] ??= new Float64Array(outputs.length);
          for (let i = 0; i < sum.length; i++) sum[i] += outputs[i] / guesses;
          if (fold === 0) (firstFold[guess] ??= [])[variant] = network.parameters;
        };
        await follow(options, train, { ...task, seed }, { last: EPOCHS.length - 1, take });
      }
      return variants;
    },
    async refit(dataset, variant, task) {
      const networks: Network[] = [];
      for (let guess = 0; guess < guesses; guess++) {
        const seed = task.seed + SEED_STEP * guess;
        const warm = dataset.rows > WARM_ROWS && task.constraints === undefined
          ? firstFold[guess]?.[variant]
          : undefined;
        const take = (reached: number, network: () => Network) => {
          if (reached === variant) networks.push(network());
        };
        await follow(options, dataset, { ...task, seed }, { last: variant, take, warm });
      }
      const factors = new Array(dataset.nOut).fill(1 / guesses);
      return networks.map((network) => scaleOutputs(network, factors));
    },
  };
}
