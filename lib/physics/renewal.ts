/**
 * What a stage of training takes from the network that it starts with: points that follow the
 * solution, weights of residuals, constants on their way to their values.
 *
 * All of it stays fixed within a stage, so that every optimizer sees one objective.
 *
 * @module
 */

import type { Loss } from "../engine/mod.ts";
import type { Network } from "../model/mod.ts";
import { customSchedule, type Schedule } from "../multilevel/mod.ts";
import { type PdeEngine, pdeEngine, type PdeEngineOptions, type PdeResiduals } from "./engine.ts";
import type { PdeProblem } from "./pde.ts";
import { resolvePde } from "./_resolve.ts";
import { samplePoints, type Sampler } from "./sampling.ts";
import { evaluateSolution } from "./solution.ts";

/** Points inside, drawn anew at the start of every stage but the first, whose points are even. */
export interface AdaptivePoints {
  /** Number of points. */
  readonly count: number;
  /** Where they gather: where the equations' residuals are large, or the solution is steep. */
  readonly by: "residual" | "slope";
}

/**
 * How residuals are weighted at the start of a stage:
 *
 * - `gradients`: terms, so that the gradients of all are of one length (Wang, Teng, Perdikaris
 *   2021): `w_k = mean_j |grad L_j| / |grad L_k|`;
 * - `attention`: points, by their share of the largest residual (Anagnostopoulos et al. 2024):
 *   `w_r <- 0.5 w_r + 0.5 |r| / max |r|`, squared, of mean 1;
 * - `causal`: points of the equations, by what is solved before them (Wang, Sankaran, Perdikaris
 *   2024): `w(t) = exp(-sum of mean squared residuals of the 32 slabs before t)`.
 */
export type ResidualWeighting = "gradients" | "attention" | "causal";

/** What is renewed, and when. */
export interface Renewal {
  /** Epochs of a stage: levels are cut into stages of so many. Default: a level is one stage. */
  readonly every?: number;
  /** Points inside, instead of a grid. */
  readonly points?: AdaptivePoints;
  /** Weights, besides those that the problem gives. */
  readonly weights?: ResidualWeighting;
  /**
   * Factors of constants in the first stages, such as `{ nu: [8, 4, 2] }`: a problem that is hard
   * to begin with is reached by easier ones. From then on the factor is 1.
   */
  readonly continuation?: Readonly<Record<string, readonly number[]>>;
}

const MSE: Loss = { kind: "mse" };
/** Candidates per point that is drawn. */
const CANDIDATES = 10;
/** Slabs of time of causal weights. */
const SLABS = 32;

/**
 * Cuts the levels of a schedule into stages.
 *
 * @param schedule The schedule.
 * @param renewal What is renewed.
 * @returns A schedule with the same epochs on the same grids.
 */
export function renewalSchedule(schedule: Schedule, { every }: Renewal): Schedule {
  if (every === undefined) return schedule;
  const stages = schedule.stages.flatMap((stage) => {
    const { refine: _, placement: _from, ...rest } = stage;
    const count = Math.max(1, Math.ceil(stage.epochs / every));
    return Array.from({ length: count }, (_, i) => ({
      ...(i === 0 ? stage : rest),
      epochs: Math.min(every, stage.epochs - i * every),
    }));
  });
  return customSchedule(stages, { name: schedule.name, startFactor: schedule.startFactor });
}

/**
 * Makes an engine that renews points, weights and constants whenever it compiles: for `train`, at
 * the start of every stage.
 *
 * @param problem The problem.
 * @param renewal What is renewed.
 * @param options Options of the engines; the sampler's points are those of the first stage.
 * @returns An engine for one run.
 * @throws {RangeError} If a continued constant is not one of the problem's, or a number is out of
 * range.
 */
