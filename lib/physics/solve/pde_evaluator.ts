/**
 * The evaluator of a problem: its loss is the minimum over the coefficients of an inverse problem
 * (variable projection, Golub and Pereyra 1973).
 *
 * @module
 */

import { addScaled, isFiniteVector } from "../../numerics/inner.ts";
import {
  addWeightDecay,
  choleskyOnThreads,
  defaultThreads,
  difference,
  secondDifference,
} from "../../engine/inner.ts";
import {
  compileJets,
  type CompileRequest,
  type Curvature,
  type Evaluator,
  type JetProgram,
  type Loss,
  type Peers,
  type ResidualRows,
  type SquareMatrix,
} from "../../engine/mod.ts";
import type { Network } from "../../model/mod.ts";
import type { PdeProblem } from "../equations/pde.ts";
import type { LaidOutTerm } from "../points/lay_out.ts";
import {
  eliminate,
  minimiseCoefficients,
  rowsWithoutColumns,
  withoutColumns,
} from "./coefficients.ts";
import {
  createTermSystem,
  differentiateTerms,
  measureTerms,
  scaledResiduals,
  slopeSystem,
  takeJets,
  type TermSystem,
  valuesAtPoints,
} from "./term_system.ts";

/** Where a term is asked to hold, and by how much it does not. */
export interface PdeResiduals {
  /** Name of the equation or condition. */
  readonly name: string;
  /** Shape `[points, coordinates]`. */
  readonly points: Float64Array;
  /** Shape `[points]`. */
  readonly values: Float64Array;
}

/** The rows of a condition's measurements in the residuals' derivatives. */
export interface DataRows {
  /** Name of the condition. */
  readonly name: string;
  /** Derivatives by parameters and coefficients, times the root of the weight: `[count, n + k]`. */
  readonly rows: Float64Array;
  /** Residuals in the condition's own units. */
  readonly residuals: Float64Array;
  /** What squares of these residuals weigh in `J^T J`. */
  readonly weights: Float64Array;
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
  /** The rows of measurements; absent where no rows can be had. */
  dataRows?(parameters: Float64Array): DataRows[];
  /** The coefficients that fit best, at the parameters evaluated last. */
  coefficients(): Readonly<Record<string, number>>;
  /** Statistics of the normalisation at any parameters; what was evaluated last still counts. */
  statisticsAt(parameters: Float64Array): Network["statistics"];
}

/** How an evaluator is made: see `PdeEngineOptions`. */
export interface PdeEvaluatorOptions {
  readonly threads?: number;
  readonly peers?: Peers;
  readonly frozenStatistics?: boolean;
  readonly scales?: { readonly unknowns: readonly number[] };
  readonly coefficients?: Readonly<Record<string, number>>;
}

/** What an evaluator hands on, so that the next one finds the same coefficients to the last bit. */
interface Carried {
  readonly stage: number;
  readonly coefficients: Float64Array;
  /** The parameters evaluated last, at which the coefficients were sought; absent without them. */
  readonly latest?: Float64Array;
}

/** What an evaluator of this stage has carried; undefined: none has. */
export function knownCoefficients(carried: unknown, stage: number): Carried | undefined {
  const known = carried as Carried | undefined;
  return known?.stage === stage ? known : undefined;
}

