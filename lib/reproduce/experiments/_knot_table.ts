/**
 * Invariants of knots: the columns of the public table, and a stand-in where it is not at hand.
 *
 * @module
 */

import { numericColumn, type Table, TableError } from "../../data/mod.ts";
import { createRandom } from "../../model/mod.ts";
import { erf } from "../../numerics/inner.ts";

/** The inputs of Davies et al. 2021, as the public table knot_theory_invariants.csv names them. */
export const INVARIANTS = [
  ...["chern_simons", "cusp_volume", "hyperbolic_adjoint_torsion_degree"] as const,
  ...["hyperbolic_torsion_degree", "injectivity_radius", "longitudinal_translation"] as const,
  ...["meridinal_translation_imag", "meridinal_translation_real"] as const,
  ...["short_geodesic_imag_part", "short_geodesic_real_part"] as const,
  ...["Symmetry_0", "Symmetry_D3", "Symmetry_D4", "Symmetry_D6", "Symmetry_D8"] as const,
  ...["Symmetry_Z/2 + Z/2", "volume"] as const,
];

/** The inputs of the slope `Re(lambda / mu)`. */
export const SLOPE_INPUTS = [
  "longitudinal_translation",
  "meridinal_translation_imag",
  "meridinal_translation_real",
] as const;

/** Rows of knots. */
export interface KnotRows {
  /** Values of {@linkcode INVARIANTS}, row by row. */
  readonly inputs: readonly (readonly number[])[];
  /** Class of the signature, from 0: `(signature - least) / 2`. */
  readonly labels: readonly number[];
  readonly classes: number;
  /** The least signature. */
  readonly least: number;
  /** Accuracy of the best possible rule, where the labels' law is known. */
  readonly bayes?: number;
}

/**
 * Reads the public table: an index column, 17 invariants, the signature.
 *
 * @throws {TableError} If a column is missing, a cell is not a number, or a signature is not an even
 * integer.
 */
export function readKnotTable(table: Table): KnotRows {
  const missing = [...INVARIANTS, "signature"].filter((name) => !table.columns.includes(name));
  if (missing.length > 0) {
    const found = `a table of ${table.columns.length} columns without ${missing.join(", ")}`;
    throw new TableError(
      { table: table.name },
      "have the columns of knot_theory_invariants.csv",
      found,
    );
  }
  const signature = numericColumn(table, "signature");
  const odd = signature.findIndex((value) => value % 2 !== 0);
  if (odd >= 0) {
    throw new TableError(
      { table: table.name, line: table.lines[odd], column: "signature" },
      "be an even integer",
      signature[odd],
    );
  }
  const least = signature.reduce((a, b) => Math.min(a, b));
  const most = signature.reduce((a, b) => Math.max(a, b));
  const columns = INVARIANTS.map((name) => numericColumn(table, name));
  return {
    inputs: Array.from({ length: table.rows }, (_, r) => columns.map((column) => column[r])),
    labels: Array.from(signature, (value) => (value - least) / 2),
    ...{ classes: (most - least) / 2 + 1, least },
  };
}

const CLASSES = 14, NOISE = 0.35;

/**
 * Draws a stand-in for the table: no knots, but numbers whose signature follows the published
 * relation with the slope, `signature = 2 round(slope / 4 + noise)`, 14 values. The slope is
 * `Re(lambda / mu)`; as in the table the column `_imag` holds the real part of `mu`.
 */
export function standInKnots(rows: number, seed: number): KnotRows {
  const random = createRandom(seed, "stand-in for knots");
  const inputs: number[][] = [], labels: number[] = [], low = -CLASSES / 2;
  let right = 0;
  for (let r = 0; r < rows; r++) {
    const real = 0.7 * random.normal(), imaginary = 0.5 + 2 * random.uniform();
    const lambda = 3 + 37 * random.uniform(), symmetry = Math.floor(6 * random.uniform());
    const slope = lambda * real / (real * real + imaginary * imaginary);
    const kind = Math.round(slope / 4 + NOISE * random.normal());
    labels.push(Math.min(CLASSES - 1, Math.max(0, kind - low)));
    inputs.push([
      ...[random.uniform() - 0.5, lambda * imaginary / 2, random.normal(), random.normal()],
      ...[random.uniform(), lambda, real, imaginary, random.normal(), random.uniform()],
      ...Array.from({ length: 6 }, (_, s) => s === symmetry ? 1 : 0),
      10 + 3 * random.normal(),
    ]);
    right += likeliest(slope / 4, low);
  }
  return { inputs, labels, classes: CLASSES, least: 2 * low, bayes: right / rows };
}

/** The probability of the likeliest class around a centre. */
function likeliest(centre: number, low: number): number {
  const below = (edge: number) => (1 + erf((edge - centre) / NOISE / Math.SQRT2)) / 2;
  const all = Array.from({ length: CLASSES }, (_, k) => {
    const from = k === 0 ? 0 : below(low + k - 0.5);
    return (k === CLASSES - 1 ? 1 : below(low + k + 0.5)) - from;
  });
  return Math.max(...all);
}
