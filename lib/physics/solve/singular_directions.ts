/**
 * What equations and conditions leave open: directions in which a solution changes and the
 * residuals do not.
 *
 * Linearised at a solution, a change `v` of the parameters (and coefficients) changes the relative
 * residuals by `|J v|` and the functions by `|G v|`, in units of their sizes. The largest
 * `|G v| / |J v|` is the problem's condition number: errors of the residuals come back multiplied by
 * it. Where it is beyond what rounding allows to be seen, the direction is not determined at all.
 * Changes of parameters that change no function (a network has many) do not count.
 *
 * A large condition number has another cause, too: functions that grow, as `e^(20 t)` of `u_t = 20 u`,
 * are small where a condition holds them and large elsewhere. Near its place, such a condition asks for
 * them as firmly as any other: what a condition sees there is determined, however sensitive it is.
 *
 * @module
 */

import { addScaled, dot } from "../../numerics/inner.ts";
import { createCholesky } from "../../engine/inner.ts";
import { createRandom, type Network } from "../../model/mod.ts";
import { pdeEngine, type PdeEngineOptions } from "./pde_engine.ts";
import { evaluateFormulas } from "../equations/evaluate.ts";
import { type Expression, variable } from "../equations/expression.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { outputName, outputsOf } from "../equations/outputs.ts";
import { type ResolvedTerm, resolvePde } from "../equations/resolve.ts";
import { termPoints } from "../points/lay_out.ts";
import { rootMeanSquare } from "./scales.ts";
import { solutionPoints } from "./solution.ts";

/** A direction whose condition number is above this is open. */
const OPEN = 1e5;
/** Rounding, as a share of the matrix's trace: the least, and the most that is tried. */
const ROUNDING = 1e-16, MOST_ROUNDING = 1e-12;
/** Directions that are looked for, and how often they are improved. */
const DIRECTIONS = 3, ITERATIONS = 25;
/** A part of a direction below this share of the largest is none. */
const PART = 1e-2;
/** How near to a condition's place functions are looked at, as a share of the range. */
const NEAR = 1 / 64;
/** A condition sees functions whose residual at its place is more than this share of that near it. */
const SEEN = 1e-2;

/**
 * Names, most open first, what a solution (in units of `options.scales`, with the coefficients
 * found with it) leaves open; empty for a problem that determines its solution.
 */
export async function openDirections(
  problem: PdeProblem,
  network: Network,
  options: PdeEngineOptions,
): Promise<string[]> {
  const { coefficients: names, unknowns } = resolvePde(problem);
  const engine = pdeEngine(problem, { ...options, frozenStatistics: true, threads: 1 });
  const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
  const residuals = await evaluator.jointMatrix?.(network.parameters);
  const values = evaluator.coefficients();
  evaluator.dispose();
  const functions = await functionMatrix(problem, network, options);
  if (!residuals || !functions) return [];
  const n = network.parameters.length;
  const units = names.map((name) => Math.abs(values[name]) || 1);
  const found = largestRatios(residuals, functions, n, units);
  const told: string[] = [];
  for (const { ratio, vector } of found) {
    if (!(ratio > OPEN)) continue;
    const points = solutionPoints(problem), direction = vector.subarray(0, n);
    const changes = changesAlong(problem, network, direction, points, outputsAlone(problem));
    const shares = names.map((_, i) => vector[n + i]); // in units of the coefficients
    const most = Math.max(...changes.map(rootMeanSquare), ...shares.map(Math.abs));
    const open = names.flatMap((name, i) =>
      Math.abs(shares[i]) > PART * most ? [{ name, share: shares[i], value: values[name] }] : []
    );
    if (open.length === 0 && isSeen(problem, network, direction, options)) continue;
    const moving = unknowns.filter((_, k) => rootMeanSquare(changes[k]) > PART * most);
    const sentence = open.length > 0
      ? coefficientSentence(open, moving)
      : functionSentence(moving, changes.filter((change) => rootMeanSquare(change) > PART * most));
    if (!told.includes(sentence)) told.push(sentence);
  }
  return told;
}

