/**
 * Condition numbers of both bases (Actor et al. 2025, Proposition 3.1).
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import { datasetOf } from "../../data/mod.ts";
import { freeKnots, knotsFromBreakpoints, uniformKnots } from "../../knots/mod.ts";
import { createNetwork, createRandom, layerKnots, type Network } from "../../model/mod.ts";
import { splineStage } from "../../model/inner.ts";
import { type BasisConditioning, basisConditioning } from "../../theory/mod.ts";
import { coarseSchedule } from "../../multilevel/mod.ts";
import { trainToEnd } from "../../train/mod.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, doublings, powerFit, verdict } from "./_fits.ts";

/** A row of any part. */
interface ConditioningRow extends BasisConditioning {
  /** Intervals, or points of the Hessian. */
  readonly count: number;
  /** Of B-splines with repeated outer knots. */
  readonly clamped?: number;
  /** With outer knots as free ones begin (section 5); null: beyond float64. */
  readonly free?: number | null;
}

const DEGREES = [1, 2, 3, 4, 5];
/** Ratios of lengths of neighbouring intervals, as powers of ten. */
const SPREADS = [0.5, 1, 2];
const SEED = 1234;
/** Draws of points over which deviations from the Gram matrix are averaged. */
const DRAWS = 20;

/** The experiment. */
export const conditioning: Experiment<readonly ConditioningRow[]> = {
  name: "conditioning",
  title: "Condition numbers of splines and ReLU powers",
  source: "Actor et al. 2025, Section 3, equations (15) to (17) and Proposition 3.1",
  takes: ["network"],
  minutes: 1,
  parts,
  conclude,
};

function parts(options: ExperimentOptions): ExperimentPart<readonly ConditioningRow[]>[] {
  const { quick = false, seeds: [seed] = [SEED], network } = options;
  if (network !== undefined) return networkParts(network);
  const grids = doublings(5, quick ? 80 : 320);
  return [
    ...DEGREES.map((degree) => ({
      id: `uniform-degree-${degree}`,
      run: () => uniform(degree, grids),
    })),
    ...[1, 2, 3].flatMap((degree) =>
      SPREADS.map((spread) => ({
        id: `graded-${spread}-degree-${degree}`,
        run: () => graded(degree, spread, grids, seed),
      }))
    ),
    ...[1, 3].map((degree) => ({
      id: `points-degree-${degree}`,
      run: () =>
        randomPoints(
          degree,
          quick ? [1000, 3000, 10_000, 30_000] : [1000, 3000, 10_000, 30_000, 100_000],
          seed,
        ),
    })),
    { id: "trained", run: (running) => trained(quick, seed, running) },
  ];
}

function uniform(degree: number, grids: readonly number[]): ConditioningRow[] {
  return grids.map((intervals) => {
    const clamped = uniformKnots({ degree, intervals, outerKnots: "clamped" });
    const space = { degree, intervals, domain: [-1, 1], outerKnots: "free" } as const;
    const free = basisConditioning(freeKnots(new Float64Array(intervals + 2 * degree), space));
    return {
      count: intervals,
      ...basisConditioning(uniformKnots({ degree, intervals })),
      clamped: basisConditioning(clamped).splines,
      free: Number.isFinite(free.splines) ? free.splines : null,
    };
  });
}

/** Lengths `10^U(-spread/2, spread/2)`. */
function graded(
  degree: number,
  spread: number,
  grids: readonly number[],
  seed: number,
): ConditioningRow[] {
  return grids.map((intervals) => {
    const random = createRandom(seed, `graded ${spread} ${intervals}`);
    const lengths = Array.from(
      { length: intervals },
      () => pow(10, spread * (random.uniform() - 0.5)),
    );
    const whole = lengths.reduce((sum, length) => sum + length, 0);
    const places = [-1];
    for (const length of lengths.slice(0, -1)) places.push(places.at(-1)! + 2 * length / whole);
    const breakpoints = [...places, 1];
    const clamped = knotsFromBreakpoints(breakpoints, { degree, outerKnots: "clamped" });
    return {
      count: intervals,
      ...basisConditioning(knotsFromBreakpoints(breakpoints, { degree })),
      clamped: basisConditioning(clamped).splines,
    };
  });
}

