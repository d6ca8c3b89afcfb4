/**
 * Proven bounds of a solved differential equation: of what equations and conditions miss by, and of
 * the solution itself.
 *
 * @module
 */

import {
  createJetSearch,
  type FormulaBound,
  type FormulaBox,
  type FormulaVariable,
  type JetSearch,
} from "../certify/inner.ts";
import { checkNetwork, splineStages } from "../model/inner.ts";
import type { Network } from "../model/mod.ts";
import { checkOptions } from "../numerics/inner.ts";
import type { PdeProblem } from "../physics/mod.ts";
import {
  type Expression,
  readFaces,
  readOutputName,
  type ResolvedPde,
  type ResolvedTerm,
  resolvePde,
} from "../physics/inner.ts";

/** What to certify of a solution. */
export interface CertifySolutionOptions {
  /** Values of the problem's unknown coefficients. Default: where they began. */
  readonly coefficients?: Readonly<Record<string, number>>;
  /** A part of the domain, by coordinates. Default: all of it. */
  readonly box?: Readonly<Record<string, readonly [number, number]>>;
  /** By which share of the largest residual that is reached a bound may exceed it. Default 0.001. */
  readonly tolerance?: number;
  /** Most boxes for one bound. Default 50,000, of three coordinates 20,000, of more 10,000. */
  readonly boxes?: number;
  /** Bound residuals. Default true. */
  readonly residuals?: boolean;
  /** Bound the unknowns as well. Default true. */
  readonly unknowns?: boolean;
}

/** The largest absolute residual of an equation or a condition. */
export interface ResidualBound {
  /** Its name. */
  readonly name: string;
  /** What it is. */
  readonly kind: "equation" | "condition";
  /** As the problem writes it. */
  readonly text: string;
  /** Nowhere is the absolute value of left side minus right side larger. Infinite: none is known. */
  readonly bound: number;
  /** An absolute value that is reached for certain. */
  readonly reached: number;
  /** Where it is reached: a value per coordinate. */
  readonly at: Readonly<Record<string, number>>;
  /** Boxes that were looked at. */
  readonly boxes: number;
  /** `tight`: within the tolerance of what is reached; `budget`: the boxes were used up before. */
  readonly status: "tight" | "budget";
  /**
   * Whether a derivative may have no value at a knot or at an end of a spline's domain: the bound is
   * one of both sides of such places.
   */
  readonly spikes: boolean;
}

/** Bounds of an unknown. */
export interface UnknownBounds {
  /** Its name. */
  readonly name: string;
  /** It is nowhere below. */
  readonly lower: number;
  /** It is nowhere above. */
  readonly upper: number;
  /** The smallest and the largest value that is reached for certain. */
  readonly reached: readonly [number, number];
  /** Where they are reached: a value per coordinate. */
  readonly at: readonly [Readonly<Record<string, number>>, Readonly<Record<string, number>>];
  /** Boxes that were looked at. */
  readonly boxes: number;
  /** `tight`: within the tolerance of what is reached; `budget`: the boxes were used up before. */
  readonly status: "tight" | "budget";
}

/** What is known of a solution on a box. */
export interface SolutionCertificate {
  /** The box, by coordinates. */
  readonly box: Readonly<Record<string, readonly [number, number]>>;
  /** Per equation and condition; those that hold no point of the box are left out. */
  readonly terms: readonly ResidualBound[];
  /** Conditions that hold exactly, by the ansatz. */
  readonly exact: readonly string[];
  /** Per unknown, where they were asked for. */
  readonly unknowns: readonly UnknownBounds[];
  /** Boxes that were looked at in all. */
  readonly boxes: number;
}

/** Boxes of a bound by the number of coordinates. */
const MOST_BOXES = [1, 50_000, 50_000, 20_000];

const OPTIONS = "coefficients box tolerance boxes residuals unknowns";

