/**
 * Reads a problem from data that anyone may have written, such as a JSON file.
 *
 * @module
 */

import { didYouMean } from "../../data/inner.ts";
import { evaluateExpression, variablesOf } from "./expression.ts";
import { parseExpression, RESERVED_NAMES } from "./parse_expression.ts";
import type { PdeCondition, PdeEquation, PdeProblem } from "./pde.ts";
import { type AdaptivePoints, checkRenewal, type Renewal } from "../points/renewal.ts";
import {
  choiceOf,
  type FieldReaders,
  listOf,
  readBoolean,
  readFields,
  readInteger,
  readNumber,
  readObject,
  readRange,
  readTextField,
  recordOf,
  refuseField,
} from "./fields.ts";
import { resolvePde } from "./resolve.ts";
import { readShape } from "./shape.ts";

const POINTS: FieldReaders<AdaptivePoints> = {
  count: (value, path) => readInteger(value, path, 1, MOST_POINTS),
  by: choiceOf(["residual", "slope"]),
};

const RENEWAL: FieldReaders<Renewal> = {
  every: (value, path) => readInteger(value, path, 1),
  points: (value, path) => readFields(value, path, POINTS, ["count", "by"]),
  weights: choiceOf(["gradients", "attention", "causal"]),
  continuation: recordOf(listOf(readNumber, 1)),
};

const PROBLEM: FieldReaders<Omit<PdeProblem, "reference">> = {
  name: readTextField,
  title: readTextField,
  domain: recordOf(readRange),
  shape: readShape,
  unknowns: listOf(readTextField, 1),
  constants: recordOf(readNumber),
  coefficients: recordOf(readCoefficient),
  eigenvalue: readTextField,
  equations: listOf((value, path) => readFields(value, path, EQUATION, ["equation"]), 1),
  conditions: listOf((value, path) => readFields(value, path, CONDITION, ["equation"]), 0),
  ansatz: recordOf(readTextField),
  periodic: listOf(readTextField, 0),
  incomplete: readBoolean,
  smooth: listOf(readTextField, 1),
  rawCoordinates: readBoolean,
  positive: (value, path) => value === true ? value : listOf(readTextField, 0)(value, path),
  renewal: (value, path) => readFields(value, path, RENEWAL, []),
  exact: recordOf(readTextField),
  grid: listOf((value, path) => readInteger(value, path, 2), 1),
  network: (value, path) => {
    const fields = readObject(value, path, "an object such as { hidden: [5], degree: 3 }");
    listOf((width, at) => readInteger(width, at, 1), 1)(fields.hidden, `${path}.hidden`);
    return fields; // the other options are checked where the network is made
  },
  epochs: listOf((value, path) => readInteger(value, path, 0), 1),
  source: readTextField,
};

interface Place {
  readonly points?: readonly number[];
  readonly range?: readonly [number, number];
}

const PLACE: FieldReaders<Place> = { points: listOf(readNumber, 1), range: readRange };

interface Coefficient {
  readonly start: number;
  readonly positive?: boolean;
}

const COEFFICIENT: FieldReaders<Coefficient> = { start: readNumber, positive: readBoolean };

const EQUATION: FieldReaders<PdeEquation> = {
  name: readTextField,
  equation: readTextField,
  weight: readNumber,
};

const CONDITION: FieldReaders<PdeCondition> = {
  ...EQUATION,
  at: recordOf(readPlace),
  on: readTextField,
  data: recordOf(listOf(readNumber, 1)),
  points: (value, path) => readInteger(value, path, 1, MOST_POINTS),
};

