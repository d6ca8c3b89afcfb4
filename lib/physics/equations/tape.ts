/**
 * A formula on many points at once: values, and derivatives by all its variables in one sweep back.
 *
 * @module
 */

import { type Expression, operate, type Operation } from "./expression.ts";
import { cos, cosh, exp, log, pow, sin, sinh } from "../../numerics/inner.ts";

/** A formula compiled for a fixed number of points. */
export interface Tape {
  /** The variables' names, in the order of `columns`. */
  readonly variables: readonly string[];
  /** Where the variables' values go before `run`, each of shape `[rows]`. */
  readonly columns: readonly Float64Array[];
  /** Computes the formula; the array is overwritten by the next call. */
  run(): Float64Array;
  /**
   * Computes the derivatives by the variables at the point of the latest `run`; overwritten by the
   * next call.
   *
   * @returns Per variable an array of shape `[rows]`.
   */
  pull(): readonly Float64Array[];
}

interface Step {
  readonly name: Operation | "number" | "variable";
  readonly a: number;
  readonly b: number;
  readonly values: Float64Array;
  readonly bars: Float64Array;
}

/** Compiles a formula for a number of points. Parts that occur twice are computed once. */
export function compileTape(expression: Expression, rows: number): Tape {
  const steps: Step[] = [];
  const known = new Map<string, number>();
  const variables: string[] = [], places: number[] = [];

  function add(part: Expression): number {
    const inner = part.kind === "call" ? part.arguments.map(add) : [];
    const key = part.kind === "number"
      ? `${part.value}`
      : part.kind === "variable"
      ? `"${part.name}`
      : `${part.name}(${inner})`;
    const step = known.get(key);
    if (step !== undefined) return step;
    const index = steps.length;
    known.set(key, index);
    steps.push({
      name: part.kind === "call" ? part.name : part.kind,
      a: inner[0] ?? -1,
      b: inner[1] ?? -1,
      values: new Float64Array(rows).fill(part.kind === "number" ? part.value : 0),
      bars: new Float64Array(rows),
    });
    if (part.kind === "variable") {
      variables.push(part.name);
      places.push(index);
    }
    return index;
  }

  const last = add(expression);

  function run(): Float64Array {
    for (const { name, a, b, values: y } of steps) {
      if (name === "number" || name === "variable") continue;
      const u = steps[a].values, v = b < 0 ? u : steps[b].values;
      if (name === "+") { for (let r = 0; r < rows; r++) y[r] = u[r] + v[r]; }
      else if (name === "-") { for (let r = 0; r < rows; r++) y[r] = u[r] - v[r]; }
      else if (name === "*") { for (let r = 0; r < rows; r++) y[r] = u[r] * v[r]; }
      else for (let r = 0; r < rows; r++) y[r] = operate(name, u[r], v[r]);
    }
    return steps[last].values;
  }

  function pull(): readonly Float64Array[] {
    for (const { bars } of steps) bars.fill(0);
    steps[last].bars.fill(1);
    for (let s = last; s >= 0; s--) {
      const step = steps[s], { a, b } = step;
      if (b >= 0) pullBinary(step, steps[a], steps[b]);
      else if (a >= 0) pullUnary(step, steps[a]);
    }
    return places.map((place) => steps[place].bars);
  }

  return { variables, columns: places.map((place) => steps[place].values), run, pull };
}

/** Adds the derivatives by the two operands of a step, per row; comparisons have none. */
function pullBinary({ name, values: y, bars }: Step, left: Step, right: Step): void {
  const { values: u, bars: uBar } = left, { values: v, bars: vBar } = right;
  const constant = right.name === "number";
  for (let r = 0; r < bars.length; r++) {
    const g = bars[r];
    switch (name) {
      case "+":
        uBar[r] += g;
        vBar[r] += g;
        break;
      case "-":
        uBar[r] += g;
        vBar[r] -= g;
        break;
      case "*":
        uBar[r] += g * v[r];
        vBar[r] += g * u[r];
        break;
      case "/":
        uBar[r] += g / v[r];
        vBar[r] -= g * y[r] / v[r];
        break;
      case "^":
        uBar[r] += g * v[r] * pow(u[r], v[r] - 1);
        if (!constant) vBar[r] += g * y[r] * log(u[r]);
        break;
      case "min":
        if (u[r] <= v[r]) uBar[r] += g;
        else vBar[r] += g;
        break;
      case "max":
        if (u[r] >= v[r]) uBar[r] += g;
        else vBar[r] += g;
        break;
      case "atan2": {
        const square = u[r] * u[r] + v[r] * v[r];
        uBar[r] += g * v[r] / square;
        vBar[r] -= g * u[r] / square;
        break;
      }
      case "mod":
        uBar[r] += g;
        vBar[r] -= g * Math.floor(u[r] / v[r]);
        break;
      case "when":
        if (u[r] !== 0) vBar[r] += g;
        break;
    }
  }
}

/** Adds the derivative by the one operand of a step; sign, floor and heaviside have none. */
function pullUnary({ name, values: y, bars }: Step, { values: u, bars: uBar }: Step): void {
  for (let r = 0; r < bars.length; r++) {
    const g = bars[r];
    switch (name) {
      case "asin":
        uBar[r] += g / Math.sqrt(1 - u[r] * u[r]);
        break;
      case "acos":
        uBar[r] -= g / Math.sqrt(1 - u[r] * u[r]);
        break;
      case "atan":
        uBar[r] += g / (1 + u[r] * u[r]);
        break;
      case "erf":
        uBar[r] += g * 2 / Math.sqrt(Math.PI) * exp(-u[r] * u[r]);
        break;
      case "sin":
        uBar[r] += g * cos(u[r]);
        break;
      case "cos":
        uBar[r] -= g * sin(u[r]);
        break;
      case "tan":
        uBar[r] += g * (1 + y[r] * y[r]);
        break;
      case "exp":
        uBar[r] += g * y[r];
        break;
      case "log":
        uBar[r] += g / u[r];
        break;
      case "sqrt":
        uBar[r] += g / (2 * y[r]);
        break;
      case "sinh":
        uBar[r] += g * cosh(u[r]);
        break;
      case "cosh":
        uBar[r] += g * sinh(u[r]);
        break;
      case "tanh":
        uBar[r] += g * (1 - y[r] * y[r]);
        break;
      case "abs":
        uBar[r] += g * Math.sign(u[r]);
        break;
      case "whole":
        uBar[r] += g;
        break;
    }
  }
}
