/**
 * The members of an ensemble side by side, as one network.
 *
 * @module
 */

import { piecePolynomials } from "../program/edges.ts";
import type { LinearStep, ProgramStep, SplineStep } from "../program/program.ts";

/**
 * One network whose outputs are the mean of its members': their first maps, or as many copies of the
 * columns, then their layers as blocks. Undefined where members differ in more than their numbers.
 */
export function stackedMembers(
  members: readonly (readonly ProgramStep[])[],
): ProgramStep[] | undefined {
  const [first] = members, count = members.length;
  if (members.some((steps) => steps.length !== first.length)) return undefined;
  const layers = first.map((_, k) => members.map((steps) => steps[k]));
  const splines = layers.filter((list): list is SplineStep[] => list.every(isSplines));
  const linear = layers[0].every((step) => step.kind === "linear");
  if (splines.length !== layers.length - (linear ? 1 : 0)) return undefined;
  const alike = splines.every((list) =>
    list.every(({ degree, pieces, limits }) =>
      degree === list[0].degree && pieces === list[0].pieces && !limits
    )
  );
  if (!alike) return undefined;
  return [
    linear ? besides(layers[0] as LinearStep[]) : copies(first[0].nIn, count),
    ...splines.map((list, k) => blocks(list, k === splines.length - 1)),
  ];
}

const isSplines = (step: ProgramStep): step is SplineStep => step.kind === "splines";

/** The outputs of several maps of the same inputs, one behind the other. */
function besides(maps: readonly LinearStep[]): LinearStep {
  const { nIn } = maps[0], nOut = maps.reduce((sum, map) => sum + map.nOut, 0);
  const weights = new Float64Array(nIn * nOut), bias = new Float64Array(nOut);
  let at = 0;
  for (const map of maps) {
    for (let p = 0; p < nIn; p++) {
      weights.set(map.weights.subarray(p * map.nOut, (p + 1) * map.nOut), p * nOut + at);
    }
    if (map.bias) bias.set(map.bias, at);
    at += map.nOut;
  }
  return { kind: "linear", nIn, nOut, weights, bias };
}

function copies(nIn: number, count: number): LinearStep {
  const nOut = nIn * count, weights = new Float64Array(nIn * nOut);
  for (let q = 0; q < nOut; q++) weights[(q % nIn) * nOut + q] = 1;
  return { kind: "linear", nIn, nOut, weights };
}

/** Layers of splines as blocks of one; the outputs of the last are the mean of all. */
function blocks(list: readonly SplineStep[], last: boolean): SplineStep {
  const { degree, pieces } = list[0], size = degree + 1, share = last ? 1 / list.length : 1;
  const nIn = list.reduce((sum, step) => sum + step.nIn, 0);
  const nOut = last ? list[0].nOut : list.reduce((sum, step) => sum + step.nOut, 0);
  const rows = pieces * size, table = new Float64Array(nIn * rows * nOut);
  const silu = list.some((step) => step.silu) ? new Float64Array(nIn * nOut) : undefined;
  const maps = Float64Array.from(list.flatMap((step) => [...step.maps]));
  let p0 = 0, q0 = 0;
  for (const step of list) {
    const all = piecePolynomials(step);
    for (let row = 0; row < step.nIn * rows; row++) {
      for (let q = 0; q < step.nOut; q++) {
        table[(p0 * rows + row) * nOut + q0 + q] = share * all[row * step.nOut + q];
      }
    }
    step.silu?.forEach((weight, i) => {
      const p = Math.floor(i / step.nOut), q = i % step.nOut;
      silu![(p0 + p) * nOut + q0 + q] = share * weight;
    });
    p0 += step.nIn;
    if (!last) q0 += step.nOut;
  }
  const grids = list.flatMap((step) =>
    step.grids.length === 1 ? Array.from({ length: step.nIn }, () => step.grids[0]) : step.grids
  );
  const shape = { kind: "splines", nIn, nOut, degree, pieces, grids, maps, table, rows } as const;
  return silu ? { ...shape, silu } : shape;
}
