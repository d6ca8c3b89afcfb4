/**
 * A report of invented numbers: every section filled, no network needed.
 *
 * @module
 */

import type { ActivationCurve, ReportData } from "../../../lib/report/mod.ts";

/** The function that the sample pretends to have learned. */
function truth(x: number, y: number): number {
  return 0.5 + 0.3 * Math.cos(4 * Math.PI * x) * Math.sin(Math.PI * y) -
    0.2 * Math.abs(Math.sin(3 * Math.PI * y * y));
}

/** Its invented error: ridges along the kinks. */
function fault(x: number, y: number): number {
  const kink = Math.abs(Math.sin(3 * Math.PI * y * y));
  return 2e-3 * Math.exp(-40 * kink) + 8e-5 * Math.sin(23 * x) * Math.cos(17 * y);
}

/** A smooth curve with crowded knots near `centre`. */
function curve(layer: number, input: number, output: number, intervals: number): ActivationCurve {
  const centre = 0.6 * Math.sin(2 * input + output + layer);
  const knots = Array.from({ length: intervals + 1 }, (_, i) => {
    const u = -1 + 2 * i / intervals;
    return i === 0 || i === intervals ? u : u + 0.35 * (centre - u) * (1 - u * u);
  });
  const x = Array.from({ length: 161 }, (_, i) => -1 + i / 80);
  const size = 1 / (1 + input + output);
  return {
    layer,
    input,
    output,
    x,
    y: x.map((u) => size * (Math.abs(u - centre) + 0.3 * Math.sin(5 * u + input))),
    knots,
    dataRange: [-1, 1],
    domain: [-1, 1],
    rawRange: [-0.31 * (1 + input), 0.74],
    rawInputName: layer === 0 ? `z${input + 1}` : `h${input + 1}`,
    outputName: layer === 0 ? `h${output + 1}` : "y",
  };
}

