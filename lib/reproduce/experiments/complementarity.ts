/**
 * What a finer level adds to a coarse one: the share of its update outside the coarse space
 * (Actor et al. 2025, section 4; Southworth et al. 2026, arXiv 2603.04827, of which the abstract
 * speaks of properly nested hierarchies).
 *
 * @module
 */

import { changeOfBasis, fromRelu, gramMatrix, multiply, solveUpper } from "../../basis/mod.ts";
import { findProblem, galleryDatasets } from "../../data/mod.ts";
import { numBasis } from "../../knots/mod.ts";
import { createNetwork, layerKnots, type Network } from "../../model/mod.ts";
import {
  coarseSchedule,
  l2Restriction,
  prolong,
  prolongationMatrix,
} from "../../multilevel/mod.ts";
import { lbfgs, trainToEnd } from "../../train/mod.ts";
import { meanSquaredError } from "../run_rows.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, doublings, verdict } from "./_fits.ts";
import { type KnotTangents, knotTangents } from "./_knot_tangents.ts";

/** A refinement of a run. */
interface RefinementRow {
  readonly name: string;
  /** Intervals, of an MLP hidden nodes, after the refinement. */
  readonly size: number;
  /** Loss before the refinement, just after it, and after the level's epochs. */
  readonly losses: readonly [number, number, number];
  /** L2 norm of the level's update outside the coarse space over its whole norm. */
  readonly share: number;
}

/** Gradients over the index of the basis function. */
interface GradientValue {
  readonly splines: readonly number[];
  readonly relu: readonly number[];
}

type ComplementarityValue =
  | { readonly kind: "run"; readonly rows: readonly RefinementRow[] }
  | { readonly kind: "knots"; readonly grids: readonly KnotTangents[] }
  | ({ readonly kind: "gradients" } & GradientValue);

const SEED = 1234;

/** The experiment. */
export const complementarity: Experiment<ComplementarityValue> = {
  name: "complementarity",
  title: "What a finer level adds",
  source: "Actor et al. 2025, section 4, and its sequel, arXiv 2603.04827 (known by its abstract)",
  minutes: 1,
  parts,
  conclude,
};

function parts(options: ExperimentOptions): ExperimentPart<ComplementarityValue>[] {
  const { quick = false, seeds: [seed] = [SEED] } = options;
  const points = quick ? 400 : 4000, epochs = quick ? [16, 8, 4] : [32, 16, 8, 4];
  const run = (hierarchy: Hierarchy) => (running: PartRunning) =>
    levels(hierarchy, points, epochs, running);
  return [
    { id: "splines", run: run(splines("splines", "bspline", seed)) },
    { id: "relu", run: run(splines("ReLU powers", "relu", seed)) },
    { id: "mlp", run: run(doubledNodes(seed)) },
    { id: "gradients", run: (running) => gradients(points, seed, running) },
    {
      id: "knots",
      run: () => ({ kind: "knots", grids: doublings(20, quick ? 40 : 160).map(knotTangents) }),
    },
  ];
}

/** A family of networks, from coarse to fine. */
interface Hierarchy {
  readonly name: string;
  readonly start: Network;
  refine(network: Network): Network;
  sizeOf(network: Network): number;
  /** Of a level's update, the part that the coarse network could not have made. */
  shareOutside(coarse: Network, from: Network, to: Network): number;
}

async function levels(
  { name, start, refine, sizeOf, shareOutside }: Hierarchy,
  points: number,
  epochs: readonly number[],
  running: PartRunning,
): Promise<ComplementarityValue> {
  const dataset = galleryDatasets(findProblem("nonsmooth"), { rows: points }).train;
  const rows: RefinementRow[] = [];
  async function trained(from: Network, count: number) {
    return await trainToEnd(from, dataset, {
      schedule: coarseSchedule(count),
      optimizer: lbfgs(),
      ...running,
    });
  }
  let { network: coarse } = await trained(start, epochs[0]);
  for (const count of epochs.slice(1)) {
    const fine = refine(coarse), { network, loss } = await trained(fine, count);
    const before = meanSquaredError(coarse, dataset), after = meanSquaredError(fine, dataset);
    rows.push({
      ...{ name, size: sizeOf(network), losses: [before, after, loss] },
      share: shareOutside(coarse, fine, network),
    });
    coarse = network;
  }
  return { kind: "run", rows };
}

/** Splines whose intervals are halved. */
function splines(name: string, basis: "bspline" | "relu", seed: number): Hierarchy {
  return {
    name,
    start: createNetwork({ widths: [2, 5, 1], knots: "uniform", basis }, { seed }),
    refine: (network) => prolong(network),
    sizeOf: ({ config }) => config.intervals,
    shareOutside: splineShare,
  };
}

/**
 * An MLP `[2, h, 1]` whose hidden nodes are doubled: two of a kind with half the weight each, so
 * that the function stays. Twins have one gradient: they stay twins, and the update stays in the
 * coarse space.
 */
