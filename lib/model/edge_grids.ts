/**
 * Grids of single edges: which of the knots that a node's splines share each edge has.
 *
 * The coefficients of such a network are those on the shared knots, so that whatever reads it needs
 * nothing else; training moves the fewer coefficients on each edge's own knots, see
 * `lib/train/constraints/edge_grids.ts`.
 *
 * @module
 */

import { knotsFromBreakpoints, type KnotVector } from "../knots/mod.ts";
import { hasEdge } from "./edge_mask.ts";
import { layerKnots } from "./layer_knots.ts";
import type { Network } from "./network.ts";
import { type SplineStage, splineStages } from "./stage.ts";

/** Checks the grids of a network's edges; calls `fail` with the fault, which must throw. */
export function checkEdgeGrids(
  { config, edgeGrids }: Network,
  fail: (fault: string) => never,
): void {
  if (edgeGrids === undefined) return;
  const { knots, outerKnots, basis, intervals } = config;
  if (knots !== "fixed" || outerKnots !== "clamped" || basis !== "bspline") {
    fail("grids of edges need fixed knots with clamped ends and B-splines");
  }
  const stages = splineStages(config), word = new RegExp(`^[01]{${intervals - 1}}$`);
  const fits = Array.isArray(edgeGrids) && edgeGrids.length === stages.length &&
    stages.every(({ layer, nIn, nOut }) => {
      const words: unknown = edgeGrids[layer];
      return Array.isArray(words) && words.length === nIn * nOut &&
        words.every((each) => typeof each === "string" && word.test(each));
    });
  if (!fits) {
    fail(`grids of edges must be words of ${intervals - 1} characters 0 and 1, one for each edge`);
  }
}

/** Whether an edge has a knot, by its word. */
function hasKnot(word: string, knot: number): boolean {
  return word[knot] === "1";
}

/** The knots that one edge of a network with grids of edges has. */
export function edgeGrid(
  network: Network,
  { layer, nOut }: SplineStage,
  input: number,
  output: number,
): KnotVector {
  const { values, degree } = layerKnots(network, layer, input);
  const points = values.subarray(degree, values.length - degree);
  const word = network.edgeGrids![layer][input * nOut + output];
  const kept = points.filter((_, i) => i === 0 || i === points.length - 1 || hasKnot(word, i - 1));
  return knotsFromBreakpoints(kept, { degree, outerKnots: "clamped" });
}

/**
 * Counts the parameters that training moves: with grids of edges the coefficients on these, and all
 * that are no coefficients.
 *
 * @param network The network.
 * @returns `network.parameters.length` where all edges of a node share its knots.
 *
 * @example
 * ```ts
 * import { countMoving, createNetwork } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1], knots: "uniform" }, { seed: 1 });
 * assertEquals(countMoving(network), 55);
 * ```
 */
export function countMoving(network: Network): number {
  const { config, edgeGrids, parameters } = network;
  if (edgeGrids === undefined) return parameters.length;
  const inner = config.intervals - 1;
  let count = parameters.length;
  for (const stage of splineStages(config)) {
    edgeGrids[stage.layer].forEach((word, i) => {
      if (!hasEdge(stage, Math.floor(i / stage.nOut), i % stage.nOut)) return;
      count -= inner - word.replaceAll("0", "").length;
    });
  }
  return count;
}