/**
 * Reads and checks a problem that comes as data: field by field, then as a whole.
 *
 * @param data What `JSON.parse` gave: the fields of {@linkcode PdeProblem}, `reference` apart; `name`
 * and `title` may be left out.
 * @returns The problem.
 * @throws {TypeError} If a field is not known or not of its kind.
 * @throws {RangeError} If a value is out of range, names clash, a formula cannot be read, or a
 * condition is missing; the message names the field.
 *
 * @example
 * ```ts
 * import { parsePde } from "@freeknot/freeknot";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const decay = {
 *   domain: { t: [0, 1] },
 *   equations: [{ equation: "u_t = -u" }],
 *   conditions: [{ at: { t: 0 }, equation: "u = 1" }],
 * };
 * assertEquals(parsePde(decay).name, "problem");
 * assertThrows(() => parsePde({ ...decay, conditions: [] }), RangeError, "add one such as");
 * assertThrows(() => parsePde({ ...decay, domian: {} }), TypeError, 'did you mean "domain"?');
 * ```
 */
export function parsePde(data: unknown): PdeProblem {
  const fields = readFields(data, "", PROBLEM, ["domain", "equations", "conditions"]);
  const name = fields.name ?? "problem";
  const problem = {
    ...fields,
    ...readCoefficients(fields.coefficients, fields.positive),
    name,
    title: fields.title ?? name,
  } as PdeProblem;
  checkNames(problem);
  checkExact(problem);
  resolvePde(
    problem.eigenvalue === undefined ? problem : {
      ...problem,
      coefficients: { ...problem.coefficients, [problem.eigenvalue]: 1 },
      incomplete: true,
    },
  );
  if (problem.renewal) checkRenewal(problem, problem.renewal);
  return problem;
}

/** `0`, `[0, 1]`, `{ "points": [0, 1] }` or `{ "range": [0, 1] }`. */
function readPlace(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return listOf(readNumber, 1)(value, path);
  if (typeof value !== "object" || value === null) return readNumber(value, path);
  const { points, range } = readFields(value, path, PLACE, []);
  if ((points === undefined) === (range === undefined)) {
    refuseField(
      TypeError,
      path,
      'a number, a list, { "points": [...] } or { "range": [a, b] }',
      value,
    );
  }
  return points === undefined ? { range } : { points };
}

/** A number, or `{ "start": 1, "positive": true }`. */
function readCoefficient(value: unknown, path: string): unknown {
  if (typeof value !== "object" || value === null) return readNumber(value, path);
  return readFields(value, path, COEFFICIENT, ["start"]);
}

/** Where coefficients begin, and which are positive, from both ways to write it. */
function readCoefficients(
  coefficients: Readonly<Record<string, unknown>> | undefined,
  positive: unknown,
): Pick<PdeProblem, "coefficients" | "positive"> {
  const entries = Object.entries(coefficients ?? {}).map(([name, value]) =>
    [name, typeof value === "number" ? { start: value } : value as Coefficient] as const
  );
  const named = positive === true
    ? entries.map(([name]) => name)
    : (positive ?? []) as readonly string[];
  const all = entries.map(([name]) => name);
  for (const name of named) {
    if (!all.includes(name)) {
      refuseField(RangeError, "positive", `of ${all.join(", ") || "coefficients"} only`, name);
    }
  }
  const chosen = entries.flatMap(([name, coefficient]) =>
    coefficient.positive || named.includes(name) ? [name] : []
  );
  for (const [name, { start }] of entries) {
    if (chosen.includes(name) && !(start > 0)) {
      refuseField(RangeError, `coefficients.${name}`, "a number > 0, as it is positive", start);
    }
  }
  return {
    ...(coefficients
      ? {
        coefficients: Object.fromEntries(entries.map(([n, coefficient]) => [n, coefficient.start])),
      }
      : {}),
    ...(chosen.length > 0 ? { positive: chosen } : {}),
  };
}

/** Names of the functions to be found and their coordinates: `_` would begin a derivative. */
const FUNCTION_NAME = /^[A-Za-z][A-Za-z0-9]*$/;
const NUMBER_NAME = /^[A-Za-z]\w*$/;
/** Points of an equation or condition: with their derivatives more fill the memory. */
const MOST_POINTS = 500_000;
/** Names that mean something else in a formula. */
const TAKEN = ["pi", "N", ...RESERVED_NAMES];

