/**
 * From networks and the encoding of their data to a program.
 *
 * @module
 */

import {
  type ColumnScale,
  findProblem,
  type GalleryEncoding,
  type RegressionEncoding,
  type TableEncoding,
  type TargetLink,
} from "../../data/mod.ts";
import { checkArray, defined, log } from "../../numerics/inner.ts";
import { layerKnots, type Network } from "../../model/mod.ts";
import {
  blockValues,
  checkNetwork,
  findBlock,
  type LinearStage,
  nodeMap,
  rawPosition,
  type SplineStage,
  stagesOf,
} from "../../model/inner.ts";
import { piecePolynomials } from "./edges.ts";
import { basisPieces, knotPieces, powerPolynomial } from "./pieces.ts";
import type {
  ClassesResult,
  LinearStep,
  NetworkProgram,
  OutputScale,
  ProgramColumn,
  ProgramScale,
  ProgramStep,
  SparseStep,
  SplineStep,
  ValuesResult,
} from "./program.ts";
import { byInput, inputEdges, wiringOf } from "./wiring.ts";

/**
 * Turns a network, or the members of an ensemble, into a program: raw columns in, predictions in
 * the target's units, or probabilities of classes, out.
 *
 * @param networks The network, or several whose mean counts.
 * @param encoding How the data became numbers, as a model file keeps it. Default: inputs `x1`,
 * `x2`, ... and outputs `y1`, `y2`, ... as the network has them.
 * @returns The program: plain data.
 * @throws {TypeError} If networks and encoding do not fit.
 *
 * @example
 * ```ts
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { evaluateProgram, networkProgram } from "@freeknot/freeknot/export";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const [value] = evaluateProgram(networkProgram(network), [0.1, 0.2]);
 * assertAlmostEquals(value, forward(network, Float64Array.of(0.1, 0.2))[0], 1e-14);
 * ```
 */
export function networkProgram(
  networks: Network | readonly Network[],
  encoding?: TableEncoding | GalleryEncoding,
): NetworkProgram {
  const list = "config" in networks ? [networks] : networks;
  checkArray("export model", "networks", list, "a network or an array of networks");
  if (list.length === 0) {
    throw new RangeError("Cannot export model: networks must be at least one, current value is 0");
  }
  for (const network of list) checkNetwork("export model", network);
  checkMean(encoding, list.length);
  const { widths } = list[0].config, nIn = widths[0], nOut = widths[widths.length - 1];
  const columns = programColumns(encoding, nIn), result = programResult(encoding, nOut);
  for (const { config } of list) checkEnds(columns, result, config.widths);
  return { kind: "network", columns, members: list.map(stepsOf), result };
}

/** Throws a `TypeError` unless the first and last width are those of columns and result. */
export function checkEnds(
  columns: readonly ProgramColumn[],
  result: ValuesResult | ClassesResult,
  widths: readonly number[],
): void {
  const needed = result.kind === "values"
    ? result.names.length
    : result.labels.length === 2
    ? 1
    : result.labels.length;
  if (widths[0] === columns.length && widths[widths.length - 1] === needed) return;
  throw new TypeError(
    `Cannot export model: widths must begin with ${columns.length} and end with ${needed}, ` +
      `current value is [${widths.join(", ")}]`,
  );
}

function programScale({ minimum, maximum, map }: ColumnScale): ProgramScale {
  return { minimum, maximum, ...defined({ map }) };
}

/** The columns that a model of `nIn` inputs reads. */
export function programColumns(
  encoding: TableEncoding | GalleryEncoding | undefined,
  nIn: number,
): ProgramColumn[] {
  if (encoding?.kind === "table") {
    return encoding.inputs.map((column) => ({
      name: column.name,
      ...(column.offset === undefined ? {} : { offset: Number(column.offset) }),
      scale: programScale(column),
      range: [column.minimum, column.maximum],
    }));
  }
  const names = encoding !== undefined && nIn <= 2
    ? ["x", "y"].slice(0, nIn)
    : Array.from({ length: nIn }, (_, i) => `x${i + 1}`);
  const domain = encoding && findProblem(encoding.problem).domain;
  return names.map((name, p) => ({ name, ...(domain ? { range: domain[p] } : {}) }));
}

