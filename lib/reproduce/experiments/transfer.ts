/**
 * Moving a network to a finer grid: exactly, or by least squares at the data (Actor et al. 2025,
 * section 4).
 *
 * @module
 */

import { designMatrix, multiply, normalMatrix } from "../../basis/mod.ts";
import { findProblem, galleryDatasets } from "../../data/mod.ts";
import { blockValues, layerInputs, normalisationMap } from "../../model/inner.ts";
import {
  createNetwork,
  forward,
  layerKnots,
  type Network,
  withStatistics,
} from "../../model/mod.ts";
import { prolong } from "../../multilevel/mod.ts";
import { choleskyFactor, multiplyTransposed, solveByFactor } from "../../numerics/inner.ts";
import type { Experiment, ExperimentOptions, ExperimentPart, Findings } from "../experiment.ts";
import { brief, verdict } from "./_fits.ts";

/** One move from a grid to a finer one. */
interface Move {
  readonly widths: readonly number[];
  readonly from: number;
  readonly to: number;
  /** Milliseconds, the least of three. */
  readonly milliseconds: number;
  /** Largest change of an output at the data, over the largest output. */
  readonly change: number;
}

/** The ways of a network from 5 to 40 intervals. */
interface TransferValue {
  readonly exact: readonly Move[];
  /** Least squares on the same grids. */
  readonly refitted: readonly Move[];
  /** Least squares on grids that are not nested: from 5 to 8 intervals and so on. */
  readonly elsewhere: readonly Move[];
}

const SEED = 1234, WIDTHS = [[2, 5, 1], [2, 20, 20, 1]];

/** The experiment. */
export const transfer: Experiment<TransferValue> = {
  name: "transfer",
  title: "Cost and error of the transfer to a finer grid",
  source: "Actor et al. 2025, section 4; Liu et al. 2024 refit by least squares",
  minutes: 1,
  parts,
  conclude,
};

function parts(options: ExperimentOptions): ExperimentPart<TransferValue>[] {
  const { quick = false, seeds: [seed] = [SEED] } = options;
  return WIDTHS.map((widths) => ({
    id: `widths-${widths.join("-")}`,
    run: () => moves(widths, seed, quick ? 1000 : 20_000),
  }));
}

function moves(widths: readonly number[], seed: number, rows: number): TransferValue {
  const { inputs } = galleryDatasets(findProblem("xor"), { rows, testRows: 1 }).train;
  const found: Record<keyof TransferValue, Move[]> = { exact: [], refitted: [], elsewhere: [] };
  let network = withStatistics(createNetwork({ widths, knots: "uniform" }, { seed }), inputs, rows);
  for (const intervals of [5, 10, 20]) {
    const coarse = network, values = forward(coarse, inputs, rows);
    const measured = (move: () => Network): Move => {
      let milliseconds = Infinity, fine = coarse;
      for (let repeat = 0; repeat < 3; repeat++) {
        const from = performance.now();
        fine = move();
        milliseconds = Math.min(milliseconds, performance.now() - from);
      }
      const change = largestChange(values, forward(fine, inputs, rows));
      return { widths, from: intervals, to: fine.config.intervals, milliseconds, change };
    };
    found.exact.push(measured(() => network = prolong(coarse)));
    found.refitted.push(measured(() => refit(coarse, 2 * intervals, inputs, rows)));
    found.elsewhere.push(measured(() => refit(coarse, 1.6 * intervals, inputs, rows)));
  }
  return found;
}

function largestChange(before: Float64Array, after: Float64Array): number {
  const largest = before.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return before.reduce((most, v, i) => Math.max(most, Math.abs(v - after[i])), 0) / largest;
}

/**
 * The same network with other even knots: per input node of a layer the activations' values at the
 * data, by least squares. The sums use local support, so the time is less than with a full matrix.
 */
