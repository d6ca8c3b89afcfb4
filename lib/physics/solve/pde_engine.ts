/**
 * A problem as an engine: what training needs, with residuals instead of targets.
 *
 * `loss = sum_k weight_k mean_r residual_kr^2`. Unknown coefficients of an inverse problem are
 * eliminated at every evaluation: the loss is its minimum over them (variable projection, Golub and
 * Pereyra 1973), so that optimizers and prolongation see the network's parameters alone.
 *
 * @module
 */

import {
  addWeightDecay,
  checkThreads,
  defaultThreads,
  difference,
  secondDifference,
} from "../../engine/inner.ts";
import {
  compileJets,
  type CompileRequest,
  type Engine,
  type Evaluation,
  type Evaluator,
  GAUSS_NEWTON_LIMIT,
  type JetPoints,
  type JetProgram,
  type Loss,
  type ResidualProblem,
} from "../../engine/mod.ts";
import { crc32 } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { numPdeInputs } from "../equations/inputs.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { type ResolvedPde, resolvePde } from "../equations/resolve.ts";
import type { Sampler } from "../points/sampling.ts";
import { type LaidOutTerm, layOut } from "../points/lay_out.ts";
import type { OutputSource } from "../points/output_points.ts";
import { eliminate, minimiseCoefficients, withoutColumns } from "./coefficients.ts";

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
  /**
   * `J^T J` of the residuals, factors included, by parameters and coefficients together, shape
   * `[n + k, n + k]`; absent where no matrix can be assembled.
   */
  jointMatrix?(parameters: Float64Array): Float64Array;
  /** The coefficients that fit best, at the parameters evaluated last. */
  coefficients(): Readonly<Record<string, number>>;
}

