/**
 * Weights of residuals, from the residuals and gradients of the network that a stage starts with.
 *
 * @module
 */

import type { Loss } from "../../engine/mod.ts";
import type { Network } from "../../model/mod.ts";
import { pdeEngine, type PdeEngineOptions } from "../solve/pde_engine.ts";
import type { PdeEvaluator, PdeResiduals } from "../solve/pde_evaluator.ts";
import type { PdeProblem } from "../equations/pde.ts";
import type { ResidualWeighting } from "./renewal.ts";
import { exp } from "../../numerics/inner.ts";

const MSE: Loss = { kind: "mse" };
/** Slabs of time of causal weights. */
const SLABS = 32;

/** Factors of the squared residuals, per term; undefined: 1. */
export type Shares = readonly (Float64Array | undefined)[];

/** Attention to each point, per term. */
export type Attention = readonly Float64Array[];

/** Factors of a stage, and what they go on from. */
export interface Weights {
  readonly shares: Shares;
  /** Of the stage before, where all stages have the same points, so that attention adds up. */
  readonly attention?: Attention | undefined;
}

/**
 * Turns the factors of the stage that `network` starts, with the attention of the stage before,
 * into weighted ones; they stay where `kind` is undefined.
 */
export async function weigh(
  kind: ResidualWeighting | undefined,
  problem: PdeProblem,
  network: Network,
  options: PdeEngineOptions,
  { shares, attention: before, stage }: Weights & { readonly stage: number },
): Promise<Weights> {
  if (kind === "gradients") {
    return { shares: await gradientShares(problem, network, options, shares) };
  }
  if (kind === undefined || stage === 0) return { shares };
  const residuals = await residualsOf(problem, network, options);
  if (kind === "causal") return { shares: causalShares(problem, residuals, shares) };
  const attention = residuals.map(({ values }, k) => attend(values, before?.[k]));
  const weights = attention.map((values) => meanOne(values.map((w) => w * w)));
  return { attention, shares: weights.map((values, k) => product(values, shares[k])) };
}

/** Points and residuals of every term. */
async function residualsOf(
  problem: PdeProblem,
  network: Network,
  options: PdeEngineOptions,
): Promise<readonly PdeResiduals[]> {
  const evaluator = await compileOnce(problem, network, options);
  evaluator.evaluate(network.parameters);
  const residuals = evaluator.residuals();
  evaluator.dispose();
  return residuals;
}

/** An evaluator for one evaluation, which is not worth helper threads. */
function compileOnce(
  problem: PdeProblem,
  network: Network,
  { firstStages: _, ...options }: PdeEngineOptions,
): Promise<PdeEvaluator> {
  const engine = pdeEngine(problem, { ...options, threads: 1 });
  return engine.compile({ network, loss: MSE });
}

async function gradientShares(
  problem: PdeProblem,
  network: Network,
  options: PdeEngineOptions,
  shares: Shares,
): Promise<Shares> {
  const norms: number[] = [];
  const counts = (await residualsOf(problem, network, options)).map(({ values }) => values.length);
  for (const k of counts.keys()) {
    const only = counts.map((count, j) => j === k ? shares[k] : new Float64Array(count));
    const evaluator = await compileOnce(problem, network, { ...options, shares: only });
    const gradient = new Float64Array(network.parameters.length);
    evaluator.evaluate(network.parameters, gradient);
    evaluator.dispose();
    norms.push(Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)));
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
  shares: Shares,
): Shares {
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
    const factor = exp(-before);
    before += counts[s] > 0 ? sum / counts[s] : 0;
    return factor;
  });
  const causal = meanOne(Float64Array.from(slabs, (slab) => factors[slab]));
  return residuals.map((_, k) => k < equations.length ? product(causal, shares[k]) : shares[k]);
}

function product(a: Float64Array, b: Float64Array | undefined): Float64Array {
  return b ? a.map((x, i) => x * b[i]) : a;
}

/** The arithmetic mean. */
export function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Values in units of their mean. */
export function meanOne(values: Float64Array): Float64Array {
  const mean = meanOf(values);
  return values.map((value) => value / mean);
}
