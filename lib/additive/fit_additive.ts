/**
 * Additive models: a sum of smooth functions of single columns, each as smooth as the data say.
 *
 * @module
 */

import { checkInteger, checkOptions, exp } from "../numerics/inner.ts";
import type { Dataset } from "../data/mod.ts";
import type { Loss } from "../engine/mod.ts";
import { checkLoss } from "../engine/inner.ts";
import type { Network, ParameterCovariance } from "../model/mod.ts";
import { crossProduct, makeDesign } from "./_design.ts";
import { contrasts, type Family } from "./_families.ts";
import { familiesOf } from "./_point_family.ts";
import { additiveNetwork, networkFactor } from "./_network.ts";
import { columnEdf } from "./_edf.ts";
import { planTerms, strengthsOf } from "./_plan.ts";
import type { PenaltyScore } from "./_scores.ts";
import { summariesOf, type TermSummary } from "./_term_tests.ts";
import { chooseStrengths, type StrengthFit } from "./_strengths.ts";

/** How a column enters an additive model. */
export interface AdditiveTerm {
  /**
   * `"smooth"`: splines, with a penalty on bending; `"linear"`: a multiple of the column, with a
   * ridge; `"free"`: a multiple without a penalty, for columns of which no other ones add up;
   * `"auto"` (default): linear where the column has two values, else smooth.
   */
  readonly kind?: "auto" | "smooth" | "linear" | "free";
  /** Linear columns of one group, the levels of a category for example, share one ridge. */
  readonly group?: number;
}

/** Options of {@linkcode fitAdditive}. */
export interface AdditiveOptions {
  /**
   * `mse` (default): targets with normal noise; `crossEntropy`: classes, by a logit or by softmax;
   * `poisson`, `gamma`, `tweedie`: outputs are logarithms of means; `binomial`: shares of successes,
   * rows weighed by trials, outputs are logits; `huber`, `quantile`: outliers count less. Not `cox`.
   */
  readonly loss?: Loss;
  /** How columns enter, one for each column of the inputs. Default: all `"auto"`. */
  readonly terms?: readonly AdditiveTerm[];
  /** Pieces of every spline. Default 20; the penalty makes more of them harmless. */
  readonly intervals?: number;
  /** Degree of the splines, 1 to 9. Default 3. */
  readonly degree?: number;
  /**
   * `"uniform"`; `"quantile"`: at the quantiles of the column; `"auto"` (default): at the quantiles
   * where a column is skewed, lying densely in places. There bends are counted in units of intervals.
   */
  readonly knots?: "auto" | "uniform" | "quantile";
  /** How strengths are chosen. Default `"reml"`, restricted maximum likelihood. */
  readonly penalty?: PenaltyScore;
  /** Whether straight lines have a penalty too, so that terms can vanish. Default true. */
  readonly select?: boolean;
  /**
   * Most functions of all terms and predictors together; where there would be more, every smooth
   * term keeps its smoothest ones. Default 600, of three classes or more 300, or two for each row where
   * that is less.
   */
  readonly most?: number;
}

/** What {@linkcode fitAdditive} found. */
export interface AdditiveModel {
  /** `[nIn, nOut]` splines, as any network of the library. */
  readonly network: Network;
  /** Every term with its test, column by column; constant columns have none. */
  readonly terms: readonly TermSummary[];
  /** Effective degrees of freedom of every column, over all outputs, `[nIn]`; 0 where it is constant. */
  readonly edf: Float64Array;
  /** All of them together, intercepts included. */
  readonly totalEdf: number;
  /** Strengths per output (classes share them) of each column's bending; infinite where it has none. */
  readonly bending: readonly Float64Array[];
  /** Strengths of each column's straight line; infinite where it has none, 0 without a penalty. */
  readonly lines: readonly Float64Array[];
  /** The parameters' covariance given the data (Bayesian), the doubt about strengths included. */
  readonly covariance: ParameterCovariance;
  /**
   * The variance of the noise per output, of gamma and tweedie the dispersion; 1 for classes, counts
   * and shares.
   */
  readonly scale: Float64Array;
  /** The score that was minimised, the sum over outputs. */
  readonly score: number;
  /** The sum over outputs. */
  readonly deviance: number;
  /** The deviance of the intercepts alone. */
  readonly nullDeviance: number;
  /** Newton steps of the strengths, the most of all outputs. */
  readonly iterations: number;
  /** Whether steps ended by themselves. */
  readonly converged: boolean;
}

