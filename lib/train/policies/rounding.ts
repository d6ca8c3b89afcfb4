/**
 * How absolute values of edges are rounded off at 0 while Gauss-Newton runs: less and less.
 *
 * `sqrt(phi^2 + epsilon^2)` is nearly a parabola where epsilon is large, so that steps are long; its
 * minimum comes near that of `|phi|` as epsilon falls. Every width is held for its share of the
 * schedule's epochs, or until the optimizer finds no better point.
 *
 * @module
 */

import type { Optimizer } from "../optimizers/optimizer.ts";
import type { OpenStage, Run, RunState } from "../run.ts";

/** The widths, in units of the targets' standard deviation. */
const WIDTHS = [1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4];

/** Whether an optimizer takes absolute values rounded off: the one that asks for curvature. */
function isRounded({ name }: Optimizer): boolean {
  return name === "gauss-newton";
}

/** Sets the width at the start of a stage, also of one that is resumed. */
export function beginRounding(
  run: Run,
  state: RunState,
  { compiled, optimizer }: Pick<OpenStage, "compiled" | "optimizer">,
): void {
  if (!compiled.penalty) return;
  state.rounding ??= 0;
  compiled.penalty.round(isRounded(optimizer) ? WIDTHS[state.rounding] * targetScale(run) : 0);
}

/**
 * Lowers the width where its epochs are over, or the optimizer is done with it; the optimizer
 * then measures anew where it stands.
 *
 * @returns Whether there is a lower width for an optimizer that is done.
 */
export function followRounding(
  run: Run,
  state: RunState,
  stage: Pick<OpenStage, "compiled" | "optimizer">,
  done: boolean,
): boolean {
  if (!stage.compiled.penalty || !isRounded(stage.optimizer)) return false;
  const last = WIDTHS.length - 1, before = state.rounding ?? 0;
  const due = Math.floor(WIDTHS.length * state.epochs / run.totalEpochs);
  const next = Math.min(last, Math.max(before + (done ? 1 : 0), due));
  if (next === before) return false;
  state.rounding = next;
  beginRounding(run, state, stage);
  state.optimizer = { ...state.optimizer!, objective: NaN };
  return done;
}

/** Standard deviation of all targets together; 1 where they are constant, or not known. */
function targetScale({ dataset }: Run): number {
  if (!dataset) return 1;
  const { targets } = dataset;
  const mean = targets.reduce((sum, t) => sum + t, 0) / targets.length;
  const square = targets.reduce((sum, t) => sum + (t - mean) ** 2, 0) / targets.length;
  return Math.sqrt(square) || 1;
}