/** `2 mean (du_k / U_k)^2` as a matrix in the parameters, shape `[n, n]`. */
async function functionMatrix(
  problem: PdeProblem,
  network: Network,
  { scales }: PdeEngineOptions,
): Promise<Float64Array | undefined> {
  const unknowns = problem.unknowns ?? ["u"];
  const { coefficients: _, positive: _p, exact: _e, smooth: _s, ...rest } = problem;
  const values: PdeProblem = {
    ...rest,
    equations: unknowns.map((unknown) => ({ equation: `${unknown} = 0` })),
    conditions: [],
    incomplete: true,
  };
  const points = solutionPoints(problem);
  const engine = pdeEngine(values, {
    sampler: { kind: "points", points },
    frozenStatistics: true,
    threads: 1,
    ...(scales && { scales: { unknowns: scales.unknowns, terms: scales.unknowns } }),
  });
  const evaluator = await engine.compile({ network, loss: { kind: "mse" } });
  const n = network.parameters.length, matrix = new Float64Array(n * n);
  await evaluator.curvature?.matrix?.(network.parameters, matrix, new Float64Array(n));
  evaluator.dispose();
  return matrix;
}

/** The largest `sqrt(v.G v / v.M v)` by subspace iteration with `(M + rounding)^-1 G`. */
function largestRatios(
  residuals: Float64Array,
  functions: Float64Array,
  n: number,
  units: readonly number[],
): { readonly ratio: number; readonly vector: Float64Array }[] {
  const k = units.length, size = n + k;
  const scale = Float64Array.from({ length: size }, (_, i) => i < n ? 1 : units[i - n]);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += residuals[i * size + i] * scale[i] ** 2;
  const { matrix, factorise, solve } = createCholesky(size);
  matrix.set(residuals);
  let sound = false;
  for (let shift = ROUNDING; trace > 0 && !sound && shift <= MOST_ROUNDING; shift *= 10) {
    sound = factorise({ scales: scale, shift: shift * trace });
  }
  if (!sound) return [];
  const apply = (v: Float64Array): Float64Array => {
    const out = new Float64Array(size), parameters = v.subarray(0, n);
    for (let i = 0; i < n; i++) out[i] = dot(functions.subarray(i * n, (i + 1) * n), parameters);
    for (let i = n; i < size; i++) out[i] = 2 * v[i]; // relative changes of coefficients
    return out;
  };
  const random = createRandom(0, "physics/directions");
  const vectors = Array.from({ length: DIRECTIONS }, () => {
    const vector = Float64Array.from({ length: size }, () => random.normal());
    return { vector, applied: apply(vector), ratio: 0 };
  });
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    vectors.forEach((each, d) => {
      const image = each.applied.slice();
      solve(image);
      for (const { vector, applied } of vectors.slice(0, d)) {
        // orthogonal to the ones before, in the functions' measure
        addScaled(image, -dot(applied, image) / dot(applied, vector), vector);
      }
      const applied = apply(image), length = Math.sqrt(dot(image, applied));
      if (!(length > 0)) {
        each.ratio = 0;
        return;
      }
      each.ratio = Math.sqrt(length / Math.sqrt(dot(each.vector, each.applied) || 1));
      each.vector = image.map((x) => x / length);
      each.applied = applied.map((x) => x / length);
    });
  }
  return vectors;
}

/** Whether a condition holds functions firmly near its place that equations carry far from there. */
function isSeen(
  problem: PdeProblem,
  network: Network,
  direction: Float64Array,
  { scales, coefficients }: PdeEngineOptions,
): boolean {
  const { terms } = resolvePde(problem);
  return scales !== undefined && terms.some((term, k) => {
    const places = placesNear(problem, term);
    if (!places) return false;
    const units = { unknowns: scales.unknowns, coefficients: { ...coefficients } };
    const along = (points: Float64Array, formulas: readonly Expression[]) =>
      changesAlong(problem, network, direction, points, formulas, units).map(rootMeanSquare);
    const [residual] = along(places.at, [term.residual]);
    const [near] = along(places.near, [term.residual]);
    const values = along(places.near, outputsAlone(problem));
    const size = Math.max(...values.map((value, u) => value / scales.unknowns[u]));
    return residual > SEEN * Math.max(near, scales.terms[k] * size);
  });
}

