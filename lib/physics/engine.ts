/**
 * A problem as an engine: what training needs, with residuals instead of targets.
 *
 * `loss = sum_k weight_k mean_r residual_kr^2`. Unknown coefficients of an inverse problem are
 * eliminated at every evaluation: the loss is its minimum over them (variable projection, Golub and
 * Pereyra 1973), so that optimizers and prolongation see the network's parameters alone.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import {
  addWeightDecay,
  checkThreads,
  compileJets,
  defaultThreads,
  type Derivative,
  type Engine,
  type Evaluator,
  type JetPoints,
  type JetProgram,
  type Loss,
} from "../engine/mod.ts";
import type { Network } from "../model/mod.ts";
import { numPdeInputs, pdeInputs } from "./inputs.ts";
import type { PdeProblem } from "./pde.ts";
import {
  faceValues,
  readOutputName,
  type ResolvedPde,
  type ResolvedTerm,
  resolvePde,
} from "./_resolve.ts";
import { samplePoints, type Sampler } from "./sampling.ts";
import { variablesOf } from "./expression.ts";
import { compileTape, type Tape } from "./tape.ts";
import { eliminate, minimiseCoefficients } from "./_coefficients.ts";

/** Where a term is asked to hold, and by how much it does not. */
export interface PdeResiduals {
  /** Name of the equation or condition. */
  readonly name: string;
  /** Shape `[points, coordinates]`. */
  readonly points: Float64Array;
  /** Shape `[points]`. */
  readonly values: Float64Array;
}

/** What an evaluator of a problem knows besides value and gradient. */
export interface PdeEvaluator extends Evaluator {
  /** Points and residuals per term, at the parameters evaluated last; copies. */
  residuals(): PdeResiduals[];
  /** Weighted mean squares per term, at the parameters evaluated last. */
  terms(): { readonly name: string; readonly loss: number }[];
  /** The objective, its gradient and its Gauss-Newton matrix; absent where `JetProgram.normalMatrix` is. */
  normalEquations?(
    parameters: Float64Array,
    matrixOut: Float64Array,
    gradientOut: Float64Array,
  ): number;
  /** The coefficients that fit best, at the parameters evaluated last. */
  coefficients(): Readonly<Record<string, number>>;
}

/** An engine for one problem. */
export interface PdeEngine extends Engine {
  /** Points and residuals that training runs on; the targets are zeros that nobody reads. */
  readonly dataset: Dataset;
  /**
   * Allocates all that an evaluation needs.
   *
   * @throws {TypeError} If the network's widths do not fit the problem.
   * @throws {RangeError} If its degree is too low or the loss not mse.
   */
  compile(network: Network, loss: Loss, dataset: Dataset): Promise<PdeEvaluator>;
}

/** Options of {@linkcode pdeEngine}. */
export interface PdeEngineOptions {
  /** Points inside. Default: the problem's grid, or 32 per coordinate in two dimensions. */
  readonly sampler?: Sampler;
  /**
   * Factors of the squared residuals, per term (equations first, then the conditions that the
   * ansatz does not fulfil) an array of shape `[points]`. Default: 1.
   */
  readonly shares?: readonly (Float64Array | undefined)[];
  /** Whether normalisation keeps the statistics of the network that is compiled. Default false. */
  readonly frozenStatistics?: boolean;
  /**
   * Threads, the caller included, from 1 to 256. Default: the cores of the machine, and one where
   * the work is too small to share. Results are the same bits for any number.
   */
  readonly threads?: number;
  /**
   * Whether a network may have fewer derivatives than the equations name; those that it lacks count
   * as 0, as automatic differentiation has it. Only to see what that does: the equations are then
   * others. Default false.
   */
  readonly allowMissingDerivatives?: boolean;
}

/** One group of points with its tape. */
interface Term extends ResolvedTerm {
  readonly points: Float64Array; // [rows, coordinates]
  readonly rows: number;
  /** Weight of a point in the loss, the term's own included: `weight w_r / rows`. */
  readonly shares: Float64Array;
  readonly group: JetPoints;
  readonly tape: Tape;
  /** Per variable of the tape: a channel and output of the jets, a coefficient, or neither. */
  readonly sources: readonly (
    | { readonly kind: "jet"; readonly channel: number; readonly output: number }
    | { readonly kind: "coefficient"; readonly index: number }
    | { readonly kind: "given" }
  )[];
}

