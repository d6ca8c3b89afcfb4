/**
 * A program run as it stands: what every written copy must agree with.
 *
 * @module
 */

import { checkArray, checkRecord, exp, pow, tanh } from "../../numerics/inner.ts";
import { type ColumnScale, scaleValue, unscaleValue } from "../../data/mod.ts";
import { formulaValues } from "../../interpret/inner.ts";
import {
  averagesProbabilities,
  countOutputs,
  type ModelProgram,
  type OutputScale,
  type ProgramStep,
  type SplineStep,
} from "./program.ts";
import { inputEdges } from "./wiring.ts";

/**
 * Runs a program on one row.
 *
 * @param program The program.
 * @param row One number for each of its columns, as the table has them.
 * @returns Predictions in their units; of classes the probabilities.
 * @throws {TypeError} If the row has another length.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { evaluateProgram, networkProgram } from "@freeknot/freeknot/export";
 * import { assertEquals } from "@std/assert";
 *
 * const program = networkProgram(createNetwork({ widths: [2, 5, 3] }, { seed: 1 }));
 * assertEquals(evaluateProgram(program, [0.1, 0.2]).length, 3);
 * ```
 */
export function evaluateProgram(program: ModelProgram, row: ArrayLike<number>): Float64Array {
  checkRecord("run program", "program", program, "a program", ["kind", "columns", "result"]);
  checkArray("run program", "row", row, "an array of numbers");
  const { columns, result } = program;
  if (row.length !== columns.length) {
    throw new TypeError(
      `Cannot run program: row must have length ${columns.length}, current length is ${row.length}`,
    );
  }
  if (program.kind === "formulas") {
    const data = new Map(program.variables.map((name, p) => [name, Float64Array.of(row[p])]));
    return Float64Array.from(
      program.formulas,
      (formula) => formulaValues(formula, { rows: 1, columns: data })[0],
    );
  }
  const inputs = Float64Array.from(columns, ({ offset = 0, scale }, p) => {
    return scale ? scaleValue(named(scale), row[p] - offset) : row[p] - offset;
  });
  const outputs = program.members.map((steps) => steps.reduce(runStep, inputs));
  const early = averagesProbabilities(program);
  const mean = new Float64Array(early ? countOutputs(program) : outputs[0].length);
  for (const each of outputs) {
    const values = early ? probabilities(each) : each;
    for (let q = 0; q < mean.length; q++) mean[q] += values[q] / outputs.length;
  }
  if (result.kind === "classes") return early ? mean : probabilities(mean);
  return mean.map((raw, q) => {
    const scale = result.scales[q], [low, high] = result.bounds?.[q] ?? [-Infinity, Infinity];
    const value = Math.min(high, Math.max(low, raw));
    if (!scale) return value;
    if (scale.map?.kind === "exp") return scale.maximum * exp(scale.map.rate * value);
    if (scale.map?.kind === "sigmoid") return 1 / (1 + exp(-value));
    return unscaleValue(named(scale), value);
  });
}

function named({ minimum, maximum, map }: OutputScale): ColumnScale {
  const curved = map?.kind === "log" || map?.kind === "quantile" ? { map } : {};
  return { name: "", minimum, maximum, ...curved };
}

/** Softmax of logits; one logit is that of the second of two classes. */
function probabilities(logits: Float64Array): Float64Array {
  if (logits.length === 1) {
    return Float64Array.of(1 / (1 + exp(logits[0])), 1 / (1 + exp(-logits[0])));
  }
  const most = logits.reduce((a, b) => Math.max(a, b));
  const powers = logits.map((z) => exp(z - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

function runStep(x: Float64Array, step: ProgramStep): Float64Array {
  if (step.kind === "splines") return runSplines(x, step);
  if (step.kind === "tanh") return x.map(tanh);
  if (step.kind === "relu") {
    const { power = 1 } = step;
    return x.map((value) => pow(Math.max(0, value), power));
  }
  if (step.kind === "sparse") {
    const { starts, columns, values, bias } = step;
    return bias.map((start, q) => {
      let sum = start;
      for (let k = starts[q]; k < starts[q + 1]; k++) sum += values[k] * x[columns[k]];
      return sum;
    });
  }
  const { nIn, nOut, weights, bias } = step;
  const y = bias?.slice() ?? new Float64Array(nOut);
  for (let p = 0; p < nIn; p++) {
    for (let q = 0; q < nOut; q++) y[q] += x[p] * weights[p * nOut + q];
  }
  return y;
}

function runSplines(x: Float64Array, step: SplineStep): Float64Array {
  const { nIn, nOut, degree, pieces, grids, maps, limits, table, rows, basis, silu, wiring } = step;
  const y = new Float64Array(nOut), size = degree + 1, factors = new Float64Array(size);
  for (let p = 0; p < nIn; p++) {
    const v = grids.length === 1 ? 0 : p, { knots, origins, inverses } = grids[v];
    let u = (x[p] - maps[3 * p]) * maps[3 * p + 1] + maps[3 * p + 2];
    if (limits && (x[p] < limits[2 * p] || x[p] > limits[2 * p + 1])) u = NaN;
    let piece = 0;
    while (piece < knots.length && u >= knots[piece]) piece++;
    const w = (u - origins[piece]) * inverses[piece];
    for (let i = 0; basis && i < size; i++) {
      const at = (v * pieces + piece) * size * size + i;
      factors[i] = 0;
      for (let k = degree; k >= 0; k--) {
        factors[i] = factors[i] * w + basis.polynomials[at + k * size];
      }
    }
    const first = basis ? basis.first[v * pieces + piece] : piece * size;
    const { start, count } = inputEdges(step, p);
    for (let e = 0; e < count; e++) {
      const q = wiring ? wiring.outputs[start + e] : e;
      let value = 0;
      for (let i = degree; i >= 0; i--) {
        const entry = table[rows * start + (first + i) * count + e];
        value = basis ? value + factors[i] * entry : value * w + entry;
      }
      y[q] += value;
      if (silu) y[q] += u / (1 + exp(-u)) * silu[start + e];
    }
  }
  return y;
}