const OPTIONS = "loss terms intervals degree knots penalty select most";

/**
 * Fits `y = b + sum_p f_p(x_p)`, splines with a penalty on `integral f_p''^2`, whose strengths are
 * found from the data.
 *
 * Minimises the deviance plus `sum_p lambda_p integral f_p''^2 + mu_p |line of f_p|^2` (the second
 * penalty lets a term vanish: G. Marra and S. Wood, Practical variable selection for generalized
 * additive models, Computational Statistics and Data Analysis 55, 2011). All strengths are chosen at
 * once by restricted maximum likelihood, without a grid and without held-out rows; see `_strengths.ts`.
 * Columns with two values, such as the levels of categories, enter linearly with a ridge; constant
 * ones do not enter. Nothing is drawn at random.
 *
 * @param dataset Rows; weights are inverse variances up to a factor (mse) or counts.
 * @param options Loss, terms, splines, and how strengths are chosen.
 * @returns The network, effective degrees of freedom, strengths, covariance, scale and score.
 * @throws {TypeError} If the dataset or an option has the wrong type or shape.
 * @throws {RangeError} If an option is out of its range.
 *
 * @example
 * ```ts
 * import { fitAdditive } from "@freeknot/freeknot/additive";
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { assert } from "@std/assert";
 *
 * const inputs = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(7 * i)]);
 * const targets = inputs.map(([x, z], i) => Math.sin(3 * x) + z + 0.1 * Math.sin(99 * i));
 * const { edf } = fitAdditive(datasetOf({ inputs, targets }));
 * assert(edf[0] > 3); // a sine
 * assert(edf[1] < 2); // about a straight line
 * ```
 */
export function fitAdditive(dataset: Dataset, options: AdditiveOptions = {}): AdditiveModel {
  checkOptions("fit additive model", options, OPTIONS);
  const loss = options.loss ?? { kind: "mse" };
  checkInputs(dataset, loss, options);
  const { rows, nIn, nOut } = dataset;
  const weights = dataset.weights ?? new Float64Array(rows).fill(1);
  const families = familiesOf(dataset, loss, weights), { predictors } = families[0];
  const plan = planTerms(dataset, { ...options, predictors });
  const design = makeDesign(dataset, plan.terms, weights);
  const { strengthOf, names } = strengthsOf(plan.terms, design, options.select ?? true);
  const used = weights.reduce((count, w) => w > 0 ? count + 1 : count, 0);
  const matrix = families[0].isSquare ? crossProduct(design, weights) : undefined;
  const fits = families.map((family) =>
    chooseStrengths(
      { design, family, rows: used, strengthOf, numStrengths: names.length },
      options.penalty ?? "reml",
      matrix,
    )
  );
  const maps = loss.kind === "crossEntropy" && nOut > 1 ? contrasts(nOut) : undefined;
  const network = additiveNetwork(dataset, plan, design, fits, maps);
  const edf = new Float64Array(nIn);
  let totalEdf = 0;
  for (const fit of fits) {
    const each = columnEdf(design, fit);
    plan.terms.forEach(({ column }, t) => edf[column] += each.terms[t]);
    totalEdf += each.total;
  }
  const sum = (of: (fit: StrengthFit, i: number) => number) =>
    fits.reduce((total, fit, i) => total + of(fit, i), 0);
  const scale = Float64Array.from(
    fits,
    (fit, i) =>
      families[i].knownScale ? 1 : fit.deviance / Math.max(1, used - columnEdf(design, fit).total),
  );
  const strengths = (kind: string) =>
    fits.map(({ logStrengths }) =>
      Float64Array.from({ length: nIn }, (_, column) => {
        const t = plan.terms.findIndex((term) => term.column === column);
        const j = names.findIndex((name) => name.kind === kind && name.terms.includes(t));
        return t < 0 ? Infinity : j >= 0 ? exp(logStrengths[j]) : kind === "line" ? 0 : Infinity;
      })
    );
  const terms = fits.flatMap((fit, output) =>
    summariesOf({ plan, design, fit, maps }, {
      scale: scale[output],
      residualDegrees: families[output].knownScale
        ? undefined
        : used - columnEdf(design, fit).total,
    }, maps || loss.kind === "crossEntropy" ? undefined : output)
  );
  return {
    ...{
      network,
      terms,
      edf,
      totalEdf,
      scale,
      bending: strengths("bend"),
      lines: strengths("line"),
    },
    covariance: networkFactor(network, plan, design, fits, scale, maps),
    score: sum(({ score }) => score),
    deviance: sum(({ deviance }) => deviance),
    nullDeviance: sum((_, i) => nullDeviance(families[i], rows)),
    iterations: Math.max(...fits.map(({ iterations }) => iterations)),
    converged: fits.every(({ converged }) => converged),
  };
}

