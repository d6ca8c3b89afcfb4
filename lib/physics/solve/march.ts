/**
 * Nonlinear initial value problems: window after window in time, for a first guess of the whole.
 *
 * Least squares over a long time have poor minima far from the solution: a spline may jump from one
 * trajectory to another where that is cheap. On a short window there is one solution near its start.
 * So windows follow each other, each begun with the values at which the one before ends, longer
 * where that is easy and shorter where it is not; one spline is then fitted to all of them.
 *
 * @module
 */

import { createNetwork, type Network, type NetworkOptions } from "../../model/mod.ts";
import { customSchedule } from "../../multilevel/mod.ts";
import { trainToEnd } from "../../train/mod.ts";
import { evaluateFormulas } from "../equations/evaluate.ts";
import { variable } from "../equations/expression.ts";
import { runLevels } from "./levels.ts";
import type { PdeCondition, PdeProblem } from "../equations/pde.ts";
import { beginRun, type PdeRun } from "./piece_runs.ts";
import { outputName, outputsOf } from "../equations/outputs.ts";
import { type ResolvedPde, resolvePde } from "../equations/resolve.ts";
import { isLinear } from "./automatic.ts";
import { pdeInputs } from "../equations/inputs.ts";
import { cos } from "../../numerics/inner.ts";

/** Windows that a run begins with, and shortest ones. */
const FIRST_WINDOWS = 16, MOST_WINDOWS = 4096;
/** Relative residual of a window. */
const WINDOW_TOLERANCE = 1e-8;
/** What a window's residual must reach for the next one to begin. */
const GOOD_ENOUGH = 1e-5;
/** Points per window that the whole is fitted to. */
const POINTS = 64;

/** Whether a problem is an initial value problem of ordinary differential equations, not linear. */
export function marches(problem: PdeProblem, resolved: ResolvedPde): boolean {
  const { coordinates, ranges, terms } = resolved;
  return coordinates.length === 1 && !problem.ansatz && !problem.periodic?.length &&
    resolved.coefficients.length === 0 && !isLinear(resolved) &&
    terms.every(({ condition }) =>
      !condition || (condition.at && condition.at[coordinates[0]] === ranges[0][0])
    );
}

/** What marching runs with. */
export interface MarchOptions {
  readonly network: NetworkOptions;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Most parameters of the whole. */
  readonly mostParameters: number;
}

/**
 * Marches to the end, and fits one network in units of the sizes of `beginRun`; undefined where a
 * window is not solved.
 */
export async function march(
  problem: PdeProblem,
  options: MarchOptions,
): Promise<PdeRun | undefined> {
  const { coordinates: [name], ranges: [[a, b]], unknowns } = resolvePde(problem);
  const orders = highestOrders(problem);
  const times: number[] = [], values: number[][] = [];
  let from = a, length = (b - a) / FIRST_WINDOWS;
  let conditions = problem.conditions;
  while (from < b && !options.signal?.aborted) {
    const to = from + 1.001 * length >= b ? b : from + length;
    const window: PdeProblem = {
      ...problem,
      domain: { [name]: [from, to] },
      conditions: conditions.map((each) => each.at ? { ...each, at: { [name]: from } } : each),
      incomplete: true,
    };
    const found = await solveWindow(window, options);
    if (!found) {
      length /= 4;
      if (length < (b - a) / MOST_WINDOWS) return undefined;
      continue;
    }
    const { run, easy } = found, scale = run.scales.unknowns;
    const at = Float64Array.from(
      { length: POINTS + 1 },
      (_, i) => from + (to - from) * (1 - cos(Math.PI * i / POINTS)) / 2,
    );
    const outputs = unknowns.map((_, k) => variable(outputName(k, [])));
    const evaluated = evaluateFormulas(window, run.network, at, outputs, { unknowns: scale });
    at.forEach((t, i) => {
      times.push(t);
      values.push(evaluated.map((column) => column[i]));
    });
    conditions = handOver(window, run, orders, name, to);
    from = to;
    if (easy) length *= 2;
  }
  if (!(from >= b)) return undefined;
  return await fitWhole(problem, options, Float64Array.from(times), values);
}

/** The highest derivative of each unknown. */
function highestOrders(problem: PdeProblem): number[] {
  const { terms, unknowns } = resolvePde(problem);
  const orders = unknowns.map(() => 0);
  for (const { residual, condition } of terms) {
    if (condition) continue;
    for (const { output, derivative } of outputsOf(residual)) {
      orders[output] = Math.max(orders[output], derivative.length);
    }
  }
  return orders;
}

/** Solves one window; `easy` where its first grids were enough. */
async function solveWindow(
  window: PdeProblem,
  { network, seed, signal }: MarchOptions,
): Promise<{ readonly run: PdeRun; readonly easy: boolean } | undefined> {
  const run = beginRun(window, createNetwork({ ...network, intervals: 2 }, { seed }));
  const { verification } = await runLevels(window, run, {
    tolerance: WINDOW_TOLERANCE,
    mostParameters: 21 * run.network.config.widths.at(-1)!,
    threads: 1,
    signal,
  });
  if (!(verification.fresh <= GOOD_ENOUGH)) return undefined;
  return { run, easy: run.network.config.intervals <= 8 };
}

/** Conditions at the end of a window: values and derivatives below the highest. */
function handOver(
  window: PdeProblem,
  { network, scales }: PdeRun,
  orders: readonly number[],
  name: string,
  to: number,
): PdeCondition[] {
  const unknowns = window.unknowns ?? ["u"];
  return unknowns.flatMap((unknown, k) =>
    Array.from({ length: orders[k] }, (_, order): PdeCondition => {
      const derivative = new Array(order).fill(0);
      const [[value]] = evaluateFormulas(window, network, Float64Array.of(to), [
        variable(outputName(k, derivative)),
      ], { unknowns: scales.unknowns });
      const left = order === 0 ? unknown : `${unknown}_${name.repeat(order)}`;
      return {
        at: { [name]: to },
        equation: `${left} = ${value < 0 ? "-" : ""}${Math.abs(value)}`,
      };
    })
  );
}

/** Largest error of the fit, in units of the unknowns' sizes, that Gauss-Newton can begin with. */
const FIT_ERROR = 1e-4;

/** Fits one network to values at times. */
async function fitWhole(
  problem: PdeProblem,
  { network: options, seed, mostParameters }: MarchOptions,
  times: Float64Array,
  values: readonly (readonly number[])[],
): Promise<PdeRun> {
  const nOut = values[0].length;
  const inputs = pdeInputs(problem, times, []).inputs;
  const sizes = Array.from(
    { length: nOut },
    (_, k) => Math.max(Number.MIN_VALUE, ...values.map((row) => Math.abs(row[k]))),
  );
  const targets = Float64Array.from(
    { length: times.length * nOut },
    (_, i) => values[Math.floor(i / nOut)][i % nOut] / sizes[i % nOut],
  );
  const dataset = { rows: times.length, nIn: 1, nOut, inputs, targets };
  let whole: Network, loss = Infinity, intervals = options.intervals ?? 8;
  do {
    intervals *= 2;
    whole = createNetwork({ ...options, intervals }, { seed });
    ({ network: whole, loss } = await trainToEnd(whole, dataset, {
      schedule: customSchedule([{ epochs: 8 }], { name: "fit" }),
    }));
  } while (Math.sqrt(loss) > FIT_ERROR && whole.parameters.length * 2 <= mostParameters);
  const run = beginRun(problem, whole);
  return { ...run, scales: { ...run.scales, unknowns: sizes } };
}
