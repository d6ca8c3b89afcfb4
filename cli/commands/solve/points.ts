/**
 * The flags of `solve` that say where equations are asked to hold, and with which weights.
 *
 * @module
 */

import { defined } from "../../../lib/numerics/inner.ts";
import type { PdeProblem, Renewal, ResidualWeighting, Sampler } from "../../../lib/physics/mod.ts";
import { UsageError } from "../../terminal/errors.ts";
import { type Flag, flag, type GivenFlags } from "../../flags/parse.ts";
import { choiceFlag, integerFlag, integersFlag } from "../../flags/values.ts";

const FIXED = ["grid", "uniform", "sobol"] as const;
const RENEWED = ["residual", "slope"] as const;
const WEIGHTS = ["gradients", "attention", "causal"] as const;

/** The flags that are read here. */
export const POINT_FLAGS: readonly Flag[] = [
  flag(
    "grid N,...",
    "Points per coordinate at which the equations are asked to hold; one number for all.",
    "the problem's, else three points per parameter, spread evenly by Sobol's sequence",
  ),
  flag(
    "sampler KIND",
    "grid, uniform or sobol: the same points throughout. residual or slope: points that " +
      "gather where residuals are large or the solution is steep, drawn anew at every stage.",
    "the problem's, else grid",
  ),
  flag("points N", "How many points, for all samplers but grid."),
  flag(
    "renew N",
    "Epochs of a stage, at whose start points and weights are renewed.",
    "the problem's, else a level is a stage",
  ),
  flag(
    "weights KIND",
    "none, or renewed at every stage: gradients (all terms pull alike), attention (points of " +
      "large residuals) or causal (early times first).",
    "the problem's, else none",
  ),
];

/** What the flags say. */
export interface PointRequest {
  /** Points that stay. */
  readonly sampler?: Sampler;
  readonly renewal: Renewal;
  /** Where the equations are asked to hold, in words. */
  readonly text: string;
  /** Flags and values that repeat the request. */
  readonly words: readonly (readonly [string, string])[];
}

/** Points where a sampler has none named. */
const DEFAULT_POINTS = 2000;

/**
 * Reads the flags.
 *
 * @throws {UsageError} If they contradict each other.
 */
export function pointRequest(given: GivenFlags, problem: PdeProblem, seed: number): PointRequest {
  const counts = gridFlag(given, problem);
  const kind = choiceFlag(given, "sampler", [...FIXED, ...RENEWED]) ?? (counts && "grid");
  const count = integerFlag(given, "points", { least: 1 });
  const every = integerFlag(given, "renew", { least: 1 });
  const weights = choiceFlag(given, "weights", ["none", ...WEIGHTS]);
  if (counts && kind !== "grid") {
    throw new UsageError(
      `Cannot solve: --sampler must be grid where --grid is given, current value is ${kind}`,
    );
  }
  if (count !== undefined && (kind ?? "grid") === "grid" && !(kind ?? problem.renewal?.points)) {
    throw new UsageError(
      "Cannot solve: --points must come with --sampler uniform, sobol, residual or slope (a grid " +
        `has --grid), current value is ${count}`,
    );
  }
  const { points: own, weights: ownWeights, ...rest } = problem.renewal ?? {};
  const by = RENEWED.find((name) => name === kind) ?? (kind ? undefined : own?.by);
  const renewal: Renewal = {
    ...rest,
    ...(every !== undefined && { every }),
    ...(by && { points: { by, count: count ?? own?.count ?? DEFAULT_POINTS } }),
    ...(weights === undefined
      ? ownWeights && { weights: ownWeights }
      : weights !== "none" && { weights: weights as ResidualWeighting }),
  };
  if (every !== undefined && !renewal.points && !renewal.weights && !renewal.continuation) {
    throw new UsageError(
      "Cannot solve: --renew must come with --sampler residual or slope or with --weights (there " +
        `is nothing else to renew), current value is ${every}`,
    );
  }
  const sampler: Sampler | undefined = counts
    ? { kind: "grid", counts }
    : kind === "uniform" || kind === "sobol"
    ? { kind, count: count ?? DEFAULT_POINTS, seed }
    : kind === "grid" && problem.grid
    ? { kind, counts: problem.grid }
    : undefined;
  const places = { grid: counts?.join(), sampler: counts ? undefined : kind, points: count };
  const asked = defined({ ...places, renew: every, weights });
  return {
    ...(sampler && { sampler }),
    renewal,
    text: describe(sampler, renewal, problem.grid),
    words: Object.entries(asked).map(([name, value]) => [name, `${value}`]),
  };
}

/** Points per coordinate; a single number is every coordinate's. */
function gridFlag(given: GivenFlags, { domain }: PdeProblem): number[] | undefined {
  const counts = integersFlag(given, "grid", { least: 2 });
  return counts?.length === 1 ? Object.keys(domain).map(() => counts[0]) : counts;
}

/** How the losses at the end were measured, where it is not as in training; else empty. */
export function lossNote({ points, weights }: Renewal): string {
  if (!points && !weights) return "";
  const own = [points ? "points" : "", weights ? "weights" : ""].filter(Boolean).join(" and ");
  return `Losses of levels are those of training, with the ${own} of their last stage; losses of ` +
    "equations and conditions are measured afterwards, at points spread evenly, with the " +
    "problem's own weights; their sum is another number.";
}

const GATHERING = { residual: "residuals are large", slope: "the solution is steep" } as const;

function describe(
  sampler: Sampler | undefined,
  { points, every, weights }: Renewal,
  grid: readonly number[] | undefined,
): string {
  const counts = sampler?.kind === "grid" ? sampler.counts : grid;
  const where = points
    ? `${points.count} points that gather where ${GATHERING[points.by]}`
    : sampler && sampler.kind !== "grid" && sampler.kind !== "points"
    ? `${sampler.count} points, ${sampler.kind}`
    : counts
    ? `a grid of ${counts.join(" × ")}`
    : "three points per parameter, spread evenly";
  const renewed = [points ? "points" : "", weights ? `weights by ${weights}` : ""].filter(Boolean);
  if (renewed.length === 0) return where;
  const when = every === undefined ? "at every level" : `every ${every} epochs`;
  return `${where}; ${renewed.join(" and ")} renewed ${when}`;
}
