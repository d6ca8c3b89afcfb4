/**
 * Special functions of two variables (Liu et al. 2024, section 3.2): free knots,
 * refined from grid to grid, beside the paper's KANs and MLPs.
 *
 * @module
 */

import { type Dataset, datasetOf } from "../../data/mod.ts";
import { type SpecialProblem, specialProblems } from "../../data/inner.ts";
import { evaluateLoss } from "../../engine/mod.ts";
import { createNetwork, createRandom, forward, type Network } from "../../model/mod.ts";
import { adaptiveSchedule, prolong } from "../../multilevel/mod.ts";
import { createTournament, trainToEnd } from "../../train/mod.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, verdict } from "./_fits.ts";

/** A grid of a chain: root mean square errors on fresh rows and on those that choose. */
interface SpecialRow {
  readonly intervals: number;
  readonly parameters: number;
  readonly error: number;
  readonly choosing: number;
  /** Seconds up to here. */
  readonly seconds: number;
}

interface SpecialValue {
  readonly problem: string;
  readonly seed: number;
  readonly widths: readonly number[];
  /** Standard deviation of the fresh targets. */
  readonly deviation: number;
  readonly rows: readonly SpecialRow[];
}

const SEED = 1234;
const QUICK = ["ellipkinc", "jv", "sph11"];
const GRIDS = [5, 10, 20];

/** The experiment. */
export const specialFunctions: Experiment<SpecialValue> = {
  name: "special-functions",
  title: "Special functions of two variables",
  source: "Liu et al. 2024 (arXiv 2404.19756), section 3.2, special functions",
  minutes: 2,
  parts,
  conclude,
};

function parts(
  { quick = false, seeds = [SEED] }: ExperimentOptions,
): ExperimentPart<SpecialValue>[] {
  const shapes = quick ? [[2, 5, 1]] : [[2, 5, 1], [2, 5, 5, 1]];
  const problems = specialProblems.filter(({ name }) => !quick || QUICK.includes(name));
  return problems.flatMap((problem) =>
    shapes.flatMap((widths) =>
      seeds.map((seed) => ({
        id: [problem.name, ...widths, ...(seeds.length > 1 ? ["seed", seed] : [])].join("-"),
        run: (running: PartRunning) => chain(problem, widths, quick ? 1000 : 3000, seed, running),
      }))
    )
  );
}

/** Random rows of a problem, its box mapped onto [-1, 1]; `side` of them on each side of it come first. */
function drawRows(
  { name, box: [[a, b], [c, d]], evaluate }: SpecialProblem,
  rows: number,
  side: number,
  seed: number,
  purpose: string,
): Dataset {
  const random = createRandom(seed, `${name} ${purpose}`), inputs: number[][] = [];
  for (let k = 0; k < side; k++) {
    const place = 2 * k / (side - 1) - 1;
    inputs.push([place, -1], [place, 1], [-1, place], [1, place]);
  }
  while (inputs.length < rows) inputs.push([2 * random.uniform() - 1, 2 * random.uniform() - 1]);
  const targets = inputs.map(([x, y]) =>
    evaluate(a + (b - a) * (x + 1) / 2, c + (d - c) * (y + 1) / 2)
  );
  return datasetOf({ inputs, targets });
}

function errorOn(network: Network, dataset: Dataset): number {
  const outputs = forward(network, dataset.inputs, dataset.rows);
  return Math.sqrt(evaluateLoss({ kind: "mse" }, outputs, dataset));
}

/** One network, refined and trained on from grid to grid. */
async function chain(
  problem: SpecialProblem,
  widths: readonly number[],
  points: number,
  seed: number,
  running: PartRunning,
): Promise<SpecialValue> {
  const train = drawRows(problem, points, points / 40, seed, "train");
  const choosing = drawRows(problem, points, 0, seed, "choose");
  const test = drawRows(problem, points, 0, seed, "test");
  const config = { widths, firstLayer: "spline", intervals: GRIDS[0], knots: "free" } as const;
  const rows: SpecialRow[] = [], from = performance.now();
  const schedule = adaptiveSchedule({ epochs: [60] });
  let network = createNetwork(config, { seed });
  for (const intervals of GRIDS) {
    running.signal.throwIfAborted();
    const first = intervals === GRIDS[0];
    if (!first) network = prolong(network);
    const tournament = first ? { tournament: createTournament(config, { seed }) } : {};
    ({ network } = await trainToEnd(network, train, { schedule, ...running, ...tournament }));
    rows.push({
      intervals,
      parameters: network.parameters.length,
      error: errorOn(network, test),
      choosing: errorOn(network, choosing),
      seconds: (performance.now() - from) / 1000,
    });
  }
  return { problem: problem.name, seed, widths, deviation: deviationOf(test.targets), rows };
}

