/**
 * Rows of a known formula, a network trained on them, and the formula that is found: what
 * `feynman.ts` and `formulas.ts` share.
 *
 * @module
 */

import { fit, predict } from "@freeknot/freeknot";
import { evaluateFormula, findFormula, type Formula } from "@freeknot/freeknot/interpret";
import { generator, normal } from "../tests/support/random.ts";

/** A known formula. */
export interface Known {
  readonly columns: readonly string[];
  /** Draws one row of inputs. */
  readonly draw: (random: () => number) => number[];
  readonly f: (...x: number[]) => number;
}

/** What came of it. */
export interface Recovery {
  readonly formula: Formula;
  /** Root mean square of the function at the rows. */
  readonly size: number;
  /** Of the formula, and of the network, at 1,000 fresh rows without noise. */
  readonly rmse: number;
  readonly networkRmse: number;
  readonly seconds: { readonly train: number; readonly formula: number };
}

/** Trains and searches with default options. */
export async function recover(
  { columns, draw, f }: Known,
  { seed, rows, noise }: { readonly seed: number; readonly rows: number; readonly noise: number },
): Promise<Recovery> {
  const random = generator(seed);
  const drawn = (count: number) => Array.from({ length: count }, () => draw(random));
  const inputs = drawn(rows), fresh = drawn(1000), clean = inputs.map((x) => f(...x));
  const size = Math.sqrt(clean.reduce((sum, y) => sum + y * y / rows, 0));
  const targets = noise === 0 ? clean : clean.map((y) => y + noise * size * normal(random));
  const begin = performance.now();
  const trained = await fit({ inputs, targets }, { seed });
  const middle = performance.now();
  const { best } = await findFormula({ inputs, targets, names: columns }, {
    network: { network: trained.network },
  });
  const end = performance.now(), wanted = fresh.map((x) => f(...x));
  const rmseOf = (said: ArrayLike<number>) =>
    Math.sqrt(wanted.reduce((sum, y, r) => sum + (y - said[r]) ** 2 / 1000, 0));
  return {
    formula: best.formula,
    size,
    rmse: rmseOf(evaluateFormula(best.formula, fresh, columns)),
    networkRmse: rmseOf(predict(trained.network, fresh).map(([y]) => y)),
    seconds: { train: (middle - begin) / 1000, formula: (end - middle) / 1000 },
  };
}