/**
 * Makes an engine of a problem, for `train` and `fit` with any optimizer and schedule.
 *
 * @param problem The problem.
 * @param options Where the equations are asked to hold.
 * @returns Engine and the dataset to train on.
 * @throws {RangeError} If the problem is not complete or not bounded, or threads out of range.
 *
 * @example
 * ```ts
 * import { createNetwork, findPde, fit, multilevelSchedule, pdeEngine } from "@freeknot/freeknot";
 * import { assert } from "@std/assert";
 *
 * const engine = pdeEngine(findPde("heat"), { sampler: { kind: "grid", counts: [8, 8] } });
 * const network = createNetwork({ widths: [2, 4, 1] }, { seed: 1 });
 * const schedule = multilevelSchedule([2]);
 * const { loss } = await fit(network, engine.dataset, { engine, schedule });
 * assert(loss < 1);
 * ```
 */
export function pdeEngine(problem: PdeProblem, options: PdeEngineOptions = {}): PdeEngine {
  const { threads } = options;
  if (threads !== undefined) checkThreads(threads);
  const resolved = resolvePde(problem);
  const terms = resolved.terms.map((term, k) =>
    layOut(problem, resolved, term, options.sampler, options.shares?.[k])
  );
  const rows = terms.reduce((sum, term) => sum + term.rows, 0);
  const nIn = numPdeInputs(problem), nOut = resolved.unknowns.length;
  const inputs = new Float64Array(rows * nIn);
  let to = 0;
  for (const { group } of terms) {
    const stride = group.derivatives.length * nIn;
    for (let r = 0; r < group.rows; r++, to += nIn) {
      inputs.set(group.inputs.subarray(r * stride, r * stride + nIn), to);
    }
  }
  const dataset = { rows, nIn, nOut, inputs, targets: new Float64Array(rows * nOut) };
  return {
    name: `pde ${problem.name}`,
    dtype: "float64",
    dataset,
    compile: (network, loss) =>
      new Promise((resolve) => {
        checkNetwork(network, loss, problem, resolved, options);
        resolve(createEvaluator(network, loss, problem, terms, options));
      }),
  };
}

/** The points of a term: inside, on faces, or of measurements. */
function termPoints(
  problem: PdeProblem,
  { coordinates, ranges }: ResolvedPde,
  condition: ResolvedTerm["condition"],
  sampler: Sampler | undefined,
): Float64Array {
  const d = coordinates.length;
  if (!condition) {
    const count = d <= 1 ? 64 : d === 2 ? 32 : 12;
    const counts = problem.grid ?? new Array(d).fill(count);
    return samplePoints(ranges, sampler ?? { kind: "grid", counts });
  }
  if (condition.data) {
    const columns = coordinates.map((name) => condition.data![name]);
    return Float64Array.from(
      { length: columns[0].length * d },
      (_, i) => columns[i % d][Math.floor(i / d)],
    );
  }
  const fixed = coordinates.map((name) => faceValues(condition.at![name] ?? []));
  let faces: number[][] = [[]];
  for (const values of fixed) {
    faces = faces.flatMap((face) => (values.length ? values : [NaN]).map((v) => [...face, v]));
  }
  const free = ranges.filter((_, i) => fixed[i].length === 0);
  const count = condition.points ?? 64;
  const side = Math.max(2, Math.round(count ** (1 / Math.max(1, free.length))));
  const own = free.length === 0
    ? new Float64Array(0)
    : samplePoints(free, { kind: "grid", counts: free.map(() => side) });
  const each = free.length === 0 ? 1 : own.length / free.length;
  const points = new Float64Array(faces.length * each * d);
  faces.forEach((face, f) => {
    for (let r = 0; r < each; r++) {
      let k = 0;
      face.forEach((value, i) => {
        points[(f * each + r) * d + i] = Number.isNaN(value) ? own[r * free.length + k++] : value;
      });
    }
  });
  return points;
}

