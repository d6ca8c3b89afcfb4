/**
 * Optimizers by name, for schedules whose stages name theirs.
 *
 * @module
 */

import type { Schedule } from "../../multilevel/mod.ts";
import { adam, adamw } from "./adam.ts";
import { bfgs } from "./bfgs.ts";
import { gaussNewton } from "./gauss_newton/gauss_newton.ts";
import { gradientDescent } from "./gradient_descent.ts";
import { lbfgs } from "./lbfgs.ts";
import type { Optimizer } from "./optimizer.ts";
import { sgd } from "./sgd.ts";
import { ssbroyden } from "./ssbroyden.ts";

/** What makes the optimizer of each name, with its default numbers. */
// deno-lint-ignore no-explicit-any
const MAKERS: Readonly<Record<string, () => Optimizer<any>>> = {
  "gauss-newton": gaussNewton,
  lbfgs,
  adam,
  adamw,
  sgd,
  "gradient-descent": gradientDescent,
  bfgs,
  ssbroyden,
};

/**
 * The optimizer of each stage of a schedule; stages of the same name share one, stages that name
 * none have the `usual` one. A name that is missing in `named` stands for the optimizer of that
 * name (`gauss-newton`, `lbfgs`, `adam`, `adamw`, `sgd`, `gradient-descent`, `bfgs`,
 * `ssbroyden`) with its default numbers.
 *
 * @throws {RangeError} If a name is neither given nor known.
 */
export function stageOptimizers(
  schedule: Schedule,
  usual: Optimizer,
  named: Readonly<Record<string, Optimizer>> = {},
): Optimizer[] {
  const made = new Map<string, Optimizer>(Object.entries(named));
  return schedule.stages.map(({ optimizer: name }, s) => {
    if (name === undefined) return usual;
    if (!made.has(name)) {
      if (!Object.hasOwn(MAKERS, name)) {
        const known = [...new Set([...Object.keys(named), ...Object.keys(MAKERS)])].join(", ");
        throw new RangeError(
          `Cannot train: stages[${s}].optimizer must be one of ${known}, current value is ${name}`,
        );
      }
      made.set(name, MAKERS[name]());
    }
    return made.get(name)!;
  });
}
