/**
 * Sums of splines of single columns and of linear combinations of columns, as a search tries them:
 * strengths shared where rows are few, begun where other rows ended, and no covariance.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import type { Loss } from "../engine/mod.ts";
import { grevilleAbscissae, type KnotVector, quantileKnots, uniformKnots } from "../knots/mod.ts";
import { createNetwork, type Network } from "../model/mod.ts";
import { rangeOf } from "../numerics/inner.ts";
import { edfOf } from "./_edf.ts";
import {
  along,
  crossProduct,
  type Design,
  makeDesign,
  type TermPlan,
  toSplines,
} from "./_design.ts";
import { chooseByClass } from "./_class_blocks.ts";
import type { AdditiveProblem } from "./_coefficients.ts";
import type { Family } from "./_families.ts";
import { familiesOf } from "./_point_family.ts";
import { termBasis } from "./_term_basis.ts";
import { chooseQuickly, type QuickFit } from "./_strengths.ts";

/** What a sum of splines is made of. */
export interface RidgeFunctionOptions {
  /** What is minimised, without its weight decay. */
  readonly loss: Loss;
  /** Pieces per spline. */
  readonly intervals: number;
  /** Whether columns bend; lines alone otherwise. */
  readonly bends: boolean;
  /** Linear combinations, shape `[count, nIn]`, of scaled inputs. */
  readonly directions?: Float64Array;
  /** Logarithms of strengths to begin with, as another fit ended with. */
  readonly strengths?: readonly Float64Array[];
  /** Most Newton steps, or rounds of them, of the strengths. */
  readonly updates?: number;
}

/** A fitted sum of splines. */
export interface RidgeFunctions {
  readonly network: Network;
  /** Logarithms, per family `[groups]`; NaN where a group has no columns. */
  readonly strengths: readonly Float64Array[];
  /** Effective degrees of freedom, of all outputs. */
  edf(): number;
}

/** With fewer rows per column all columns bend with one strength. */
const ROWS_PER_STRENGTH = 8;
const DEGREE = 3, DOMAIN = [-1, 1] as const, UNIFORM_FRACTION = 0.3;

/** Whether sums of splines are fitted to a loss: not where it couples rows. */
export function hasFamily({ kind }: Loss): boolean {
  return kind !== "cox";
}

/** A fit, and what it is made of. */
export interface DesignFit {
  readonly dataset: Dataset;
  readonly options: RidgeFunctionOptions;
  readonly plans: readonly TermPlan[];
  readonly design: Design;
  readonly families: readonly Family[];
  readonly problem: Omit<AdditiveProblem, "family">;
  /** Strengths, among those of lines, columns and directions. */
  readonly groups: readonly number[];
  readonly fits: readonly QuickFit[];
}

/** Fits a sum of splines: of every column, and of every direction. */
export function fitRidgeFunctions(
  dataset: Dataset,
  options: RidgeFunctionOptions,
): RidgeFunctions {
  return ridgeFunctions(fitDesign(dataset, options));
}

/** Fits coefficients; `ranges` are those of columns and directions, where rows stand for others. */
export function fitDesign(
  dataset: Dataset,
  options: RidgeFunctionOptions,
  ranges?: readonly (readonly [number, number])[],
): DesignFit {
  const { loss } = options, { rows, nOut } = dataset;
  const weights = dataset.weights ?? new Float64Array(rows).fill(1);
  const families = familiesOf(dataset, loss, weights);
  if (families.length === 0) {
    throw new RangeError(
      `Cannot fit sum of splines: loss must be a sum over rows, current value is ${loss.kind}`,
    );
  }
  const plans = planNodes(dataset, options, ranges);
  const design = makeDesign(dataset, plans, weights);
  const { strengthOf, groups } = groupsOf(dataset, plans, design, options.bends);
  const used = weights.reduce((count, w) => w > 0 ? count + 1 : count, 0);
  const matrix = families[0].isSquare ? crossProduct(design, weights) : new Float64Array(0);
  const problem = { design, rows: used, strengthOf, numStrengths: groups.length };
  const startOf = (known: Float64Array) => Float64Array.from(groups, (group) => known[group]);
  const { strengths, updates: most } = options, start = strengths?.map(startOf);
  const fits = loss.kind === "crossEntropy" && nOut > 1
    ? chooseByClass(problem, { targets: dataset.targets, weights, classes: nOut, start, most })
    : families.map((family, q) =>
      chooseQuickly({ ...problem, family }, matrix, { start: start?.[q], most })
    );
  return { dataset, options, plans, design, families, problem, groups, fits };
}

/** The network of a fit, and its strengths. */
export function ridgeFunctions(
  { dataset, options, plans, design, groups, fits }: DesignFit,
): RidgeFunctions {
  return {
    network: ridgeNetwork(dataset, plans, design, fits, options),
    strengths: fits.map(({ logStrengths }) => {
      const all = new Float64Array(dataset.nIn + 2).fill(NaN);
      groups.forEach((group, j) => all[group] = logStrengths[j]);
      return all;
    }),
    edf: () => fits.reduce((sum, fit) => sum + edfOf(fit), 0),
  };
}

