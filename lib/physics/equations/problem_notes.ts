/**
 * What a user should know of a problem before reading its solution.
 *
 * @module
 */

import { differentiate, evaluateExpression, number } from "./expression.ts";
import { isPart, readFaces } from "./faces.ts";
import { termPoints, withoutSingular } from "../points/lay_out.ts";
import type { PdeProblem } from "./pde.ts";
import { outputsOf } from "./outputs.ts";
import { type ResolvedPde, type ResolvedTerm, resolvePde } from "./resolve.ts";
import type { Sampler } from "../points/sampling.ts";
import { placeText } from "../solve/verification.ts";

/**
 * Notes on a problem: lists that are parts of faces, points at which an equation is not finite,
 * conditions that contradict each other in a corner.
 */
export function problemNotes(problem: PdeProblem, sampler?: Sampler): string[] {
  const resolved = resolvePde(problem);
  return [
    ...partNotes(resolved),
    ...singularNotes(problem, resolved, sampler),
    ...cornerNotes(problem, resolved),
  ];
}

function partNotes({ terms }: ResolvedPde): string[] {
  return terms.flatMap(({ name, condition }) =>
    Object.entries(condition?.at ?? {}).flatMap(([coordinate, place]) =>
      Array.isArray(place) && isPart(condition!.at!, coordinate)
        ? [
          `${name}: "${coordinate}": [${place.join(", ")}] is the part of the face between them ` +
          `(two positions are "${coordinate}": {"points": [${place.join(", ")}]})`,
        ]
        : []
    )
  );
}

function singularNotes(
  problem: PdeProblem,
  resolved: ResolvedPde,
  sampler: Sampler | undefined,
): string[] {
  const { ranges, coordinates } = resolved, d = ranges.length;
  const side = d === 1 ? 65 : d === 2 ? 17 : 5;
  if (d > 6) return [];
  const places: Sampler = sampler ?? { kind: "grid", counts: ranges.map(() => side) };
  return resolved.terms.flatMap((term) => {
    if (term.condition?.data) return [];
    const all = termPoints(problem, resolved, term.condition, places);
    const points = withoutSingular(resolved, term, all), rows = points.length / d;
    const left = all.length / d - rows;
    if (left === 0) return [];
    let r = 0; // the first that is missing
    while (r < rows && coordinates.every((_, i) => all[r * d + i] === points[r * d + i])) r++;
    const place = coordinates.map((name, i) => `${name} = ${all[r * d + i]}`).join(", ");
    return [
      `${term.name} (${term.text}) is not finite at ${place}: such points on the boundary are left out`,
    ];
  });
}

/** Values that two conditions ask of the same unknown where their faces meet. */
function cornerNotes(problem: PdeProblem, resolved: ResolvedPde): string[] {
  const { coordinates, ranges, terms } = resolved;
  const conditions = terms.flatMap((term) => {
    const asked = askedValue(term);
    if (!asked) return [];
    const points = termPoints(problem, resolved, term.condition, undefined);
    const values = Array.from(
      { length: points.length / coordinates.length },
      (_, r) =>
        asked.value(
          Object.fromEntries(
            coordinates.map((name, i) => [name, points[r * coordinates.length + i]]),
          ),
        ),
    );
    const size = Math.max(...values.filter(Number.isFinite).map(Math.abs), 0);
    return [{ term, ...asked, size }];
  });
  const notes: string[] = [];
  conditions.forEach((one, i) => {
    for (const two of conditions.slice(i + 1)) {
      if (one.output !== two.output) continue;
      const faces = [one, two].map(({ term }) =>
        readFaces(term.condition!.at!, coordinates, ranges)
      );
      // in each coordinate: common positions, or both run
      let corners: number[][] = [[]];
      coordinates.forEach((_, c) => {
        const [a, b] = faces.map((each) => each[c]);
        const values = a.kind === "positions"
          ? a.values.filter((x) =>
            b.kind === "positions" ? b.values.includes(x) : x >= b.range[0] && x <= b.range[1]
          )
          : b.kind === "positions"
          ? b.values.filter((x) => x >= a.range[0] && x <= a.range[1])
          : [0, 0.3, 1].map((s) =>
            Math.max(a.range[0], b.range[0]) +
            s * (Math.min(a.range[1], b.range[1]) - Math.max(a.range[0], b.range[0]))
          );
        corners = corners.flatMap((corner) => values.map((x) => [...corner, x]));
      });
      const size = Math.max(one.size, two.size);
      const clash = corners.find((corner) => {
        const at = Object.fromEntries(coordinates.map((name, c) => [name, corner[c]]));
        return Math.abs(one.value(at) - two.value(at)) > 1e-6 * size;
      });
      if (!clash) continue;
      const at = Object.fromEntries(coordinates.map((name, c) => [name, clash[c]]));
      const unknown = resolved.unknowns[one.output];
      notes.push(
        `${one.term.name} asks ${unknown} = ${+one.value(at).toPrecision(6)} and ` +
          `${two.term.name} ${unknown} = ${+two.value(at).toPrecision(
            6,
          )} at ${placeText(at, 6)}: no continuous ` +
          "solution does both",
      );
    }
  });
  return notes;
}

/** Of a condition `u = f(x)`: which unknown, and `f`; undefined for all others. */
function askedValue({ residual, condition }: ResolvedTerm): {
  readonly output: number;
  readonly value: (at: Readonly<Record<string, number>>) => number;
} | undefined {
  if (!condition?.at) return undefined;
  const [fixed, ...others] = outputsOf(residual);
  if (!fixed || fixed.place || others.length > 0 || fixed.derivative.length > 0) return undefined;
  const slope = differentiate(residual, (name) => name === fixed.name ? number(1) : undefined);
  if (slope.kind !== "number" || slope.value === 0) return undefined;
  return {
    output: fixed.output,
    value: (at) => -evaluateExpression(residual, { ...at, [fixed.name]: 0 }) / slope.value,
  };
}
