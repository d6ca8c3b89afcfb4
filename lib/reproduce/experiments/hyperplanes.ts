/**
 * Which lines the first layers of trained networks draw, and the regions between them: figures 1
 * and 2 of Actor et al. 2025.
 *
 * @module
 */

import { findProblem, galleryDatasets } from "../../data/mod.ts";
import { blockValues, normalisationMap } from "../../model/inner.ts";
import { createNetwork, layerKnots, type Network, type NetworkOptions } from "../../model/mod.ts";
import { coarseSchedule, multilevelSchedule } from "../../multilevel/mod.ts";
import { lbfgs, trainToEnd } from "../../train/mod.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { verdict } from "./_fits.ts";
import {
  countCells,
  curveThrough,
  type CuttingLine,
  endsOf,
  mostCells,
  sampledCells,
} from "./_lines.ts";

/** One panel of a figure. */
interface Panel {
  readonly figure: string;
  readonly name: string;
  /** Lines by neuron or, of panels with splines of the inputs, by input. */
  readonly families: readonly (readonly CuttingLine[])[];
  /** The paper's formula and its value. */
  readonly formula: string;
  readonly most: number;
  readonly plane: number;
  readonly square: number;
  /** Counted at points; at most `square`. */
  readonly sampled: number;
  readonly loss: number;
}

/** What a panel is of. */
interface PanelPlan {
  readonly id: string;
  readonly figure: string;
  readonly name: string;
  readonly problem: "nonsmooth-left" | "xor";
  readonly network: NetworkOptions;
  readonly multilevel?: boolean;
  readonly formula: string;
}

const SEED = 1234;
/** More neurons than these share a curve. */
const MOST_CURVES = 5;
const LINE_FORMULA = "sum C(Q, i), i <= P", GRID_FORMULA = "n^P";

/** The experiment. */
export const hyperplanes: Experiment<Panel> = {
  name: "hyperplanes",
  title: "Lines of first layers and the regions between them",
  source: "Actor et al. 2025, figures 1 and 2",
  minutes: 1,
  parts,
  conclude,
};

function plans(): PanelPlan[] {
  const first = "Figure 1", nonsmooth = "nonsmooth-left" as const;
  const inputs = { widths: [2, 5, 1], firstLayer: "spline", knots: "free" } as const;
  const second = (problem: "nonsmooth-left" | "xor", mlp: number[]): PanelPlan[] => {
    const figure = `Figure 2, ${problem}`, { defaults } = findProblem(problem);
    const id = problem === "xor" ? "xor" : "nonsmooth";
    const splines = (knots: "uniform" | "free") => ({ ...defaults, knots, intervals: 5 });
    const formula = "two families of n - 1 lines";
    return [
      {
        ...{ id: `figure-2-${id}-mlp`, figure, name: `MLP [${mlp.join(", ")}]`, problem },
        ...{ network: { widths: mlp, activation: "relu" }, formula: LINE_FORMULA },
      },
      {
        ...{ id: `figure-2-${id}-uniform`, figure, name: "splines, multilevel", problem, formula },
        ...{ network: splines("uniform"), multilevel: true },
      },
      {
        ...{ id: `figure-2-${id}-free`, figure, name: "splines, free knots", problem, formula },
        network: splines("free"),
      },
    ];
  };
  return [
    {
      ...{ id: "figure-1-mlp", figure: first, name: "MLP [2, 5, 1]", problem: nonsmooth },
      ...{ network: { widths: [2, 5, 1], activation: "relu" }, formula: LINE_FORMULA },
    },
    {
      ...{ id: "figure-1-reordered", figure: first, name: "reordered MLP", problem: nonsmooth },
      ...{ network: { ...inputs, degree: 1, intervals: 2 }, formula: "2^P" },
    },
    {
      ...{
        id: "figure-1-splines",
        figure: first,
        name: "splines of the inputs",
        formula: GRID_FORMULA,
      },
      ...{ problem: nonsmooth, network: { ...inputs, intervals: 5 } },
    },
    ...second("nonsmooth-left", [2, 20, 20, 1]),
    ...second("xor", [2, 40, 40, 1]),
  ];
}

function parts(options: ExperimentOptions): ExperimentPart<Panel>[] {
  const { quick = false, seeds: [seed] = [SEED] } = options;
  return plans().map((plan) => ({
    id: plan.id,
    run: (running) => draw(plan, quick, seed, running),
  }));
}

