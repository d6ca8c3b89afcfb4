/**
 * What a network cannot tell apart: directions in its parameters that change no output.
 *
 * The Gauss-Newton matrix `A = J^T J` is positive semidefinite, so a direction with entries in a
 * set `S` of parameters alone is invisible just if the principal submatrix `A_SS` annihilates it.
 * The nullities of a few nested sets count the invisible directions by kind.
 *
 * @module
 */

import { checkNetwork } from "../model/inner.ts";
import { pivotedCholesky } from "../numerics/inner.ts";
import type { Network } from "../model/mod.ts";
import type { Dataset } from "../data/mod.ts";
import { cpuEngine, type Engine } from "../engine/mod.ts";

/** Invisible directions by kind; a direction of several kinds together is `other`. */
export interface NullDirections {
  /** Bias of the linear map: the next layer's statistics take it away. */
  readonly bias: number;
  /** Weights and bias of the linear map together: sizes that the statistics take away. */
  readonly scale: number;
  /** Logits alone: adding a number to all logits of a softmax. */
  readonly softmaxShifts: number;
  /**
   * Coefficients alone: functions of one layer that cancel in their sum, constants and, behind a
   * linear map, polynomials of ridges (Actor et al. 2025, appendix C.2), or functions without data.
   */
  readonly polynomials: number;
  /** Logits and coefficients together: outer knots choose the basis, not the space. */
  readonly outerKnots: number;
  /** All others. */
  readonly other: number;
}

/** What {@linkcode nullSpace} finds. */
export interface NullSpace {
  /** Number of parameters. */
  readonly parameters: number;
  /** Numerical rank of the Jacobian of all outputs at all rows. */
  readonly rank: number;
  /** The rest, by kind. */
  readonly directions: NullDirections;
  /** Last pivot that counted and first that did not, in units of the columns' own sizes. */
  readonly gap: readonly [number, number];
}

/**
 * Counts the directions in parameter space that change no output at any row, by kind.
 *
 * The matrix shows a direction only if its effect is more than 1e-5 of its parameters' effects one
 * by one; `gap` tells how clear the cut is. Nodes that are almost alike blur it.
 *
 * @param network The network, at whose parameters the Jacobian is taken.
 * @param dataset Rows; only their inputs matter. More rows than parameters, or directions that the
 * data do not see are counted too.
 * @param engine Gives the matrix. Default `cpuEngine`.
 * @returns Rank and counts; they sum to the number of parameters.
 * @throws {TypeError} If network and dataset do not fit, or the engine cannot assemble the matrix.
 * @throws {RangeError} If a number of the dataset is out of range.
 *
 * @example The paper's smallest network with free knots: 55 of 110 parameters matter
 * ```ts
 * import { createNetwork, findProblem, galleryDatasets } from "@freeknot/freeknot";
 * import { nullSpace } from "@freeknot/freeknot/theory";
 * import { assertEquals } from "@std/assert";
 *
 * const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 500 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1234 });
 * const { rank, directions } = await nullSpace(network, train);
 * assertEquals(rank, 55);
 * assertEquals(directions.softmaxShifts, 15);
 * ```
 */
export async function nullSpace(
  network: Network,
  dataset: Dataset,
  engine: Engine = cpuEngine,
): Promise<NullSpace> {
  checkNetwork("find null space", network);
  const n = network.parameters.length;
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
  const matrix = new Float64Array(n * n);
  try {
    if (!evaluator.curvature?.matrix) {
      throw new TypeError(
        "Cannot find null space: engine must assemble Gauss-Newton matrices, " +
          `current value is ${engine.name}, which has none for this network`,
      );
    }
    await evaluator.curvature.matrix(network.parameters, matrix, new Float64Array(n));
  } finally {
    evaluator.dispose();
  }
  function nullity(...endings: string[]): number {
    const entries = network.layout.filter(({ name }) => endings.some((end) => name.includes(end)))
      .flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i));
    return entries.length - pivotedCholesky(matrix, n, entries).pivots.length;
  }
  const all = pivotedCholesky(matrix, n, Array.from({ length: n }, (_, i) => i));
  const bias = nullity("linear.bias"), linear = nullity("linear.");
  const softmaxShifts = nullity(".knotLogits");
  const polynomials = nullity(".coefficients", ".baseWeights");
  const splines = nullity(".coefficients", ".baseWeights", ".knotLogits");
  const rank = all.pivots.length;
  return {
    parameters: n,
    rank,
    directions: {
      bias,
      scale: linear - bias,
      softmaxShifts,
      polynomials,
      outerKnots: splines - polynomials - softmaxShifts,
      other: n - rank - linear - splines,
    },
    gap: [rank === 0 ? 0 : all.pivots[rank - 1], all.next],
  };
}
