/**
 * The terms of a problem at the jets of a network: residuals, and their derivatives by the jets and
 * by the unknown coefficients.
 *
 * @module
 */

import type { JetPoints } from "../../engine/mod.ts";
import type { ResolvedPde, ResolvedTerm } from "../equations/resolve.ts";
import { type LaidOutTerm, layOut } from "../points/lay_out.ts";
import type { OutputSource } from "../points/output_points.ts";
import type { PdeScales } from "./scales.ts";

/** Terms, the coefficients they hold, and arrays that every evaluation overwrites. */
export interface TermSystem {
  readonly terms: readonly LaidOutTerm[];
  /** The groups of points of all terms, in order. */
  readonly groups: readonly JetPoints[];
  /** Number of each term's first group. */
  readonly firstGroup: readonly number[];
  readonly nOut: number;
  /** Unit of each output. */
  readonly sizes: Float64Array;
  /** Values of the coefficients, and which are positive. */
  readonly unknowns: Float64Array;
  readonly positive: readonly boolean[];
  /** Per group: gradient by its jets. */
  readonly bars: readonly Float64Array[];
  /** Per term: derivatives of its residuals by the coefficients, shape `[rows, k]`. */
  readonly slopes: readonly Float64Array[];
  /** Per term: weighted mean square. */
  readonly losses: Float64Array;
  readonly numResiduals: number;
}

/** Allocates what evaluations of the terms need. */
export function createTermSystem(
  terms: readonly LaidOutTerm[],
  sizes: Float64Array,
  unknowns: Float64Array,
  positive: readonly boolean[],
): TermSystem {
  const groups = terms.flatMap((term) => term.groups), nOut = sizes.length;
  return {
    ...{ terms, groups, nOut, sizes, unknowns, positive },
    firstGroup: terms.map((_, k) =>
      terms.slice(0, k).reduce((sum, term) => sum + term.groups.length, 0)
    ),
    bars: groups.map(({ rows, derivatives }) => new Float64Array(rows * derivatives.length * nOut)),
    slopes: terms.map(({ rows }) => new Float64Array(rows * unknowns.length)),
    losses: new Float64Array(terms.length),
    numResiduals: terms.reduce((sum, { rows }) => sum + rows, 0),
  };
}

/**
 * Lays the terms of a problem in two coordinates without coefficients out on points of the caller's.
 *
 * @param onFace Points of a face, of which so many are wanted; others than of a boundary may be as many as
 * they like.
 * @param facePoints Points of a face, at least.
 */
export function systemOnPoints(
  resolved: ResolvedPde,
  scales: PdeScales,
  inside: Float64Array,
  onFace: (range: readonly [number, number], term: ResolvedTerm, count: number) => Float64Array,
  facePoints?: number,
): TermSystem {
  const terms = resolved.terms.map((term, k) =>
    layOut(resolved.problem, resolved, term, {
      sampler: { kind: "points", points: inside },
      facePoints,
      faceSampler: ([free], count) => ({ kind: "points", points: onFace(free, term, count) }),
      size: scales.terms[k],
    })
  );
  return createTermSystem(terms, Float64Array.from(scales.unknowns), new Float64Array(0), []);
}

/** A term's source among all groups' jets: group, first number, numbers between rows. */
function locate(
  { firstGroup, groups, nOut }: TermSystem,
  term: number,
  { group: index, from, channel, output }: OutputSource,
): { group: number; first: number; stride: number } {
  const group = firstGroup[term] + index, stride = groups[group].derivatives.length * nOut;
  return { group, first: from * stride + channel * nOut + output, stride };
}

/** Brings the jets, one array per group, into the columns of the terms' tapes. */
export function takeJets(system: TermSystem, outputs: readonly Float64Array[]): void {
  system.terms.forEach(({ tape, sources, rows }, g) => {
    sources.forEach((source, v) => {
      if (source.kind !== "jet") return;
      const { group, first, stride } = locate(system, g, source.at), column = tape.columns[v];
      const size = system.sizes[source.at.output], jets = outputs[group];
      for (let r = 0; r < rows; r++) column[r] = size * jets[r * stride + first];
    });
  });
}

