/**
 * Measurements with noise: how a run tells it from residuals that training could still lower.
 *
 * Noise cannot be fitted, and a network that tries bends the equations. So where residuals at
 * measurements stay as they were on a grid half as fine, while everything else could be fitted, they
 * are taken for noise: from then on they count in units in which noise just keeps the tolerance, and
 * equations hold as if the measurements were exact. Residuals of one sign from neighbour to neighbour
 * are none: there the equations, or the coefficients found so far, do not describe the measurements.
 *
 * @module
 */

import type { ResolvedPde } from "../equations/resolve.ts";
import type { PdeScales } from "./scales.ts";
import type { PdeVerification } from "./verification.ts";

/** Fewer measurements than these say nothing about noise. */
const LEAST_MEASUREMENTS = 8;
/** Residuals that a finer grid has not lowered to this share are noise. */
const STAYS = 0.7;
/**
 * Noise is independent from one measurement to the next: the ratio that tells neighbours' residuals
 * apart may be below 1 by so many of its standard deviations, which are about one over the root of the
 * number of measurements.
 */
const DEVIATIONS = 2.5;
/** Share of the tolerance that noise counts as. */
const NOISE_SHARE = 0.7;

/** Residuals at measurements that are noise, per term; 0 elsewhere. */
export type NoiseLevels = readonly number[];

/**
 * Noise after a round.
 *
 * @param before Residuals of each term on the grid before; undefined on the first grid.
 * @param known Noise found before.
 * @returns Undefined where there is none.
 */
export function noiseAfter(
  { terms: resolved }: ResolvedPde,
  { terms }: PdeVerification,
  tolerance: number,
  before: readonly number[] | undefined,
  known: NoiseLevels | undefined,
): NoiseLevels | undefined {
  const found = terms.map(({ trained }, k) => {
    const data = resolved[k].condition?.data;
    if (!data || trained.points < LEAST_MEASUREMENTS || !Number.isFinite(trained.rms)) return 0;
    if (known && known[k] > 0) return trained.rms;
    const isLarge = trained.rms / terms[k].size > tolerance;
    const isRandom = (trained.neighbours ?? 1) > 1 - DEVIATIONS / Math.sqrt(trained.points);
    return isLarge && isRandom && before && trained.rms > STAYS * before[k] ? trained.rms : 0;
  });
  return found.some((noise) => noise > 0) ? found : undefined;
}

/** Sizes of which noise counts as the tolerance. */
export function withNoise(
  scales: PdeScales,
  noise: NoiseLevels | undefined,
  tolerance: number,
): PdeScales {
  if (!noise) return scales;
  return {
    ...scales,
    terms: scales.terms.map((size, k) =>
      Math.max(size, (noise[k] ?? 0) / (NOISE_SHARE * tolerance))
    ),
  };
}
