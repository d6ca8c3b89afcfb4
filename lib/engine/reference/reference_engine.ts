/**
 * The reference engine: slow, plain, and what every other engine must agree with.
 *
 * Written from the definitions: local basis functions by their recursions, the chain rule edge by
 * edge, statistics and their adjoints in whole-batch formulas. Nothing here is shared with the
 * fast kernels but the loss.
 *
 * @module
 */

import { isFiniteVector, tanh } from "../../numerics/inner.ts";
import { freeKnotsVjp, type KnotVector } from "../../knots/mod.ts";
import {
  applyNodeMap,
  BATCH_NORM_EPSILON,
  blockValues,
  layerBaseWeights,
  layerCoefficients,
  type LinearStage,
  localFunctions,
  measureStatistics,
  nodeMap,
  setLayerBaseWeights,
  setLayerCoefficients,
  silu,
  siluDerivative,
  type SplineStage,
  stagesOf,
} from "../../model/inner.ts";
import { layerKnots, type Network, type NormalisationStatistics } from "../../model/mod.ts";
import { type Dataset, subset } from "../../data/mod.ts";
import type { Engine, Evaluation, Evaluator } from "../contract.ts";
import { addWeightDecay, checkProblem, checkSelection, evaluateLoss, type Loss } from "../loss.ts";
import { addSquare, lossRoots } from "../loss_roots.ts";
import {
  checkEdgePenalty,
  edgeMagnitude,
  type EdgeMeasure,
  edgeMeasures,
  type EdgePenalty,
  penaltyOf,
} from "../penalty.ts";
import { addBlocks } from "../edge_curvature.ts";
import { edgeCurvatures } from "../penalty_curvature.ts";
import { residualProducts } from "../residual_products.ts";
import { addKnotDerivatives } from "./knot_derivatives.ts";

/**
 * The plain twin of every engine: float64, obviously right, slow.
 *
 * @example
 * ```ts
 * import { cpuEngine, createNetwork, findProblem, galleryDatasets } from "@freeknot/freeknot";
 * import { referenceEngine } from "@freeknot/freeknot/engine";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { train: dataset } = galleryDatasets(findProblem("nonsmooth"), { rows: 50 });
 * const network = createNetwork({ widths: [2, 5, 1] }), loss = { kind: "mse" } as const;
 * const [plain, fast] = await Promise.all([referenceEngine, cpuEngine].map(async (engine) => {
 *   const evaluator = await engine.compile({ network, loss, dataset });
 *   const { objective } = await evaluator.evaluate(network.parameters);
 *   evaluator.dispose();
 *   return objective;
 * }));
 * assertAlmostEquals(plain, fast, 1e-12);
 * ```
 */
export const referenceEngine: Engine = {
  name: "reference",
  dtype: "float64",
  prefers: { gaussNewton: 0, shortRuns: false },
  compile: ({ network, loss, dataset, penalty }) =>
    new Promise((resolve) => {
      checkProblem(network, loss, dataset);
      checkEdgePenalty(penalty);
      resolve(createEvaluator(network, loss, dataset, penalty));
    }),
};

/** What a forward pass leaves: the values between stages, and the network with its statistics. */
type Pass = ReturnType<typeof forwardPass>;

function createEvaluator(
  network: Network,
  loss: Loss,
  whole: Dataset,
  penalty: EdgePenalty | undefined,
): Evaluator {
  const measures = edgeMeasures(penalty ?? {}, network.config);
  let dataset = whole, epsilon = 0;
  let statistics: NormalisationStatistics[] = [];
  let outputs: Float64Array = new Float64Array(0);

  function run(parameters: Float64Array): Pass {
    const pass = forwardPass({ ...network, parameters }, dataset, epsilon, measures);
    ({ statistics, outputs } = pass);
    return pass;
  }

  function evaluation(loss: number, decay: number, cost = 0): Evaluation {
    const found = { statistics, outputs };
    return {
      objective: loss + decay + cost,
      loss,
      ...(penalty && { penalty: cost }),
      statistics: () => found.statistics,
      outputs: () => found.outputs.slice(),
    };
  }

  function evaluate(parameters: Float64Array, gradientOut?: Float64Array): Evaluation {
    gradientOut?.fill(NaN);
    if (!isFiniteVector(parameters)) return evaluation(NaN, 0);
    const pass = run(parameters);
    const bar = gradientOut && new Float64Array(outputs.length);
    const value = evaluateLoss(loss, outputs, dataset, bar);
    const cost = penalty && penaltyOf(penalty, network.config, pass.edges.map((e) => e.norms));
    if (bar && Number.isFinite(value)) pullOutputs(pass, bar, gradientOut!, cost?.slopes);
    return evaluation(value, addWeightDecay(loss, parameters, gradientOut), cost?.value);
  }

  function matrix(
    parameters: Float64Array,
    matrixOut: Float64Array,
    gradientOut: Float64Array,
  ): number {
    const { objective } = evaluate(parameters, gradientOut);
    matrixOut.fill(NaN);
    if (!Number.isFinite(objective)) return objective;
    gaussNewtonMatrix(run(parameters), loss, dataset, matrixOut, penalty);
    return objective;
  }

  return {
    numParameters: network.parameters.length,
    evaluate,
    curvature: {
      matrix,
      ...residualProducts(
        {
          outputs(at) {
            run(at);
            return outputs;
          },
          pull(at, bar, gradientOut) {
            pullOutputs(run(at), bar, gradientOut);
          },
        },
        loss,
        () => dataset,
      ),
    },
    batches: {
      select(rows) {
        checkSelection(loss, rows);
        dataset = rows ? subset(whole, rows) : whole;
      },
    },
    ...(penalty && { penalty: { round: (width: number) => void (epsilon = width) } }),
    dispose() {},
  };
}