/** Compiles a network on the points of all terms. */
export function createPdeEvaluator(
  { network, loss, stage = 0, carried }: CompileRequest,
  problem: PdeProblem,
  terms: readonly LaidOutTerm[],
  { threads, peers, frozenStatistics, scales, coefficients: start }: PdeEvaluatorOptions,
): PdeEvaluator {
  const n = network.parameters.length, nOut = network.config.widths.at(-1)!;
  const names = Object.keys(problem.coefficients ?? {});
  const known = knownCoefficients(carried, stage);
  const unknowns = known?.coefficients.slice() ??
    Float64Array.from(names, (name) => start?.[name] ?? problem.coefficients![name]);
  const system = createTermSystem(
    terms,
    Float64Array.from({ length: nOut }, (_, k) => scales?.unknowns[k] ?? 1),
    unknowns,
    names.map((name) => problem.positive?.includes(name) ?? false),
  );
  const points = system.groups.reduce((sum, { rows }) => sum + rows, 0);
  const program: JetProgram = compileJets(network, system.groups, {
    manyPoints: terms.some((term) => term.groups.length > 1),
    ...(frozenStatistics && { statistics: network.statistics }),
    // Threads wait for each other after every stage of jets: on two shared cores two are faster
    // than one from twice as many points on as `defaultThreads` assumes.
    threads: threads ?? defaultThreads(network, points / 2),
    ...(peers && { peers }),
  });
  const measured = createMeasurement(system, program, n);
  if (known?.latest) measured.goOn(known.latest);
  const { cholesky, dispose } = choleskyOnThreads(threads);
  const compiled = { system, program, measured, loss };
  return {
    numParameters: n,
    evaluate(parameters, gradientOut) {
      return {
        objective: gradientOut
          ? valueAndGradient(compiled, parameters, gradientOut)
          : measured.measureAt(parameters) + addWeightDecay(loss, parameters),
        loss: measured.loss(),
        statistics: () => program.statistics(),
        outputs: () => valuesAtPoints(system, measured.outputs()),
      };
    },
    curvature: { ...createCurvature(compiled), cholesky },
    ...(program.normalMatrix && {
      jointMatrix: (parameters) => compact(jointMatrix(compiled, parameters)),
    }),
    ...(program.jacobian && {
      dataRows: (parameters: Float64Array) => dataRows(compiled, parameters),
    }),
    carried: (): Carried => ({
      ...{ stage, coefficients: unknowns.slice() },
      ...(unknowns.length > 0 && { latest: measured.latest() }),
    }),
    residuals: () =>
      terms.map(({ name, points, tape }) => ({ name, points, values: tape.run().slice() })),
    terms: () => terms.map(({ name }, g) => ({ name, loss: system.losses[g] })),
    coefficients: () => Object.fromEntries(names.map((name, i) => [name, unknowns[i]])),
    statisticsAt(parameters) {
      if (frozenStatistics) return network.statistics;
      measured.forward(parameters);
      return program.statistics();
    },
    dispose() {
      program.dispose();
      dispose();
    },
  };
}

/** Residuals at parameters, the latest kept. */
interface Measurement {
  /** Residuals at the parameters, with the coefficients that fit best there. Returns the loss. */
  measureAt(parameters: Float64Array): number;
  /** As `measureAt`, and nothing where that has just been done. */
  measureOnce(parameters: Float64Array): void;
  /** Computes the jets alone; the next residuals are computed anew. */
  forward(parameters: Float64Array): void;
  /** Goes on where the coefficients were found for these parameters. */
  goOn(parameters: Float64Array): void;
  /** The parameters measured last; a copy. */
  latest(): Float64Array;
  /** The latest loss, NaN before the first and where parameters are not finite. */
  loss(): number;
  /** The latest jets, per group. */
  outputs(): readonly Float64Array[];
}

