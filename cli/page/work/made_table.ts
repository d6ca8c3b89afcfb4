/**
 * Tables that the page makes: points of a function, with noise if that is wanted.
 *
 * @module
 */

import { createTable, findProblem, formatTable, type TableColumn } from "../../../lib/data/mod.ts";
import { sampleProblem } from "../../../lib/data/inner.ts";
import { createRandom } from "../../../lib/model/mod.ts";
import { evaluateExpression, parseExpression, variablesOf } from "../../../lib/physics/inner.ts";
import { UsageError } from "../../terminal/errors.ts";
import type { FunctionPlan } from "../protocol.ts";

/** A table as a file, and its function where it is known. */
export interface MadeTable {
  readonly name: string;
  readonly text: string;
  readonly target: string;
  /** The function, of a point with all inputs. */
  readonly truth: (point: readonly number[]) => number;
}

/** Longest text of a table: longer ones no browser holds (V8's are the shortest, 2^29 - 24 letters). */
const MOST_LETTERS = 2 ** 29 - 24;
/** Letters of a number with all of its digits, and what stands behind it. */
const NUMBER_LETTERS = 22;

/** A function with a name for each of its inputs. */
interface NamedFunction {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly domain: readonly (readonly [number, number])[];
  readonly evaluate: (point: readonly number[]) => number;
}

/**
 * Makes the table of a function.
 *
 * @throws {ExpressionError} If the formula cannot be read.
 * @throws {UsageError} If it has no variables, or no value at a point.
 */
export function makeTable(plan: FunctionPlan): MadeTable {
  const { rows, noise, seed } = plan, shape = functionOf(plan);
  const { inputs, domain, evaluate, name } = shape;
  const most = Math.floor(MOST_LETTERS / (NUMBER_LETTERS * (inputs.length + 1)));
  if (!(Number.isInteger(rows) && rows >= 2 && rows <= most)) {
    throw new UsageError(
      `Cannot make a table: rows must be an integer from 2 to ${most}, as many as a browser holds as ` +
        `text, current value is ${rows}`,
    );
  }
  const random = createRandom(seed, "data/train"), columns = inputs.map(() => [] as number[]);
  const values: number[] = [];
  if (plan.problem !== undefined) {
    const points = sampleProblem(findProblem(plan.problem), { rows, seed });
    for (let row = 0; row < rows; row++) {
      inputs.forEach((_, p) => columns[p].push(points.inputs[row * inputs.length + p]));
      values.push(points.targets[row]);
    }
  } else {
    for (let row = 0; row < rows; row++) {
      const point = domain.map(([low, high]) => low + (high - low) * random.uniform());
      point.forEach((value, p) => columns[p].push(value));
      values.push(valueAt(evaluate, point, inputs, plan.formula!));
    }
  }
  const range = values.reduce((m, v) => Math.max(m, v)) -
    values.reduce((m, v) => Math.min(m, v));
  const disturbance = createRandom(seed, "data/noise");
  const target = inputs.includes("f") ? "value" : "f";
  const noisy = values.map((value) => value + noise * range * disturbance.normal());
  const table: TableColumn[] = [
    ...inputs.map((input, p) => ({ name: input, values: columns[p] })),
    { name: target, values: noisy },
  ];
  const file = `${name}.csv`;
  return {
    name: file,
    text: formatTable(createTable(table, { name: file })),
    target,
    truth: evaluate,
  };
}

function functionOf({ problem, formula, low, high }: FunctionPlan): NamedFunction {
  if (problem !== undefined) {
    const found = findProblem(problem);
    const inputs = found.nIn <= 2
      ? ["x", "y"].slice(0, found.nIn)
      : Array.from({ length: found.nIn }, (_, i) => `x${i + 1}`);
    return {
      ...{ name: found.name, inputs, domain: found.domain },
      evaluate: (point) => found.evaluate(point),
    };
  }
  const expression = parseExpression(formula!);
  const inputs = variablesOf(expression).sort();
  if (inputs.length === 0) {
    throw new UsageError(
      "Cannot make a table: the formula must have a variable, such as x, current value is none",
    );
  }
  if (!(low < high)) {
    throw new UsageError(
      `Cannot make a table: the range must go from a smaller to a larger number, current value is ` +
        `${low} to ${high}`,
    );
  }
  return {
    ...{ name: "function", inputs, domain: inputs.map(() => [low, high] as const) },
    evaluate: (point) =>
      evaluateExpression(
        expression,
        Object.fromEntries(inputs.map((name, p) => [name, point[p]])),
      ),
  };
}

function valueAt(
  evaluate: NamedFunction["evaluate"],
  point: readonly number[],
  inputs: readonly string[],
  formula: string,
): number {
  const value = evaluate(point);
  if (Number.isFinite(value)) return value;
  const place = inputs.map((name, p) => `${name} = ${Number(point[p].toPrecision(4))}`).join(", ");
  throw new UsageError(
    `Cannot make a table: ${formula} must be a finite number everywhere in the range, current ` +
      `value is ${value} at ${place}; choose another range`,
  );
}
