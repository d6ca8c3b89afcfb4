/**
 * Which columns enter an additive model, how, and which penalties they have.
 *
 * @module
 */

import { rangeOf } from "../numerics/inner.ts";
import { type KnotVector, uniformKnots } from "../knots/mod.ts";
import type { Dataset } from "../data/mod.ts";
import { isCrowded, knotsAtQuantiles } from "./_column_knots.ts";
import type { Design, TermPlan } from "./_design.ts";
import { type TermBasis, termBasis } from "./_term_basis.ts";

/** The splines' domain. */
const DOMAIN = [-1, 1] as const;

/**
 * Functions of all terms together, unless told otherwise; two for each row are plenty. Of several
 * classes every step is one of all logits together.
 */
const MOST_FUNCTIONS = 600, MOST_OF_CLASSES = 300;

/** What enters, and the splines of all columns. */
export interface AdditivePlan {
  readonly terms: readonly TermPlan[];
  readonly degree: number;
  readonly intervals: number;
  /** Knots of every column, or uniform ones for all. */
  readonly knots: readonly KnotVector[] | undefined;
}

/** What a strength belongs to. */
export interface StrengthName {
  readonly kind: "bend" | "line";
  /** Numbers of terms. */
  readonly terms: readonly number[];
}

interface PlanOptions {
  readonly intervals?: number;
  readonly degree?: number;
  readonly knots?: "auto" | "uniform" | "quantile";
  readonly most?: number;
  readonly terms?: readonly { readonly kind?: string; readonly group?: number }[];
  readonly predictors: number;
}

/** Decides how columns enter; constant ones do not. */
export function planTerms(
  { rows, nIn, inputs }: Dataset,
  options: PlanOptions,
): AdditivePlan {
  const { intervals = 20, degree = 3, predictors } = options;
  const plenty = predictors > 1 ? MOST_OF_CLASSES : MOST_FUNCTIONS;
  const most = options.most ?? Math.min(plenty, Math.max(2 * rows, 2 * nIn) * predictors);
  const uniform = uniformKnots({ degree, intervals, domain: DOMAIN });
  const columns = Array.from({ length: nIn }, (_, p) => {
    const values = Float64Array.from({ length: rows }, (_, r) => inputs[r * nIn + p]);
    const range = rangeOf(values), distinct = countDistinct(values, intervals + degree + 1);
    const wanted = options.terms?.[p] ?? {}, { kind = "auto", group } = wanted;
    const isConstant = !(range[1] - range[0] > 1e-12 * Math.max(-range[0], range[1]));
    const smooth = kind === "auto" ? distinct > 2 : kind === "smooth";
    return { values, range, distinct, group, isConstant, smooth: smooth && distinct > 2 };
  });
  const smooths = columns.filter(({ isConstant, smooth }) => !isConstant && smooth).length;
  const others = columns.filter(({ isConstant, smooth }) => !isConstant && !smooth).length;
  const share = Math.floor((most / predictors - 1 - others) / Math.max(1, smooths));
  const all = Math.max(0, Math.min(intervals + degree - 2, share - 1));
  const { knots: places = "auto" } = options;
  const found = columns.map(({ values, range: [low, high], isConstant, smooth }) => {
    if (places === "uniform" || isConstant || !smooth) return undefined;
    const scale = 2 / (high - low);
    const points = values.map((x) => Math.min(1, Math.max(-1, -1 + (x - low) * scale)));
    const shape = { degree, intervals, domain: DOMAIN };
    return places === "quantile" || isCrowded(points, shape)
      ? knotsAtQuantiles(points, shape)
      : undefined;
  });
  let shared: TermBasis | undefined;
  const planOf = (column: number): TermPlan | undefined => {
    const { range, distinct, group, isConstant, smooth } = columns[column];
    if (isConstant) return undefined;
    const common = { column, range, knots: found[column] ?? uniform };
    if (!smooth) {
      const free = options.terms?.[column]?.kind === "free";
      return { ...common, kind: "linear", free, ...(group !== undefined && { group }) };
    }
    const bent = Math.min(all, distinct - 2);
    const basis = found[column]
      ? termBasis(common.knots, bent, "intervals")
      : firstFunctions(shared ??= termBasis(uniform, all, "column"), bent + 1);
    return { ...common, kind: "smooth", basis };
  };
  const terms = columns.flatMap((_, column) => planOf(column) ?? []);
  const knots = found.map((each) => each ?? uniform);
  return { terms, degree, intervals, knots: found.some((each) => each) ? knots : undefined };
}

/** Numbers the strengths, and says which column of `X` has which. */
export function strengthsOf(
  plans: readonly TermPlan[],
  { terms, count }: Design,
  select: boolean,
): { readonly strengthOf: Int32Array; readonly names: readonly StrengthName[] } {
  const strengthOf = new Int32Array(count).fill(-1), names: StrengthName[] = [];
  const groups = new Map<number, number>();
  plans.forEach(({ kind, free, group }, t) => {
    const { first, count: k } = terms[t];
    if (free) return;
    const shared = group === undefined ? undefined : groups.get(group);
    if (kind === "linear" && shared !== undefined) {
      strengthOf[first] = shared;
      names[shared] = { kind: "line", terms: [...names[shared].terms, t] };
      return;
    }
    if (kind === "linear" || select) {
      if (kind === "linear" && group !== undefined) groups.set(group, names.length);
      strengthOf[first] = names.length;
      names.push({ kind: "line", terms: [t] });
    }
    if (k > 1) {
      strengthOf.fill(names.length, first + 1, first + k);
      names.push({ kind: "bend", terms: [t] });
    }
  });
  return { strengthOf, names };
}

/** The first functions of a basis. */
function firstFunctions({ size, count, coefficients }: TermBasis, first: number): TermBasis {
  if (first >= count) return { size, count, coefficients };
  const kept = new Float64Array(size * first);
  for (let i = 0; i < size; i++) {
    kept.set(coefficients.subarray(i * count, i * count + first), i * first);
  }
  return { size, count: first, coefficients: kept };
}

/** Different values of a column, as far as they matter. */
function countDistinct(values: Float64Array, enough: number): number {
  const seen = new Set<number>();
  for (const value of values) {
    seen.add(value);
    if (seen.size >= enough) break;
  }
  return seen.size;
}
