/**
 * The gallery of benchmark problems: functions with known formulas, and points to learn
 * them from.
 *
 * @module
 */

import { checkOptions, checkRecord, checkString } from "../numerics/inner.ts";
import { createRandom } from "../model/mod.ts";
import { nonsmooth, nonsmoothLeft, xor } from "./_actor_problems.ts";
import { didYouMean } from "./nearest.ts";
import { bessel, expSine, fourD, hundredD, product } from "./_toy_problems.ts";
import type { Dataset } from "./dataset.ts";
import type { Problem } from "./problem.ts";
import { type ColumnScale, fitScale, scaleColumns } from "./scaling.ts";

/**
 * All problems of the gallery; those of Actor et al. 2025 come first.
 *
 * @example
 * ```ts
 * import { problems } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const names = problems.slice(0, 3).map(({ name }) => name);
 * assertEquals(names, ["nonsmooth", "nonsmooth-left", "xor"]);
 * ```
 */
export const problems: readonly Problem[] = Object.freeze([
  nonsmooth,
  nonsmoothLeft,
  xor,
  expSine,
  product,
  bessel,
  fourD,
  hundredD,
]);

/**
 * Finds a problem of the gallery.
 *
 * @param name Name of the problem.
 * @returns The problem.
 * @throws {RangeError} If there is none of that name; the message lists those there are.
 *
 * @example
 * ```ts
 * import { findProblem } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(findProblem("product").evaluate([0.5, -0.25]), -0.125);
 * ```
 */
export function findProblem(name: string): Problem {
  checkString("find problem", "name", name, "the name of a problem");
  const problem = problems.find((candidate) => candidate.name === name);
  if (problem === undefined) {
    const names = problems.map((candidate) => candidate.name);
    throw new RangeError(
      `Cannot find problem: name must be one of ${names.join(", ")}, ` +
        `current value is ${JSON.stringify(name)}${didYouMean(name, names)}`,
    );
  }
  return problem;
}

/**
 * Draws points of a problem, uniformly on its domain, shape `[rows, nIn]`, and its values there, in
 * its own units; the same for the same options everywhere, and fewer points are the first of more.
 * Seed 0 is that of Actor et al. 2025, appendix D; each stream of a seed is independent.
 *
 * @throws {RangeError} If `rows` is not a positive integer or the seed not an integer.
 */
export function sampleProblem(
  problem: Problem,
  { rows = problem.rows, seed = 0, stream = "train" }: {
    readonly rows?: number;
    readonly seed?: number;
    readonly stream?: "train" | "test";
  } = {},
): { rows: number; inputs: Float64Array; targets: Float64Array } {
  if (!(Number.isInteger(rows) && rows > 0)) {
    throw new RangeError(
      `Cannot sample problem: rows must be a positive integer, current value is ${rows}`,
    );
  }
  const { nIn, domain } = problem;
  const random = createRandom(seed, `data/${stream}`);
  const inputs = new Float64Array(rows * nIn);
  const targets = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let p = 0; p < nIn; p++) {
      const [low, high] = domain[p];
      inputs[row * nIn + p] = low + (high - low) * random.uniform();
    }
    targets[row] = problem.evaluate(inputs, row * nIn);
  }
  return { rows, inputs, targets };
}

/** How a gallery problem became datasets; plain data for the model file. */
export interface GalleryEncoding {
  /** Tells the encoding of a gallery problem from a {@linkcode TableEncoding}. */
  readonly kind: "gallery";
  /** Name of the problem. */
  readonly problem: string;
  /** Range of the training targets, which become [0, 1]. */
  readonly target: ColumnScale;
  /** Number of training points. */
  readonly rows: number;
  /** Number of test points. */
  readonly testRows: number;
  /** Seed of the training and the test points. */
  readonly dataSeed: number;
}

/** Options of {@linkcode galleryDatasets}. */
export interface GalleryOptions {
  /** Number of training points. Default: the problem's. */
  readonly rows?: number;
  /** Number of test points, drawn from another stream. Default 10,000. */
  readonly testRows?: number;
  /** Seed of the points, any integer. Default 0. */
  readonly dataSeed?: number;
}

/** A gallery problem as a network sees it. */
export interface GalleryDatasets {
  /** Training points. */
  readonly train: Dataset;
  /** Fresh points; targets scaled by the training targets' range. */
  readonly test: Dataset;
  /** How to make both datasets again, and how to undo the scaling. */
  readonly encoding: GalleryEncoding;
}

/**
 * Draws training and test points of a problem and scales the targets to [0, 1].
 *
 * Inputs stay as they are. Targets, also of the test points, are scaled by the range of the
 * training targets, as in Actor et al. 2025, appendix D.
 *
 * @param problem The problem.
 * @param options Numbers of points and their seed.
 * @returns Two datasets and their encoding.
 * @throws {RangeError} If a number of points is not a positive integer or the seed not an
 * integer.
 *
 * @example
 * ```ts
 * import { findProblem, galleryDatasets } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const { train, test, encoding } = galleryDatasets(findProblem("xor"), { rows: 50, testRows: 9 });
 * assertEquals([train.rows, test.rows], [50, 9]);
 * assertEquals([Math.min(...train.targets), Math.max(...train.targets)], [0, 1]);
 * assertEquals(encoding.problem, "xor");
 * ```
 */
export function galleryDatasets(problem: Problem, options: GalleryOptions = {}): GalleryDatasets {
  checkRecord("draw points", "problem", problem, "a problem (findProblem gives one)", [
    "name",
    "nIn",
  ]);
  checkOptions("draw points", options, "rows testRows dataSeed");
  const { rows = problem.rows, testRows = 10_000, dataSeed = 0 } = options;
  const train = sampleProblem(problem, { rows, seed: dataSeed, stream: "train" });
  const test = sampleProblem(problem, { rows: testRows, seed: dataSeed, stream: "test" });
  const target = fitScale(problem.name, train.targets);
  return {
    train: scaledDataset(problem, train, target),
    test: scaledDataset(problem, test, target),
    encoding: { kind: "gallery", problem: problem.name, target, rows, testRows, dataSeed },
  };
}

function scaledDataset(
  { nIn }: Problem,
  { targets, ...points }: ReturnType<typeof sampleProblem>,
  target: ColumnScale,
): Dataset {
  return { ...points, nIn, nOut: 1, targets: scaleColumns(targets, [target]) };
}
