/**
 * What a user should know of a problem before reading its solution.
 *
 * @module
 */

import { contradictions } from "./contradictions.ts";
import { isPart } from "./faces.ts";
import { termPoints, withoutSingular } from "../points/lay_out.ts";
import type { PdeProblem } from "./pde.ts";
import { type ResolvedPde, resolvePde } from "./resolve.ts";
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
    ...cornerNotes(resolved),
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

/** Values that two conditions ask of the same unknown where their faces meet: a corner per pair. */
function cornerNotes(resolved: ResolvedPde): string[] {
  const { coordinates, unknowns } = resolved;
  const all = contradictions(resolved);
  const first = all.filter(({ one, two }, i) =>
    all.findIndex((other) => other.one === one && other.two === two) === i
  );
  return first.map(({ one, two, output, corner, values }) => {
    const unknown = unknowns[output], [a, b] = values.map((value) => +value.toPrecision(6));
    const at = Object.fromEntries(coordinates.map((name, c) => [name, corner[c]]));
    return `${one.name} asks ${unknown} = ${a} and ${two.name} ${unknown} = ${b} at ${
      placeText(at, 6)
    }: no continuous solution does both`;
  });
}