function deviationOf(targets: ArrayLike<number>): number {
  const values = Array.from(targets), mean = values.reduce((sum, t) => sum + t, 0) / values.length;
  return Math.sqrt(values.reduce((sum, t) => sum + (t - mean) ** 2, 0) / values.length);
}

/** Of the networks of one problem and one seed, the one with the least error on choosing rows. */
function chosen(values: readonly SpecialValue[]) {
  return values.flatMap(({ widths, deviation, seed, rows }) =>
    rows.map((row) => ({ ...row, widths, deviation, seed }))
  ).reduce((best, row) => row.choosing < best.choosing ? row : best);
}

function conclude(values: ReadonlyMap<string, SpecialValue>): Findings {
  const found = specialProblems.flatMap((problem) => {
    const runs = [...values.values()].filter((value) => value.problem === problem.name);
    return runs.length === 0 ? [] : [{ problem, runs, best: chosen(runs) }];
  });
  return {
    claims: [verdict(
      "Below the best KAN of the paper on every function that was run",
      found,
      (all) => ({
        holds: all.every(({ problem, best }) => best.error < problem.paper.kan),
        measured: "its error over ours: " +
          all.map(({ problem, best }) =>
            `${problem.name} ${brief(problem.paper.kan / best.error, 2)}`
          ).join(", "),
      }),
    )],
    tables: [
      summaryTable(found),
      ...found.map(({ problem, runs }) => gridTable(problem, runs)),
    ],
    charts: found.map(({ problem, runs }) => chartOf(problem, runs)),
    notes: NOTES,
  };
}

function summaryTable(
  found: readonly { problem: SpecialProblem; best: ReturnType<typeof chosen> }[],
) {
  return {
    title: "Root mean square errors on fresh points; those of the paper as it prints them",
    columns: [
      ...["function", "first range", "second range", "rmse", "in deviations"],
      ...["widths", "intervals", "parameters", "seconds", "paper's KAN", "paper's MLP"],
    ],
    rows: found.map(({ problem: { name, box, paper }, best }) => [
      name,
      ...box.map(([low, high]) => `${brief(low)} to ${brief(high)}`),
      ...[best.error, best.error / best.deviation],
      best.widths.join(", "),
      ...[best.intervals, best.parameters, best.seconds, paper.kan, paper.mlp],
    ]),
  };
}

function gridTable({ name, title }: SpecialProblem, runs: readonly SpecialValue[]) {
  return {
    title: `${name}: ${title}`,
    columns: ["widths", "intervals", "parameters", "rmse", "rmse on choosing rows", "seconds"],
    rows: runs.flatMap(({ widths, rows }) =>
      rows.map(({ intervals, parameters, error, choosing, seconds }) => [
        ...[widths.join(", "), intervals, parameters, error, choosing, seconds],
      ])
    ),
  };
}

function chartOf({ name, title, paper }: SpecialProblem, runs: readonly SpecialValue[]) {
  const counts = runs.flatMap(({ rows }) => rows.map(({ parameters }) => parameters));
  const ends = [Math.min(...counts), Math.max(...counts)],
    several = runs.some(({ seed }) => seed !== runs[0].seed);
  return {
    title: name,
    text: `Errors of ${title} on fresh points over the number of parameters, grid by grid. Level ` +
      "lines are what the paper prints, of any size: the upper one its best MLP, the lower one its " +
      "best KAN.",
    ...{ xTitle: "parameters", yTitle: "test rmse", logarithmic: "both" as const },
    curves: [
      ...runs.map(({ widths, seed, rows }) => ({
        label: `free knots, ${widths.join(", ")}${several ? `, seed ${seed}` : ""}`,
        x: rows.map(({ parameters }) => parameters),
        y: rows.map(({ error }) => error),
      })),
      ...(["kan", "mlp"] as const).map((kind) => ({
        label: `the paper's best ${kind.toUpperCase()}, ${brief(paper[kind])}`,
        x: ends,
        y: [paper[kind], paper[kind]],
        kind: "guide" as const,
      })),
    ],
  };
}

const NOTES = [
  "The paper's figures are read from its text: best KAN and best MLP of several depths, grids and " +
  "seeds. It prints no ranges that we know of: boxes without singular points are ours, so that " +
  "its figures are a measure and not the same task. Errors in deviations of the targets are free " +
  "of the ranges' scale.",
  "1,000 training points in the quick form, else 3,000, a tenth of them even on the border. As many " +
  "other points choose the network (widths, grid, seed), as many fresh ones measure it.",
  "First layer of splines, cubic, free knots; at 5 intervals the best of several first guesses, " +
  "then every interval halved twice; at most 60 epochs a grid, fewer where progress stalls.",
  "Seconds: of the whole chain up to the chosen grid. Parameters count the knots.",
];
