/**
 * Outputs of a network in formulas: values and derivatives, here and elsewhere.
 *
 * @module
 */

import { gaussLegendre } from "../../basis/mod.ts";
import type { Derivative } from "../../engine/mod.ts";
import {
  apply,
  differentiate,
  type Expression,
  number,
  substitute,
  variable,
  variablesOf,
} from "./expression.ts";

/** Where an output is taken: a formula of the coordinates per coordinate. */
export type OutputPlace = readonly Expression[];

/** What a variable of a resolved formula stands for. */
export interface NamedOutput {
  /** Number of the output. */
  readonly output: number;
  /** By the coordinates. */
  readonly derivative: Derivative;
  /** Absent: at the point itself. */
  readonly place?: OutputPlace;
}

/** The variable that stands for a derivative of an output of the network. */
export function outputName(output: number, derivative: Derivative, place?: OutputPlace): string {
  const text = `#${output}|${derivative.join()}`;
  return place ? `${text}|${JSON.stringify(place)}` : text;
}

/** Reads {@linkcode outputName}; undefined for another variable. */
export function readOutputName(name: string): NamedOutput | undefined {
  if (!name.startsWith("#")) return undefined;
  const [output, derivative, ...place] = name.slice(1).split("|");
  return {
    output: Number(output),
    derivative: derivative === "" ? [] : derivative.split(",").map(Number),
    ...(place.length > 0 && { place: JSON.parse(place.join("|")) }),
  };
}

/** The outputs and derivatives that a resolved formula names, each once. */
export function outputsOf(formula: Expression): (NamedOutput & { readonly name: string })[] {
  return variablesOf(formula).flatMap((name) => {
    const found = readOutputName(name);
    return found ? [{ name, ...found }] : [];
  });
}

/** The places elsewhere that formulas name, each once. */
export function placesOf(outputs: readonly NamedOutput[]): OutputPlace[] {
  const found = new Map<string, OutputPlace>();
  for (const { place } of outputs) if (place) found.set(JSON.stringify(place), place);
  return [...found.values()];
}

/**
 * The derivative of a resolved formula by coordinates, given by their indices, one after the other;
 * of outputs elsewhere by the chain rule.
 */
export function derive(
  formula: Expression,
  by: readonly number[],
  coordinates: readonly string[],
): Expression {
  return by.reduce((derived, i) => {
    const one = (name: string) => name === coordinates[i] ? number(1) : undefined;
    return differentiate(derived, (name) => {
      const named = readOutputName(name);
      if (!named) return one(name);
      const { output, derivative, place } = named;
      const slope = (j: number) =>
        variable(outputName(output, [...derivative, j].sort((a, b) => a - b), place));
      if (!place) return slope(i);
      return place.reduce(
        (sum, position, j) => apply("+", sum, apply("*", differentiate(position, one), slope(j))),
        number(0),
      );
    });
  }, formula);
}

/** A resolved formula where a coordinate, or another name in it, has a value of its own. */
export function elsewhere(
  formula: Expression,
  name: string,
  value: Expression,
  coordinates: readonly string[],
): Expression {
  const here = coordinates.map(variable), isCoordinate = coordinates.includes(name);
  const moved = (part: Expression): Expression =>
    substitute(part, (each) => {
      if (each === name) return value;
      const named = readOutputName(each);
      if (!named || !(named.place || isCoordinate)) return undefined;
      const place = (named.place ?? here).map(moved);
      return variable(outputName(named.output, named.derivative, place));
    });
  return moved(formula);
}

/** A resolved formula linearised where all outputs are 0: `R(0) + R'(0) u`. */
export function linearPart(formula: Expression): Expression {
  const atZero = (part: Expression) =>
    substitute(part, (name) => readOutputName(name) ? number(0) : undefined);
  return outputsOf(formula).reduce((sum, { name }) => {
    const slope = differentiate(formula, (each) => each === name ? number(1) : undefined);
    return apply("+", sum, apply("*", atZero(slope), variable(name)));
  }, atZero(formula));
}

/** Panels of equal length of an integral, and Gauss-Legendre points in each: exact for degree 7. */
const PANELS = 8, PANEL_POINTS = 4;

/**
 * The integral of a resolved formula over a coordinate, or another name in it, as a sum over
 * quadrature points: in each of 8 equal panels the 4 points of Gauss and Legendre.
 */
export function integrate(
  formula: Expression,
  name: string,
  from: Expression,
  to: Expression,
  coordinates: readonly string[],
): Expression {
  const length = apply("-", to, from), { nodes, weights } = gaussLegendre(PANEL_POINTS);
  let sum = number(0);
  for (let panel = 0; panel < PANELS; panel++) {
    nodes.forEach((node, k) => {
      const share = (panel + (1 + node) / 2) / PANELS;
      const value = apply("+", from, apply("*", number(share), length));
      const integrand = elsewhere(formula, name, value, coordinates);
      sum = apply("+", sum, apply("*", number(weights[k] / 2 / PANELS), integrand));
    });
  }
  return apply("*", length, apply("whole", sum));
}
