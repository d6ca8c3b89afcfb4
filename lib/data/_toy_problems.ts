/**
 * The toy functions of the KAN paper (Liu et al. 2024, section 3.1): known sums and
 * compositions of one-dimensional functions, with the widths that can represent them.
 *
 * @module
 */

import { besselJ0 } from "./bessel.ts";
import type { Problem } from "./problem.ts";
import { exp, sin } from "../numerics/inner.ts";

const SOURCE = "Liu et al., KAN: Kolmogorov-Arnold Networks, section 3.1";

/** Training points, pykan's default. */
const ROWS = 1000;

/** A sum of one-dimensional functions inside another one. */
export const expSine: Problem = {
  name: "exp-sine",
  title: "An exponential of a wave and a square",
  formula: "exp(sin(pi x) + y^2)",
  source: SOURCE,
  nIn: 2,
  domain: cube(2),
  rows: ROWS,
  evaluate(x, offset = 0) {
    return exp(sin(Math.PI * x[offset]) + x[offset + 1] ** 2);
  },
  defaults: { widths: [2, 1, 1], firstLayer: "spline" },
};

/** A product, which takes two squares: `xy = ((x + y)^2 - (x - y)^2) / 4`. */
export const product: Problem = {
  name: "product",
  title: "The product of two numbers",
  formula: "x y",
  source: SOURCE,
  nIn: 2,
  domain: cube(2),
  rows: ROWS,
  evaluate(x, offset = 0) {
    return x[offset] * x[offset + 1];
  },
  defaults: { widths: [2, 2, 1], firstLayer: "spline" },
};

/** One spline: interpolation of a wave that fades. */
export const bessel: Problem = {
  name: "bessel",
  title: "A Bessel function: one spline alone",
  formula: "J0(20 x)",
  source: SOURCE,
  nIn: 1,
  domain: cube(1),
  rows: ROWS,
  evaluate(x, offset = 0) {
    return besselJ0(20 * x[offset]);
  },
  defaults: { widths: [1, 1], firstLayer: "spline" },
};

/** Three layers deep. */
export const fourD: Problem = {
  name: "four-d",
  title: "Four inputs, three layers deep",
  formula: "exp((sin(pi (x1^2 + x2^2)) + sin(pi (x3^2 + x4^2))) / 2)",
  source: SOURCE,
  nIn: 4,
  domain: cube(4),
  rows: ROWS,
  evaluate(x, offset = 0) {
    const first = x[offset] ** 2 + x[offset + 1] ** 2;
    const second = x[offset + 2] ** 2 + x[offset + 3] ** 2;
    return exp((sin(Math.PI * first) + sin(Math.PI * second)) / 2);
  },
  defaults: { widths: [4, 4, 2, 1], firstLayer: "spline" },
};

/** Many inputs, each of which matters equally. */
export const hundredD: Problem = {
  name: "hundred-d",
  title: "A hundred inputs",
  formula: "exp((1/100) sum_i sin^2(pi x_i / 2))",
  source: SOURCE,
  nIn: 100,
  domain: cube(100),
  rows: ROWS,
  evaluate(x, offset = 0) {
    let sum = 0;
    for (let i = 0; i < 100; i++) sum += sin(Math.PI * x[offset + i] / 2) ** 2;
    return exp(sum / 100);
  },
  defaults: { widths: [100, 1, 1], firstLayer: "spline" },
};

function cube(nIn: number): readonly (readonly [number, number])[] {
  return Array.from({ length: nIn }, () => [-1, 1] as const);
}
