/**
 * The neural tangent kernel of a network, in both bases (Actor et al. 2025, eq. (18)).
 *
 * @module
 */

import { changeOfBasis, solveUpper } from "../basis/mod.ts";
import { numBasis } from "../knots/mod.ts";
import type { Dataset } from "../data/mod.ts";
import { cpuEngine, type Engine } from "../engine/mod.ts";
import { checkNetwork } from "../model/inner.ts";
import { layerKnots, type Network } from "../model/mod.ts";
import { symmetricEigenvalues, symmetricEigenvectors } from "../numerics/inner.ts";

/** Derivatives of outputs by parameters. */
export interface OutputJacobian {
  /** `rows * nOut` of the data. */
  readonly rows: number;
  /** Parameters. */
  readonly columns: number;
  /** Shape `[rows, columns]`, row-major. */
  readonly values: Float64Array;
}

/**
 * Computes the Jacobian of all outputs at all rows by the coefficients of the splines, exactly, one
 * directional derivative per parameter.
 *
 * In the basis of ReLU powers `W = A^T c`, so `J_W = J_c A^-T`: edge by edge `A J_W^T = J_c^T` is
 * solved, whatever the knots are.
 *
 * @param network A network with B-splines and all its edges.
 * @param dataset Rows; only their inputs matter.
 * @param basis Whose coefficients are meant. Default `"bspline"`.
 * @param engine Gives the derivatives, in float64. Default `cpuEngine`.
 * @returns Derivatives by the coefficients of all layers, layer by layer.
 * @throws {TypeError} If the network has another basis, a mask or no splines, or network and
 * dataset do not fit.
 *
 * @example Both bases span the same functions, so the Jacobians have one rank
 * ```ts
 * import { createNetwork, findProblem, galleryDatasets } from "@freeknot/freeknot";
 * import { coefficientJacobian } from "@freeknot/freeknot/theory";
 * import { assertEquals } from "@std/assert";
 *
 * const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 100 });
 * const network = createNetwork({ widths: [2, 5, 1], knots: "uniform" }, { seed: 1 });
 * const { rows, columns } = await coefficientJacobian(network, train, "relu");
 * assertEquals([rows, columns], [100, 40]);
 * ```
 */
export async function coefficientJacobian(
  network: Network,
  dataset: Dataset,
  basis: "bspline" | "relu" = "bspline",
  engine: Engine = cpuEngine,
): Promise<OutputJacobian> {
  checkNetwork("compute kernel", network);
  const blocks = coefficientBlocks(network);
  const rows = dataset.rows * dataset.nOut;
  const columns = blocks.reduce((sum, { size }) => sum + size, 0);
  const values = new Float64Array(rows * columns);
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
  try {
    const { curvature } = evaluator;
    if (!curvature) {
      throw new TypeError(
        `Cannot compute kernel: engine must give derivatives, current value is ${engine.name}`,
      );
    }
    // residuals of the mean squared error are sqrt(2 / rows) times those of the outputs
    const scale = 1 / Math.sqrt(2 / rows), vector = new Float64Array(network.parameters.length);
    let column = 0;
    for (const { offset, size } of blocks) {
      for (let k = offset; k < offset + size; k++, column++) {
        vector[k] = 1;
        const found = await curvature.jvp(network.parameters, vector);
        vector[k] = 0;
        for (let r = 0; r < rows; r++) values[r * columns + column] = scale * found[r];
      }
    }
  } finally {
    evaluator.dispose();
  }
  if (basis === "relu") toReluColumns(network, values, rows, columns);
  return { rows, columns, values };
}

function coefficientBlocks({ layout, config }: Network): Network["layout"] {
  const blocks = layout.filter(({ name }) => name.endsWith(".coefficients"));
  const plain = blocks.every(({ shape }) => shape.length === 3) && config.basis === "bspline";
  if (blocks.length > 0 && plain) return blocks;
  throw new TypeError(
    "Cannot compute kernel: network must have B-splines on all its edges, current value is " +
      (blocks.length === 0 ? "an MLP" : config.basis === "relu" ? "ReLU powers" : "a mask"),
  );
}