/** What a model of `nOut` outputs gives. */
export function programResult(
  encoding: TableEncoding | GalleryEncoding | undefined,
  nOut: number,
): ValuesResult | ClassesResult {
  if (encoding === undefined) {
    const names = Array.from({ length: nOut }, (_, q) => `y${q + 1}`);
    return { kind: "values", names, scales: names.map(() => undefined) };
  }
  if (encoding.kind === "gallery") {
    const names = [`${encoding.problem}_prediction`];
    return { kind: "values", names, scales: [programScale(encoding.target)] };
  }
  const { answer } = encoding;
  if (encoding.task === "classification") {
    const { target, labels } = encoding;
    return { kind: "classes", target, labels, ...(answer && { average: "logits" as const }) };
  }
  return { ...linkedResult(encoding), ...defined({ bounds: answer?.bounds }) };
}

/** What predict says of the targets: with exposures the rate per unit, with trials the probability. */
function linkedResult({ targets, link }: RegressionEncoding): ValuesResult {
  const ending = link?.kind === "log" && link.exposure !== undefined
    ? "rate"
    : link?.kind === "logit" && link.trials !== undefined
    ? "probability"
    : link?.kind === "hazard"
    ? "hazard_ratio"
    : link?.kind === "quantile"
    ? `quantile_${link.tau}`
    : "prediction";
  return {
    kind: "values",
    names: targets.map(({ name }) => `${name}_${ending}`),
    scales: targets.map((scale) => outputScale(scale, link)),
  };
}

function outputScale(scale: ColumnScale, link: TargetLink | undefined): OutputScale {
  const { minimum, maximum, smearing } = scale, one = { minimum: 0, maximum: 1 };
  if (link?.kind === "log") return { minimum: 0, maximum, map: { kind: "exp", rate: 1 } };
  if (link?.kind === "logit") return { ...one, map: { kind: "sigmoid" } };
  if (link?.kind === "hazard") return { ...one, map: { kind: "exp", rate: 1 } };
  if (smearing === undefined) return programScale(scale);
  const rate = log(maximum / minimum);
  return { minimum: 0, maximum: minimum * smearing, map: { kind: "exp", rate } };
}

/** Throws where the mean of several networks is not the mean of their outputs. */
function checkMean(encoding: TableEncoding | GalleryEncoding | undefined, members: number): void {
  if (members === 1 || encoding?.kind !== "table" || encoding.task !== "regression") return;
  const kind = encoding.link?.kind;
  if ((kind !== "log" && kind !== "logit") || encoding.answer !== undefined) return;
  throw new RangeError(
    "Cannot export model: networks must be one where predictions are exponentials or probabilities, " +
      `current value is ${members}`,
  );
}

function stepsOf(network: Network): ProgramStep[] {
  return stagesOf(network.config).map((stage): ProgramStep => {
    if (stage.kind === "linear") return linearStep(network, stage);
    if (stage.kind === "spline") return splineStep(network, stage);
    return { kind: stage.kind, nIn: stage.nIn, nOut: stage.nOut };
  });
}

/** The values of a block, a copy; refuses one that does not hold all edges. */
function fullBlock(network: Network, name: string, size: number): Float64Array {
  const values = blockValues(network, name).slice();
  if (values.length === size) return values;
  throw new TypeError(
    `Cannot export model: ${name} must hold ${size} numbers, one for every edge, ` +
      `current value is ${values.length} numbers`,
  );
}

/** A linear map; sparse where more than half of its entries are 0. */
function linearStep(network: Network, { name, nIn, nOut }: LinearStage): LinearStep | SparseStep {
  const weights = fullBlock(network, `${name}.weights`, nIn * nOut);
  const bias = findBlock(network.layout, `${name}.bias`) &&
    fullBlock(network, `${name}.bias`, nOut);
  const known = weights.reduce((sum, weight) => sum + Number(weight !== 0), 0);
  if (2 * known >= weights.length) {
    return { kind: "linear", nIn, nOut, weights, ...defined({ bias }) };
  }
  const starts = new Int32Array(nOut + 1), columns: number[] = [], values: number[] = [];
  for (let q = 0; q < nOut; q++) {
    for (let p = 0; p < nIn; p++) {
      if (weights[p * nOut + q] === 0) continue;
      columns.push(p);
      values.push(weights[p * nOut + q]);
    }
    starts[q + 1] = columns.length;
  }
  return {
    ...{ kind: "sparse", nIn, nOut, starts, origin: "linear" },
    ...{ columns: Int32Array.from(columns), values: Float64Array.from(values) },
    bias: bias ?? new Float64Array(nOut),
  };
}