/** A filled report; `change` replaces fields. */
export function sampleReport(change: Partial<ReportData> = {}): ReportData {
  const levelEpochs = [32, 16, 8, 4];
  const history: ReportData["history"][number][] = [];
  const refinements: ReportData["refinements"][number][] = [];
  const levels: ReportData["levels"][number][] = [];
  let epoch = 0, work = 0;
  levelEpochs.forEach((epochs, stage) => {
    const intervals = 5 * 2 ** stage;
    if (stage > 0) refinements.push({ work, fromIntervals: intervals / 2, toIntervals: intervals });
    for (let i = 1; i <= epochs; i++) {
      epoch++;
      work += intervals / 5;
      const loss = 2.2e-2 * 0.12 ** stage * (0.09 + 0.91 * Math.exp(-5 * i / epochs));
      history.push({
        stage,
        intervals,
        epoch,
        work,
        loss,
        objective: loss,
        validationLoss: 1.2 * loss,
        gradientNorm: 0.1 * loss,
        evaluations: 20 * epoch,
        seconds: 0.06 * epoch,
      });
    }
    levels.push({
      intervals,
      parameters: [110, 160, 260, 460][stage],
      epochs,
      evaluations: 20 * epochs,
      loss: history[history.length - 1].loss,
      seconds: 0.06 * epochs,
    });
  });

  const side = 96;
  const target: number[] = [], prediction: number[] = [], error: number[] = [];
  for (let r = 0; r < side; r++) {
    for (let c = 0; c < side; c++) {
      const x = c / (side - 1), y = r / (side - 1);
      target.push(truth(x, y));
      error.push(fault(x, y));
      prediction.push(truth(x, y) + fault(x, y));
    }
  }
  const scatter = (["train", "test"] as const).map((part, k) => {
    const points = Array.from({ length: 1200 }, (_, i) => {
      const x = (i * 0.6180339887 + 0.3 * k) % 1, y = (i * 0.7548776662 + 0.1 * k) % 1;
      return [truth(x, y), truth(x, y) + (1 + k / 4) * fault(x, y)];
    });
    return {
      part,
      name: "y",
      target: points.map(([t]) => t),
      prediction: points.map(([, p]) => p),
    };
  });
  const nodes = [0, 1, 2, 3, 4].map((node) => ({
    node,
    name: `z${node + 1}`,
    lines: Array.from({ length: 39 }, (_, i): [number, number, number, number] => {
      const angle = 0.4 + 0.55 * node, offset = (i + 1) / 40 - 0.5;
      const shift = offset + 0.4 * (0.2 - offset) * (0.5 - Math.abs(offset));
      const cx = 0.5 + shift * Math.cos(angle), cy = 0.5 + shift * Math.sin(angle);
      return clip(cx, cy, -Math.sin(angle), Math.cos(angle));
    }),
  }));
  const activations = [0, 1].flatMap((layer) =>
    [0, 1, 2, 3, 4].flatMap((input) =>
      (layer === 0 ? [0, 1] : [0]).map((output) =>
        curve(layer, input, output, layer === 0 ? 5 : 40)
      )
    )
  );
  return {
    title: "nonsmooth",
    subtitle: "A [2, 5, 2, 1] network of cubic free-knot splines, 5 → 40 intervals, seed 1234",
    status: "completed",
    reason: "All stages of the schedule are done.",
    lossName: "mean squared error",
    configuration: [
      ["widths", "[2, 5, 2, 1]"],
      ["degree", "3"],
      ["intervals", "5 → 40"],
      ["basis", "bspline"],
      ["knots", "free, one vector per input node"],
      ["first layer", "linear, with bias"],
      ["normalisation", "minmax onto [-1, 1]"],
      ["optimizer", "lbfgs, safeguarded, memory 100"],
      ["schedule", "multilevel [32, 16, 8, 4]"],
      ["seed", "1234"],
    ],
    layout: [
      { name: "linear.weights", offset: 0, shape: [2, 5] },
      { name: "linear.bias", offset: 10, shape: [5] },
      { name: "spline0.coefficients", offset: 15, shape: [5, 43, 2] },
      { name: "spline0.knotLogits", offset: 445, shape: [5, 46] },
      { name: "spline1.coefficients", offset: 675, shape: [2, 43, 1] },
      { name: "spline1.knotLogits", offset: 761, shape: [2, 46] },
    ],
    levels,
    paper: [
      { label: "spline, uniform knots, multilevel", parameters: 230, mse: 3.67e-5 },
      { label: "spline, free knots, fine", parameters: 460, mse: 2.52e-5 },
    ],
    losses: { train: 1.63e-6, validation: 1.91e-6, test: 1.72e-6 },
    scores: {
      train: { rmse: 1.277e-3, r2: 0.9999871, maxError: 0.0192 },
      validation: { rmse: 1.38e-3, r2: 0.9999849, maxError: 0.0188 },
      test: { rmse: 1.311e-3, r2: 0.9999863, maxError: 0.0201 },
    },
    history,
    refinements,
    activations,
    layerShapes: [[5, 2], [5, 1]],
    scatter,
    errorMap: {
      x: [0, 1],
      y: [0, 1],
      columns: side,
      rows: side,
      prediction,
      target,
      error,
      names: ["x1", "x2"],
      targetName: "y",
    },
    knotLines: { x: [0, 1], y: [0, 1], names: ["x1", "x2"], nodes },
    reproduce: "freeknot train --problem nonsmooth --widths 2,5,2,1 --degree 3 --intervals 5 " +
      "--knots free --optimizer lbfgs --schedule 32,16,8,4 --seed 1234 --report report.html",
    version: "0.1.0",
    ...change,
  };
}

/** The part of a line within the unit square, by halving steps (invented data need no more). */
function clip(x: number, y: number, dx: number, dy: number): [number, number, number, number] {
  const inside = (s: number) => {
    const u = x + s * dx, v = y + s * dy;
    return u >= 0 && u <= 1 && v >= 0 && v <= 1;
  };
  const reach = (sign: number) => {
    let s = 0;
    for (let step = 1; step > 1e-6; step /= 2) if (inside(sign * (s + step))) s += step;
    return sign * s;
  };
  const s0 = reach(-1), s1 = reach(1);
  return [x + s0 * dx, y + s0 * dy, x + s1 * dx, y + s1 * dy];
}
