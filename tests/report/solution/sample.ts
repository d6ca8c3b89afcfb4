/**
 * The report of an invented solution: every section filled, nothing trained.
 *
 * @module
 */

import { createNetwork, type Network } from "../../../lib/model/mod.ts";
import {
  collectSolutionReport,
  knotSnapshot,
  type SolutionFields,
  type SolutionReportData,
} from "../../../lib/report/mod.ts";
import type { TrainEvent } from "../../../lib/train/mod.ts";

/** A front that steepens, and its invented neighbour. */
export function frontFields(): SolutionFields {
  const front = (t: number, x: number) => -Math.tanh(x / (0.3 - 0.25 * t));
  const each = (points: Float64Array, f: (t: number, x: number) => number) =>
    Float64Array.from({ length: points.length / 2 }, (_, r) => f(points[2 * r], points[2 * r + 1]));
  const fault = (t: number, x: number) => 1e-3 * t * Math.exp(-40 * x * x) * Math.sin(30 * x);
  return {
    domain: { t: [0, 1], x: [-1, 1] },
    unknowns: ["u", "v"],
    equations: ["front", "neighbour"],
    solution: (points) => [
      each(points, (t, x) => front(t, x) + fault(t, x)),
      each(points, (t, x) => 2 + t * x + fault(x, t)),
    ],
    truth: (points) => [each(points, front), each(points, (t, x) => 2 + t * x)],
    residuals: (points) => [each(points, fault), each(points, (t, x) => fault(t, x - 0.5))],
  };
}

/** A network with two inputs and two outputs, its knots free. */
export function frontNetwork(intervals = 8): Network {
  const options = { widths: [2, 3, 2], firstLayer: "spline", knots: "free", intervals } as const;
  const network = createNetwork(options, { seed: 1 });
  const inputs = {
    kind: "minmax",
    minimum: new Float64Array([0, -1]),
    maximum: new Float64Array([1, 1]),
  } as const;
  return { ...network, statistics: [inputs, ...network.statistics.slice(1)] };
}

/** The events of an invented run of two levels with 10 epochs each. */
export function frontEvents(network: Network): TrainEvent[] {
  const record = (epoch: number): TrainEvent => ({
    type: "epoch",
    record: {
      stage: epoch <= 10 ? 0 : 1,
      intervals: epoch <= 10 ? 4 : 8,
      epoch,
      work: epoch <= 10 ? epoch : 2 * epoch - 10,
      loss: 0.7 ** epoch,
      objective: 0.7 ** epoch,
      gradientNorm: 0.8 ** epoch,
      evaluations: 3 * epoch,
      seconds: epoch / 10,
    },
  });
  const level = (intervals: number) => ({
    intervals,
    parameters: 20 * intervals,
    epochs: 10,
    evaluations: 30,
    loss: 0.7 ** (intervals === 4 ? 10 : 20),
    seconds: 1,
  });
  const epochs = Array.from({ length: 20 }, (_, i) => record(i + 1));
  return [
    { type: "stage", stage: 0, intervals: 4, epochs: 10, parameters: 80, totalEpochs: 20 },
    ...epochs.slice(0, 10),
    { type: "refined", fromIntervals: 4, toIntervals: 8, lossBefore: 1, lossAfter: 1 },
    { type: "stage", stage: 1, intervals: 8, epochs: 10, parameters: 160, totalEpochs: 20 },
    ...epochs.slice(10),
    {
      type: "finished",
      status: "completed",
      reason: "every epoch of the schedule is done",
      network,
      loss: 0.7 ** 20,
      evaluations: 60,
      seconds: 2,
      levels: [level(4), level(8)],
    },
  ];
}

/** A filled report; `change` replaces fields. */
export function sampleSolution(change: Partial<SolutionReportData> = {}): SolutionReportData {
  const coarse = frontNetwork(4), network = frontNetwork(8);
  const moved = (epoch: number) => {
    const at = epoch <= 10 ? coarse : network;
    const { layers } = knotSnapshot(at, epoch);
    const pull = (knot: number) => knot * (0.3 + 0.7 * (knot * knot) ** (epoch / 20));
    return { epoch, layers: layers.map((nodes) => nodes.map((knots) => knots.map(pull))) };
  };
  const falling = (from: number) => Array.from({ length: 20 }, (_, i) => from * 0.7 ** i);
  return {
    ...collectSolutionReport({
      title: "front",
      events: frontEvents(network),
      fields: frontFields(),
      problem: [
        { name: "front", formula: "u_t + u*u_x = nu*u_xx", where: "inside" },
        { name: "neighbour", formula: "v_x = t", where: "inside" },
        { name: "initial", formula: "u = -tanh(x/0.3)", where: "t = 0" },
        { name: "ends", formula: "v = 2 + t*x", where: "x = -1, 1" },
      ],
      facts: [["", "nu = 0.01"]],
      terms: ["front", "neighbour", "initial"].map((name, k) => ({
        name,
        loss: 1e-4,
        history: falling(10 ** -k),
      })),
      coefficients: [{ name: "nu", start: 1, value: 0.1, history: falling(1).map((x) => x + 0.1) }],
      errors: [["relative L2 error", 1.25e-4]],
      knots: [0, 5, 10, 11, 15, 20].map(moved),
      measurements: new Float64Array([0.25, -0.5, 0.75, 0.5]),
      inputs: new Float64Array([0, -1, 1, -1, 0, 1, 1, 1]),
      inputNames: ["t", "x"],
      configuration: [["seed", "1234"]],
      reproduce: "freeknot solve --problem front --report front.html",
      version: "0.1.0",
    }),
    ...change,
  };
}