/** Mean relative deviation of `kappa(H)` from `kappa(G)`, in the field `splines`. */
function randomPoints(degree: number, counts: readonly number[], seed: number): ConditioningRow[] {
  const knots = uniformKnots({ degree, intervals: 10 }), limit = basisConditioning(knots);
  return counts.map((count) => {
    const random = createRandom(seed, `points ${count}`);
    const sums = { splines: 0, scaledSplines: 0, relu: 0, scaledRelu: 0 };
    for (let draw = 0; draw < DRAWS; draw++) {
      const points = Float64Array.from({ length: count }, () => 2 * random.uniform() - 1);
      const found = basisConditioning(knots, points);
      for (const name of Object.keys(sums) as (keyof BasisConditioning)[]) {
        sums[name] += Math.abs(found[name] / limit[name] - 1) / DRAWS;
      }
    }
    return { count, ...sums };
  });
}

/** Knots of a network that has learned a kink, grid by grid. */
async function trained(
  quick: boolean,
  seed: number,
  running: PartRunning,
): Promise<ConditioningRow[]> {
  const x = Float64Array.from({ length: 500 }, (_, i) => i / 250 - 1 + 0.002);
  const targets = x.map((place) => Math.sqrt(Math.abs(place - 0.3)));
  const dataset = datasetOf({ inputs: x, targets });
  const rows: ConditioningRow[] = [];
  for (const intervals of quick ? [5, 10, 20] : [5, 10, 20, 40, 80]) {
    const start = createNetwork(
      { widths: [1, 1], firstLayer: "spline", intervals, knots: "free" },
      { seed },
    );
    const schedule = coarseSchedule(quick ? 10 : 50);
    const { network } = await trainToEnd(start, dataset, { schedule, ...running });
    rows.push({ count: intervals, ...basisConditioning(layerKnots(network, 0, 0)) });
  }
  return rows;
}

/** One part per layer of a network: a row per input node. */
function networkParts(network: Network): ExperimentPart<readonly ConditioningRow[]>[] {
  const { basis, activation } = network.config;
  if (network.statistics.length === 0 || (basis !== "bspline" && basis !== "relu")) {
    throw new TypeError(
      "Cannot measure condition numbers: network must have B-splines or ReLU powers on its edges, " +
        `current value is ${activation === "relu" ? "an MLP" : `one of ${basis}`}`,
    );
  }
  return network.statistics.map((_, layer) => ({
    id: `layer-${layer}`,
    run: () =>
      Array.from({ length: splineStage(network.config, layer).nIn }, (_, input) => ({
        count: input,
        ...basisConditioning(layerKnots(network, layer, input)),
      })),
  }));
}

function conclude(
  values: ReadonlyMap<string, readonly ConditioningRow[]>,
  { network }: ExperimentOptions,
): Findings {
  const of = (prefix: string) => [...values].filter(([id]) => id.startsWith(prefix));
  const tables = [...values].map(([id, rows]) => ({
    title: titleOf(id),
    columns: [
      id.startsWith("points") ? "points" : id.startsWith("layer") ? "input" : "intervals",
      ...["splines", "scaled splines"],
      ...(rows[0]?.clamped === undefined ? [] : ["splines, clamped"]),
      ...(rows[0]?.free === undefined ? [] : ["splines, free outer knots"]),
      ...["ReLU powers", "scaled ReLU powers"],
    ],
    rows: rows.map(({ count, splines, scaledSplines, clamped, free, relu, scaledRelu }) => [
      `${count}`,
      ...[splines, scaledSplines],
      ...(clamped === undefined ? [] : [clamped]),
      ...(free === undefined ? [] : [free]),
      ...[relu, scaledRelu],
    ]),
  }));
  if (network !== undefined) return { claims: [], tables, charts: [], notes: NETWORK_NOTES };
  return {
    claims: [
      boundedClaim(of("uniform")),
      growthClaim(of("uniform")),
      gradedClaim(of("graded")),
      pointsClaim(of("points")),
    ],
    tables,
    charts: [{
      title: "Uniform grids",
      text: "Condition numbers of Gram matrices over the number of intervals: those of B-splines " +
        "are flat, those of ReLU powers are steep straight lines.",
      xTitle: "intervals",
      yTitle: "condition number",
      logarithmic: "both",
      curves: of("uniform").flatMap(([id, rows]) =>
        (["splines", "relu"] as const).map((basis) => ({
          label: `${basis === "relu" ? "ReLU powers" : "B-splines"}, degree ${id.at(-1)}`,
          x: rows.map(({ count }) => count),
          y: rows.map((row) => row[basis]),
        }))
      ),
    }],
    notes: NOTES,
  };
}