export function renewingEngine(
  problem: PdeProblem,
  renewal: Renewal,
  options: PdeEngineOptions = {},
): PdeEngine {
  checkRenewal(problem, renewal);
  const { points, weights } = renewal;
  let stage = -1;
  let sampler = firstSampler(renewal, options.sampler);
  let attention: readonly Float64Array[] | undefined;
  const first = pdeEngine(problem, { ...options, ...(sampler && { sampler }) });
  return {
    ...first,
    async compile(network, loss, dataset) {
      stage++;
      const own = continued(problem, renewal, stage);
      let density: Float64Array | undefined;
      if (points && stage > 0) {
        const drawn = drawPoints(own, network, points, stage + 1);
        sampler = { kind: "points", points: drawn.points };
        density = drawn.density;
      }
      const plain: PdeEngineOptions = {
        ...options,
        ...(sampler && { sampler }),
        // statistics of other points would make another function of the same parameters
        ...(points && stage > 0 && { frozenStatistics: true }),
      };
      const terms = resolvePde(own).terms;
      // residuals r at points of density q count as (r / q)^2: the sum estimates (int |r|)^2, whose
      // size does not depend on how steep the solution is where r gathers
      let shares = terms.map(({ condition }): Float64Array | undefined =>
        condition || !density ? undefined : meanOne(density.map((q) => q ** -2))
      );
      if (weights === "gradients") {
        shares = await gradientShares(own, network, plain, shares);
      } else if (weights && stage > 0) {
        const residuals = await residualsOf(own, network, plain);
        if (weights === "causal") shares = causalShares(own, residuals, shares);
        else {
          const kept = points ? undefined : attention;
          attention = residuals.map(({ values }, k) => attend(values, kept?.[k]));
          shares = attention.map((values, k) => product(meanOne(values.map(square)), shares[k]));
        }
      }
      return await pdeEngine(own, { ...plain, shares }).compile(network, loss, dataset);
    },
  };
}

/**
 * The points of a run's first stage.
 *
 * @param renewal What is renewed.
 * @param sampler Points where none are renewed.
 */
export function firstSampler(
  { points }: Renewal,
  sampler: Sampler | undefined,
): Sampler | undefined {
  return points ? even(points.count, 1) : sampler;
}

function checkRenewal(
  problem: PdeProblem,
  { every, points, continuation, weights }: Renewal,
): void {
  const fail = (text: string): never => {
    throw new RangeError(`Cannot solve: ${text}`);
  };
  if (every !== undefined && !(Number.isInteger(every) && every >= 1)) {
    fail(`renewal.every must be an integer >= 1, current value is ${every}`);
  }
  if (points && !(Number.isInteger(points.count) && points.count >= 1)) {
    fail(`renewal.points.count must be an integer >= 1, current value is ${points.count}`);
  }
  if (weights === "causal" && !("t" in problem.domain)) {
    fail(
      "renewal.weights must be gradients or attention without a coordinate t, current value is causal",
    );
  }
  for (const [name, factors] of Object.entries(continuation ?? {})) {
    const names = Object.keys(problem.constants ?? {});
    if (!names.includes(name)) {
      fail(
        `renewal.continuation must name constants (${names.join(", ") || "there are none"}), ` +
          `current value is ${name}`,
      );
    }
    if (!factors.every((factor) => Number.isFinite(factor))) {
      fail(`renewal.continuation.${name} must be finite numbers, current value is [${factors}]`);
    }
  }
}

/** The problem with its constants of a stage. */
function continued(problem: PdeProblem, { continuation }: Renewal, stage: number): PdeProblem {
  if (!continuation) return problem;
  const constants = { ...problem.constants };
  for (const [name, factors] of Object.entries(continuation)) {
    constants[name] *= factors[stage] ?? 1;
  }
  return { ...problem, constants };
}

function even(count: number, seed: number): Sampler {
  return { kind: "sobol", count, seed };
}

/** Draws points with a density `q` of mean 1 over the box, proportional to `1 + m / mean m`. */
function drawPoints(
  problem: PdeProblem,
  network: Network,
  { count, by }: AdaptivePoints,
  seed: number,
): { points: Float64Array; density: Float64Array } {
  const ranges = Object.values(problem.domain), d = ranges.length;
  const candidates = samplePoints(ranges, even(CANDIDATES * count, seed));
  const monitor = by === "slope"
    ? steepness(problem, network, candidates)
    : residualSizes(problem, network, candidates);
  const mean = meanOf(monitor);
  const densities = monitor.map((m) => mean > 0 && Number.isFinite(mean) ? (1 + m / mean) / 2 : 1);
  const total = densities.reduce((sum, q) => sum + q, 0);
  const points = new Float64Array(count * d), density = new Float64Array(count);
  let drawn = 0, reached = 0;
  densities.forEach((q, i) => { // every total / count of the sum draws one
    reached += q;
    for (; drawn < count && (drawn + 0.5) / count * total <= reached; drawn++) {
      points.set(candidates.subarray(i * d, (i + 1) * d), drawn * d);
      density[drawn] = q;
    }
  });
  return { points, density };
}

