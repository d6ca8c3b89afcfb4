/**
 * How absolute values of edges are rounded off at 0 while Gauss-Newton runs: less and less.
 *
 * `sqrt(phi^2 + epsilon^2)` is nearly a parabola where epsilon is large, so that steps are long; its
 * minimum comes near that of `|phi|` as epsilon falls. Every width is held for its share of the
 * schedule's epochs, or until the optimizer finds no better point.
 *
 * @module
 */

import { commonRows } from "../../data/inner.ts";
import { moments } from "../../numerics/inner.ts";
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
  const lowered = Math.max(state.rounding?.lowered ?? 0, dueWidth(run, state));
  if (lowered !== state.rounding?.lowered) state.rounding = { lowered, since: state.epochs };
  compiled.penalty.round(isRounded(optimizer) ? WIDTHS[lowered] * targetScale(run) : 0);
}

/**
 * Lowers the width where its epochs are over, or the optimizer is done with it; the optimizer
 * then measures anew where it stands.
 *
 * @returns Whether there was a lower width.
 */
export function followRounding(
  run: Run,
  state: RunState,
  stage: Pick<OpenStage, "compiled" | "optimizer" | "records">,
  done: boolean,
): boolean {
  if (!stage.compiled.penalty || !isRounded(stage.optimizer)) return false;
  const before = state.rounding!.lowered;
  const lowered = Math.min(
    WIDTHS.length - 1,
    Math.max(before + (done ? 1 : 0), dueWidth(run, state)),
  );
  if (lowered === before) return false;
  state.rounding = { lowered, since: state.epochs };
  beginRounding(run, state, stage);
  state.optimizer = { ...state.optimizer!, objective: NaN };
  stage.records.length = 0; // other objectives
  return true;
}

/** The width that is due by the share of epochs, or of stages, that is over. */
function dueWidth({ schedule, totalEpochs }: Run, { epochs, stage }: RunState): number {
  const share = Math.max(epochs / totalEpochs, stage / schedule.stages.length);
  return Math.min(WIDTHS.length - 1, Math.floor(WIDTHS.length * share));
}

/** Standard deviation of all targets together; 1 where they are constant, or not known. */
function targetScale({ dataset }: Run): number {
  return dataset ? moments(commonRows(dataset).targets).deviation || 1 : 1;
}
