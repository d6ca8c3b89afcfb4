/**
 * From a problem's text to formulas of coordinates and network outputs, checked.
 *
 * @module
 */

import { degenerateEnds } from "./degenerate_ends.ts";
import { didYouMean } from "../../data/inner.ts";
import { MAX_DERIVATIVE_ORDER } from "../../engine/mod.ts";
import { createRandom } from "../../model/mod.ts";
import {
  apply,
  evaluateExpression,
  type Expression,
  number,
  substitute,
  variable,
  variablesOf,
} from "./expression.ts";
import { isPart, positionsOf, readFaces } from "./faces.ts";
import { derive, elsewhere, integrate, outputName, outputsOf, placesOf } from "./outputs.ts";
import { parseExpression } from "./parse_expression.ts";
import { smoothnessTerms } from "./smoothness_terms.ts";
import { checkShape, normalNames, partNames, shapeCoordinates } from "./shape.ts";
import type { PdeCondition, PdeProblem } from "./pde.ts";

/** One term of the loss. */
export interface ResolvedTerm {
  readonly name: string;
  readonly weight: number;
  /** As the problem writes it. */
  readonly text: string;
  /** The residual, in coordinates, data columns, coefficients and network outputs. */
  readonly residual: Expression;
  /** Undefined: inside. */
  readonly condition?: PdeCondition;
  /** Not an equation: a penalty on a smooth unknown, whose weight is its strength. */
  readonly penalty?: true;
}

/** A problem whose text is read. */
export interface ResolvedPde {
  readonly problem: PdeProblem;
  readonly coordinates: readonly string[];
  readonly ranges: readonly (readonly [number, number])[];
  readonly unknowns: readonly string[];
  readonly coefficients: readonly string[];
  readonly terms: readonly ResolvedTerm[];
  /** Conditions that the ansatz fulfils. */
  readonly hard: readonly string[];
  /** Highest order of a derivative of the network. */
  readonly order: number;
  /** A formula of unknowns and derivatives in terms of network outputs. */
  formula(text: string): Expression;
}

/**
 * Reads and checks a problem.
 *
 * @throws {RangeError} If the domain is not a bounded box, a name is not known, a condition lies on
 * no face, or a condition is missing; the message says what to add.
 */
export function resolvePde(problem: PdeProblem): ResolvedPde {
  return READ.get(problem) ?? readPde(problem);
}

/** The copies that {@linkcode readOnce} has made. */
const READ = new WeakMap<PdeProblem, ResolvedPde>();

/**
 * Reads and checks a problem once, as {@linkcode resolvePde}, and returns a copy that must not be
 * changed: what is asked of it later is answered from memory.
 */
export function readOnce(problem: PdeProblem): PdeProblem {
  if (READ.has(problem)) return problem;
  const copy = { ...problem };
  READ.set(copy, readPde(problem));
  return copy;
}

/** A copy of a problem with other terms, which {@linkcode resolvePde} answers; its text stays. */
export function changeTerms(
  problem: PdeProblem,
  change: (term: ResolvedTerm) => ResolvedTerm,
): PdeProblem {
  const copy = { ...problem }, resolved = resolvePde(problem);
  READ.set(copy, { ...resolved, problem: copy, terms: resolved.terms.map(change) });
  return copy;
}

/** A copy of a problem whose coefficients are the numbers at which their search begins. */
export function fixCoefficients(problem: PdeProblem): PdeProblem {
  const { coefficients = {}, positive: _, ...rest } = problem, resolved = resolvePde(problem);
  const fixed = (name: string) =>
    coefficients[name] === undefined ? undefined : number(coefficients[name]);
  const terms = resolved.terms.map((term) => ({
    ...term,
    residual: substitute(term.residual, fixed),
  }));
  READ.set(rest, { ...resolved, problem: rest, coefficients: [], terms });
  return rest;
}