function doubledNodes(seed: number): Hierarchy {
  return {
    name: "MLP, nodes doubled",
    start: createNetwork({ widths: [2, 20, 1], activation: "relu" }, { seed }),
    refine: doubled,
    sizeOf: ({ config }) => config.widths[1],
    shareOutside: (_, from, to) => twinShare(from, to),
  };
}

/** Coefficients of B-splines of an input node, `[numBasis, nOut]`. */
function nodeCoefficients(network: Network, layer: number, input: number): Float64Array {
  const block = network.layout.find(({ name }) => name === `spline${layer}.coefficients`)!;
  const [, n, nOut] = block.shape, at = block.offset + input * n * nOut;
  const values = network.parameters.slice(at, at + n * nOut);
  return network.config.basis === "relu"
    ? fromRelu(layerKnots(network, layer, input), values, nOut)
    : values;
}

/** The update of every edge and its part that no coarse spline has, in the L2 norm. */
function splineShare(coarse: Network, from: Network, to: Network): number {
  let whole = 0, outside = 0;
  const [nIn, , nOut] = to.layout.find(({ name }) => name === "spline0.coefficients")!.shape;
  for (let p = 0; p < nIn; p++) {
    const fineKnots = layerKnots(to, 0, p), coarseKnots = layerKnots(coarse, 0, p);
    const start = nodeCoefficients(from, 0, p);
    const update = nodeCoefficients(to, 0, p).map((value, i) => value - start[i]);
    const inside = multiply(
      prolongationMatrix(coarseKnots, fineKnots),
      l2Restriction(coarseKnots, fineKnots, update, nOut),
      nOut,
    );
    const gram = gramMatrix(fineKnots), n = numBasis(fineKnots);
    whole += squareNorm(gram, n, update, nOut);
    outside += squareNorm(gram, n, update.map((value, i) => value - inside[i]), nOut);
  }
  return Math.sqrt(outside / whole);
}

function squareNorm(gram: Float64Array, n: number, c: Float64Array, nOut: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let q = 0; q < nOut; q++) sum += gram[i * n + j] * c[i * nOut + q] * c[j * nOut + q];
    }
  }
  return sum;
}

/** Where the weights of an MLP `[2, h, 1]` lie. */
function places(network: Network) {
  const [first, bias, last] = network.layout;
  return { hidden: network.config.widths[1], first, bias, last };
}

function doubled(network: Network): Network {
  const { hidden, first, bias, last } = places(network);
  const wide = createNetwork({ widths: [2, 2 * hidden, 1], activation: "relu" });
  const to = places(wide), parameters = wide.parameters.slice();
  for (let twin = 0; twin < 2; twin++) {
    for (let h = 0; h < hidden; h++) {
      const node = 2 * h + twin;
      for (let p = 0; p < 2; p++) {
        parameters[to.first.offset + p * 2 * hidden + node] =
          network.parameters[first.offset + p * hidden + h];
      }
      parameters[to.bias.offset + node] = network.parameters[bias.offset + h];
      parameters[to.last.offset + node] = network.parameters[last.offset + h] / 2;
    }
  }
  return { ...wide, parameters };
}

/** The part of an update in which twins differ, over the whole. */
function twinShare(from: Network, to: Network): number {
  const { hidden, first, bias, last } = places(to);
  let whole = 0, outside = 0;
  for (const offset of [first.offset, first.offset + hidden, bias.offset, last.offset]) {
    for (let node = 0; node < hidden; node += 2) {
      const [a, b] = [0, 1].map((twin) =>
        to.parameters[offset + node + twin] - from.parameters[offset + node + twin]
      );
      whole += a * a + b * b;
      outside += (a - b) ** 2 / 2;
    }
  }
  return whole === 0 ? 0 : Math.sqrt(outside / whole);
}

/** Sizes of gradients by the coefficients of both bases, over the basis function's place. */
async function gradients(
  points: number,
  seed: number,
  { engine }: PartRunning,
): Promise<ComplementarityValue> {
  const dataset = galleryDatasets(findProblem("nonsmooth"), { rows: points }).train;
  const network = createNetwork({ widths: [2, 5, 1], knots: "uniform", intervals: 40 }, { seed });
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
  const gradient = new Float64Array(network.parameters.length);
  await evaluator.evaluate(network.parameters, gradient);
  evaluator.dispose();
  const { offset, shape: [nIn, n, nOut] } = network.layout.find(({ name }) =>
    name === "spline0.coefficients"
  )!;
  const splines = new Array<number>(n).fill(0), relu = new Array<number>(n).fill(0);
  for (let p = 0; p < nIn; p++) {
    const node = gradient.slice(offset + p * n * nOut, offset + (p + 1) * n * nOut);
    const powers = solveUpper(changeOfBasis(layerKnots(network, 0, p)), node, nOut); // g_c = A g_W
    for (let i = 0; i < n; i++) {
      splines[i] += Math.abs(node[i * nOut]) / nIn;
      relu[i] += Math.abs(powers[i * nOut]) / nIn;
    }
  }
  return { kind: "gradients", splines, relu };
}