/** Coordinates, unknowns and numbers must have different names; names referred to must exist. */
function checkNames(problem: PdeProblem): void {
  const { domain, unknowns = ["u"], grid } = problem, coordinates = Object.keys(domain);
  if (coordinates.length === 0) {
    refuseField(RangeError, "domain", "an object with a coordinate at least", domain);
  }
  const owners = new Map(TAKEN.map((name) => [name, "what formulas call so"]));
  const groups: [string, readonly string[], RegExp][] = [
    ["domain", coordinates, FUNCTION_NAME],
    ["unknowns", unknowns, FUNCTION_NAME],
    ["constants", Object.keys(problem.constants ?? {}), NUMBER_NAME],
    ["coefficients", Object.keys(problem.coefficients ?? {}), NUMBER_NAME],
    ["eigenvalue", problem.eigenvalue === undefined ? [] : [problem.eigenvalue], NUMBER_NAME],
  ];
  for (const [group, names, rule] of groups) {
    for (const name of names) {
      const underscore = rule === NUMBER_NAME ? ", digits and _" : " and digits";
      if (!rule.test(name)) refuseField(RangeError, group, `named by letters${underscore}`, name);
      const owner = owners.get(name);
      if (owner) refuseField(RangeError, group, `named otherwise than ${owner}`, name);
      owners.set(name, group);
    }
  }
  const references: [string, readonly string[], readonly string[]][] = [
    ["periodic", problem.periodic ?? [], coordinates],
    ["ansatz", Object.keys(problem.ansatz ?? {}), unknowns],
    ["exact", Object.keys(problem.exact ?? {}), unknowns],
  ];
  for (const [field, names, known] of references) {
    const name = names.find((each) => !known.includes(each));
    if (name === undefined) continue;
    refuseField(RangeError, field, `of ${known.join(", ")} only`, name, didYouMean(name, known));
  }
  if (grid && grid.length !== coordinates.length) {
    refuseField(
      RangeError,
      "grid",
      `a list of integers, one for each of ${coordinates.join(", ")}`,
      grid,
    );
  }
  if (grid && grid.reduce((product, count) => product * count, 1) > MOST_POINTS) {
    refuseField(
      RangeError,
      "grid",
      `a list of integers whose product is at most ${MOST_POINTS}`,
      grid,
    );
  }
}

/** Places of the domain's box at which a true solution is tried; one finite value is enough. */
const TRIED_PLACES = 64;

/**
 * The true solution must be a formula of coordinates and constants for every unknown. It may be
 * infinite at places, as the logarithm of the radius is in the hole of an annulus.
 */
function checkExact({ exact, domain, unknowns = ["u"], constants = {} }: PdeProblem): void {
  if (exact === undefined) return;
  const known = [...Object.keys(domain), ...Object.keys(constants)];
  const placesTried = Array.from({ length: TRIED_PLACES }, (_, k) =>
    Object.fromEntries(
      Object.entries(domain).map(([name, [a, b]], i) => {
        const share = 0.5 + k * Math.sqrt(i + 2);
        return [name, a + (b - a) * (share - Math.floor(share))];
      }),
    ));
  for (const unknown of unknowns) {
    if (exact[unknown] === undefined) {
      refuseField(
        RangeError,
        "exact",
        `given for all of ${unknowns.join(", ")}`,
        Object.keys(exact),
      );
    }
    const formula = parseExpression(exact[unknown]);
    for (const name of variablesOf(formula)) {
      if (known.includes(name)) continue;
      const rule = `a formula of ${known.join(", ")}`;
      refuseField(RangeError, `exact.${unknown}`, rule, name, didYouMean(name, known));
    }
    const values = placesTried.map((at) => evaluateExpression(formula, { ...constants, ...at }));
    if (!values.some(Number.isFinite)) {
      const rule = "a formula with finite values in the domain";
      refuseField(RangeError, `exact.${unknown}`, rule, values[0]);
    }
  }
}
