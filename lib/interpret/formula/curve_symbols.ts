/**
 * A curve as `a f(b x + c) + d`: `a` and `d` are eliminated (variable projection), `b` and `c` found
 * by Gauss-Newton steps from several starts.
 *
 * @module
 */

import { addUp, callOf, type Formula, free, powerOf, productOf } from "../expressions/formula.ts";
import type { LibraryFunction } from "../symbols/library.ts";
import { log10, rangeOf } from "../../numerics/inner.ts";
import { varianceOf } from "./rows.ts";

/** Samples of a curve. */
export interface Curve {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** A function that fits a curve. */
export interface CurveSymbol {
  readonly symbol: LibraryFunction;
  readonly scale: number;
  readonly shift: number;
  readonly factor: number;
  readonly offset: number;
  /** Share of the variance that is not explained. */
  readonly unexplained: number;
}

/** The best functions of a library for a curve, the best first. */
export function curveSymbols(
  curve: Curve,
  library: readonly LibraryFunction[],
  most: number,
): CurveSymbol[] {
  const variance = varianceOf(curve.y) || 1;
  const found: CurveSymbol[] = [];
  for (const symbol of library) {
    if (symbol.name === "constant") continue;
    for (const fit of fitSymbol(curve, symbol)) {
      found.push({ ...fit, unexplained: fit.unexplained / variance });
    }
  }
  // what a function costs in digits of the fit
  const score = ({ unexplained, symbol, shift }: CurveSymbol) =>
    log10(Math.max(unexplained, 1e-12)) + 0.25 * symbol.complexity + (shift === 0 ? 0 : 0.25);
  return found.sort((a, b) => score(a) - score(b)).slice(0, most);
}

/** The formula of a symbol of some argument. */
export function symbolFormula(
  { symbol, scale, shift, factor, offset }: CurveSymbol,
  argument: Formula,
): Formula {
  const tail = offset !== 0 ? [free(offset)] : [];
  if (symbol.redundant === "both") {
    return addUp([productOf([free(factor), argument]), ...tail]);
  }
  const scaled = symbol.redundant === "scale" && Math.abs(scale) === 1
    ? scale === 1 ? argument : productOf([{ kind: "number", value: -1 }, argument])
    : productOf([free(scale), argument]);
  const inner = shift === 0 || symbol.redundant === "shift" ? scaled : addUp([scaled, free(shift)]);
  const value = symbol.power === undefined
    ? callOf(symbol.name, inner)
    : powerOf(inner, symbol.power);
  return addUp([productOf([free(factor), value]), ...tail]);
}

interface Start {
  readonly scale: number;
  readonly shift: number;
  /** What steps may change. */
  readonly moves: "scale" | "shift" | "both" | "none";
}

type Fit = Omit<CurveSymbol, "unexplained"> & { readonly unexplained: number };

/** The best fit of one function, and one without a shift where that is nearly as good. */
function fitSymbol(curve: Curve, symbol: LibraryFunction): Fit[] {
  const [low, high] = rangeOf(curve.x);
  const starts = startsOf(symbol, low, high)
    .map((start) => ({ start, fit: project(curve, symbol, start.scale, start.shift) }))
    .filter(({ fit }) => fit !== undefined)
    .sort((a, b) => a.fit!.unexplained - b.fit!.unexplained);
  const unshifted = starts.filter(({ start }) => start.shift === 0).slice(0, 2);
  const chosen = [...new Set([...starts.slice(0, symbol.oscillates ? 5 : 4), ...unshifted])];
  let best: Fit | undefined, plain: Fit | undefined;
  for (const { start } of chosen) {
    const fit = descend(curve, symbol, start);
    if (fit && !(fit.unexplained >= (best?.unexplained ?? Infinity))) best = fit;
    if (start.shift !== 0) continue;
    const moves = symbol.redundant === "scale" || symbol.redundant === "both" ? "none" : "scale";
    const held = descend(curve, symbol, { ...start, moves });
    if (held && !(held.unexplained >= (plain?.unexplained ?? Infinity))) plain = held;
  }
  return [best, plain].filter((fit) => fit !== undefined);
}

function startsOf(symbol: LibraryFunction, low: number, high: number): Start[] {
  const range = high - low || 1, middle = (low + high) / 2;
  const { redundant, domain, power, oscillates, name } = symbol;
  if (redundant === "both") return [{ scale: 1, shift: 0, moves: "none" }];
  if (redundant === "shift") {
    return [0.1, 0.5, 1.5, 4, 10].flatMap((k) => [k, -k])
      .map((k): Start => ({ scale: k / range, shift: 0, moves: "scale" }));
  }
  if (redundant === "scale") {
    const away = domain !== undefined;
    const shifts = away
      ? [1e-3, 0.03, 0.2, 1, 4].flatMap((k) => [
        { scale: 1, shift: k * range - low },
        { scale: -1, shift: k * range + high },
      ])
      : [low, middle, high].map((at) => ({ scale: 1, shift: -at }));
    const plain = (power ?? 0) >= 0 || low > 0 || high < 0;
    return [...(plain ? [{ scale: 1, shift: 0 }] : []), ...shifts]
      .map((start) => ({ ...start, moves: "shift" }));
  }
  const size = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const centres = [0, 0.25, 0.5, 0.75, 1].map((k) => low + k * range);
  const scales = oscillates
    ? Array.from({ length: 44 }, (_, k) => (0.5 + 1.2 * k) / range)
    : domain === "unit" || domain === "openUnit"
    ? [0.3, 0.7, 0.95].map((k) => k / size)
    : name === "tan"
    ? [0.3, 0.7, 1.2, 1.5].map((k) => k / size)
    : [0.7, 2, 5, 15].map((k) => k / range);
  return scales.flatMap((scale) => [
    { scale, shift: 0, moves: "both" as const },
    ...(name === "cos" ? [] : centres.map((at) => ({
      scale,
      shift: -scale * at,
      moves: "both" as const,
    }))),
  ]);
}

interface Projection {
  readonly factor: number;
  readonly offset: number;
  readonly unexplained: number;
  readonly values: Float64Array;
}

/** The best `a` and `d` for one `b` and `c`. */
function project(
  { x, y }: Curve,
  { value }: LibraryFunction,
  scale: number,
  shift: number,
): Projection | undefined {
  const n = x.length, values = new Float64Array(n);
  let meanF = 0, meanY = 0;
  for (let i = 0; i < n; i++) {
    values[i] = value(scale * x[i] + shift);
    meanF += values[i];
    meanY += y[i];
  }
  meanF /= n;
  meanY /= n;
  if (!Number.isFinite(meanF)) return undefined;
  let ff = 0, fy = 0, yy = 0;
  for (let i = 0; i < n; i++) {
    const f = values[i] - meanF, g = y[i] - meanY;
    ff += f * f;
    fy += f * g;
    yy += g * g;
  }
  if (!(ff > 1e-24 * n * meanF * meanF)) return undefined;
  const factor = fy / ff, offset = meanY - factor * meanF;
  let rss = 0;
  for (let i = 0; i < n; i++) rss += (y[i] - factor * values[i] - offset) ** 2;
  return { factor, offset, unexplained: Math.min(rss, yy) / n, values };
}

/** Gauss-Newton steps in `b` and `c`, the Jacobian projected (Kaufman 1975). */
function descend(curve: Curve, symbol: LibraryFunction, start: Start): Fit | undefined {
  let { scale, shift } = start;
  let at = project(curve, symbol, scale, shift);
  if (at === undefined) return undefined;
  let damping = 1e-2;
  for (let k = 0; start.moves !== "none" && k < 25; k++) {
    const step = curveStep(curve, symbol, scale, shift, at, start.moves, damping);
    const next = step && project(curve, symbol, scale + step[0], shift + step[1]);
    if (step && next && next.unexplained < at.unexplained) {
      const done = next.unexplained > at.unexplained * (1 - 1e-7);
      scale += step[0];
      shift += step[1];
      at = next;
      damping = Math.max(1e-12, damping * 0.1);
      if (done) break;
    } else {
      damping *= 10;
      if (damping > 1e5) break;
    }
  }
  const { factor, offset, unexplained } = at;
  return { symbol, scale, shift, factor, offset, unexplained };
}

function curveStep(
  { x, y }: Curve,
  { derivative }: LibraryFunction,
  scale: number,
  shift: number,
  { factor, offset, values }: Projection,
  moves: Start["moves"],
  damping: number,
): readonly [number, number] | undefined {
  const n = x.length;
  let mean = 0;
  for (const value of values) mean += value / n;
  let ff = 0;
  for (const value of values) ff += (value - mean) ** 2;
  const columns = (moves === "both" ? [true, false] : [moves === "scale"]).map((byScale) => {
    const column = new Float64Array(n);
    let sum = 0, along = 0;
    for (let i = 0; i < n; i++) {
      column[i] = factor * derivative(scale * x[i] + shift) * (byScale ? x[i] : 1);
      sum += column[i] / n;
    }
    for (let i = 0; i < n; i++) along += (column[i] - sum) * (values[i] - mean);
    for (let i = 0; i < n; i++) column[i] -= sum + along / ff * (values[i] - mean);
    return column;
  });
  const dot = (a: Float64Array, b: Float64Array) =>
    a.reduce((sum, each, i) => sum + each * b[i], 0);
  const residual = y.map((each, i) => each - factor * values[i] - offset);
  const right = columns.map((column) => dot(column, residual));
  const diagonal = columns.map((column) => dot(column, column) * (1 + damping));
  if (!diagonal.every((each) => each > 0 && Number.isFinite(each))) return undefined;
  if (columns.length === 1) {
    const step = right[0] / diagonal[0];
    return moves === "scale" ? [step, 0] : [0, step];
  }
  const cross = dot(columns[0], columns[1]);
  const determinant = diagonal[0] * diagonal[1] - cross * cross;
  if (!(determinant > 0)) return undefined;
  return [
    (right[0] * diagonal[1] - right[1] * cross) / determinant,
    (right[1] * diagonal[0] - right[0] * cross) / determinant,
  ];
}