/**
 * Proves how far equations and conditions of a solved problem are from holding, everywhere in a box:
 * Taylor models enclose the network and its derivatives, and the formulas of them; the box is split
 * until bounds are close to what is reached. Bounds hold in exact arithmetic; at knots, where a
 * highest derivative jumps, for both sides.
 *
 * @param problem The problem.
 * @param network Its network, with kept statistics.
 * @param options The box, how close bounds should be.
 * @returns Bounds of residuals and unknowns, and what they cost.
 * @throws {TypeError} If an option is of the wrong type.
 * @throws {RangeError} If a box leaves the domain, the network does not fit the problem, or the
 * degree of its splines is below the order of the equations.
 *
 * @example
 * ```ts
 * import { parsePde, solvePde } from "@freeknot/freeknot/physics";
 * import { coarseSchedule } from "@freeknot/freeknot/multilevel";
 * import { certifySolution } from "@freeknot/freeknot/theory";
 * import { assert } from "@std/assert";
 *
 * const decay = parsePde({
 *   domain: { t: [0, 1] },
 *   equations: [{ name: "decay", equation: "u_t = -u" }],
 *   conditions: [{ at: { t: 0 }, equation: "u = 1" }],
 * });
 * const { network } = await solvePde(decay, { tolerance: 1e-3 });
 * const { terms: [{ bound, reached }] } = certifySolution(decay, network);
 * assert(reached <= bound && bound < 0.1);
 * ```
 */
export function certifySolution(
  problem: PdeProblem,
  network: Network,
  options: CertifySolutionOptions = {},
): SolutionCertificate {
  checkNetwork("certify", network);
  checkOptions("certify", options, OPTIONS);
  const resolved = resolvePde(problem), { coordinates, terms, unknowns, hard } = resolved;
  checkFit(problem, network, resolved);
  const { tolerance = 1e-3, boxes = MOST_BOXES[coordinates.length] ?? 10_000 } = options;
  checkLimits(tolerance, boxes);
  const box = boxOf(resolved, options.box ?? {});
  const coefficients = options.coefficients ?? problem.coefficients ?? {};
  const limits = { tolerance, boxes };
  const inputs = {
    ranges: resolved.ranges,
    periodic: coordinates.map((each) => problem.periodic?.includes(each) ?? false),
    raw: problem.rawCoordinates ?? false,
  };
  const variable = (name: string) => variableOf(name, coordinates);
  const searchOf = (formula: Expression) => createJetSearch({ network, formula, inputs, variable });
  const asked = options.residuals === false ? [] : terms;
  const bounded = asked.flatMap((term): ResidualBound[] => {
    const places = placesOfTerm(term, resolved, box, coefficients);
    if (places.length === 0) return [];
    const found = searchOf(term.residual).largest(places, "size", limits);
    const { bound, reached, boxes, status, spikes } = found;
    return [{
      ...{ name: term.name, kind: term.condition ? "condition" : "equation", text: term.text },
      ...{ bound, reached, at: placeIn(found, coordinates), boxes, status, spikes },
    }];
  });
  const whole = { ends: Float64Array.from(box.flat()), numbers: coefficients };
  const ranges = options.unknowns === false
    ? []
    : unknowns.map((name) =>
      boundUnknown({ name, coordinates }, searchOf(resolved.formula(name)), whole, limits)
    );
  const count = (all: readonly { readonly boxes: number }[]) =>
    all.reduce((sum, each) => sum + each.boxes, 0);
  return {
    box: Object.fromEntries(coordinates.map((name, i) => [name, box[i]])),
    ...{ terms: bounded, exact: hard, unknowns: ranges },
    boxes: count(bounded) + count(ranges),
  };
}

/** An unknown from both sides, within a share of its range. */
function boundUnknown(
  { name, coordinates }: { readonly name: string; readonly coordinates: readonly string[] },
  search: JetSearch,
  whole: FormulaBox,
  limits: { readonly tolerance: number; readonly boxes: number },
): UnknownBounds {
  const { tolerance } = limits;
  const [start] = search.at(whole.ends.filter((_, k) => k % 2 === 0), whole.numbers);
  const least = tolerance * Math.max(1e-3 * Math.abs(start), 1e-12);
  const high = search.largest([whole], "upper", { ...limits, least });
  const span = tolerance * Math.abs(high.reached - start);
  const low = search.largest([whole], "lower", { ...limits, least: Math.max(least, span) });
  return {
    ...{ name, lower: 0 - low.bound, upper: high.bound },
    reached: [0 - low.reached, high.reached],
    at: [placeIn(low, coordinates), placeIn(high, coordinates)],
    boxes: low.boxes + high.boxes,
    status: low.status === "tight" && high.status === "tight" ? "tight" : "budget",
  };
}

function checkLimits(tolerance: number, boxes: number): void {
  if (!(tolerance > 0 && tolerance < Infinity)) {
    throw new RangeError(
      `Cannot certify: tolerance must be a positive number, current value is ${tolerance}`,
    );
  }
  if (Number.isSafeInteger(boxes) && boxes >= 1) return;
  throw new RangeError(
    `Cannot certify: boxes must be an integer of at least 1, current value is ${boxes}`,
  );
}

