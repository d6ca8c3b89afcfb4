/**
 * Peaks that are learned in turn (Liu et al. 2024, Kolmogorov-Arnold networks, section 3.3).
 *
 * @module
 */

import { datasetOf } from "../../data/mod.ts";
import { createNetwork, forward, type Network } from "../../model/mod.ts";
import { coarseSchedule } from "../../multilevel/mod.ts";
import { lbfgs, trainToEnd } from "../../train/mod.ts";
import type {
  Experiment,
  ExperimentOptions,
  ExperimentPart,
  Findings,
  PartRunning,
} from "../experiment.ts";
import { brief, verdict } from "./_fits.ts";
import { exp } from "../../numerics/inner.ts";

/** What a network knows after every phase. */
interface ContinualValue {
  readonly name: string;
  readonly parameters: number;
  /** Root mean square errors over the rows of each peak, phase by phase: shape `[5, 5]`. */
  readonly errors: readonly (readonly number[])[];
  /** The largest change of a value outside the reach of the phase's rows. */
  readonly elsewhere: readonly number[];
  /** Values on `places` after the last phase. */
  readonly last: readonly number[];
}

const CENTRES = [-0.8, -0.4, 0, 0.4, 0.8];
const HALF = 0.2;
const ROWS = 100;
const INTERVALS = 200;
const DEGREE = 3;
const SEED = 1234;

/** The experiment. */
export const continual: Experiment<ContinualValue> = {
  name: "continual",
  title: "Five peaks learned in turn: what is kept of the old ones",
  source: "Liu et al. 2024 (arXiv 2404.19756), section 3.3, the toy of continual learning",
  minutes: 1,
  parts,
  conclude,
};

function parts(
  { quick = false, seeds: [seed] = [SEED] }: ExperimentOptions,
): ExperimentPart<ContinualValue>[] {
  const epochs = quick ? 10 : 30;
  return [
    {
      id: "splines",
      run: (running) =>
        inTurn(
          "splines [1, 1], 200 intervals",
          zeroed(createNetwork({
            ...{ widths: [1, 1], firstLayer: "spline", normalisation: "none", knots: "uniform" },
            ...{ intervals: INTERVALS, degree: DEGREE },
          }, { seed })),
          epochs,
          running,
        ),
    },
    {
      id: "mlp",
      run: (running) =>
        inTurn(
          "MLP [1, 64, 64, 1], ReLU",
          createNetwork({ widths: [1, 64, 64, 1], activation: "relu" }, { seed }),
          epochs,
          running,
        ),
    },
  ];
}

/** The paper's spline starts near 0. */
function zeroed(network: Network): Network {
  return { ...network, parameters: new Float64Array(network.parameters.length) };
}

function peaks(x: Float64Array): Float64Array {
  return x.map((place) => CENTRES.reduce((sum, c) => sum + exp(-300 * (place - c) ** 2), 0));
}

function phaseRows(centre: number): Float64Array {
  return Float64Array.from({ length: ROWS }, (_, i) => centre - HALF + 2 * HALF * (i + 0.5) / ROWS);
}

/** Where networks are compared. */
const PLACES = Float64Array.from({ length: 401 }, (_, i) => i / 200 - 1);

async function inTurn(
  name: string,
  start: Network,
  epochs: number,
  running: PartRunning,
): Promise<ContinualValue> {
  let network = start, before = forward(network, PLACES, PLACES.length);
  const errors: number[][] = [], elsewhere: number[] = [];
  const reach = 2 * (DEGREE + 1) / INTERVALS; // of a basis function
  for (const centre of CENTRES) {
    const inputs = phaseRows(centre), dataset = datasetOf({ inputs, targets: peaks(inputs) });
    // a new optimizer for every phase: no memory of the old rows
    ({ network } = await trainToEnd(network, dataset, {
      schedule: coarseSchedule(epochs),
      optimizer: lbfgs({ memory: 10 }),
      ...running,
    }));
    errors.push(CENTRES.map((each) => errorOn(network, phaseRows(each))));
    const after = forward(network, PLACES, PLACES.length);
    let change = 0;
    PLACES.forEach((place, i) => {
      if (Math.abs(place - centre) > HALF + reach) {
        change = Math.max(change, Math.abs(after[i] - before[i]));
      }
    });
    elsewhere.push(change);
    before = after;
  }
  return { name, parameters: network.parameters.length, errors, elsewhere, last: [...before] };
}

function errorOn(network: Network, x: Float64Array): number {
  const y = forward(network, x, x.length), targets = peaks(x);
  return Math.sqrt(y.reduce((sum, value, i) => sum + (value - targets[i]) ** 2, 0) / x.length);
}

function conclude(values: ReadonlyMap<string, ContinualValue>): Findings {
  const splines = [values.get("splines")].filter((value) => value !== undefined);
  const mlp = [values.get("mlp")].filter((value) => value !== undefined);
  return {
    claims: [
      verdict(
        "A phase changes no value of the spline outside the reach of its rows",
        splines,
        ([{ elsewhere }]) => ({
          holds: elsewhere.every((change) => change === 0),
          measured: `largest change ${brief(Math.max(...elsewhere))}`,
        }),
      ),
      verdict(
        "After the last phase the spline's error on every peak is below 1e-3",
        splines,
        ([{ errors }]) => ({
          holds: Math.max(...errors.at(-1)!) < 1e-3,
          measured: `at most ${brief(Math.max(...errors.at(-1)!))}`,
        }),
      ),
      verdict(
        "The MLP forgets: after the last phase its error on the first four peaks is above 0.05",
        mlp,
        ([{ errors }]) => ({
          holds: Math.min(...errors.at(-1)!.slice(0, -1)) > 0.05,
          measured: `at least ${brief(Math.min(...errors.at(-1)!.slice(0, -1)))}`,
        }),
      ),
    ],
    tables: [...values.values()].map(({ name, parameters, errors, elsewhere }) => ({
      title:
        `${name}, ${parameters} parameters: root mean square error on each peak after each phase`,
      columns: ["phase", ...CENTRES.map((c) => `peak at ${c}`), "largest change elsewhere"],
      rows: errors.map((row, i) => [`${i + 1}`, ...row, elsewhere[i]]),
    })),
    charts: values.size === 0 ? [] : [{
      title: "After the last phase",
      text: "The five peaks, and what the networks say after they have seen the last one: the " +
        "spline has all five, the MLP the last.",
      ...{ xTitle: "x", yTitle: "value" },
      curves: [
        { label: "peaks", x: [...PLACES], y: [...peaks(PLACES)], kind: "guide" as const },
        ...[...values.values()].map(({ name, last }) => ({
          label: name,
          x: [...PLACES],
          y: [...last],
        })),
      ],
    }],
    notes: [
      "Rows of a phase: 100 points around its peak. L-BFGS begins anew in every phase, inputs are " +
      "not normalised, knots stay. The reach of rows: a basis function is four intervals wide.",
    ],
  };
}