/** The loss at the jets taken last and the coefficients as they are. */
export function measureTerms({ terms, unknowns, losses }: TermSystem): number {
  let sum = 0;
  terms.forEach(({ tape, sources, rows, shares }, g) => {
    sources.forEach((source, v) => {
      if (source.kind === "coefficient") tape.columns[v].fill(unknowns[source.index]);
    });
    const residuals = tape.run();
    let square = 0;
    for (let r = 0; r < rows; r++) square += shares[r] * residuals[r] * residuals[r];
    sum += losses[g] = square;
  });
  return sum;
}

/**
 * Derivatives of the residuals by jets and by coefficients (by a positive coefficient's logarithm),
 * times a factor of each residual's share, its value, and its number among all.
 */
export function differentiateTerms(
  system: TermSystem,
  factor: (share: number, residual: number, index: number) => number,
): void {
  const { terms, firstGroup, sizes, unknowns, positive, bars, slopes } = system;
  const k = unknowns.length;
  let first = 0; // number of the term's first residual
  terms.forEach((term, g) => {
    const { tape, sources, rows, shares } = term;
    const residuals = tape.run(), partials = tape.pull();
    term.groups.forEach((_, i) => bars[firstGroup[g] + i].fill(0));
    slopes[g].fill(0);
    sources.forEach((source, v) => {
      const partial = partials[v];
      if (source.kind === "jet") {
        const { group, first: to, stride } = locate(system, g, source.at), bar = bars[group];
        const size = sizes[source.at.output];
        for (let r = 0; r < rows; r++) {
          bar[r * stride + to] += factor(shares[r], residuals[r], first + r) * partial[r] * size;
        }
      } else if (source.kind === "coefficient") {
        const unit = positive[source.index] ? unknowns[source.index] : 1; // by its logarithm
        for (let r = 0; r < rows; r++) {
          slopes[g][r * k + source.index] += factor(shares[r], residuals[r], first + r) *
            partial[r] * unit;
        }
      }
    });
    first += rows;
  });
}

/** Half the gradient and Gauss-Newton matrix by the coefficients. */
export function slopeSystem(system: TermSystem): { matrix: Float64Array; right: Float64Array } {
  const { terms, slopes, unknowns: { length: k } } = system;
  const matrix = new Float64Array(k * k), right = new Float64Array(k);
  differentiateTerms(system, () => 1);
  terms.forEach(({ tape, rows, shares }, g) => {
    const residuals = tape.run();
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < k; i++) {
        const slope = shares[r] * slopes[g][r * k + i];
        right[i] += slope * residuals[r];
        for (let j = 0; j < k; j++) matrix[i * k + j] += slope * slopes[g][r * k + j];
      }
    }
  });
  return { matrix, right };
}

/** `sqrt(2 share)` times the residuals. */
export function scaledResiduals({ terms, numResiduals }: TermSystem): Float64Array {
  const all = new Float64Array(numResiduals);
  let at = 0;
  for (const { tape, rows, shares } of terms) {
    const residuals = tape.run();
    for (let r = 0; r < rows; r++) all[at++] = Math.sqrt(2 * shares[r]) * residuals[r];
  }
  return all;
}

/** The network's outputs, without units, at the points of all terms: out of the jets. */
export function valuesAtPoints(
  { terms, firstGroup, nOut, numResiduals }: TermSystem,
  outputs: readonly Float64Array[],
): Float64Array {
  const all = new Float64Array(numResiduals * nOut);
  let at = 0;
  terms.forEach(({ groups: [group], rows }, g) => {
    const stride = group.derivatives.length * nOut, jets = outputs[firstGroup[g]];
    for (let i = 0; i < rows * nOut; i++) {
      all[at++] = jets[Math.floor(i / nOut) * stride + i % nOut];
    }
  });
  return all;
}