/** `sqrt(1 + |grad u|^2)`, coordinates in units of the box, unknowns in units of their range. */
function steepness(problem: PdeProblem, network: Network, points: Float64Array): Float64Array {
  const names = Object.keys(problem.domain), { unknowns = ["u"] } = problem;
  const sums = new Float64Array(points.length / names.length).fill(1);
  for (const unknown of unknowns) {
    const slopes = names.map((name) => `${unknown}_${name}`);
    const [values, ...partials] = evaluateSolution(problem, network, points, [unknown, ...slopes]);
    let low = Infinity, high = -Infinity;
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    names.forEach((name, i) => {
      const [a, b] = problem.domain[name], factor = high > low ? (b - a) / (high - low) : 0;
      partials[i].forEach((slope, r) => sums[r] += (factor * slope) ** 2);
    });
  }
  return sums.map(Math.sqrt);
}

/** Root mean square of the weighted equations' residuals. */
function residualSizes(problem: PdeProblem, network: Network, points: Float64Array): Float64Array {
  const formulas = problem.equations.map(({ equation }) => equation);
  const residuals = evaluateSolution(problem, network, points, formulas);
  return residuals[0].map((_, r) =>
    Math.sqrt(
      residuals.reduce(
        (sum, values, k) => sum + (problem.equations[k].weight ?? 1) * values[r] ** 2,
        0,
      ),
    )
  );
}

/** Points and residuals of every term. */
async function residualsOf(
  problem: PdeProblem,
  network: Network,
  options: PdeEngineOptions,
): Promise<readonly PdeResiduals[]> {
  const engine = pdeEngine(problem, options);
  const evaluator = await engine.compile(network, MSE, engine.dataset);
  await evaluator.value(network.parameters);
  const residuals = evaluator.residuals();
  evaluator.dispose();
  return residuals;
}

async function gradientShares(
  problem: PdeProblem,
  network: Network,
  options: PdeEngineOptions,
  shares: readonly (Float64Array | undefined)[],
): Promise<(Float64Array | undefined)[]> {
  const norms: number[] = [];
  const counts = (await residualsOf(problem, network, options)).map(({ values }) => values.length);
  for (const k of counts.keys()) {
    const only = counts.map((count, j) => j === k ? shares[k] : new Float64Array(count));
    const engine = pdeEngine(problem, { ...options, shares: only });
    const evaluator = await engine.compile(network, MSE, engine.dataset);
    const gradient = new Float64Array(network.parameters.length);
    await evaluator.valueAndGradient(network.parameters, gradient);
    evaluator.dispose();
    norms.push(Math.hypot(...gradient));
  }
  const mean = meanOf(Float64Array.from(norms));
  return counts.map((count, k) => {
    const factor = norms[k] > 1e-12 * mean ? mean / norms[k] : 1;
    return product(new Float64Array(count).fill(factor), shares[k]);
  });
}

function attend(residuals: Float64Array, before: Float64Array | undefined): Float64Array {
  const most = residuals.reduce((max, r) => Math.max(max, Math.abs(r)), 0);
  return residuals.map((r, i) =>
    0.5 * (before?.[i] ?? 1) + 0.5 * (most > 0 ? Math.abs(r) / most : 1)
  );
}

/** Weights of time for the equations, by the residuals before. */
function causalShares(
  { domain, equations }: PdeProblem,
  residuals: readonly PdeResiduals[],
  shares: readonly (Float64Array | undefined)[],
): (Float64Array | undefined)[] {
  const names = Object.keys(domain), d = names.length, at = names.indexOf("t");
  const [a, b] = domain.t;
  const inside = residuals.slice(0, equations.length), { points } = inside[0];
  const slabs = Array.from(
    inside[0].values,
    (_, r) => Math.min(SLABS - 1, Math.floor((points[r * d + at] - a) / (b - a) * SLABS)),
  );
  const sums = new Float64Array(SLABS), counts = new Float64Array(SLABS);
  slabs.forEach((slab, r) => {
    counts[slab]++;
    inside.forEach(({ values }, k) => {
      sums[slab] += (equations[k].weight ?? 1) * (shares[k]?.[r] ?? 1) * values[r] ** 2;
    });
  });
  let before = 0;
  const factors = sums.map((sum, s) => {
    const own = Math.exp(-before);
    before += counts[s] > 0 ? sum / counts[s] : 0;
    return own;
  });
  const own = meanOne(Float64Array.from(slabs, (slab) => factors[slab]));
  return shares.map((given, k) => k < equations.length ? product(own, given) : given);
}

function square(x: number): number {
  return x * x;
}

function product(a: Float64Array, b: Float64Array | undefined): Float64Array {
  return b ? a.map((own, i) => own * b[i]) : a;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanOne(values: Float64Array): Float64Array {
  const mean = meanOf(values);
  return values.map((value) => value / mean);
}
