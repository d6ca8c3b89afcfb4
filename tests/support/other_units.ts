/**
 * A problem in other units: the same problem, as somebody else would write it.
 *
 * @module
 */

import type { PdeProblem } from "../../lib/physics/mod.ts";

/** How many new units an old one has. */
export interface OtherUnits {
  /** Of all unknowns. */
  readonly values: number;
  /** Per coordinate. */
  readonly coordinates: readonly number[];
}

/** Rewrites a problem. */
export function inOtherUnits(
  problem: PdeProblem,
  { values, coordinates: factors }: OtherUnits,
): PdeProblem {
  const coordinates = Object.keys(problem.domain), unknowns = problem.unknowns ?? ["u"];
  const factorOf = (name: string) => factors[coordinates.indexOf(name)];
  const scaled = (text: string) =>
    text.replace(/[A-Za-z]\w*/g, (name) => {
      if (coordinates.includes(name)) return `(${name}/${factorOf(name)})`;
      const [unknown, by = ""] = name.split("_");
      if (!unknowns.includes(unknown)) return name;
      const rate = [...by].reduce((product, own) => product * factorOf(own), 1);
      return `(${rate / values}*${name})`;
    });
  const times = (own: number | ArrayLike<number>, factor: number) =>
    typeof own === "number" ? own * factor : Array.from(own, (x) => x * factor);
  const { ansatz, exact, reference, ...rest } = problem;
  const formulas = (texts: Readonly<Record<string, string>> | undefined) =>
    texts && Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, `${values}*(${scaled(text)})`]),
    );
  const all: Record<string, unknown> = {
    ...rest,
    domain: Object.fromEntries(
      Object.entries(problem.domain).map(([name, range]) => [name, times(range, factorOf(name))]),
    ),
    equations: problem.equations.map((each) => ({ ...each, equation: scaled(each.equation) })),
    conditions: problem.conditions.map(({ at, data, ...each }) => ({
      ...each,
      equation: scaled(each.equation),
      ...at && {
        at: Object.fromEntries(
          Object.entries(at).map(([name, place]) => [
            name,
            times(place as number | readonly number[], factorOf(name)),
          ]),
        ),
      },
      ...data && {
        data: Object.fromEntries(
          Object.entries(data).map(([name, column]) => [
            name,
            coordinates.includes(name) ? times(column, factorOf(name)) : column,
          ]),
        ),
      },
    })),
    ...ansatz && { ansatz: formulas(ansatz) },
    ...exact && { exact: formulas(exact) },
    ...reference && {
      reference: (points: Float64Array) =>
        reference(points.map((x, i) => x / factors[i % factors.length])).map((u) => values * u),
    },
  };
  return all as unknown as PdeProblem;
}