function nullDeviance(family: Family, rows: number): number {
  return family.deviance(
    Array.from(
      { length: family.predictors },
      (_, l) => new Float64Array(rows).fill(family.start[l]),
    ),
  );
}

function checkInputs(dataset: Dataset, loss: Loss, options: AdditiveOptions): void {
  const verb = "fit additive model";
  const { rows, nIn, nOut, inputs, targets, weights } = dataset ?? {};
  const fits = inputs?.length === rows * nIn && targets?.length === rows * nOut && rows >= 1;
  if (!fits || (weights && weights.length !== rows)) {
    throw new TypeError(
      `Cannot ${verb}: dataset must be { rows, nIn, nOut, inputs, targets } (datasetOf makes one), ` +
        `current value has ${rows} rows, ${inputs?.length} inputs and ${targets?.length} targets`,
    );
  }
  for (const [name, values] of [["inputs", inputs], ["targets", targets]] as const) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) continue;
    throw new RangeError(
      `Cannot ${verb}: ${name} must be finite numbers, current value ${bad} is ${values[bad]}`,
    );
  }
  if (weights && !weights.some((w) => w > 0)) {
    throw new RangeError(`Cannot ${verb}: weights must be positive somewhere`);
  }
  if (loss.kind === "cox") {
    throw new RangeError(
      `Cannot ${verb}: loss must be a sum over rows, current value is cox, which compares rows`,
    );
  }
  checkLoss(verb, loss, dataset);
  const { terms, knots = "auto", penalty = "reml" } = options;
  if (terms && terms.length !== nIn) {
    throw new TypeError(
      `Cannot ${verb}: terms must be one for each of ${nIn} columns, current value is ${terms.length}`,
    );
  }
  checkInteger(verb, "intervals", options.intervals ?? 20, 1, 1000);
  checkInteger(verb, "degree", options.degree ?? 3, 1, 5);
  checkInteger(verb, "most", options.most ?? 600, 1, 5000);
  for (
    const [name, value, known] of [["knots", knots, ["auto", "uniform", "quantile"]], [
      "penalty",
      penalty,
      ["reml", "gcv"],
    ]] as const
  ) {
    if ((known as readonly string[]).includes(value)) continue;
    throw new RangeError(
      `Cannot ${verb}: ${name} must be ${known.join(" or ")}, current value is ${value}`,
    );
  }
}