function createMeasurement(system: TermSystem, program: JetProgram, n: number): Measurement {
  const { unknowns, positive } = system, latest = new Float64Array(n);
  const found = new Float64Array(unknowns.length).fill(NaN);
  let loss = NaN, outputs: readonly Float64Array[] = [];

  function measureAt(parameters: Float64Array): number {
    if (!isFiniteVector(parameters)) return loss = NaN;
    // where coefficients were found, they stay as they are, also for a run that goes on from there
    const known = isSame(found, unknowns) && isSame(latest, parameters);
    latest.set(parameters);
    outputs = program.forward(parameters);
    takeJets(system, outputs);
    if (unknowns.length > 0 && !known) {
      const measure = () => measureTerms(system);
      minimiseCoefficients(unknowns, positive, measure, () => slopeSystem(system));
      found.set(unknowns);
    }
    return loss = measureTerms(system);
  }

  return {
    measureAt,
    measureOnce(parameters) {
      if (Number.isNaN(loss) || !isSame(latest, parameters)) measureAt(parameters);
    },
    forward(parameters) {
      latest.fill(NaN);
      program.forward(parameters);
    },
    goOn(parameters) {
      latest.set(parameters);
      found.set(unknowns);
      measureAt(parameters);
    },
    latest: () => latest.slice(),
    loss: () => loss,
    outputs: () => outputs,
  };
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A compiled problem. */
interface Compiled {
  readonly system: TermSystem;
  readonly program: JetProgram;
  readonly measured: Measurement;
  readonly loss: Loss;
}

function valueAndGradient(
  { system, program, measured, loss }: Compiled,
  parameters: Float64Array,
  gradientOut: Float64Array,
): number {
  const value = measured.measureAt(parameters);
  if (!Number.isFinite(value)) {
    gradientOut.fill(NaN);
    return value;
  }
  differentiateTerms(system, (share, residual) => 2 * share * residual);
  program.backward(system.bars, gradientOut);
  return value + addWeightDecay(loss, parameters, gradientOut);
}

/** The residuals' derivatives by jets and coefficients. */
function residualRows({ system, measured }: Compiled, parameters: Float64Array): ResidualRows[] {
  const { terms, firstGroup, bars, slopes } = system;
  measured.measureOnce(parameters);
  differentiateTerms(system, (share) => Math.sqrt(2 * share));
  return terms.map(({ rows, groups }, g) => ({
    rows,
    parts: groups.flatMap((each, i) =>
      Array.from({ length: each.rows / rows }, (_, place) => ({
        group: firstGroup[g] + i,
        from: place * rows,
        bars: bars[firstGroup[g] + i],
      }))
    ),
    extra: slopes[g],
  }));
}

/** The Gauss-Newton matrix by parameters and coefficients. */
function jointMatrix(compiled: Compiled, parameters: Float64Array) {
  const { program, system: { unknowns } } = compiled;
  return program.normalMatrix!(residualRows(compiled, parameters), unknowns.length);
}

/** The Jacobian of the residuals with the coefficients eliminated, a row for each. */
function reducedJacobian(compiled: Compiled, parameters: Float64Array): Float64Array {
  const { program, system: { slopes, unknowns: { length: k } } } = compiled;
  const all = program.jacobian!(residualRows(compiled, parameters), k);
  return k === 0 ? all : rowsWithoutColumns(all, parameters.length, slopes, k);
}

/** The rows of measurements. */
function dataRows(compiled: Compiled, parameters: Float64Array): DataRows[] {
  const { program, system: { terms, unknowns } } = compiled;
  const all = residualRows(compiled, parameters);
  return terms.flatMap(({ condition, name, tape, shares }, g) =>
    condition?.data
      ? [{
        name,
        rows: program.jacobian!([all[g]], unknowns.length),
        residuals: tape.run().slice(),
        weights: shares.map((share) => 2 * share),
      }]
      : []
  );
}

/** A copy without room between its rows. */
function compact({ values, size, stride }: SquareMatrix): Float64Array {
  const copy = new Float64Array(size * size);
  for (let i = 0; i < size; i++) copy.set(values.subarray(i * stride, i * stride + size), i * size);
  return copy;
}

/** The curvature of the loss with the coefficients eliminated. */
function createCurvature(compiled: Compiled): Curvature {
  const { system, program, measured, loss: { weightDecay: decay = 0 } } = compiled;
  const { bars, slopes, unknowns, unknowns: { length: k }, numResiduals } = system;

  function matrix(
    parameters: Float64Array,
    matrixOut: Float64Array,
    gradientOut: Float64Array,
  ): number {
    const value = valueAndGradient(compiled, parameters, gradientOut), n = parameters.length;
    if (!Number.isFinite(value)) {
      matrixOut.fill(NaN);
      return value;
    }
    eliminate(jointMatrix(compiled, parameters), n, k, matrixOut);
    for (let i = 0; i < n; i++) matrixOut[i * n + i] += decay;
    return value;
  }

  /** The residuals with the coefficients that fit best there, found from the present ones. */
  function residuals(parameters: Float64Array): Float64Array {
    measured.measureOnce(parameters);
    return Number.isFinite(measured.loss())
      ? scaledResiduals(system)
      : new Float64Array(numResiduals).fill(NaN);
  }

  /** Calls a function that evaluates elsewhere, and takes the coefficients back. */
  function keepingUnknowns<Value>(call: () => Value): Value {
    const kept = unknowns.slice(), value = call();
    unknowns.set(kept);
    return value;
  }

  function jvp(parameters: Float64Array, vector: Float64Array): Float64Array {
    return keepingUnknowns(() => difference(residuals, parameters, vector));
  }

  function vjp(parameters: Float64Array, residualsBar: Float64Array, out: Float64Array): void {
    measured.measureOnce(parameters);
    let bar = residualsBar;
    if (k > 0) {
      differentiateTerms(system, (share) => Math.sqrt(2 * share));
      bar = withoutColumns(residualsBar, slopes, k);
    }
    differentiateTerms(system, (share, _, i) => Math.sqrt(2 * share) * bar[i]);
    program.backward(bars, out);
  }

  return {
    ...(program.normalMatrix ? { matrix } : {}),
    ...(program.jacobian && decay === 0
      ? { jacobian: (parameters: Float64Array) => reducedJacobian(compiled, parameters) }
      : {}),
    product(parameters, vector, out) {
      vjp(parameters, jvp(parameters, vector), out);
      addScaled(out, decay, vector);
    },
    residuals,
    jvp,
    vjp,
    secondJvp(parameters, vector, reach) {
      const middle = residuals(parameters);
      return keepingUnknowns(() => secondDifference(residuals, middle, parameters, vector, reach));
    },
  };
}