function layOut(
  problem: PdeProblem,
  resolved: ResolvedPde,
  term: ResolvedTerm,
  sampler: Sampler | undefined,
  given: Float64Array | undefined,
): Term {
  const { coordinates, coefficients } = resolved, d = coordinates.length;
  const points = termPoints(problem, resolved, term.condition, sampler), rows = points.length / d;
  const derivatives = variablesOf(term.residual)
    .flatMap((name): Derivative[] => {
      const output = readOutputName(name);
      return output ? [output.derivative] : [];
    });
  const group = pdeInputs(problem, points, derivatives);
  const tape = compileTape(term.residual, rows);
  const sources = tape.variables.map((name, v): Term["sources"][number] => {
    const output = readOutputName(name);
    if (output) {
      const key = output.derivative.join();
      const channel = group.derivatives.findIndex((derivative) => derivative.join() === key);
      return { kind: "jet", channel, output: output.output };
    }
    if (coefficients.includes(name)) {
      return { kind: "coefficient", index: coefficients.indexOf(name) };
    }
    const data = term.condition?.data?.[name], i = coordinates.indexOf(name);
    for (let r = 0; r < rows; r++) tape.columns[v][r] = i >= 0 ? points[r * d + i] : data![r];
    return { kind: "given" };
  });
  if (given && given.length !== rows) {
    throw new TypeError(
      `Cannot solve: shares of ${term.name} must have its ${rows} points' length, current value ` +
        `is of length ${given.length}`,
    );
  }
  const shares = Float64Array.from(
    { length: rows },
    (_, r) => term.weight / rows * (given?.[r] ?? 1),
  );
  return { ...term, points, rows, shares, group, tape, sources };
}

function checkNetwork(
  { config: { widths, degree, activation } }: Network,
  loss: Loss,
  problem: PdeProblem,
  { unknowns, order }: ResolvedPde,
  { allowMissingDerivatives = false }: PdeEngineOptions,
): void {
  const nIn = numPdeInputs(problem), nOut = unknowns.length;
  if (widths[0] !== nIn || widths[widths.length - 1] !== nOut) {
    throw new TypeError(
      `Cannot solve: widths must begin with ${nIn} and end with ${nOut} for ${problem.name}, ` +
        `current value is [${widths.join(", ")}]`,
    );
  }
  if (activation === "relu" && order >= 1 && !allowMissingDerivatives) {
    throw new RangeError(
      `Cannot solve: activation must be spline or tanh for derivatives of order ${order} (ReLU's ` +
        "slope jumps, its curvature is 0), current value is relu",
    );
  }
  if (activation === "spline" && degree < order + 1 && !allowMissingDerivatives) {
    throw new RangeError(
      `Cannot solve: degree must be at least ${order + 1} for derivatives of order ${order} ` +
        `(below, the loss jumps when knots or inner layers move), current value is ${degree}`,
    );
  }
  if (loss.kind !== "mse") {
    throw new RangeError(
      `Cannot solve: loss must be mse (of the residuals), current value is ${loss.kind}`,
    );
  }
}

