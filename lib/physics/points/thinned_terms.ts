/**
 * The terms of a problem on a sample of their points, weighed for all of them.
 *
 * @module
 */

import { takeRows } from "../../numerics/inner.ts";
import { createRandom } from "../../model/mod.ts";
import { compileTape } from "../equations/tape.ts";
import type { LaidOutTerm } from "./lay_out.ts";

/**
 * Draws points of every term, the same for the same terms.
 *
 * @param count Points of all terms together, about.
 * @returns The terms themselves where they have no more.
 */
export function thinTerms(terms: readonly LaidOutTerm[], count: number): readonly LaidOutTerm[] {
  const all = terms.reduce((sum, { rows }) => sum + rows, 0);
  if (all <= count) return terms;
  return terms.map((term, k) => {
    const kept = Math.min(term.rows, Math.max(LEAST, Math.ceil(count * term.rows / all)));
    return kept === term.rows ? term : thinTerm(term, kept, k);
  });
}

/** Points that a term keeps at least: few of them are conditions. */
const LEAST = 16;

function thinTerm(term: LaidOutTerm, kept: number, seed: number): LaidOutTerm {
  const { rows, points, groups, tape, sources, shares } = term;
  const chosen = createRandom(seed, "physics/sample").permutation(rows).slice(0, kept).sort();
  const thinned = compileTape(term.residual, kept);
  sources.forEach(({ kind }, v) => {
    if (kind === "given") thinned.columns[v].set(takeRows(tape.columns[v], 1, chosen));
  });
  return {
    ...term,
    rows: kept,
    points: takeRows(points, points.length / rows, chosen),
    shares: takeRows(shares, 1, chosen).map((share) => share * rows / kept),
    groups: groups.map(({ rows: places, derivatives, inputs }) => {
      const perPlace = places / rows; // the points of a residual come one after the other, for all
      const inPlaces = Array.from(
        { length: perPlace * kept },
        (_, i) => Math.floor(i / kept) * rows + chosen[i % kept],
      );
      return {
        ...{ rows: inPlaces.length, derivatives },
        inputs: takeRows(inputs, inputs.length / places, inPlaces),
      };
    }),
    tape: thinned,
    sources: sources.map((source) =>
      source.kind === "jet"
        ? { ...source, at: { ...source.at, from: source.at.from / rows * kept } }
        : source
    ),
  };
}
