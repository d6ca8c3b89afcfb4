/**
 * The evaluator of a problem whose jets a device computes, in float32: residuals, their gradient and
 * Gauss-Newton's products, without a matrix.
 *
 * The equations are evaluated here, in float64: a residual is a difference of terms that cancel. Products
 * with the Jacobian are derivatives and no differences, which float32 has no digits for.
 *
 * @module
 */

import { addScaled, isFiniteVector } from "../../numerics/inner.ts";
import { addWeightDecay } from "../../engine/inner.ts";
import {
  compileJets,
  type CompileRequest,
  type Curvature,
  type DeviceJets,
  type JetDevice,
  type JetProgram,
  type Loss,
} from "../../engine/mod.ts";
import type { PdeProblem } from "../equations/pde.ts";
import type { LaidOutTerm } from "../points/lay_out.ts";
import { thinTerms } from "../points/thinned_terms.ts";
import { minimiseCoefficients, withoutColumns } from "./coefficients.ts";
import {
  createPdeEvaluator,
  knownCoefficients,
  type PdeEvaluator,
  type PdeEvaluatorOptions,
} from "./pde_evaluator.ts";
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

/** Compiles a network on the points of all terms, for a device. */
export async function createDeviceEvaluator(
  { network, loss, stage = 0, carried }: CompileRequest,
  problem: PdeProblem,
  terms: readonly LaidOutTerm[],
  device: JetDevice,
  options: PdeEvaluatorOptions,
): Promise<PdeEvaluator> {
  const { frozenStatistics, scales, coefficients: start } = options;
  const names = Object.keys(problem.coefficients ?? {}), nOut = network.config.widths.at(-1)!;
  const known = knownCoefficients(carried, stage);
  const unknowns = known?.coefficients.slice() ??
    Float64Array.from(names, (name) => start?.[name] ?? problem.coefficients![name]);
  const system = createTermSystem(
    terms,
    Float64Array.from({ length: nOut }, (_, k) => scales?.unknowns[k] ?? 1),
    unknowns,
    names.map((name) => problem.positive?.includes(name) ?? false),
  );
  const fixed = frozenStatistics ? network.statistics : undefined;
  const jets = await device.compileJets(network, system.groups, fixed);
  const measured = createMeasurement(system, jets, network.parameters.length);
  if (known?.latest) await measured.goOn(known.latest);
  const sampled = sampleOf({ network, loss, stage }, problem, terms, options);
  let onHost: JetProgram | undefined;
  return {
    numParameters: jets.numParameters,
    async evaluate(parameters, gradientOut) {
      const objective = gradientOut
        ? await valueAndGradient(system, jets, measured, loss, parameters, gradientOut)
        : await measured.measureAt(parameters) + addWeightDecay(loss, parameters);
      return {
        objective,
        loss: measured.loss(),
        statistics: () => jets.statistics(),
        outputs: () => valuesAtPoints(system, measured.outputs()),
      };
    },
    curvature: {
      ...createCurvature(system, jets, measured, loss),
      ...sampled.curvature(),
    },
    carried: () => ({
      ...{ stage, coefficients: unknowns.slice() },
      ...(unknowns.length > 0 && { latest: measured.latest() }),
    }),
    residuals: () =>
      terms.map(({ name, points, tape }) => ({ name, points, values: tape.run().slice() })),
    terms: () => terms.map(({ name }, g) => ({ name, loss: system.losses[g] })),
    coefficients: () => Object.fromEntries(names.map((name, i) => [name, unknowns[i]])),
    statisticsAt(parameters) { // seldom, and without waiting for the device
      if (fixed) return fixed;
      onHost ??= compileJets(network, system.groups);
      onHost.forward(parameters);
      return onHost.statistics();
    },
    dispose() {
      jets.dispose();
      sampled.dispose();
      onHost?.dispose();
    },
  };
}

/** Residuals of the sample, per parameter. */
const SAMPLE = 4;

/** The matrix of a sample of the points, in float64 on the host, made when it is first asked for. */
function sampleOf(
  request: CompileRequest,
  problem: PdeProblem,
  terms: readonly LaidOutTerm[],
  options: PdeEvaluatorOptions,
) {
  const { length: n } = request.network.parameters, gradient = new Float64Array(n);
  let evaluator: PdeEvaluator | undefined;
  function create(): PdeEvaluator {
    const thinned = thinTerms(terms, SAMPLE * n);
    return createPdeEvaluator(request, problem, thinned, options);
  }
  return {
    curvature: (): Pick<Curvature, "sample" | "cholesky"> => ({
      async sample(parameters, matrixOut) {
        evaluator ??= create();
        await evaluator.curvature!.matrix!(parameters, matrixOut, gradient);
      },
      cholesky: (size) => (evaluator ??= create()).curvature!.cholesky!(size),
    }),
    dispose: () => evaluator?.dispose(),
  };
}

/** Residuals and their derivatives by jets at parameters, the latest kept. */
type Measurement = ReturnType<typeof createMeasurement>;