/**
 * The Gauss-Newton matrix, residual by residual: the gradient of one output of one row is a
 * backward pass of the whole batch.
 */
function gaussNewtonMatrix(
  pass: Pass,
  loss: Loss,
  dataset: Dataset,
  matrixOut: Float64Array,
  penalty: EdgePenalty | undefined,
): void {
  const { outputs, network: { parameters: { length: n } } } = pass, { rows, nOut } = dataset;
  const found = lossRoots(loss, outputs, dataset), { kind, roots } = found;
  const row = new Float64Array(n);
  matrixOut.fill(0);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < nOut; k++) {
      const bar = new Float64Array(outputs.length);
      if (kind !== "coupled") bar[r * nOut + k] = roots[r * nOut + k];
      else {
        for (let q = 0; q < nOut; q++) bar[r * nOut + q] = roots[(r * nOut + k) * nOut + q];
      }
      pullOutputs(pass, bar, row);
      addSquare(matrixOut, 1, row);
    }
  }
  if (found.kind === "shared") {
    for (const vector of found.shared) {
      pullOutputs(pass, vector, row);
      addSquare(matrixOut, -1, row);
    }
  }
  for (let i = 0; i < n; i++) matrixOut[i * n + i] += loss.weightDecay ?? 0;
  if (penalty) {
    const { network, values, statistics, edges, epsilon } = pass;
    const norms = edges.map((edge) => edge.norms);
    const inputs = stagesOf(network.config).flatMap((stage, k) =>
      stage.kind === "spline" ? [values[k]] : []
    );
    const { slopes } = penaltyOf(penalty, network.config, norms);
    const at = { inputs, statistics, norms, slopes };
    addBlocks(edgeCurvatures(network, at, penalty, epsilon), matrixOut, n);
  }
}

/**
 * Pulls the gradient by the outputs back to the parameters; overwrites `gradientOut`.
 *
 * @param slopes The gradient by the norms of every layer's edges. Default: 0.
 */
function pullOutputs(
  { values, network, epsilon, edges }: Pass,
  outputsBar: Float64Array,
  gradientOut: Float64Array,
  slopes?: readonly Float64Array[],
): void {
  gradientOut.fill(0);
  const gradient: Network = { ...network, parameters: gradientOut };
  const stages = stagesOf(network.config);
  const rows = values[0].length / network.config.widths[0];
  /** The gradient by an edge's value through its norm. */
  function edgeBar({ layer }: SplineStage): EdgeBar {
    const { measure, means, norms } = edges[layer];
    return (edge, phi) => {
      const y = measure === "deviation" ? phi - means[edge] : phi;
      const magnitude = measure === "deviation" ? norms[edge] : edgeMagnitude(phi, epsilon);
      return slopes && magnitude > 0 ? slopes[layer][edge] * y / magnitude / rows : 0;
    };
  }
  let bar = outputsBar;
  for (let k = stages.length - 1; k >= 0; k--) {
    const stage = stages[k];
    bar = stage.kind === "linear"
      ? linearBackward(network, gradient, stage, values[k], bar)
      : stage.kind === "relu"
      ? bar.map((g, i) => values[k][i] > 0 ? g : 0)
      : stage.kind === "tanh"
      ? bar.map((g, i) => g * (1 - values[k + 1][i] ** 2))
      : splineBackward(network, gradient, stage, values[k], bar, edgeBar(stage));
  }
}

/** The gradient by the value of an edge, number `p nOut + q`, that its norm brings. */
type EdgeBar = (edge: number, phi: number) => number;

/** Norms of the edges of one layer, and the means of their values. */
interface EdgeSizes {
  readonly measure: EdgeMeasure;
  readonly norms: Float64Array;
  readonly means: Float64Array;
}