/** What the names of a problem stand for. */
interface Vocabulary
  extends Pick<ResolvedPde, "coordinates" | "ranges" | "unknowns" | "coefficients"> {
  readonly problem: PdeProblem;
  /** Per unknown: the formula of the network's outputs that it is, by its ansatz. */
  readonly outputs: readonly Expression[];
}

function readPde(problem: PdeProblem): ResolvedPde {
  checkDomain(problem);
  const coordinates = Object.keys(problem.domain), ranges = Object.values(problem.domain);
  const unknowns = problem.unknowns ?? ["u"];
  const coefficients = Object.keys(problem.coefficients ?? {});
  if (problem.shape) checkShape(problem.shape, coordinates, unknowns);
  const outputs = readAnsatz(problem, coordinates, unknowns);
  const box = { coordinates, ranges, unknowns, coefficients };
  const names: Vocabulary = { ...box, problem, outputs };
  if (problem.equations.length === 0) fail("equations must hold one, current value is none");
  const inside = problem.equations.map(({ name, equation, weight = 1 }, i): ResolvedTerm => ({
    name: name ?? `equation ${i + 1}`,
    weight: checkPositive("weight", weight),
    text: equation,
    residual: resolve(names, equation, JSON.stringify(equation), []),
  }));
  const around = problem.conditions.map((condition, i): ResolvedTerm => {
    checkFaces(condition, names);
    const { name = `condition ${i + 1}`, equation, weight = 1, data = {} } = condition;
    const columns = condition.on === undefined
      ? Object.keys(data).filter((column) => !coordinates.includes(column))
      : normalNames(problem);
    const residual = resolve(names, equation, JSON.stringify(equation), columns);
    return { name, weight: checkPositive("weight", weight), text: equation, residual, condition };
  });
  checkComplete(names, [...inside, ...around]);
  const always = around.filter((term) => alwaysHolds(term, names));
  const terms = [
    ...inside,
    ...around.filter((term) => !always.includes(term)),
    ...smoothnessTerms(problem, unknowns, coordinates, outputs),
  ];
  const orders = terms.flatMap(({ residual }) => outputsOf(residual))
    .map(({ derivative }) => derivative.length);
  return {
    ...{ problem, ...box },
    terms,
    hard: always.map(({ name }) => name),
    order: Math.max(0, ...orders),
    formula: (text) => resolve(names, text, JSON.stringify(text), []),
  };
}

function checkDomain({ domain }: PdeProblem): void {
  for (const [name, [a, b]] of Object.entries(domain)) {
    if (Number.isFinite(a) && Number.isFinite(b) && a < b) continue;
    fail(
      `domain of ${name} must be two finite numbers a < b, current value is [${a}, ${b}]; ` +
        "cut an unbounded domain off where the solution is known, and add a condition there",
    );
  }
  if (Object.keys(domain).length === 0) {
    fail("domain must name a coordinate, current value is none");
  }
}

function readAnsatz(
  problem: PdeProblem,
  coordinates: readonly string[],
  unknowns: readonly string[],
): Expression[] {
  return unknowns.map((unknown, k): Expression => {
    const text = problem.ansatz?.[unknown];
    if (text === undefined) return variable(outputName(k, []));
    return substitute(parseExpression(text), (name) => {
      if (name === "N") return variable(outputName(k, []));
      return coordinates.includes(name)
        ? undefined
        : plain(problem, name, `ansatz of ${unknown}`, ["N"]);
    });
  });
}

/** A constant; other names are refused. */
function plain(
  problem: PdeProblem,
  name: string,
  where: string,
  more: readonly string[],
): Expression {
  const constant = problem.constants?.[name];
  if (constant !== undefined) return number(constant);
  const known = [
    ...Object.keys(problem.domain),
    ...Object.keys(problem.constants ?? {}),
    ...more,
  ];
  const near = didYouMean(name, known);
  const advice = near === "" && !name.includes("_")
    ? "; add it to constants, or to coefficients or unknowns if it is to be found"
    : near;
  return fail(`${where} must name only ${known.join(", ")}, current value is ${name}${advice}`);
}

