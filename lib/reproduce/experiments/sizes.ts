/**
 * Sizes of networks of splines that are ReLU networks, and the other way round (Wang et al. 2024,
 * arXiv 2410.01803): constructed, counted, compared point by point.
 *
 * @module
 */

import {
  type ReluLayer,
  type ReluNetwork,
  reluOutputs,
  reluSize,
  reluToSplines,
  splinesToRelu,
} from "../../convert/mod.ts";
import { createNetwork, createRandom, forward, type Network } from "../../model/mod.ts";
import type { Experiment, ExperimentOptions, ExperimentPart, Findings } from "../experiment.ts";
import { brief, doublings, powerFit, verdict } from "./_fits.ts";

/** A network and what it became. */
interface SizeRow {
  /** Hidden width, degree or power, intervals of the splines. */
  readonly width: number;
  readonly degree: number;
  readonly intervals: number;
  /** Widths of the network of splines, and of the ReLU network. */
  readonly splineWidths: readonly number[];
  readonly reluWidths: readonly number[];
  /** Parameters of the splines. */
  readonly splines: number;
  /** Numbers of the ReLU network other than 0. */
  readonly nonzeros: number;
  /** Entries of an MLP of these widths, neighbouring maps multiplied and stored in full. */
  readonly dense: number;
  /** Largest difference of outputs on 1,000 points, over the largest output. */
  readonly difference: number;
}

const WIDTHS = [2, 5, 20];
const DEGREES = [1, 2, 3];
const POINTS = 1000;
const SEED = 1234;
/** Hidden layers. */
const HIDDEN = 2;

/** The experiment. */
export const sizes: Experiment<readonly SizeRow[]> = {
  name: "sizes",
  title: "MLPs as networks of splines, and networks of splines as MLPs: sizes",
  source: "Wang et al. 2024 (arXiv 2410.01803), representation of KANs and MLPs by each other",
  minutes: 1,
  parts,
  conclude,
};

function parts(
  { quick = false, seeds: [seed] = [SEED] }: ExperimentOptions,
): ExperimentPart<readonly SizeRow[]>[] {
  const widths = quick ? WIDTHS.slice(0, 2) : WIDTHS, grids = doublings(5, quick ? 40 : 80);
  return [
    ...DEGREES.map((power) => ({
      id: `to-splines-power-${power}`,
      run: () => widths.map((width) => toSplines(width, power, seed)),
    })),
    ...[1, 3].flatMap((degree) =>
      widths.map((width) => ({
        id: `to-relu-degree-${degree}-width-${width}`,
        run: () => grids.map((intervals) => toRelu(width, degree, intervals, seed)),
      }))
    ),
  ];
}

/** Points of `[-1, 1]^2`. */
function points(seed: number): Float64Array {
  const random = createRandom(seed, "sizes/points");
  return Float64Array.from({ length: 2 * POINTS }, () => 2 * random.uniform() - 1);
}

function apart(a: Float64Array, b: Float64Array): number {
  let most = 0, size = 0;
  a.forEach((value, i) => {
    most = Math.max(most, Math.abs(value - b[i]));
    size = Math.max(size, Math.abs(value));
  });
  return most / size;
}

/** Entries and biases of an MLP of these widths in full. */
function denseCount(widths: readonly number[]): number {
  return widths.slice(1).reduce((sum, width, i) => sum + (widths[i] + 1) * width, 0);
}

/** An MLP `[2, W, W, 1]` with `max(0, x)^power`. */
function toSplines(width: number, power: number, seed: number): SizeRow {
  const relu = powerMlp([2, ...new Array<number>(HIDDEN).fill(width), 1], power, seed);
  const inputs = points(seed), splines = reluToSplines(relu, { inputs });
  const { config } = splines, { widths, nonzeros } = reluSize(relu);
  return {
    ...{ width, degree: power, intervals: config.intervals },
    ...{ splineWidths: config.widths, reluWidths: widths, nonzeros, dense: denseCount(widths) },
    splines: numbersOf(splines),
    difference: apart(reluOutputs(relu, inputs), forward(splines, inputs, POINTS)),
  };
}