/** Measures edges from their values, `[rows, edges]`. */
function measureEdges(
  phi: Float64Array,
  rows: number,
  measure: EdgeMeasure,
  epsilon: number,
): EdgeSizes {
  const count = phi.length / rows;
  const norms = new Float64Array(count), means = new Float64Array(count);
  for (let i = 0; i < phi.length; i++) means[i % count] += phi[i] / rows;
  for (let i = 0; i < phi.length; i++) {
    norms[i % count] += measure === "absolute"
      ? edgeMagnitude(phi[i], epsilon) / rows
      : (phi[i] - means[i % count]) ** 2 / rows;
  }
  if (measure === "absolute") return { measure, norms, means };
  return { measure, means, norms: norms.map((square) => Math.sqrt(square + epsilon ** 2)) };
}

function forwardPass(
  network: Network,
  { inputs, rows }: Dataset,
  epsilon: number,
  measures: readonly EdgeMeasure[],
) {
  const values = [inputs], edges: EdgeSizes[] = [];
  const statistics: NormalisationStatistics[] = [];
  for (const stage of stagesOf(network.config)) {
    const x = values[values.length - 1];
    const y = new Float64Array(rows * stage.nOut);
    if (stage.kind === "linear") {
      const { name, nIn, nOut } = stage;
      const w = blockValues(network, `${name}.weights`), b = blockValues(network, `${name}.bias`);
      for (let r = 0; r < rows; r++) {
        for (let q = 0; q < nOut; q++) {
          if (stage.bias) y[r * nOut + q] += b[q];
          for (let p = 0; p < nIn; p++) y[r * nOut + q] += x[r * nIn + p] * w[p * nOut + q];
        }
      }
    } else if (stage.kind === "relu") {
      y.set(x.map((value) => Math.max(0, value)));
    } else if (stage.kind === "tanh") {
      y.set(x.map(tanh));
    } else {
      const measured = measureStatistics(stage.normalisation, x, rows, stage.nIn);
      statistics.push(measured);
      const weights = layerBaseWeights(network, stage);
      const phis = new Float64Array(rows * stage.nIn * stage.nOut);
      eachPoint(network, stage, measured, x, rows, (p, r, u, knots, c) => {
        const [a, b] = stage.space.domain;
        if (stage.extrapolation === "error" && (u < a || u > b)) {
          for (let q = 0; q < stage.nOut; q++) y[r * stage.nOut + q] = NaN;
          return;
        }
        const { first, values } = localFunctions(knots, u, stage.basis, stage.extrapolation);
        for (let q = 0; q < stage.nOut; q++) {
          let phi = 0;
          const add = (term: number) => {
            phi += term;
            y[r * stage.nOut + q] += term;
          };
          for (let i = 0; i < values.length; i++) {
            add(values[i] * c[(first + i) * stage.nOut + q]);
          }
          if (stage.base === "silu") {
            add(silu(u) * weights[p * stage.nOut + q]);
          }
          phis[(r * stage.nIn + p) * stage.nOut + q] = phi;
        }
      });
      edges.push(measureEdges(phis, rows, measures[stage.layer], epsilon));
    }
    values.push(y);
  }
  const outputs = values[values.length - 1];
  return { values, outputs, statistics, edges, epsilon, network: { ...network, statistics } };
}

/** Calls `visit` for every node and row, with the normalised input and the node's own blocks. */
function eachPoint(
  network: Network,
  stage: SplineStage,
  statistics: NormalisationStatistics,
  x: Float64Array,
  rows: number,
  visit: (p: number, r: number, u: number, knots: KnotVector, coefficients: Float64Array) => void,
): void {
  const all = layerCoefficients(network, stage);
  const size = stage.numBasis * stage.nOut;
  for (let p = 0; p < stage.nIn; p++) {
    const knots = layerKnots(network, stage.layer, p);
    const map = nodeMap(statistics, stage.space.domain, p);
    for (let r = 0; r < rows; r++) {
      const u = applyNodeMap(map, stage.space.domain, x[r * stage.nIn + p]);
      visit(p, r, u, knots, all.subarray(p * size, (p + 1) * size));
    }
  }
}

function linearBackward(
  network: Network,
  gradient: Network,
  { name, nIn, nOut, bias }: LinearStage,
  x: Float64Array,
  yBar: Float64Array,
): Float64Array {
  const rows = x.length / nIn;
  const w = blockValues(network, `${name}.weights`);
  const wBar = blockValues(gradient, `${name}.weights`);
  const bBar = blockValues(gradient, `${name}.bias`);
  const xBar = new Float64Array(x.length);
  for (let r = 0; r < rows; r++) {
    for (let q = 0; q < nOut; q++) {
      const g = yBar[r * nOut + q];
      if (bias) bBar[q] += g;
      for (let p = 0; p < nIn; p++) {
        wBar[p * nOut + q] += x[r * nIn + p] * g;
        xBar[r * nIn + p] += w[p * nOut + q] * g;
      }
    }
  }
  return xBar;
}