function createEvaluator(
  network: Network,
  loss: Loss,
  problem: PdeProblem,
  terms: readonly Term[],
  { threads, frozenStatistics }: PdeEngineOptions,
): PdeEvaluator {
  const groups = terms.map(({ group }) => group);
  const program: JetProgram = compileJets(network, groups, {
    ...(frozenStatistics && { statistics: network.statistics }),
    // jets meet after every stage: on two shared cores they win from twice the rows on
    threads: threads ?? defaultThreads(
      network,
      groups.reduce((sum, { rows }) => sum + rows, 0) / 2,
    ),
  });
  const n = network.parameters.length, nOut = network.config.widths.at(-1)!;
  const names = Object.keys(problem.coefficients ?? {}), k = names.length;
  const unknowns = Float64Array.from(names, (name) => problem.coefficients![name]);
  const bars = terms.map(({ group }) =>
    new Float64Array(group.rows * group.derivatives.length * nOut)
  );
  const slopes = terms.map(({ rows }) => new Float64Array(rows * k)); // by the coefficients
  const losses = new Float64Array(terms.length);
  let latestLoss = NaN, outputs: readonly Float64Array[] = [];

  /** Residuals at the jets; with coefficients those that fit best. Returns the loss. */
  function evaluate(parameters: Float64Array): number {
    if (!parameters.every(Number.isFinite)) return latestLoss = NaN;
    outputs = program.forward(parameters);
    terms.forEach(({ tape, sources, group, rows }, g) => {
      const stride = group.derivatives.length * nOut;
      sources.forEach((source, v) => {
        if (source.kind !== "jet") return;
        const from = source.channel * nOut + source.output, column = tape.columns[v];
        for (let r = 0; r < rows; r++) column[r] = outputs[g][r * stride + from];
      });
    });
    if (k > 0) minimiseCoefficients(unknowns, measure, slopeSystem);
    return latestLoss = measure();
  }

  function measure(): number {
    let sum = 0;
    terms.forEach(({ tape, sources, rows, shares }, g) => {
      sources.forEach((source, v) => {
        if (source.kind === "coefficient") tape.columns[v].fill(unknowns[source.index]);
      });
      const residuals = tape.run();
      let square = 0;
      for (let r = 0; r < rows; r++) square += shares[r] * residuals[r] * residuals[r];
      sum += losses[g] = square;
    });
    return sum;
  }

  /** Derivatives of the residuals, `factor(term, row)` times: by jets and by coefficients. */
  function differentiate(factor: (share: number, residual: number) => number): void {
    terms.forEach((term, g) => {
      const { tape, sources, group, rows, shares } = term;
      const residuals = tape.run(), partials = tape.pull();
      const stride = group.derivatives.length * nOut;
      bars[g].fill(0);
      slopes[g].fill(0);
      sources.forEach((source, v) => {
        const partial = partials[v];
        if (source.kind === "jet") {
          const to = source.channel * nOut + source.output;
          for (let r = 0; r < rows; r++) {
            bars[g][r * stride + to] += factor(shares[r], residuals[r]) * partial[r];
          }
        } else if (source.kind === "coefficient") {
          for (let r = 0; r < rows; r++) {
            slopes[g][r * k + source.index] += factor(shares[r], residuals[r]) * partial[r];
          }
        }
      });
    });
  }

  /** Half the gradient and Gauss-Newton matrix by the coefficients. */
  function slopeSystem(): { matrix: Float64Array; right: Float64Array } {
    const matrix = new Float64Array(k * k), right = new Float64Array(k);
    differentiate(() => 1);
    terms.forEach(({ tape, rows, shares }, g) => {
      const residuals = tape.run();
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < k; i++) {
          const own = shares[r] * slopes[g][r * k + i];
          right[i] += own * residuals[r];
          for (let j = 0; j < k; j++) matrix[i * k + j] += own * slopes[g][r * k + j];
        }
      }
    });
    return { matrix, right };
  }

  function value(parameters: Float64Array): number {
    return evaluate(parameters) + addWeightDecay(loss, parameters);
  }

  function valueAndGradient(parameters: Float64Array, gradientOut: Float64Array): number {
    const own = evaluate(parameters);
    if (!Number.isFinite(own)) {
      gradientOut.fill(NaN);
      return own;
    }
    differentiate((share, residual) => 2 * share * residual);
    program.backward(bars, gradientOut);
    return own + addWeightDecay(loss, parameters, gradientOut);
  }

  function normalEquations(
    parameters: Float64Array,
    matrixOut: Float64Array,
    gradientOut: Float64Array,
  ): number {
    const objective = valueAndGradient(parameters, gradientOut);
    if (!Number.isFinite(objective)) {
      matrixOut.fill(NaN);
      return objective;
    }
    differentiate((share) => Math.sqrt(2 * share));
    const matrix = program.normalMatrix!(
      terms.map(({ rows }, g) => ({
        rows,
        parts: [{ group: g, bars: bars[g] }],
        extra: slopes[g],
      })),
      k,
    );
    eliminate(matrix, n, k, matrixOut);
    const decay = loss.weightDecay ?? 0;
    for (let i = 0; i < n; i++) matrixOut[i * n + i] += decay;
    return objective;
  }

  return {
    numParameters: n,
    value,
    valueAndGradient,
    ...(program.normalMatrix ? { normalEquations } : {}),
    selectRows(rows) {
      if (rows === undefined) return;
      throw new RangeError(
        "Cannot select rows: a problem's points must be taken together, current value is some; " +
          "use full batches",
      );
    },
    loss: () => latestLoss,
    statistics: () => program.statistics(),
    outputs() {
      const parts = terms.map(({ group, rows }, g) => {
        const stride = group.derivatives.length * nOut;
        return Float64Array.from(
          { length: rows * nOut },
          (_, i) => outputs[g][Math.floor(i / nOut) * stride + i % nOut],
        );
      });
      const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    },
    residuals: () =>
      terms.map(({ name, points, tape }) => ({ name, points, values: tape.run().slice() })),
    terms: () => terms.map(({ name }, g) => ({ name, loss: losses[g] })),
    coefficients: () => Object.fromEntries(names.map((name, i) => [name, unknowns[i]])),
    dispose: () => program.dispose(),
  };
}