/** `u_xt` as unknown and coordinates; undefined if it is none. */
function readUnknown(
  { unknowns, coordinates }: Vocabulary,
  name: string,
): { unknown: number; by: number[] } | undefined {
  const direct = unknowns.indexOf(name);
  if (direct >= 0) return { unknown: direct, by: [] };
  const cut = name.lastIndexOf("_"), unknown = unknowns.indexOf(name.slice(0, cut));
  if (cut < 0 || unknown < 0) return undefined;
  const by = split(name.slice(cut + 1), coordinates);
  return by && { unknown, by };
}

/** Reads a formula and puts in what its names stand for. */
function resolve(
  names: Vocabulary,
  text: string,
  where: string,
  columns: readonly string[],
): Expression {
  const { problem, coordinates } = names;
  const replace = (formula: Expression, strict: boolean) =>
    substitute(formula, (name) => replacement(names, name, where, columns, strict));
  const coordinate = (name: string, verb: string) =>
    coordinates.includes(name) ? name : fail(
      `${where} must ${verb} ${coordinates.join(", ")}, current value is ${name}` +
        didYouMean(name, coordinates),
    );
  // within a call a name may still be the one that an integral around it runs over
  const resolved = parseExpression(text, {
    d(inner, by) {
      const indices = by.map((name) => coordinates.indexOf(coordinate(name, "differentiate by")));
      return derive(replace(inner, false), indices, coordinates);
    },
    at(inner, name, value) {
      const along = coordinate(name, "have places in");
      return elsewhere(
        replace(inner, false),
        along,
        placeIn(problem, along, value, where),
        coordinates,
      );
    },
    integral(inner, name, from, to) {
      if (!coordinates.includes(name) && replacement(names, name, where, columns, false)) {
        fail(
          `${where} must integrate over ${coordinates.join(", ")} or over a name of its own, ` +
            `current value is ${name}`,
        );
      }
      const [a, b] = [from, to].map((end) => placeIn(problem, name, end, where));
      return integrate(replace(inner, false), name, a, b, coordinates);
    },
  });
  const whole = replace(resolved, true);
  for (const name of placesOf(outputsOf(whole)).flat().flatMap(variablesOf)) {
    if (!coordinates.includes(name)) plain(problem, name, `places in ${where}`, []);
  }
  return whole;
}

/** A place in a coordinate: a formula with constants put in, in the domain if it is a number. */
function placeIn(
  problem: PdeProblem,
  coordinate: string,
  value: Expression,
  where: string,
): Expression {
  const place = substitute(value, (name) => {
    const constant = problem.constants?.[name];
    return constant === undefined ? undefined : number(constant);
  });
  const [a, b] = problem.domain[coordinate] ?? [-Infinity, Infinity];
  if (place.kind !== "number" || (place.value >= a && place.value <= b)) return place;
  return fail(
    `places in ${where} must have ${coordinate} from ${a} to ${b}, current value is ` +
      `${place.value}`,
  );
}

/** What a name stands for; undefined where it stands for itself, or is not known if not strict. */
function replacement(
  names: Vocabulary,
  name: string,
  where: string,
  columns: readonly string[],
  strict: boolean,
): Expression | undefined {
  const { problem, coordinates, unknowns, coefficients, outputs } = names;
  if (name.startsWith("#") || coordinates.includes(name) || columns.includes(name)) {
    return undefined;
  }
  if (coefficients.includes(name)) return variable(name);
  const along = columns.length > 0 ? alongNormal(names, name, columns) : undefined;
  if (along) return along;
  const unknown = readUnknown(names, name);
  if (unknown && unknown.by.length > MAX_DERIVATIVE_ORDER) {
    fail(
      `${where} must have derivatives up to order ${MAX_DERIVATIVE_ORDER}, current value is ${name}; add ` +
        "an unknown for a lower derivative, with an equation that says so",
    );
  }
  if (unknown) return derive(outputs[unknown.unknown], unknown.by, coordinates);
  if (!strict && problem.constants?.[name] === undefined) return undefined;
  const some = unknowns.flatMap((each) => [each, ...coordinates.map((c) => `${each}_${c}`)]);
  return plain(problem, name, where, [...some, ...coefficients, ...columns]);
}

