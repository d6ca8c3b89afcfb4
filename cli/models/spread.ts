/**
 * On which scale the errors of a model's predictions are of one size, so that one width makes
 * intervals of all rows.
 *
 * Where the variance grows with the mean to the power `p`, `y^(1 - p / 2)` has about the same spread
 * everywhere: the root of counts, the logarithm of positive numbers (`p = 2`). Of successes among `n`
 * trials it is `sqrt(n) arcsin sqrt(y / n)` (M. S. Bartlett, The use of transformations, Biometrics 3,
 * 1947). Intervals are made there and mapped back; they cover whatever the scale is.
 *
 * @module
 */

import type { TargetLink } from "../../lib/data/mod.ts";
import type { DataEncoding } from "../commands/train/data.ts";
import { asin, exp, log, pow, sin } from "../../lib/numerics/inner.ts";

/** A scale of errors. */
export interface Spread {
  /** What errors are called that were measured there. */
  readonly name: "log" | "root" | "angle";
  /** A target, or a prediction of it, on the scale; of `trials` of its row. */
  to(value: number, trials: number): number;
  /** Back from the scale; beyond its ends the nearest target. */
  from(place: number, trials: number): number;
}

const LOG: Spread = { name: "log", to: log, from: exp };

const ANGLE: Spread = {
  name: "angle",
  to: (value, trials) =>
    Math.sqrt(trials) * asin(Math.sqrt(Math.min(1, Math.max(0, value / trials)))),
  from(place, trials) {
    const angle = Math.max(0, place / Math.sqrt(trials));
    return angle >= Math.PI / 2 ? trials : trials * sin(angle) ** 2;
  },
};

function rootSpread(power: number): Spread {
  const exponent = 1 - power / 2;
  return {
    name: "root",
    to: (value) => pow(Math.max(0, value), exponent),
    from: (place) => pow(Math.max(0, place), 1 / exponent),
  };
}

/** The scale of errors of a link; undefined where predictions are no targets, as hazard ratios are. */
export function linkSpread(link: TargetLink): Spread | undefined {
  if (link.kind === "log") return link.power === 2 ? LOG : rootSpread(link.power);
  return link.kind === "logit" ? ANGLE : undefined;
}

/**
 * The scale of errors of a model; undefined: that of the targets. Means of targets that were learned
 * as logarithms have errors of one size there.
 */
export function errorSpread(encoding: DataEncoding): Spread | undefined {
  if (encoding.kind !== "table" || encoding.task !== "regression") return undefined;
  const { link, targets } = encoding;
  if (link !== undefined) return linkSpread(link);
  return targets.every(({ smearing }) => smearing !== undefined) ? LOG : undefined;
}

/** Whether a model's predictions have errors at all: not hazard ratios and quantiles. */
export function predictsTargets(encoding: DataEncoding): boolean {
  if (encoding.kind !== "table") return false;
  if (encoding.task === "classification" || encoding.link === undefined) return true;
  return linkSpread(encoding.link) !== undefined;
}