/** `J_c` becomes `J_W`, in place. */
function toReluColumns(
  network: Network,
  values: Float64Array,
  rows: number,
  columns: number,
): void {
  let first = 0;
  coefficientBlocks(network).forEach(({ shape: [nIn, , nOut] }, layer) => {
    for (let p = 0; p < nIn; p++) {
      const knots = layerKnots(network, layer, p), change = changeOfBasis(knots);
      const n = numBasis(knots), part = new Float64Array(n * nOut);
      for (let r = 0; r < rows; r++) {
        const at = r * columns + first;
        part.set(values.subarray(at, at + n * nOut));
        values.set(solveUpper(change, part, nOut), at);
      }
      first += n * nOut;
    }
  });
}

/**
 * Computes the eigenvalues of the tangent kernel `J J^T`, by the smaller of `J J^T` and `J^T J`.
 *
 * Eigenvalues below about 1e-16 of the largest are rounding.
 *
 * @param jacobian `J`, as {@linkcode coefficientJacobian} gives it.
 * @returns As many as the smaller side of `J` has, in decreasing order.
 *
 * @example
 * ```ts
 * import { kernelSpectrum } from "@freeknot/freeknot/theory";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const [largest] = kernelSpectrum({ rows: 1, columns: 2, values: new Float64Array([3, 4]) });
 * assertAlmostEquals(largest, 25, 1e-12);
 * ```
 */
export function kernelSpectrum(jacobian: OutputJacobian): Float64Array {
  const small = Math.min(jacobian.rows, jacobian.columns);
  const gram = jacobian.rows <= jacobian.columns ? rowGram(jacobian) : columnGram(jacobian);
  return symmetricEigenvalues(gram, small).sort().reverse();
}

/** Eigenvalues and eigenvectors of a kernel. */
export interface KernelModes {
  /** In decreasing order. */
  readonly values: Float64Array;
  /** Row k is the eigenvector of value k, of length 1: shape `[rows, rows]`. */
  readonly vectors: Float64Array;
}

/**
 * Computes eigenvalues and eigenvectors of the tangent kernel `J J^T`.
 *
 * @param jacobian `J`, with at most 1,000 rows.
 * @throws {RangeError} If it has more.
 *
 * @example
 * ```ts
 * import { kernelModes } from "@freeknot/freeknot/theory";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { values, vectors } = kernelModes({ rows: 2, columns: 1, values: new Float64Array([3, 4]) });
 * assertAlmostEquals(values[0], 25, 1e-12);
 * assertAlmostEquals(Math.abs(vectors[0]), 0.6, 1e-12);
 * ```
 */
export function kernelModes(jacobian: OutputJacobian): KernelModes {
  const { rows } = jacobian;
  if (!(rows <= 1000)) {
    throw new RangeError(
      `Cannot compute modes: rows must be at most 1000, current value is ${rows}`,
    );
  }
  const { values, vectors } = symmetricEigenvectors(rowGram(jacobian), rows);
  const turned = new Float64Array(rows * rows);
  for (let k = 0; k < rows; k++) {
    turned.set(vectors.subarray((rows - 1 - k) * rows, (rows - k) * rows), k * rows);
  }
  return { values: values.reverse(), vectors: turned };
}

/** `J J^T`. */
function rowGram({ rows, columns, values }: OutputJacobian): Float64Array {
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = i; j < rows; j++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += values[i * columns + k] * values[j * columns + k];
      gram[i * rows + j] = gram[j * rows + i] = sum;
    }
  }
  return gram;
}

/** `J^T J`. */
function columnGram({ rows, columns, values }: OutputJacobian): Float64Array {
  const gram = new Float64Array(columns * columns);
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * columns, (r + 1) * columns);
    for (let i = 0; i < columns; i++) {
      if (row[i] === 0) continue;
      for (let j = i; j < columns; j++) gram[i * columns + j] += row[i] * row[j];
    }
  }
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < i; j++) gram[i * columns + j] = gram[j * columns + i];
  }
  return gram;
}