/** Parameters, and the knots that were given. */
function numbersOf({ parameters, breakpoints = [] }: Network): number {
  return parameters.length + breakpoints.reduce((sum, { length }) => sum + length, 0);
}

/** A ReLU network with all entries, uniform on `[-1, 1] / sqrt(nIn)`. */
function powerMlp(widths: readonly number[], power: number, seed: number): ReluNetwork {
  const random = createRandom(seed, "sizes/mlp");
  const layers = widths.slice(1).map((nOut, l): ReluLayer => {
    const nIn = widths[l], last = l === widths.length - 2;
    const draw = () => (2 * random.uniform() - 1) / Math.sqrt(nIn);
    return {
      ...{ nIn, nOut, activation: last ? "none" : "relu" },
      starts: Int32Array.from({ length: nOut + 1 }, (_, q) => q * nIn),
      columns: Int32Array.from({ length: nOut * nIn }, (_, k) => k % nIn),
      values: Float64Array.from({ length: nOut * nIn }, draw),
      bias: Float64Array.from({ length: nOut }, draw),
      ...(last || power === 1 ? {} : { power }),
    };
  });
  return { layers };
}

/** A network of splines `[2, W, W, 1]` without a linear map. */
function toRelu(width: number, degree: number, intervals: number, seed: number): SizeRow {
  const splineWidths = [2, ...new Array<number>(HIDDEN).fill(width), 1];
  const splines = createNetwork({
    ...{ widths: splineWidths, degree, intervals, firstLayer: "spline", knots: "uniform" },
    ...{ normalisation: "none", domain: [-2, 2] },
  }, { seed });
  const relu = splinesToRelu(splines), { widths, nonzeros } = reluSize(relu);
  const inputs = points(seed);
  return {
    ...{ width, degree, intervals, splineWidths, reluWidths: widths, nonzeros },
    ...{ splines: splines.parameters.length, dense: denseCount(widths) },
    difference: apart(forward(splines, inputs, POINTS), reluOutputs(relu, inputs)),
  };
}

function conclude(values: ReadonlyMap<string, readonly SizeRow[]>): Findings {
  const of = (prefix: string) =>
    [...values].filter(([id]) => id.startsWith(prefix)).map(([, rows]) => rows);
  const back = of("to-splines"), there = of("to-relu");
  return {
    claims: [...splineClaims(back), ...reluClaims(there)],
    tables: [
      table("MLPs with max(0, x)^power as networks of splines", "power", back.flat()),
      table("Networks of splines as MLPs with max(0, x)^degree", "degree", there.flat()),
    ].filter(({ rows }) => rows.length > 0),
    charts: there.length === 0 ? [] : [{
      title: "Numbers over intervals",
      text: "Numbers of a network of splines of degree 1, of its sparse ReLU network and of the " +
        "MLP stored in full: the first two grow alike, the last with the square.",
      ...{ xTitle: "intervals", yTitle: "numbers", logarithmic: "both" as const },
      curves: there.filter(([{ degree }]) => degree === 1).slice(-1).flatMap((rows) =>
        ([["splines", "splines"], ["nonzeros", "ReLU, not 0"], ["dense", "MLP in full"]] as const)
          .map(([key, label]) => ({
            label: `${label}, width ${rows[0].width}`,
            x: rows.map(({ intervals }) => intervals),
            y: rows.map((row) => row[key]),
          }))
      ),
    }],
    notes: [
      "Networks `[2, W, W, 1]` of random parameters, outputs compared on 1,000 points of [-1, 1]^2, " +
      "differences over the largest output. Splines count their knots where these are given.",
      "Units of one node serve all edges that leave it: width W (intervals + degree), where one set " +
      "of units per edge would be W times as wide. `In full` multiplies the sums of one layer into " +
      "the units of the next, as an MLP has them.",
      "The paper's abstract says: comparable size one way, a factor of the grid size the other.",
    ],
  };
}