function createMeasurement(system: TermSystem, jets: DeviceJets, n: number) {
  const { unknowns, positive } = system, latest = new Float64Array(n);
  const found = new Float64Array(unknowns.length).fill(NaN);
  let loss = NaN, outputs: readonly Float64Array[] = [], hasSlopes = false;

  /** Residuals at the parameters, with the coefficients that fit best there. Gives the loss. */
  async function measureAt(parameters: Float64Array): Promise<number> {
    hasSlopes = false;
    if (!isFiniteVector(parameters)) return loss = NaN;
    // where coefficients were found, they stay as they are
    const known = isSame(found, unknowns) && isSame(latest, parameters);
    latest.set(parameters);
    outputs = await jets.forward(parameters);
    takeJets(system, outputs);
    if (unknowns.length > 0 && !known) {
      const measure = () => measureTerms(system);
      minimiseCoefficients(unknowns, positive, measure, () => slopeSystem(system));
      found.set(unknowns);
    }
    return loss = measureTerms(system);
  }

  async function measureOnce(parameters: Float64Array): Promise<void> {
    if (Number.isNaN(loss) || !isSame(latest, parameters)) await measureAt(parameters);
  }

  return {
    measureAt,
    measureOnce,
    /** Goes on where the coefficients were found for these parameters. */
    async goOn(parameters: Float64Array): Promise<void> {
      latest.set(parameters);
      found.set(unknowns);
      await measureAt(parameters);
    },
    /** Makes the system's bars and slopes those of the scaled residuals. */
    async differentiate(parameters: Float64Array): Promise<void> {
      await measureOnce(parameters);
      if (!hasSlopes) differentiateTerms(system, (share) => Math.sqrt(2 * share));
      hasSlopes = true;
    },
    latest: () => latest.slice(),
    loss: () => loss,
    outputs: () => outputs,
  };
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  return a.every((value, i) => value === b[i]);
}

async function valueAndGradient(
  system: TermSystem,
  jets: DeviceJets,
  measured: Measurement,
  loss: Loss,
  parameters: Float64Array,
  gradientOut: Float64Array,
): Promise<number> {
  const value = await measured.measureAt(parameters);
  if (!Number.isFinite(value)) {
    gradientOut.fill(NaN);
    return value;
  }
  await measured.differentiate(parameters);
  await jets.backward(weighedBars(system, scaledResiduals(system)), gradientOut);
  return value + addWeightDecay(loss, parameters, gradientOut);
}

/** The curvature of the loss with the coefficients eliminated. */
function createCurvature(
  system: TermSystem,
  jets: DeviceJets,
  measured: Measurement,
  { weightDecay: decay = 0 }: Loss,
): Curvature {
  const { slopes, unknowns: { length: k }, numResiduals } = system;
  const reduced = (vector: Float64Array) => k > 0 ? withoutColumns(vector, slopes, k) : vector;

  async function jvp(parameters: Float64Array, vector: Float64Array): Promise<Float64Array> {
    await measured.differentiate(parameters);
    return reduced(alongJets(system, await jets.moved(vector)));
  }

  async function vjp(
    parameters: Float64Array,
    residualsBar: Float64Array,
    out: Float64Array,
  ): Promise<void> {
    await measured.differentiate(parameters);
    await jets.backward(weighedBars(system, reduced(residualsBar)), out);
  }

  return {
    async product(parameters, vector, out) {
      await vjp(parameters, await jvp(parameters, vector), out);
      addScaled(out, decay, vector);
    },
    async residuals(parameters) {
      await measured.measureOnce(parameters);
      return Number.isFinite(measured.loss())
        ? scaledResiduals(system)
        : new Float64Array(numResiduals).fill(NaN);
    },
    jvp,
    vjp,
    /** A difference of first derivatives, which are no differences. */
    async secondJvp(parameters, vector, reach) {
      const at = (step: number) =>
        jvp(parameters.map((value, i) => value + step * vector[i]), vector);
      const [after, before] = [await at(reach), await at(-reach)];
      await measured.measureAt(parameters);
      return after.map((value, r) => (value - before[r]) / (2 * reach));
    },
  };
}

/** How residuals move where jets do: of each the sum over its points. */
function alongJets(system: TermSystem, moved: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(system.numResiduals);
  forPoints(system, (residual, group, from, to) => {
    const bar = system.bars[group], jet = moved[group];
    let sum = 0;
    for (let i = from; i < to; i++) sum += bar[i] * jet[i];
    out[residual] += sum;
  });
  return out;
}

/** The residuals' derivatives by jets, each times its residual's weight. */
function weighedBars(system: TermSystem, weights: Float64Array): Float64Array[] {
  const all = system.bars.map((bar) => bar.slice());
  forPoints(system, (residual, group, from, to) => {
    const bar = all[group];
    for (let i = from; i < to; i++) bar[i] *= weights[residual];
  });
  return all;
}

/** Calls back for every point: number of its residual, its group, and where its jets lie there. */
function forPoints(
  { terms, firstGroup, nOut }: TermSystem,
  visit: (residual: number, group: number, from: number, to: number) => void,
): void {
  let first = 0; // number of the term's first residual
  terms.forEach(({ rows, groups }, g) => {
    groups.forEach(({ rows: points, derivatives }, i) => {
      const stride = derivatives.length * nOut;
      for (let r = 0; r < points; r++) {
        visit(first + r % rows, firstGroup[g] + i, r * stride, (r + 1) * stride);
      }
    });
    first += rows;
  });
}
