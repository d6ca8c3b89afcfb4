/**
 * Steady flow in a square cavity whose lid moves without a jump at its ends, by two ways.
 *
 * @module
 */

import { gaussLegendre, pow, solveSmall } from "../../numerics/inner.ts";

/** How the equation is asked to hold: at points, or against test functions. */
export type CavityForm = "collocation" | "galerkin";

/** Values and derivatives 0 to 4 of functions of one coordinate at points: `[order][point][function]`. */
type Table = readonly (readonly Float64Array[])[];

/** Newton's steps; six are usual. */
const STEPS = 20;

/**
 * Prepares the stream function of the flow on `[0, 1]^2` at a Reynolds number: `u = psi_y`,
 * `v = -psi_x`, walls at rest but the lid `y = 1`, on which `u = 16 x^2 (1 - x)^2`.
 *
 * `psi = 16 x^2 (1 - x)^2 y^2 (y - 1) + x^2 (1 - x)^2 y^2 (1 - y)^2 q`, `q` a sum of products of
 * Chebyshev's polynomials up to `degree`: all conditions hold by construction. Vorticity's equation
 * `psi_y Lap psi_x - psi_x Lap psi_y = Lap^2 psi / Re` holds at Gauss's points ("collocation"), or
 * `int Lap psi (psi_x phi_y - psi_y phi_x) = int Lap psi Lap phi / Re` for all functions of the same
 * form ("galerkin"). Newton's steps from rest.
 *
 * In the corners the solution behaves as `r^3.74` (Moffatt 1964), so that errors fall with a power of
 * the degree only: at a Reynolds number of 100 relative L2 errors of the second form are about 1e-6 at
 * degree 16 and below that at 20, of the first 1e-5 at degree 28.
 *
 * @returns Values at points `(x, y)`, shape `[rows, 2]`.
 */
export function cavitySolution(
  reynolds: number,
  { degree, form }: { readonly degree: number; readonly form: CavityForm },
): (points: Float64Array) => Float64Array {
  const n = degree + 1, rule = gaussLegendre(form === "galerkin" ? degree + 9 : n);
  const at = rule.nodes.map((x) => (1 + x) / 2), count = at.length, table = clamped(at, degree);
  const lid = lidTable(at), coefficients = new Float64Array(n * n);
  const fields = Array.from({ length: count * count }, () => new Float64Array(FIELDS.length));
  for (let step = 0; step < STEPS; step++) {
    for (let p = 0; p < count * count; p++) {
      const i = Math.floor(p / count), j = p % count;
      FIELDS.forEach(([a, b], f) => {
        let sum = lid.x[a][i] * lid.y[b][j];
        for (let k = 0; k < n * n; k++) {
          sum += coefficients[k] * table[a][i][Math.floor(k / n)] * table[b][j][k % n];
        }
        fields[p][f] = sum;
      });
    }
    const system = form === "collocation"
      ? collocationSystem(table, fields, n, reynolds)
      : galerkinSystem(table, fields, n, reynolds, rule.weights);
    solveSmall(system.matrix, system.right, n * n);
    let change = 0, largest = 0;
    system.right.forEach((d, k) => {
      coefficients[k] -= d;
      change = Math.max(change, Math.abs(d));
      largest = Math.max(largest, Math.abs(coefficients[k]));
    });
    if (change <= 1e-9 * largest) break; // errors are squared: the rest is rounding
    if (step === STEPS - 1) {
      throw new RangeError(
        `Cannot solve for the cavity's flow: reynolds must be smaller or degree larger, ` +
          `current values are ${reynolds} and ${degree}`,
      );
    }
  }
  return (points) =>
    Float64Array.from({ length: points.length / 2 }, (_, r) => {
      const x = points.slice(2 * r, 2 * r + 1), y = points.slice(2 * r + 1, 2 * r + 2);
      const [[across]] = clamped(x, degree), [[up]] = clamped(y, degree), ends = lidTable(x);
      let sum = ends.x[0][0] * lidTable(y).y[0][0];
      for (let k = 0; k < n * n; k++) {
        sum += coefficients[k] * across[Math.floor(k / n)] * up[k % n];
      }
      return sum;
    });
}

/** Derivatives by `x` and `y` that the equation has. */
const FIELDS = [
  ...[[1, 0], [0, 1], [2, 0], [0, 2], [3, 0], [1, 2], [2, 1], [0, 3], [4, 0], [2, 2], [0, 4]],
] as const;