async function draw(
  { figure, name, problem, network: config, multilevel, formula }: PanelPlan,
  quick: boolean,
  seed: number,
  running: PartRunning,
): Promise<Panel> {
  const { train } = galleryDatasets(findProblem(problem), { rows: quick ? 300 : 4000 });
  const mlp = config.activation === "relu";
  // as the tables' MLPs see them
  const dataset = mlp ? { ...train, inputs: train.inputs.map((x) => 2 * x - 1) } : train;
  const epochs = quick ? 4 : 32;
  const { network, loss } = await trainToEnd(createNetwork(config, { seed }), dataset, {
    schedule: multilevel
      ? multilevelSchedule([epochs, epochs / 2, epochs / 4])
      : coarseSchedule(epochs),
    ...{ optimizer: lbfgs(), ...running },
  });
  running.signal.throwIfAborted();
  const families = mlp ? mlpLines(network) : splineLines(network);
  const lines = families.flat(), each = Math.max(...families.map((family) => family.length));
  const { plane, square } = countCells(lines);
  const most = mostCells(families.length, each, 2);
  const sampled = sampledCells(lines, quick ? 200 : 600);
  return { figure, name, families, formula, most, plane, square, sampled, loss };
}

/** One line a neuron, on the inputs from 0 to 1: `w . (2 x - 1) + b = 0`. */
function mlpLines(network: Network): CuttingLine[][] {
  const weights = blockValues(network, "linear0.weights"),
    bias = blockValues(network, "linear0.bias");
  const n = bias.length;
  return Array.from(bias, (b, q) => {
    const u = 2 * weights[q], v = 2 * weights[n + q];
    return [[u, v, u / 2 + v / 2 - b]];
  });
}

/** The inner knots of the first spline layer: of both inputs, or of two neurons of a linear map. */
function splineLines(network: Network): CuttingLine[][] {
  const linear = network.config.firstLayer === "linear";
  return [0, 1].map((node) => {
    const { fromDomain } = normalisationMap(network, 0, node);
    const { values, degree } = layerKnots(network, 0, node);
    const inner = values.subarray(degree + 1, values.length - degree - 1);
    const places = Array.from(inner, fromDomain);
    if (!linear) return places.map((z): CuttingLine => node === 0 ? [1, 0, z] : [0, 1, z]);
    const weights = blockValues(network, "linear.weights"), n = network.config.widths[1];
    const b = network.config.bias ? blockValues(network, "linear.bias")[node] : 0;
    return places.map((z): CuttingLine => [weights[node], weights[n + node], z - b]);
  });
}

function conclude(values: ReadonlyMap<string, Panel>): Findings {
  const all = [...values.values()];
  const first = all.filter(({ figure }) => figure === "Figure 1");
  const second = all.filter(({ figure }) => figure !== "Figure 1");
  const counts = first.map(({ name, plane }) => `${name} ${plane}`).join(", ");
  const expected: Readonly<Record<string, number>> = {
    [LINE_FORMULA]: 16,
    "2^P": 4,
    [GRID_FORMULA]: 25,
  };
  return {
    claims: [
      verdict(
        "Figure 1: five neurons make 16 regions of the plane, a reordered MLP 4, splines of 5 " +
          "intervals 25, as the formulas say",
        first.length === 3 ? first : [],
        () => ({
          holds: first.every(({ formula, plane, most }) =>
            plane === expected[formula] && plane === most
          ),
          measured: counts,
        }),
      ),
      verdict(
        "Figure 2: lines of trained first layers are in general position, the count of the formula " +
          "for families of parallels holds",
        second,
        () => ({
          holds: second.every(({ plane, most }) => plane === most),
          measured: second.map(({ name, plane }) => `${name} ${plane}`).join(", "),
        }),
      ),
      verdict(
        "Signs at points of the square find no more regions than lines and crossings say, and at " +
          "least 85 % of them",
        all,
        () => ({
          holds: all.every(({ square, sampled }) => sampled <= square && sampled >= 0.85 * square),
          measured: all.map(({ square, sampled }) => `${sampled} of ${square}`).join(", "),
        }),
      ),
    ],
    tables: all.length === 0 ? [] : [{
      title: "Lines and regions of first layers",
      columns: [
        ...["panel", "figure", "lines", "formula", "its value", "regions of the plane"],
        ...["in the square", "found at points", "loss"],
      ],
      rows: all.map((panel) => [
        ...[panel.name, panel.figure, panel.families.flat().length, panel.formula, panel.most],
        ...[panel.plane, panel.square, panel.sampled, panel.loss],
      ]),
    }],
    charts: all.map(({ figure, name, families, square }) => ({
      title: `${figure}: ${name}`,
      text:
        `Where activations of the first layer of ${name} bend: ${square} regions of the square.`,
      ...{ xTitle: "x", yTitle: "y" },
      curves: families.length > MOST_CURVES
        ? [{ label: `${families.length} lines`, ...curveThrough(families.flat()) }]
        : families.filter((family) => family.some((line) => endsOf(line).length > 0))
          .map((family, i) => ({ label: `lines ${i + 1}`, ...curveThrough(family) })),
    })),
    notes: [
      "Lines of an MLP are w . x + b = 0, one a neuron; of splines behind a linear map w . x + b = t " +
      "for every knot t inside, here of two neurons as in figure 2; of splines of the inputs x = t " +
      "and y = t. A reordered MLP has one bias for each input: splines of degree 1 with one knot " +
      "inside. Curves go from line to line along the border.",
    ],
  };
}