type Parts = readonly (readonly [string, readonly ConditioningRow[]])[];

function boundedClaim(uniform: Parts) {
  return verdict(
    "Splines stay bounded: the finest uniform grid has at most 1.02 times the condition number of 20 intervals",
    uniform,
    (found) => {
      const ratios = found.map(([, rows]) =>
        rows.at(-1)!.splines / rows.find(({ count }) => count === 20)!.splines
      );
      return {
        holds: ratios.every((ratio) => ratio <= 1.02),
        measured: `${brief(Math.max(...ratios), 5)} times`,
      };
    },
  );
}

/** The local exponent of the finest two grids tends to `2 (degree + 1)` from below. */
function growthClaim(uniform: Parts) {
  return verdict(
    "ReLU powers grow without bound: from the last but one grid to the finest with an exponent " +
      "within 10 % of 2 (degree + 1)",
    uniform,
    (found) => {
      const exponents = found.map(([id, rows]) => {
        const last = rows.slice(-2);
        const { slope } = powerFit(last.map(({ count }) => count), last.map(({ relu }) => relu));
        return { degree: Number(id.at(-1)), slope };
      });
      return {
        holds: exponents.every(({ degree, slope }) => Math.abs(slope / (2 * degree + 2) - 1) < 0.1),
        measured: exponents.map(({ degree, slope }) => `degree ${degree}: ${brief(slope)}`).join(
          ", ",
        ),
      };
    },
  );
}

function gradedClaim(graded: Parts) {
  return verdict(
    "Intervals of random lengths within a fixed ratio, clamped ends: the finest grid has at most " +
      "1.5 times the largest condition number of the coarser ones",
    graded,
    (found) => {
      const ratios = found.map(([, rows]) =>
        rows.at(-1)!.clamped! / Math.max(...rows.slice(0, -1).map(({ clamped }) => clamped!))
      );
      return {
        holds: ratios.every((ratio) => ratio <= 1.5),
        measured: `${brief(Math.max(...ratios))} times`,
      };
    },
  );
}

function pointsClaim(points: Parts) {
  return verdict(
    "Hessians on D random points tend to the Gram matrix: deviations of the condition number fall " +
      "like D to the power -1/2, within 0.15",
    points,
    (found) => {
      const slopes = found.map(([, rows]) =>
        powerFit(rows.map(({ count }) => count), rows.map(({ splines }) => splines)).slope
      );
      return {
        holds: slopes.every((slope) => Math.abs(slope + 0.5) < 0.15),
        measured: `powers ${slopes.map((slope) => brief(slope)).join(", ")}`,
      };
    },
  );
}

function titleOf(id: string): string {
  const [kind, ...words] = id.split("-");
  const degree = `degree ${id.at(-1)}`;
  if (kind === "uniform") return `Uniform grids, ${degree}`;
  if (kind === "graded") {
    return `Random intervals, longest to shortest up to 10^${words[0]}, ${degree}`;
  }
  if (kind === "points") {
    return `Hessians on random points, 10 intervals, ${degree}: mean of |kappa(H)/kappa(G) - 1|`;
  }
  return kind === "trained"
    ? "Free knots, trained on sqrt|x - 0.3|, degree 3"
    : `Layer ${words[0]}`;
}

const NOTES = [
  "Gram matrices on [-1, 1]. The smallest eigenvalue of ReLU powers is 1 over the largest of " +
  "A^T G_S^-1 A, which keeps its digits where the condition number exceeds 1e16.",
  "The paper proves boundedness and prints no exponents. 2 (degree + 1) is what degree 1 has " +
  "(Hong et al. 2022: 4); exponents tend to it from below.",
  "Outer knots decide the basis and not the space: even ones go on with the spacing, clamped ones " +
  "repeat the ends, free ones (section 5) begin evenly up to one length of the domain away.",
  "Scaled: functions divided by their norms, which Hessians of normalised inputs are near.",
];

const NETWORK_NOTES = [
  "Gram matrices over the domain of the knots, an input node a row.",
];