/** Columns, then directions; those that do not vary are left out. */
function planNodes(
  { rows, nIn, inputs }: Dataset,
  { intervals, bends, directions }: RidgeFunctionOptions,
  ranges?: readonly (readonly [number, number])[],
): TermPlan[] {
  const nodes = nIn + (directions === undefined ? 0 : directions.length / nIn);
  const uniform = uniformKnots({ degree: DEGREE, intervals, domain: DOMAIN });
  return Array.from({ length: nodes }, (_, column): TermPlan | undefined => {
    const direction = column < nIn
      ? undefined
      : directions!.slice((column - nIn) * nIn, (column - nIn + 1) * nIn);
    const values = Float64Array.from(
      { length: rows },
      (_, r) => direction ? along(direction, inputs, r) : inputs[r * nIn + column],
    );
    const range = ranges?.[column] ?? rangeOf(values), [low, high] = range;
    if (!(high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high)))) return undefined;
    const common = { column, range, unitBends: true, ...(direction ? { direction } : {}) };
    if (!(bends || direction) || new Set(values).size <= 2) {
      return direction ? undefined : { ...common, kind: "linear", knots: uniform };
    }
    const scale = 2 / (high - low);
    const points = values.map((x) => Math.min(1, Math.max(-1, -1 + (x - low) * scale)));
    const knots = quantileKnots(points, {
      ...{ degree: DEGREE, intervals, domain: DOMAIN, uniformFraction: UNIFORM_FRACTION },
    });
    const basis = termBasis(knots, intervals + 1, "column");
    return { ...common, kind: "smooth", knots, basis: direction ? withoutLine(basis) : basis };
  }).flatMap((plan) => plan ?? []);
}

/** The functions that bend. */
function withoutLine({ size, count, coefficients }: ReturnType<typeof termBasis>) {
  const kept = coefficients.filter((_, i) => i % count > 0);
  return { size, count: count - 1, coefficients: kept, lineless: true };
}

/** Group 0: lines; then one for the bends of every column, or one for all; the last for directions. */
function groupsOf(
  { rows, nIn }: Dataset,
  plans: readonly TermPlan[],
  { terms, count }: Design,
  bends: boolean,
): { readonly strengthOf: Int32Array; readonly groups: readonly number[] } {
  const groupOf = new Int32Array(count).fill(-1), apart = bends && rows >= ROWS_PER_STRENGTH * nIn;
  plans.forEach(({ column, direction }, t) => {
    const { first, count: functions } = terms[t];
    for (let k = 0; k < functions; k++) {
      groupOf[first + k] = direction ? nIn + 1 : k === 0 ? 0 : apart ? 1 + column : 1;
    }
  });
  const groups = [...new Set(groupOf)].filter((group) => group >= 0).sort((a, b) => a - b);
  return { strengthOf: groupOf.map((group) => groups.indexOf(group)), groups };
}

/** One layer of splines, behind a linear map where there are directions. */
function ridgeNetwork(
  { nIn, nOut, inputs }: Dataset,
  plans: readonly TermPlan[],
  design: Design,
  fits: readonly QuickFit[],
  { intervals, directions }: RidgeFunctionOptions,
): Network {
  const oblique = directions !== undefined, points = intervals + 1, size = intervals + DEGREE;
  const nodes = nIn + (oblique ? directions.length / nIn : 0);
  const uniform = uniformKnots({ degree: DEGREE, intervals, domain: DOMAIN });
  const planOf = Array.from(
    { length: nodes },
    (_, node) => plans.findIndex(({ column }) => column === node),
  );
  const knotsOf = (node: number): KnotVector => plans[planOf[node]]?.knots ?? uniform;
  const breakpoints = Float64Array.from(
    { length: nodes * points },
    (_, at) => knotsOf(Math.floor(at / points)).values[DEGREE + at % points],
  );
  const network = createNetwork({
    ...{ widths: oblique ? [nIn, nodes, nOut] : [nIn, nOut], degree: DEGREE, intervals },
    ...(oblique ? { firstLayer: "linear", bias: false } : { firstLayer: "spline" }),
    ...{ knots: "fixed", outerKnots: "even" },
  }, { seed: 0, breakpoints: [breakpoints] });
  const parameters = network.parameters.slice().fill(0), offset = oblique ? nIn * nodes : 0;
  for (let node = 0; oblique && node < nodes; node++) {
    for (let p = 0; p < nIn; p++) {
      parameters[p * nodes + node] = node < nIn
        ? Number(p === node)
        : directions[(node - nIn) * nIn + p];
    }
  }
  const add = (b: Float64Array, q: number) => {
    const c = toSplines(design, b);
    for (let i = 0; i < size; i++) parameters[offset + i * nOut + q] += c[0];
    plans.forEach(({ column, kind }, t) => {
      const { from } = design.terms[t],
        line = kind === "linear" ? grevilleAbscissae(uniform) : undefined;
      for (let i = 0; i < size; i++) {
        parameters[offset + (column * size + i) * nOut + q] += line
          ? c[from] * line[i]
          : c[from + i];
      }
    });
  };
  fits.forEach(({ b }, q) => add(b, q));
  const ranges = Array.from({ length: nodes }, (_, node) => {
    const plan = plans[planOf[node]];
    if (plan) return plan.range;
    const value = node < nIn ? inputs[node] : along(
      directions!.subarray((node - nIn) * nIn, (node - nIn + 1) * nIn),
      ...[inputs, 0] as const,
    );
    return [value, value] as const;
  });
  return {
    ...network,
    parameters,
    statistics: [{
      kind: "minmax",
      minimum: Float64Array.from(ranges, ([low]) => low),
      maximum: Float64Array.from(ranges, ([, high]) => high),
    }],
  };
}