/** Points of a condition on faces, and the same moved inwards; undefined for all other terms. */
function placesNear(problem: PdeProblem, { residual, condition }: ResolvedTerm) {
  const resolved = resolvePde(problem), { coordinates, ranges } = resolved;
  if (!condition?.at || outputsOf(residual).some(({ place }) => place)) return undefined;
  const at = termPoints(problem, resolved, condition, undefined);
  const isFixed = coordinates.map((name) => condition.at![name] !== undefined);
  const near = at.map((x, i) => {
    const c = i % coordinates.length, [a, b] = ranges[c];
    return isFixed[c] ? x + (x < (a + b) / 2 ? NEAR : -NEAR) * (b - a) : x;
  });
  return { at, near };
}

/** The network's outputs, as formulas. */
function outputsAlone(problem: PdeProblem): Expression[] {
  return resolvePde(problem).unknowns.map((_, k) => variable(outputName(k, [])));
}

/** How formulas change at points along a direction of the parameters; in units of the network's outputs. */
function changesAlong(
  problem: PdeProblem,
  network: Network,
  direction: Float64Array,
  points: Float64Array,
  formulas: readonly Expression[],
  units: Parameters<typeof evaluateFormulas>[4] = {},
): Float64Array[] {
  const norm = Math.sqrt(dot(direction, direction)) || 1;
  const length = 1e-6 * (Math.sqrt(dot(network.parameters, network.parameters)) || 1) / norm;
  const at = (sign: number) =>
    evaluateFormulas(
      problem,
      {
        ...network,
        parameters: network.parameters.map((x, i) => x + sign * length * direction[i]),
      },
      points,
      formulas,
      units,
    );
  const above = at(1), below = at(-1);
  return above.map((values, k) => values.map((x, r) => (x - below[k][r]) / (2 * length)));
}

function functionSentence(names: readonly string[], changes: readonly Float64Array[]): string {
  const what = names.join(" and ");
  const constant = changes.every((change) => {
    const mean = change.reduce((sum, x) => sum + x, 0) / change.length;
    return rootMeanSquare(change.map((x) => x - mean)) <= PART * rootMeanSquare(change);
  });
  return constant
    ? `${what} ${
      names.length > 1 ? "are" : "is"
    } determined only up to a constant: fix it at one point`
    : `${what} ${names.length > 1 ? "are" : "is"} not determined: functions that change ${what} ` +
      "as much as you like leave equations and conditions as they are; add a condition";
}

function coefficientSentence(
  open: readonly { readonly name: string; readonly share: number; readonly value: number }[],
  moving: readonly string[],
): string {
  const names = open.map(({ name }) => name);
  const and = names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names[0];
  if (open.length === 1) return `equations and measurements do not determine ${and}`;
  const head = `equations and measurements do not determine ${and} separately`;
  if (open.length > 2 || moving.length > 0) return head;
  const [a, b] = open, ratio = a.share / b.share;
  const short = (x: number) => `${+x.toPrecision(4)}`;
  if (Math.abs(ratio + 1) < 0.02) return `${head}: their product is ${short(a.value * b.value)}`;
  if (Math.abs(ratio - 1) < 0.02) {
    return `${head}: ${a.name}/${b.name} is ${short(a.value / b.value)}`;
  }
  const slope = b.share * (Math.abs(b.value) || 1) / (a.share * (Math.abs(a.value) || 1));
  const sign = slope < 0 ? "+" : "-";
  return `${head}: ${b.name} ${sign} ${short(Math.abs(slope))} ${a.name} is ` +
    `${short(b.value - slope * a.value)}`;
}