/** `u_n`, the derivative along the normal: `n_x u_x + n_y u_y`. */
function alongNormal(
  { problem, coordinates, unknowns, outputs }: Vocabulary,
  name: string,
  columns: readonly string[],
): Expression | undefined {
  const unknown = unknowns.findIndex((each) => name === `${each}_n`);
  const components = normalNames(problem);
  if (unknown < 0 || !components.every((each) => columns.includes(each))) return undefined;
  if (components.length === 0) return undefined;
  const places = shapeCoordinates(problem.shape!, coordinates);
  return sumOf(
    components.map((component, c) =>
      apply("*", variable(component), derive(outputs[unknown], [places[c]], coordinates))
    ),
  );
}

function fail(text: string): never {
  throw new RangeError(`Cannot solve: ${text}`);
}

/** Refuses a number that is not above 0 and finite. */
export function checkPositive(name: string, value: number): number {
  if (value > 0 && value < Infinity) return value;
  return fail(`${name} must be a number > 0, current value is ${value}`);
}

/** A word as a sequence of coordinates, each at least once. */
function split(word: string, coordinates: readonly string[]): number[] | undefined {
  if (word === "") return [];
  for (const [i, name] of coordinates.entries()) {
    if (!word.startsWith(name)) continue;
    const rest = split(word.slice(name.length), coordinates);
    if (rest) return [i, ...rest];
  }
  return undefined;
}

function checkFaces(
  { at, on, data, equation }: PdeCondition,
  { problem: { shape }, coordinates, ranges }: Vocabulary,
): void {
  const kinds = [at, on, data].filter((each) => each !== undefined).length;
  if (kinds !== 1) {
    fail(
      `condition ${equation} must have one of at (faces), on (the boundary of a shape) and data ` +
        `(measurements), current value is ${kinds === 0 ? "none" : "several"}`,
    );
  }
  if (on !== undefined && !shape) {
    fail(`condition ${equation} must have at (faces) where there is no shape, current value is on`);
  }
  if (on !== undefined && !partNames(shape!).includes(on)) {
    const parts = partNames(shape!);
    fail(
      `condition ${equation} must be on ${parts.join(", ")}, current value is ${on}` +
        didYouMean(on, parts),
    );
  }
  if (data) {
    const lengths = Object.values(data).map((column) => column.length);
    const missing = coordinates.find((name) => !data[name]);
    if (missing) fail(`data of ${equation} must have a column ${missing}, current value is none`);
    if (lengths.some((length) => length !== lengths[0]) || lengths[0] === 0) {
      fail(`data of ${equation} must have columns of equal length, current value is ${lengths}`);
    }
  }
  for (const [name, value] of Object.entries(at ?? {})) {
    const i = coordinates.indexOf(name);
    if (i < 0) {
      fail(`condition ${equation} must lie on a face of ${coordinates}, current value is ${name}`);
    }
    for (const position of positionsOf(value)) {
      if (!(position >= ranges[i][0] && position <= ranges[i][1])) {
        fail(
          `${name} of ${equation} must be from ${
            ranges[i].join(" to ")
          }, current value is ${position}`,
        );
      }
    }
  }
}