/** Throws unless a network's derivatives are functions, and it is one of the problem. */
function checkFit(problem: PdeProblem, network: Network, { order, unknowns }: ResolvedPde): void {
  const { config, parameters, statistics } = network;
  const nIn = Object.keys(problem.domain).length + (problem.periodic?.length ?? 0);
  const { widths, activation, degree } = config;
  if (widths[0] !== nIn || widths[widths.length - 1] !== unknowns.length) {
    throw new RangeError(
      `Cannot certify: network must have ${nIn} inputs and ${unknowns.length} outputs for ` +
        `${problem.name}, current value is [${widths.join(", ")}]`,
    );
  }
  if (statistics.length !== splineStages(config).length || !parameters.every(Number.isFinite)) {
    throw new RangeError(
      "Cannot certify: network must have finite parameters and kept statistics, current value " +
        "is without",
    );
  }
  if (activation === "relu") {
    throw new RangeError(
      "Cannot certify: activation must be spline or tanh where derivatives are bounded, current " +
        "value is relu",
    );
  }
  if (activation !== "spline" || degree >= order) return;
  throw new RangeError(
    `Cannot certify: degree of the splines must be at least ${order}, the order of the equations, ` +
      `current value is ${degree}`,
  );
}

function boxOf(
  { coordinates, ranges }: ResolvedPde,
  wanted: NonNullable<CertifySolutionOptions["box"]>,
): (readonly [number, number])[] {
  for (const name of Object.keys(wanted)) {
    if (coordinates.includes(name)) continue;
    throw new RangeError(
      `Cannot certify: box must name coordinates (${
        coordinates.join(", ")
      }), current value is ${name}`,
    );
  }
  return coordinates.map((name, i) => {
    const [a, b] = ranges[i], [low, high] = wanted[name] ?? [a, b];
    if (low <= high && low >= a && high <= b) return [low, high];
    throw new RangeError(
      `Cannot certify: box of ${name} must lie in the domain from ${a} to ${b}, current value is ` +
        `[${low}, ${high}]`,
    );
  });
}

/** What a variable of a resolved formula stands for; other names are coefficients and columns. */
function variableOf(name: string, coordinates: readonly string[]): FormulaVariable {
  const named = readOutputName(name), index = coordinates.indexOf(name);
  if (named) {
    const { output, derivative, place } = named;
    return { kind: "output", output, derivative, ...(place ? { place } : {}) };
  }
  return index >= 0 ? { kind: "coordinate", index } : { kind: "number", name };
}

/** The boxes in which a term is to hold, as far as they lie in a box. */
function placesOfTerm(
  { condition }: ResolvedTerm,
  { coordinates, ranges }: ResolvedPde,
  box: readonly (readonly [number, number])[],
  coefficients: Readonly<Record<string, number>>,
): FormulaBox[] {
  if (!condition) return [{ ends: Float64Array.from(box.flat()), numbers: coefficients }];
  const { at, data } = condition;
  if (data) {
    const rows = data[coordinates[0]].length, columns = Object.keys(data);
    return Array.from({ length: rows }, (_, r) => ({
      ends: Float64Array.from(coordinates.flatMap((name) => [data[name][r], data[name][r]])),
      numbers: {
        ...coefficients,
        ...Object.fromEntries(columns.map((column) => [column, data[column][r]])),
      },
    })).filter(({ ends }) => box.every(([a, b], i) => ends[2 * i] >= a && ends[2 * i] <= b));
  }
  const faces = readFaces(at!, coordinates, ranges);
  const parts = faces.map((face, i) => {
    const [a, b] = box[i];
    const all = face.kind === "range" ? [face.range] : face.values.map((x) => [x, x] as const);
    return all.map(([low, high]) => [Math.max(a, low), Math.min(b, high)] as const)
      .filter(([low, high]) => low <= high);
  });
  const all = parts.reduce<(readonly (readonly [number, number])[])[]>(
    (begun, part) => begun.flatMap((each) => part.map((range) => [...each, range])),
    [[]],
  );
  return all.map((ranges) => ({ ends: Float64Array.from(ranges.flat()), numbers: coefficients }));
}

function placeIn({ at }: FormulaBound, coordinates: readonly string[]): Record<string, number> {
  return Object.fromEntries(coordinates.map((name, i) => [name, at[i]]));
}
