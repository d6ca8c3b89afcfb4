/**
 * The chain rule of a list of derivatives as WGSL: one line for every term, so that a kernel has no
 * tables of terms to read.
 *
 * Of `y = phi(u)` a term is `factor phi^(order) prod_b u_b` (see `chainTerms`). In kernels `f0, f1,
 * ...` are the derivatives of phi by u, `u1, u2, ...` those of u, `y0, y1, ...` those of y.
 *
 * @module
 */

import { type ChainTerm, chainTerms, type Derivative } from "../../jets.ts";

/** Lines of WGSL for one list of derivatives. */
export type JetText = ReturnType<typeof jetText>;

/** Writes the chain rule of a closed list of derivatives for splines of a degree. */
export function jetText(derivatives: readonly Derivative[], degree: number) {
  const channels = derivatives.length, order = derivatives[channels - 1].length;
  const terms = chainTerms(derivatives);
  const all = Array.from({ length: channels }, (_, c) => c), behind = all.slice(1);
  const lines = (numbers: readonly number[], line: (c: number) => string) =>
    numbers.map(line).join("\n");
  const product = (factors: readonly string[]) => factors.join(" * ");
  /** `factor prod u_b`, the block at index `without` left out. */
  const blocks = (k: number, without = -1) => {
    const { factor, blocks } = terms[k];
    return product([`${factor}.0`, ...blocks.flatMap((b, i) => i === without ? [] : [`u${b}`])]);
  };

  return {
    channels,
    order,
    /** Tells lists of derivatives apart in names of kernels. */
    name: derivatives.map((derivative) => derivative.join("")).join("."),
    /** A line for every derivative, the value included or not. */
    forAll: (line: (c: number) => string) => lines(all, line),
    forBehind: (line: (c: number) => string) => lines(behind, line),
    /** See {@linkcode pieceDerivatives}. */
    pieceDerivatives: (name: string, buffer: string, at: string, most: number) =>
      pieceDerivatives(degree, name, buffer, at, most),
    /** Adds `phi` of one node to all derivatives of y. */
    addValues: [
      "y0 += f0;",
      ...terms.map(({ channel, order }, k) => `y${channel} += f${order} * (${blocks(k)});`),
    ].join("\n"),
    /** Adds what moves with the parameters: phi by `g`, its argument by `v0, v1, ...`. */
    addMoved: [
      "y0 += g0;",
      ...terms.map(({ channel, order, blocks: factors }, k) => {
        const inner = factors.map((b, i) => `v${b} * (${blocks(k, i)})`).join(" + ");
        return `y${channel} += g${order} * (${blocks(k)}) + f${order} * (${inner});`;
      }),
    ].join("\n"),
    /** Declares the sums over outputs `h_channel_order` of gradient times derivative of phi. */
    declareSums: sumsOf(terms).map(([c, j]) => `var h${c}_${j} = 0.0;`).join("\n"),
    addSums: sumsOf(terms).map(([c, j]) => `h${c}_${j} += bar${c} * f${j};`).join("\n"),
    /** From these sums the gradient by u and its derivatives, `b0, b1, ...`. */
    pullSums: [
      "var b0 = h0_1;",
      ...behind.map((c) => `var b${c} = 0.0;`),
      ...terms.flatMap(({ channel, order, blocks: factors }, k) => [
        `b0 += h${channel}_${order + 1} * (${blocks(k)});`,
        ...factors.map((b, i) => `b${b} += h${channel}_${order} * (${blocks(k, i)});`),
      ]),
    ].join("\n"),
    /** The gradient by `phi^(j)` at one point, for every j: `g0, g1, ...`. */
    gradientByOrders: [
      "var g0 = bar0;",
      ...Array.from({ length: order }, (_, j) => `var g${j + 1} = 0.0;`),
      ...terms.map(({ channel, order }, k) => `g${order} += bar${channel} * (${blocks(k)});`),
    ].join("\n"),
  };
}

/** The pairs of derivative and order whose sums are needed. */
function sumsOf(terms: readonly ChainTerm[]): [number, number][] {
  const found = new Map<string, [number, number]>([["0_1", [0, 1]]]);
  for (const { channel, order } of terms) {
    for (const j of [order, order + 1]) found.set(`${channel}_${j}`, [channel, j]);
  }
  return [...found.values()];
}

/**
 * The derivatives by u of a piece, from the coefficients at `at` in a buffer: repeated division by
 * `w - w0` (Horner) gives `phi^(j) / j!` by w.
 */
function pieceDerivatives(
  degree: number,
  name: string,
  buffer: string,
  at: string,
  most: number,
): string {
  const parts = Array.from({ length: most + 1 }, (_, j) => j);
  const read = (k: number) => `${buffer}[${at} + ${k}u * P.nOut]`;
  const steps: string[] = parts.map((j) => `var ${name}${j} = ${j === 0 ? read(degree) : "0.0"};`);
  for (let k = degree - 1; k >= 0; k--) {
    // the j-th part is 0 before step j
    for (const j of parts.toReversed()) {
      if (j > degree - k) continue;
      steps.push(
        j === 0
          ? `${name}0 = ${name}0 * w + ${read(k)};`
          : `${name}${j} = ${name}${j} * w + ${name}${j - 1};`,
      );
    }
  }
  let factorial = 1;
  for (const j of parts.slice(1)) {
    factorial *= j;
    steps.push(`${name}${j} *= ${[`${factorial}.0`, ...Array(j).fill("rate")].join(" * ")};`);
  }
  return steps.join("\n");
}