function splineBackward(
  network: Network,
  gradient: Network,
  stage: SplineStage,
  x: Float64Array,
  yBar: Float64Array,
  edgeBar: EdgeBar,
): Float64Array {
  const { layer, nIn, nOut, numBasis, basis, extrapolation } = stage;
  const rows = x.length / nIn;
  const statistics = network.statistics[layer];
  const cBar = new Float64Array(nIn * numBasis * nOut), baseBar = new Float64Array(nIn * nOut);
  const base = layerBaseWeights(network, stage);
  const tBars = Array.from(
    { length: stage.numKnotVectors },
    () => new Float64Array(stage.space.intervals + 1 + 2 * stage.space.degree),
  );
  const uBar = new Float64Array(x.length);
  eachPoint(network, stage, statistics, x, rows, (p, r, u, knots, c) => {
    const { first, values, slopes } = localFunctions(knots, u, basis, extrapolation);
    const valuesBar = new Float64Array(values.length);
    let slope = 0;
    for (let q = 0; q < nOut; q++) {
      let phi = stage.base === "silu" ? base[p * nOut + q] * silu(u) : 0;
      for (let i = 0; i < values.length; i++) phi += values[i] * c[(first + i) * nOut + q];
      const g = yBar[r * nOut + q] + edgeBar(p * nOut + q, phi);
      for (let i = 0; i < values.length; i++) {
        const at = (first + i) * nOut + q;
        cBar[p * numBasis * nOut + at] += g * values[i];
        valuesBar[i] += g * c[at];
        slope += g * c[at] * slopes[i];
      }
      if (stage.base === "silu") {
        baseBar[p * nOut + q] += g * silu(u);
        slope += g * base[p * nOut + q] * siluDerivative(u);
      }
    }
    uBar[r * nIn + p] = slope;
    if (stage.knots === "free") {
      addKnotDerivatives(knots, u, stage, valuesBar, tBars[stage.numKnotVectors === 1 ? 0 : p]);
    }
  });
  setLayerCoefficients(gradient, stage, cBar);
  setLayerBaseWeights(gradient, stage, baseBar);
  if (stage.knots === "free") {
    const logits = blockValues(network, `spline${layer}.knotLogits`);
    const logitsBar = blockValues(gradient, `spline${layer}.knotLogits`);
    const size = logits.length / stage.numKnotVectors;
    tBars.forEach((tBar, p) => {
      const vector = logits.subarray(p * size, (p + 1) * size);
      freeKnotsVjp(vector, stage.space, tBar, logitsBar.subarray(p * size, (p + 1) * size));
    });
  }
  return normaliseBackward(stage, statistics, x, uBar, rows);
}

/** The gradient by the raw inputs, through the statistics of the whole batch. */
function normaliseBackward(
  { nIn, space }: SplineStage,
  statistics: NormalisationStatistics,
  x: Float64Array,
  uBar: Float64Array,
  rows: number,
): Float64Array {
  const xBar = new Float64Array(x.length);
  for (let p = 0; p < nIn; p++) {
    const column = Array.from({ length: rows }, (_, r) => x[r * nIn + p]);
    const bar = Array.from({ length: rows }, (_, r) => uBar[r * nIn + p]);
    const { scale } = nodeMap(statistics, space.domain, p);
    if (statistics.kind === "none") {
      bar.forEach((g, r) => xBar[r * nIn + p] = g);
    } else if (statistics.kind === "minmax") {
      const low = statistics.minimum[p], high = statistics.maximum[p];
      const lowRow = column.indexOf(low), highRow = column.indexOf(high);
      bar.forEach((g, r) => {
        // The rows of the extremes land on a and b for any value: their own slope plays no part.
        if (scale === 0 || r === lowRow || r === highRow) return;
        // d u / d low = -scale (1 - v), d u / d high = -scale v
        const v = (column[r] - low) / (high - low);
        xBar[r * nIn + p] += g * scale;
        xBar[lowRow * nIn + p] -= g * scale * (1 - v);
        xBar[highRow * nIn + p] -= g * scale * v;
      });
    } else {
      const mean = statistics.mean[p];
      const deviation = Math.sqrt(statistics.variance[p] + BATCH_NORM_EPSILON);
      const u = column.map((value) => (value - mean) / deviation);
      const sum = bar.reduce((s, g) => s + g, 0) / rows;
      const dot = bar.reduce((s, g, r) => s + g * u[r], 0) / rows;
      bar.forEach((g, r) => xBar[r * nIn + p] = (g - sum - u[r] * dot) / deviation);
    }
  }
  return xBar;
}