/** An engine for one problem. */
export interface PdeEngine extends Engine {
  /** How many residuals, and what tells them from others. */
  readonly residuals: ResidualProblem;
  /** Points at which the network is evaluated, those of integrals included. */
  readonly numPoints: number;
  /**
   * Allocates all that an evaluation needs.
   *
   * @throws {TypeError} If the network's widths do not fit the problem.
   * @throws {RangeError} If its degree is too low or the loss not mse.
   */
  compile(request: CompileRequest): Promise<PdeEvaluator>;
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
  /** Least number of points on a face. Default: what each condition says, else 64. */
  readonly facePoints?: number;
  /** Points on a face whose coordinates run over these ranges. Default: a grid that holds the edges. */
  readonly faceSampler?: (free: readonly (readonly [number, number])[], count: number) => Sampler;
  /**
   * Sizes: the network's outputs times those of `unknowns` are what the equations see, residuals
   * count in units of those of `terms`. Default: 1 each, the units of the equations.
   */
  readonly scales?: {
    readonly unknowns: readonly number[];
    readonly terms: readonly number[];
  };
  /** Where the search for coefficients begins. Default: the problem's. */
  readonly coefficients?: Readonly<Record<string, number>>;
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

/**
 * Makes an engine of a problem, for `train` and `fit` with any optimizer and schedule.
 *
 * @param problem The problem.
 * @param options Where the equations are asked to hold.
 * @returns The engine; it needs no dataset.
 * @throws {RangeError} If the problem is not complete or not bounded, or threads out of range.
 *
 * @example
 * ```ts
 * import { createNetwork, findPde, multilevelSchedule, trainToEnd } from "@freeknot/freeknot";
 * import { pdeEngine } from "@freeknot/freeknot/physics";
 * import { assert } from "@std/assert";
 *
 * const engine = pdeEngine(findPde("heat"), { sampler: { kind: "grid", counts: [8, 8] } });
 * const network = createNetwork({ widths: [2, 4, 1] }, { seed: 1 });
 * const schedule = multilevelSchedule([2]);
 * const { loss } = await trainToEnd(network, undefined, { engine, schedule });
 * assert(loss < 1);
 * ```
 */
export function pdeEngine(problem: PdeProblem, options: PdeEngineOptions = {}): PdeEngine {
  const { threads } = options;
  if (threads !== undefined) checkThreads(threads);
  const resolved = resolvePde(problem);
  const { sampler, facePoints, faceSampler, scales } = options;
  const terms = resolved.terms.map((term, k) =>
    layOut(problem, resolved, term, {
      ...{ sampler, facePoints, faceSampler },
      share: options.shares?.[k],
      size: scales?.terms[k],
    })
  );
  return {
    name: `pde ${problem.name}`,
    dtype: "float64",
    prefers: { gaussNewton: GAUSS_NEWTON_LIMIT, shortRuns: false },
    residuals: {
      rows: terms.reduce((sum, term) => sum + term.rows, 0),
      fingerprint: () => fingerprint(problem, terms),
    },
    numPoints: terms.reduce((sum, { groups }) => sum + numRows(groups), 0),
    compile: (request) =>
      new Promise((resolve) => {
        checkNetwork(request.network, request.loss, problem, resolved, options);
        resolve(createEvaluator(request, problem, terms, options));
      }),
  };
}

/** Equations and points. */
function fingerprint(problem: PdeProblem, terms: readonly LaidOutTerm[]): string {
  const text = new TextEncoder().encode(JSON.stringify(problem));
  const points = terms.map(({ points }) => new Uint8Array(points.buffer.slice(0)));
  return crc32(Uint8Array.from([text, ...points].flatMap((bytes) => [...bytes])));
}

function numRows(groups: readonly JetPoints[]): number {
  return groups.reduce((sum, { rows }) => sum + rows, 0);
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
  { network, loss, stage = 0, carried }: CompileRequest,
  problem: PdeProblem,
  terms: readonly LaidOutTerm[],
  { threads, frozenStatistics, scales, coefficients: start }: PdeEngineOptions,
): PdeEvaluator {
  const groups = terms.flatMap((term) => term.groups);
  const firstGroup = terms.map((_, k) =>
    terms.slice(0, k).reduce((sum, term) => sum + term.groups.length, 0)
  );
  const program: JetProgram = compileJets(network, groups, {
    manyPoints: terms.some((term) => term.groups.length > 1),
    ...(frozenStatistics && { statistics: network.statistics }),
    // jets meet after every stage: on two shared cores they win from twice the rows on
    threads: threads ?? defaultThreads(network, numRows(groups) / 2),
  });
  const n = network.parameters.length, nOut = network.config.widths.at(-1)!;
  const names = Object.keys(problem.coefficients ?? {}), k = names.length;
  const known = carried as { stage: number; coefficients: Float64Array } | undefined;
  const unknowns = known?.stage === stage
    ? known.coefficients.slice()
    : Float64Array.from(names, (name) => start?.[name] ?? problem.coefficients![name]);
  const positive = names.map((name) => problem.positive?.includes(name) ?? false);
  const sizes = Float64Array.from({ length: nOut }, (_, k) => scales?.unknowns[k] ?? 1);
  const bars = groups.map(({ rows, derivatives }) =>
    new Float64Array(rows * derivatives.length * nOut)
  );
  /** A term's source among all groups' jets: group, first number, numbers between rows. */
  function locate(term: number, { group: index, from, channel, output }: OutputSource) {
    const group = firstGroup[term] + index, stride = groups[group].derivatives.length * nOut;
    return { group, first: from * stride + channel * nOut + output, stride };
  }
  const slopes = terms.map(({ rows }) => new Float64Array(rows * k)); // by the coefficients
  const losses = new Float64Array(terms.length);
  const numResiduals = terms.reduce((sum, { rows }) => sum + rows, 0);
  const latest = new Float64Array(n);
  let latestLoss = NaN, outputs: readonly Float64Array[] = [];

  /** As {@linkcode measureAt}, and nothing where that has just been done. */
  function evaluateOnce(parameters: Float64Array): void {
    if (Number.isNaN(latestLoss) || latest.some((x, i) => x !== parameters[i])) {
      measureAt(parameters);
    }
  }

  /** Residuals at the jets; with coefficients those that fit best. Returns the loss. */
  function measureAt(parameters: Float64Array): number {
    if (!parameters.every(Number.isFinite)) return latestLoss = NaN;
    latest.set(parameters);
    outputs = program.forward(parameters);
    terms.forEach(({ tape, sources, rows }, g) => {
      sources.forEach((source, v) => {
        if (source.kind !== "jet") return;
        const { group, first, stride } = locate(g, source.at), column = tape.columns[v];
        const size = sizes[source.at.output], jets = outputs[group];
        for (let r = 0; r < rows; r++) column[r] = size * jets[r * stride + first];
      });
    });
    if (k > 0) minimiseCoefficients(unknowns, positive, measure, slopeSystem);
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

  /**
   * Derivatives of the residuals, `factor(term, row)` times: by jets and by coefficients, those of
   * positive ones by their logarithms.
   */
  function differentiate(
    factor: (share: number, residual: number, index: number) => number,
  ): void {
    let first = 0; // number of the term's first residual
    terms.forEach((term, g) => {
      const { tape, sources, rows, shares } = term;
      const residuals = tape.run(), partials = tape.pull();
      term.groups.forEach((_, i) => bars[firstGroup[g] + i].fill(0));
      slopes[g].fill(0);
      sources.forEach((source, v) => {
        const partial = partials[v];
        if (source.kind === "jet") {
          const { group, first: to, stride } = locate(g, source.at), bar = bars[group];
          const size = sizes[source.at.output];
          for (let r = 0; r < rows; r++) {
            bar[r * stride + to] += factor(shares[r], residuals[r], first + r) * partial[r] * size;
          }
        } else if (source.kind === "coefficient") {
          const unit = positive[source.index] ? unknowns[source.index] : 1; // by its logarithm
          for (let r = 0; r < rows; r++) {
            slopes[g][r * k + source.index] += factor(shares[r], residuals[r], first + r) *
              partial[r] * unit;
          }
        }
      });
      first += rows;
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
          const slope = shares[r] * slopes[g][r * k + i];
          right[i] += slope * residuals[r];
          for (let j = 0; j < k; j++) matrix[i * k + j] += slope * slopes[g][r * k + j];
        }
      }
    });
    return { matrix, right };
  }

