/**
 * What derivatives tell of a function of several columns: symmetries, that two columns matter through
 * one combination only, and factors that are powers of a column.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import {
  addUp,
  columnNode,
  constant,
  type Formula,
  powerOf,
  productOf,
  putInto,
} from "../expressions/formula.ts";
import { type FormulaRows, pickRows } from "../formula/rows.ts";
import type { Slopes } from "./network_slopes.ts";

/** A simpler problem: fewer columns, the same formula. */
export interface Reduction {
  readonly data: FormulaRows;
  readonly slopes: Slopes;
  /** Makes the formula of the simpler problem one of the first. */
  readonly back: (formula: Formula) => Formula;
}

/** A hint, and what comes of it. */
export interface Hint {
  /** In words: `x1 and x2 matter through x1 - x2 only`. */
  readonly text: string;
  /** How far derivatives are from it: 0 exactly, 1 not at all. */
  readonly error: number;
  readonly reduce: () => Reduction;
}

interface Kind {
  /** `a F_a + b F_b = 0`: the factors at a row. */
  readonly factors: (x: number, y: number) => readonly [number, number];
  readonly join: (x: number, y: number) => number;
  /** Derivatives of `join`. */
  readonly by: (x: number, y: number) => readonly [number, number];
  readonly formula: (x: Formula, y: Formula) => Formula;
  readonly name: string;
}

const KINDS: readonly Kind[] = [
  {
    name: "A - B",
    factors: () => [1, 1],
    join: (x, y) => x - y,
    by: () => [1, -1],
    formula: (x, y) => addUp([x, productOf([constant(-1), y])]),
  },
  {
    name: "A + B",
    factors: () => [1, -1],
    join: (x, y) => x + y,
    by: () => [1, 1],
    formula: (x, y) => addUp([x, y]),
  },
  {
    name: "A*B",
    factors: (x, y) => [x, -y],
    join: (x, y) => x * y,
    by: (x, y) => [y, x],
    formula: (x, y) => productOf([x, y]),
  },
  {
    name: "A/B",
    factors: (x, y) => [x, y],
    join: (x, y) => x / y,
    by: (x, y) => [1 / y, -x / (y * y)],
    formula: (x, y) => productOf([x, powerOf(y, -1)]),
  },
  {
    name: "A^2 + B^2",
    factors: (x, y) => [y, -x],
    join: (x, y) => x * x + y * y,
    by: (x, y) => [2 * x, 2 * y],
    formula: (x, y) => addUp([powerOf(x, 2), powerOf(y, 2)]),
  },
];

/** Hints with an error below a bound, the surest first. */
export function findHints(data: FormulaRows, slopes: Slopes, most: number): Hint[] {
  const names = [...data.columns.keys()], hints: Hint[] = [];
  names.forEach((a, i) => {
    hints.push(...powerHints(data, slopes, i));
    names.slice(i + 1).forEach((b, k) => {
      for (const kind of KINDS) {
        const hint = pairHint(data, slopes, kind, [i, i + 1 + k], [a, b]);
        if (hint) hints.push(hint);
      }
    });
  });
  return hints.filter(({ error }) => error < most).sort((a, b) => a.error - b.error);
}

/** Root mean square of a sum over that of its parts. */
function cancellation(rows: number, parts: (row: number) => readonly [number, number]): number {
  let sum = 0, sizes = 0;
  for (let r = 0; r < rows; r++) {
    const [a, b] = parts(r);
    sum += (a + b) ** 2;
    sizes += a * a + b * b;
  }
  return sizes > 0 ? Math.sqrt(sum / sizes) : 1;
}

function pairHint(
  data: FormulaRows,
  { values, slopes }: Slopes,
  { name, factors, join, by, formula }: Kind,
  [i, j]: readonly [number, number],
  [a, b]: readonly [string, string],
): Hint | undefined {
  const x = data.columns.get(a)!, y = data.columns.get(b)!;
  const error = cancellation(data.rows, (r) => {
    const [p, q] = factors(x[r], y[r]);
    return [p * slopes[i][r], q * slopes[j][r]];
  });
  const joined = x.map((each, r) => join(each, y[r]));
  if (!joined.every(Number.isFinite)) return undefined;
  const label = name.replace("A", a).replace("B", b);
  return {
    text: `${a} and ${b} matter through ${label} only`,
    error,
    reduce() {
      const slope = x.map((each, r) => {
        const [p, q] = by(each, y[r]);
        return (p * slopes[i][r] + q * slopes[j][r]) / (p * p + q * q);
      });
      const rest = [...data.columns].filter((_, c) => c !== i && c !== j);
      return {
        data: { ...data, columns: new Map([[label, joined], ...rest]) },
        slopes: { values, slopes: [slope, ...slopes.filter((_, c) => c !== i && c !== j)] },
        back: (inner) => putInto(inner, new Map([[label, formula(columnNode(a), columnNode(b))]])),
      };
    },
  };
}

/** Columns below this share of their largest value are left out before a division. */
const NEAR_ZERO = 0.02;

function powerHints(data: FormulaRows, { values, slopes }: Slopes, i: number): Hint[] {
  if (data.columns.size < 2) return [];
  const [name, x] = [...data.columns][i];
  const size = x.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  const negative = x.some((each) => each < 0);
  return [1, -1, 2, -2, 3, 0.5, -0.5].flatMap((power): Hint[] => {
    if (negative && !Number.isInteger(power)) return [];
    const error = cancellation(data.rows, (r) => [x[r] * slopes[i][r], -power * values[r]]);
    return [{
      text: `${name}^${power} is a factor`.replace("^1 ", " "),
      error,
      reduce() {
        const rows = Array.from(x.keys()).filter((r) => Math.abs(x[r]) > NEAR_ZERO * size);
        const kept = pickRows(data, rows), factor = rows.map((r) => pow(x[r], power));
        const divided = (column: Float64Array) =>
          Float64Array.from(rows, (r, k) => column[r] / factor[k]);
        return {
          data: {
            ...kept,
            target: divided(data.target),
            columns: new Map([...kept.columns].filter((_, c) => c !== i)),
          },
          slopes: {
            values: divided(values),
            slopes: slopes.filter((_, c) => c !== i).map(divided),
          },
          back: (inner) => productOf([powerOf(columnNode(name), power), inner]),
        };
      },
    }];
  });
}