/** The residual and its derivatives by the coefficients at Gauss's points. */
function collocationSystem(
  table: Table,
  fields: readonly Float64Array[],
  n: number,
  reynolds: number,
) {
  const size = n * n, matrix = new Float64Array(size * size), right = new Float64Array(size);
  fields.forEach((field, p) => {
    const i = Math.floor(p / n), j = p % n;
    const [x, y, , , xxx, xyy, xxy, yyy, xxxx, xxyy, yyyy] = field;
    right[p] = y * (xxx + xyy) - x * (xxy + yyy) - (xxxx + 2 * xxyy + yyyy) / reynolds;
    for (let k = 0; k < size; k++) {
      const a = Math.floor(k / n), b = k % n;
      const d = (s: number, t: number) => table[s][i][a] * table[t][j][b];
      matrix[p * size + k] = d(0, 1) * (xxx + xyy) + y * (d(3, 0) + d(1, 2)) -
        d(1, 0) * (xxy + yyy) - x * (d(2, 1) + d(0, 3)) -
        (d(4, 0) + 2 * d(2, 2) + d(0, 4)) / reynolds;
    }
  });
  return { matrix, right };
}

/** The same against test functions. */
function galerkinSystem(
  table: Table,
  fields: readonly Float64Array[],
  n: number,
  reynolds: number,
  weights: Float64Array,
) {
  const size = n * n, count = weights.length;
  const matrix = new Float64Array(size * size), right = new Float64Array(size);
  const across = new Float64Array(size), up = new Float64Array(size), bend = new Float64Array(size);
  fields.forEach(([x, y, xx, yy], p) => {
    const i = Math.floor(p / count), j = p % count, weight = weights[i] * weights[j] / 4;
    for (let k = 0; k < size; k++) {
      const a = Math.floor(k / n), b = k % n;
      across[k] = table[1][i][a] * table[0][j][b];
      up[k] = table[0][i][a] * table[1][j][b];
      bend[k] = table[2][i][a] * table[0][j][b] + table[0][i][a] * table[2][j][b];
    }
    const curl = xx + yy;
    for (let t = 0; t < size; t++) {
      const along = x * up[t] - y * across[t], test = along - bend[t] / reynolds;
      right[t] += weight * curl * test;
      for (let k = 0; k < size; k++) {
        matrix[t * size + k] += weight *
          (bend[k] * test + curl * (across[k] * up[t] - up[k] * across[t]));
      }
    }
  });
  return { matrix, right };
}

/** `x^2 (1 - x)^2 T_k(2 x - 1)` and four derivatives by `x`, by Leibniz's rule. */
function clamped(at: Float64Array, degree: number): Table {
  const rows = Array.from(at, (x) => {
    const wall = [
      x * x * (1 - x) ** 2,
      2 * x - 6 * x * x + 4 * pow(x, 3),
      2 - 12 * x + 12 * x * x,
      -12 + 24 * x,
      24,
    ];
    const chebyshev = chebyshevTable(2 * x - 1, degree);
    return wall.map((_, order) =>
      Float64Array.from({ length: degree + 1 }, (_, k) => {
        let sum = 0;
        for (let m = 0; m <= order; m++) {
          sum += BINOMIALS[order][m] * wall[order - m] * pow(2, m) * chebyshev[m][k];
        }
        return sum;
      })
    );
  });
  return [0, 1, 2, 3, 4].map((order) => rows.map((row) => row[order]));
}

const BINOMIALS = [[1], [1, 1], [1, 2, 1], [1, 3, 3, 1], [1, 4, 6, 4, 1]];

/** `T_k` and four derivatives: `T_{k+1} = 2 x T_k - T_{k-1}`, differentiated. */
function chebyshevTable(x: number, degree: number): number[][] {
  const table = Array.from({ length: 5 }, () => new Array<number>(degree + 1).fill(0));
  for (let m = 0; m <= 4; m++) {
    table[m][0] = m === 0 ? 1 : 0;
    if (degree > 0) table[m][1] = m === 0 ? x : m === 1 ? 1 : 0;
    for (let k = 2; k <= degree; k++) {
      const lower = m === 0 ? 0 : 2 * m * table[m - 1][k - 1];
      table[m][k] = 2 * x * table[m][k - 1] + lower - table[m][k - 2];
    }
  }
  return table;
}

/** `16 x^2 (1 - x)^2` and `y^2 (y - 1)` with four derivatives. */
function lidTable(at: Float64Array) {
  const table = (powers: readonly number[]) =>
    [0, 1, 2, 3, 4].map((order) => {
      let left = [...powers];
      for (let m = 0; m < order; m++) left = left.slice(1).map((c, i) => (i + 1) * c);
      return Array.from(at, (x) => left.reduceRight((sum, c) => sum * x + c, 0));
    });
  return { x: table([0, 0, 16, -32, 16]), y: table([0, 0, -1, 1]) };
}