  function valueAndGradient(parameters: Float64Array, gradientOut: Float64Array): number {
    const value = measureAt(parameters);
    if (!Number.isFinite(value)) {
      gradientOut.fill(NaN);
      return value;
    }
    differentiate((share, residual) => 2 * share * residual);
    program.backward(bars, gradientOut);
    return value + addWeightDecay(loss, parameters, gradientOut);
  }

  function evaluate(parameters: Float64Array, gradientOut?: Float64Array): Evaluation {
    const objective = gradientOut
      ? valueAndGradient(parameters, gradientOut)
      : measureAt(parameters) + addWeightDecay(loss, parameters);
    return {
      objective,
      loss: latestLoss,
      statistics: () => program.statistics(),
      outputs: valuesAt,
    };
  }

  function matrix(
    parameters: Float64Array,
    matrixOut: Float64Array,
    gradientOut: Float64Array,
  ): number {
    const objective = valueAndGradient(parameters, gradientOut);
    if (!Number.isFinite(objective)) {
      matrixOut.fill(NaN);
      return objective;
    }
    eliminate(jointMatrix(parameters), n, k, matrixOut);
    const decay = loss.weightDecay ?? 0;
    for (let i = 0; i < n; i++) matrixOut[i * n + i] += decay;
    return objective;
  }

  function jointMatrix(parameters: Float64Array): Float64Array {
    evaluateOnce(parameters);
    differentiate((share) => Math.sqrt(2 * share));
    return program.normalMatrix!(
      terms.map(({ rows, groups: jetGroups }, g) => ({
        rows,
        parts: jetGroups.flatMap((each, i) =>
          Array.from({ length: each.rows / rows }, (_, place) => ({
            group: firstGroup[g] + i,
            from: place * rows,
            bars: bars[firstGroup[g] + i],
          }))
        ),
        extra: slopes[g],
      })),
      k,
    );
  }

  /** `sqrt(2 share)` times the residuals at the jets. */
  function scaledResiduals(): Float64Array {
    const all = new Float64Array(numResiduals);
    let at = 0;
    for (const { tape, rows, shares } of terms) {
      const residuals = tape.run();
      for (let r = 0; r < rows; r++) all[at++] = Math.sqrt(2 * shares[r]) * residuals[r];
    }
    return all;
  }

  /** The residuals with the coefficients that fit best there, found from those of the middle. */
  function residuals(parameters: Float64Array): Float64Array {
    evaluateOnce(parameters);
    return Number.isFinite(latestLoss)
      ? scaledResiduals()
      : new Float64Array(numResiduals).fill(NaN);
  }

  /** Calls a function that evaluates elsewhere, and takes the coefficients back. */
  function keepingUnknowns<Value>(call: () => Value): Value {
    const kept = unknowns.slice();
    const value = call();
    unknowns.set(kept);
    return value;
  }

  function jvp(parameters: Float64Array, vector: Float64Array): Float64Array {
    return keepingUnknowns(() => difference(residuals, parameters, vector));
  }

  function secondJvp(parameters: Float64Array, vector: Float64Array, reach: number): Float64Array {
    const middle = residuals(parameters);
    return keepingUnknowns(() => secondDifference(residuals, middle, parameters, vector, reach));
  }

  function vjp(parameters: Float64Array, residualsBar: Float64Array, out: Float64Array): void {
    evaluateOnce(parameters);
    let bar = residualsBar;
    if (k > 0) {
      differentiate((share) => Math.sqrt(2 * share));
      bar = withoutColumns(residualsBar, slopes, k);
    }
    differentiate((share, _, i) => Math.sqrt(2 * share) * bar[i]);
    program.backward(bars, out);
  }

  function product(parameters: Float64Array, vector: Float64Array, out: Float64Array): void {
    vjp(parameters, jvp(parameters, vector), out);
    const decay = loss.weightDecay ?? 0;
    for (let i = 0; i < n; i++) out[i] += decay * vector[i];
  }

  return {
    numParameters: n,
    evaluate,
    curvature: {
      ...(program.normalMatrix ? { matrix } : {}),
      product,
      residuals,
      jvp,
      vjp,
      secondJvp,
    },
    ...(program.normalMatrix ? { jointMatrix } : {}),
    carried: () => ({ stage, coefficients: unknowns.slice() }),
    residuals: () =>
      terms.map(({ name, points, tape }) => ({ name, points, values: tape.run().slice() })),
    terms: () => terms.map(({ name }, g) => ({ name, loss: losses[g] })),
    coefficients: () => Object.fromEntries(names.map((name, i) => [name, unknowns[i]])),
    dispose: () => program.dispose(),
  };

  /** The network's outputs at the points of all terms. */
  function valuesAt(): Float64Array {
    const parts = terms.map(({ groups: [group], rows }, g) => {
      const stride = group.derivatives.length * nOut, jets = outputs[firstGroup[g]];
      return Float64Array.from(
        { length: rows * nOut },
        (_, i) => jets[Math.floor(i / nOut) * stride + i % nOut],
      );
    });
    const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}