function conclude(values: ReadonlyMap<string, ComplementarityValue>): Findings {
  const runs = [...values].flatMap(([id, value]) =>
    value.kind === "run" ? value.rows.map((row) => ({ id, ...row })) : []
  );
  const spread = [...values.values()].filter((value) => value.kind === "gradients");
  const of = (...ids: string[]) => runs.filter(({ id }) => ids.includes(id));
  const grids = [...values.values()].flatMap((value) => value.kind === "knots" ? value.grids : []);
  return {
    claims: [
      verdict(
        "Every refinement keeps the progress: the loss just after it equals the loss before to 1e-9",
        runs,
        (found) => {
          const most = Math.max(
            ...found.map(({ losses: [before, after] }) => Math.abs(after / before - 1)),
          );
          return { holds: most < 1e-9, measured: `within ${brief(most)}` };
        },
      ),
      verdict(
        "Levels of splines are complementary: more than a tenth of every update lies outside the coarse space",
        of("splines"),
        (found) => {
          const least = Math.min(...found.map(({ share }) => share));
          return {
            holds: least > 0.1,
            measured: found.map(({ share }) => brief(share)).join(", "),
          };
        },
      ),
      verdict(
        "Doubled nodes of an MLP stay twins: no part of the update lies outside the coarse space",
        of("mlp"),
        (found) => {
          const most = Math.max(...found.map(({ share }) => share));
          return {
            holds: most < 1e-9,
            measured: found.map(({ share }) => brief(share)).join(", "),
          };
        },
      ),
      spreadClaim(spread),
      knotClaim(grids),
    ],
    tables: [{
      title: "Refinements: losses, and the share of the level's update outside the coarse space",
      columns: [
        "run",
        "intervals or nodes",
        "loss before",
        "just after",
        "after the level",
        "share outside",
      ],
      rows: runs.map(({ name, size, losses, share }): (string | number | null)[] => [
        ...[name, size, ...losses, share],
      ]),
    }, knotTable(grids)].filter(({ rows }) => rows.length > 0),
    charts: spread.map(({ splines, relu }) => ({
      title: "Gradients by coefficients at the first guess",
      text: "Mean sizes of gradients over the index of the basis function: flat for B-splines, " +
        "falling from left to right for ReLU powers.",
      ...{ xTitle: "basis function", yTitle: "gradient", logarithmic: "y" as const },
      curves: [["splines", splines] as const, ["ReLU powers", relu] as const].map(([label, y]) => ({
        label,
        x: y.map((_, i) => i),
        y: [...y],
      })),
    })),
    notes: [
      "Uniform knots, L-BFGS, `nonsmooth`; updates of a level are compared edge by edge in the L2 " +
      "norm, their coarse part is the L2 projection. Coefficients of ReLU powers go to B-splines first.",
      "Tangents by knots: a cubic spline fitted to sin(2 pi x) + |x - 0.3|, its coefficients held in " +
      "one basis or the other, inner knots moved one by one.",
      "The sequel is known here by its abstract: its figures are not compared.",
    ],
  };
}

function quarters(sizes: readonly number[]): number {
  const part = Math.floor(sizes.length / 4);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return mean(sizes.slice(0, part)) / mean(sizes.slice(-part));
}

function spreadClaim(spread: readonly GradientValue[]) {
  return verdict(
    "Gradients by coefficients of splines have one size along the grid, those of ReLU powers grow towards the left: first quarter over last",
    spread,
    ([{ splines, relu }]) => {
      const [s, r] = [quarters(splines), quarters(relu)];
      return { holds: r > 10 && r > 5 * s, measured: `${brief(s)} and ${brief(r)}` };
    },
  );
}

function knotClaim(grids: readonly KnotTangents[]) {
  return verdict(
    "A knot moves a spline near itself where coefficients of B-splines are held, and everything at " +
      "its right where those of ReLU powers are: tangents of knots half the domain apart are " +
      "orthogonal in one basis and nearly parallel (cosine above 0.5) in the other",
    grids,
    (found) => ({
      holds: found.every(({ local, cosine }) =>
        local.splines > 1 - 1e-12 && cosine.splines < 1e-12 && cosine.relu > 0.5
      ),
      measured: found.map(({ intervals, local, cosine }) =>
        `${intervals} intervals: cosines ${brief(cosine.splines)} and ${brief(cosine.relu)}, ` +
        `${brief(100 * local.relu)} % of a tangent near its knot in ReLU powers`
      ).join("; "),
    }),
  );
}

function knotTable(grids: readonly KnotTangents[]) {
  return {
    title: "Tangents by inner knots, degree 3: B-splines and ReLU powers",
    columns: [
      "intervals",
      ...["condition, B-splines", "ReLU powers"],
      ...["share near the knot, B-splines", "ReLU powers"],
      ...["cosine half the domain apart, B-splines", "ReLU powers"],
    ],
    rows: grids.map(({ intervals, condition, local, cosine }): (string | number | null)[] => [
      `${intervals}`,
      ...[condition, local, cosine].flatMap(({ splines, relu }) => [splines, relu]),
    ]),
  };
}