/** Whether a residual is 0 for all outputs of the network. */
function alwaysHolds(
  { residual, condition }: ResolvedTerm,
  { coordinates, ranges }: Vocabulary,
): boolean {
  const random = createRandom(0, "physics/always");
  const names = variablesOf(residual);
  if (
    !condition!.at || names.some((name) => !name.startsWith("#") && !coordinates.includes(name))
  ) {
    return false;
  }
  for (let trial = 0; trial < 40; trial++) {
    const values: Record<string, number> = {};
    for (const name of names) values[name] = random.normal();
    coordinates.forEach((name, i) => {
      const [a, b] = ranges[i];
      values[name] = a + (b - a) * random.uniform();
    });
    readFaces(condition!.at!, coordinates, ranges).forEach((face, i) => {
      const [a, b] = face.kind === "range" ? face.range : [0, 0];
      values[coordinates[i]] = face.kind === "range"
        ? a + (b - a) * random.uniform()
        : face.values[trial % face.values.length];
    });
    if (!(Math.abs(evaluateExpression(residual, values)) <= 1e-12)) return false;
  }
  return true;
}

/**
 * What is certainly incomplete: an unknown in no equation, a system without any condition, and a
 * single unknown with fewer conditions than its highest derivatives. In systems counting decides
 * nothing (a pressure needs one value, a first-order form the values of one function at both ends):
 * what they leave open shows in the solution (solve/singular_directions.ts).
 */
function checkComplete(
  { problem, coordinates, ranges, unknowns }: Vocabulary,
  terms: readonly ResolvedTerm[],
): void {
  const equations = terms.filter(({ condition }) => !condition).map(({ residual }) => residual);
  const inside = equations.flatMap(outputsOf);
  unknowns.forEach((unknown, k) => {
    if (unknowns.length === 1 || inside.some(({ output }) => output === k)) return;
    fail(`equations must name ${unknown}, which is to be found, current value is none that does`);
  });
  if (problem.incomplete || problem.conditions.some(({ data }) => data)) return;
  if (unknowns.length > 1 && problem.conditions.length > 0) return;
  const { shape } = problem;
  const isIn = (i: number) => shape && shapeCoordinates(shape, coordinates).includes(i);
  unknowns.forEach((unknown, k) => {
    coordinates.forEach((coordinate, i) => {
      if (problem.periodic?.includes(coordinate)) return;
      const needed = Math.max(...inside
        .map(({ output, derivative }) =>
          output === k ? derivative.filter((by) => by === i).length : 0
        ));
      const free = problem.ansatz ? [] : degenerateEnds(equations, coordinates, ranges, {
        ...{ unknown: k, coordinate: i, order: needed },
      });
      let held = 0;
      for (const term of terms) {
        const at = term.condition?.at;
        if (term.condition?.on !== undefined && isIn(i)) held += 2;
        if (!at || at[coordinate] === undefined || isPart(at, coordinate)) continue;
        if (!outputsOf(term.residual).some(({ output }) => output === k)) continue;
        const positions = positionsOf(at[coordinate]);
        held += positions.length;
        for (const each of positions) if (free.includes(each)) free.splice(free.indexOf(each), 1);
      }
      held += free.length;
      if (held >= needed) return;
      const [a, b] = problem.domain[coordinate];
      const advice = isIn(i)
        ? `such as { "on": "boundary", "equation": "${unknown} = ..." }`
        : coordinate === "t" || needed === 1
        ? `such as { "at": { "${coordinate}": ${a} }, "equation": "${unknown} = ..." }`
        : `such as { "at": { "${coordinate}": [${a}, ${b}] }, "equation": "${unknown} = ..." }`;
      fail(
        `conditions must hold ${needed} for ${unknown} in ${coordinate} (derivatives up to order ` +
          `${needed}), current value is ${held}; add one ${advice}`,
      );
    });
  });
}

/** Adds formulas. */
export function sumOf(parts: readonly Expression[]): Expression {
  return parts.reduce((sum, part) => apply("+", sum, part), number(0));
}