function refit(coarse: Network, intervals: number, inputs: Float64Array, rows: number): Network {
  const fine: Network = {
    ...createNetwork({ ...coarse.config, intervals }),
    statistics: coarse.statistics,
  };
  blockValues(fine, "linear.weights").set(blockValues(coarse, "linear.weights"));
  blockValues(fine, "linear.bias").set(blockValues(coarse, "linear.bias"));
  layerInputs(coarse, inputs, rows).forEach((values, layer) => {
    const nIn = values.length / rows, name = `spline${layer}.coefficients`;
    const old = blockValues(coarse, name), block = old.length / nIn;
    const fresh = blockValues(fine, name), wide = fresh.length / nIn;
    for (let p = 0; p < nIn; p++) {
      const { toDomain } = normalisationMap(coarse, layer, p);
      const places = Float64Array.from({ length: rows }, (_, r) => toDomain(values[r * nIn + p]));
      const targets = designMatrix(layerKnots(coarse, layer, p), places);
      const knots = layerKnots(fine, layer, p), design = designMatrix(knots, places);
      const matrix = normalMatrix(knots, places), n = design.columns, nOut = wide / n;
      const most = matrix.reduce((sum, value) => Math.max(sum, value), 0);
      const factor = choleskyFactor(matrix, n, 1e-13 * most)!;
      for (let q = 0; q < nOut; q++) {
        const c = Float64Array.from(
          { length: targets.columns },
          (_, i) => old[p * block + i * nOut + q],
        );
        const right = multiplyTransposed(design, multiply(targets, c));
        solveByFactor(factor, n, right);
        right.forEach((value, i) => fresh[p * wide + i * nOut + q] = value);
      }
    }
  });
  return fine;
}

function conclude(values: ReadonlyMap<string, TransferValue>): Findings {
  const all = [...values.values()];
  const exact = all.flatMap((value) => value.exact);
  const refitted = all.flatMap((value) => value.refitted);
  const elsewhere = all.flatMap((value) => value.elsewhere);
  const most = (moves: readonly Move[]) => Math.max(...moves.map(({ change }) => change));
  const ratios = exact.map(({ milliseconds }, i) => refitted[i].milliseconds / milliseconds);
  return {
    claims: [
      verdict("Prolongation changes no output by more than 1e-13 of the largest", exact, () => ({
        holds: most(exact) <= 1e-13,
        measured: `at most ${brief(most(exact))}`,
      })),
      verdict("Least squares take at least 5 times as long on every grid", exact, () => ({
        holds: Math.min(...ratios) >= 5,
        measured: `${brief(Math.min(...ratios))} to ${brief(Math.max(...ratios))} times`,
      })),
      verdict(
        "Refitted on a grid that is not nested, a network loses at least 1e-5 of its outputs",
        elsewhere,
        () => ({
          holds: elsewhere.every(({ change }) => change >= 1e-5),
          measured: `${brief(Math.min(...elsewhere.map(({ change }) => change)))} to ` +
            `${brief(most(elsewhere))}; on nested grids at most ${brief(most(refitted))}`,
        }),
      ),
    ],
    tables: all.length === 0 ? [] : [{
      title: "Moves to finer grids",
      columns: ["network", "how", "intervals", "milliseconds", "largest change"],
      rows: [
        ...exact.map((move) => rowOf("prolongation", move)),
        ...refitted.map((move) => rowOf("least squares", move)),
        ...elsewhere.map((move) => rowOf("least squares, not nested", move)),
      ],
    }],
    charts: all.length === 0 ? [] : [timeChart(exact, refitted)],
    notes: [
      "Random networks with even knots on the points of Tables 1 and 2 (20,000, 1,000 in the quick " +
      "form). Changes are relative to the largest output.",
      "pykan solves a dense system of points x functions per node; the sums here use that only " +
      "degree + 1 functions are not 0 at a point, so that the ratio of times is a lower one.",
    ],
  };
}

function rowOf(how: string, { widths, from, to, milliseconds, change }: Move) {
  return [`[${widths.join(", ")}]`, how, `${from} to ${to}`, milliseconds, change];
}

function timeChart(exact: readonly Move[], refitted: readonly Move[]): Findings["charts"][number] {
  const groups = [["prolongation", exact], ["least squares", refitted]] as const;
  return {
    title: "Time of a move",
    text: "Milliseconds over the intervals of the finer grid: prolongation takes as long for any " +
      "data, least squares grow with the points and the nodes.",
    ...{ xTitle: "intervals of the finer grid", yTitle: "milliseconds", logarithmic: "both" },
    curves: groups.flatMap(([how, moves]) => {
      const names = [...new Set(moves.map(({ widths }) => widths.join(", ")))];
      return names.map((name) => {
        const found = moves.filter(({ widths }) => widths.join(", ") === name);
        return {
          label: `${how}, [${name}]`,
          x: found.map(({ to }) => to),
          y: found.map(({ milliseconds }) => milliseconds),
        };
      });
    }),
  };
}