function splineClaims(back: readonly (readonly SizeRow[])[]) {
  return [
    verdict(
      "An MLP with powers of ReLU is a network of splines of the same widths with two intervals: " +
        "outputs agree to 1e-10",
      back.flat(),
      (rows) => {
        const most = Math.max(...rows.map(({ difference }) => difference));
        return {
          holds: most <= 1e-10 &&
            rows.every(({ intervals, splineWidths, reluWidths }) =>
              intervals === 2 && splineWidths.join() === reluWidths.join()
            ),
          measured: `at most ${brief(most)}, intervals ${
            [...new Set(rows.map(({ intervals }) => intervals))].join(", ")
          }`,
        };
      },
    ),
    verdict(
      "Of comparable size: for widths 5 and more at most degree + 3 numbers for one of the MLP's, " +
        "whatever the width",
      back.flat().filter(({ width }) => width >= 5),
      (rows) => ({
        holds: rows.every(({ splines, dense, degree }) => splines <= (degree + 3) * dense),
        measured: rows.map(({ splines, dense, degree, width }) =>
          `power ${degree}, width ${width}: ${brief(splines / dense)}`
        ).join("; "),
      }),
    ),
  ];
}

function reluClaims(there: readonly (readonly SizeRow[])[]) {
  const slope = (rows: readonly SizeRow[], key: "nonzeros" | "dense" | "splines") => {
    const last = rows.slice(-2);
    return powerFit(last.map(({ intervals }) => intervals), last.map((row) => row[key])).slope;
  };
  return [
    verdict(
      "A network of splines is an MLP with powers of ReLU: outputs agree to 1e-10 at degree 1, to " +
        "1e-8 at degree 3 up to 40 intervals, where the change of basis costs digits",
      there.flat(),
      (rows) => {
        const most = (degree: number) =>
          Math.max(
            0,
            ...rows.filter((row) => row.degree === degree && row.intervals <= 40)
              .map(({ difference }) => difference),
          );
        return {
          holds: most(1) <= 1e-10 && most(3) <= 1e-8,
          measured: `${brief(most(1))} and ${brief(most(3))}`,
        };
      },
    ),
    verdict(
      "It is at most W (intervals + degree) wide and as deep as the splines, and one",
      there.flat(),
      (rows) => {
        const shares = rows.map(({ width, degree, intervals, reluWidths }) =>
          Math.max(...reluWidths) / (Math.max(width, 2) * (intervals + degree))
        );
        return {
          holds: shares.every((share) => share <= 1) &&
            rows.every(({ reluWidths, splineWidths }) =>
              reluWidths.length === splineWidths.length + 1
            ),
          measured: `at most ${brief(Math.max(...shares))} of it`,
        };
      },
    ),
    verdict(
      "Numbers other than 0 grow with the grid as the splines' parameters do; stored in full the " +
        "MLP grows by one power more: exponents of the last doubling within 0.25 of 1 and 2",
      there,
      (lists) => {
        const found = lists.map((rows) => [slope(rows, "nonzeros"), slope(rows, "dense")]);
        return {
          holds: found.every(([sparse, full]) =>
            Math.abs(sparse - 1) < 0.25 && Math.abs(full - 2) < 0.25
          ),
          measured: found.map((pair) => pair.map((value) => brief(value)).join(" and ")).join("; "),
        };
      },
    ),
  ];
}

function table(title: string, degreeTitle: string, rows: readonly SizeRow[]) {
  return {
    title,
    columns: [
      ...["width", degreeTitle, "intervals", "splines' widths", "ReLU's widths"],
      ...["splines", "ReLU, not 0", "MLP in full", "not 0 / splines", "in full / splines"],
      "difference",
    ],
    rows: rows.map((row) => [
      ...[`${row.width}`, row.degree, row.intervals],
      ...[row.splineWidths.join("-"), row.reluWidths.join("-")],
      ...[row.splines, row.nonzeros, row.dense],
      ...[row.nonzeros / row.splines, row.dense / row.splines, row.difference],
    ]),
  };
}