function splineStep(network: Network, stage: SplineStage): SplineStep {
  const { layer, nIn, nOut, numBasis, space: { degree, intervals, domain } } = stage;
  const size = degree + 1, pieces = intervals + 2, constant = stage.extrapolation === "clamp";
  const shared = stage.numKnotVectors === 1 || stage.knots === "uniform";
  const vectors = Array.from({ length: shared ? 1 : nIn }, (_, p) => layerKnots(network, layer, p));
  const laidOut = vectors.map((knots) => knotPieces(knots, stage.knots === "uniform"));
  const grids = laidOut.map(({ grid }) => grid);
  const maps = new Float64Array(3 * nIn), limits = new Float64Array(2 * nIn);
  for (let p = 0; p < nIn; p++) {
    const map = nodeMap(network.statistics[layer], domain, p), { from, scale, origin } = map;
    maps.set([from, scale, origin], 3 * p);
    const free = scale === 0; // a constant column: everything lands in the middle
    const reach = domain.map((end) => rawPosition(map, end));
    const inside = Number.isNaN(map.inside[0]) ? reach : map.inside;
    limits.set(free ? [-Number.MAX_VALUE, Number.MAX_VALUE] : inside, 2 * p);
  }
  const wiring = stage.edges && wiringOf(stage.edges), edges = stage.edges?.count ?? nIn * nOut;
  const silu = stage.base === "silu"
    ? fullBlock(network, `spline${layer}.baseWeights`, edges)
    : undefined;
  const shape = { kind: "splines", nIn, nOut, degree, pieces, grids, maps } as const;
  const more = {
    ...(stage.extrapolation === "error" ? { limits } : {}),
    ...defined({ silu, wiring }),
  };
  const block = fullBlock(network, `spline${layer}.coefficients`, numBasis * edges);
  const c = wiring ? byInput(wiring, block, numBasis) : block;
  const asPieces = pieces * size * edges;
  const asBasis = grids.length * pieces * size * size + c.length;
  if (stage.basis === "relu") {
    return { ...shape, ...more, rows: pieces * size, table: relu() };
  }
  const basis = basisPieces(vectors, laidOut, constant);
  const step: SplineStep = { ...shape, ...more, rows: numBasis, table: c, basis };
  if (2 * asBasis < asPieces) return step;
  return { ...shape, ...more, rows: pieces * size, table: piecePolynomials(step) };

  /** Polynomials from truncated powers. */
  function relu(): Float64Array {
    const table = new Float64Array(asPieces);
    for (let p = 0; p < nIn; p++) {
      const v = shared ? 0 : p, { start, count } = inputEdges({ nOut, ...more }, p);
      for (let piece = 0; piece < pieces; piece++) {
        const at = pieces * size * start + piece * size * count;
        for (let q = 0; q < count; q++) {
          const one = powerPolynomial(
            vectors[v],
            laidOut[v],
            piece,
            constant,
            (i) => c[numBasis * start + i * count + q],
          );
          one.forEach((value, k) => table[at + k * count + q] = value);
        }
      }
    }
    return table;
  }
}

/**
 * Rewrites a program for float32: the ranges that refusing layers accept grow by what rounding moves
 * a row that lay at their ends.
 */
export function roundedProgram(program: NetworkProgram): NetworkProgram {
  const widened = (limits: Float64Array): Float64Array =>
    limits.map((limit, i) => {
      const other = limits[i ^ 1], size = Math.max(Math.abs(limit), Math.abs(other));
      return size === Number.MAX_VALUE ? limit : limit + (i % 2 === 0 ? -1 : 1) * FLOAT32 * size;
    });
  const members = program.members.map((steps) =>
    steps.map((step) =>
      step.kind === "splines" && step.limits ? { ...step, limits: widened(step.limits) } : step
    )
  );
  return { ...program, members };
}

/** Rounding of a few float32 operations, relative. */
const FLOAT32 = 4e-6;
