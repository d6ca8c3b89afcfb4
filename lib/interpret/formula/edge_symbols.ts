/**
 * Which functions the edges of a network are like.
 *
 * @module
 */

import { hasEdge, splineStages, stagesOf, stageValues } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { edgeFlow } from "../scores/edge_flow.ts";
import { LIBRARY } from "../symbols/library.ts";
import { sampled } from "./additive.ts";
import { curveSymbols } from "./curve_symbols.ts";
import { varianceOf } from "./rows.ts";

/** Share of an edge's variance that a function may leave unexplained. */
const UNEXPLAINED = 1e-3;
/** Edges are looked at as long as there are no more of them. */
const MOST = 300;

/**
 * Finds the functions of the library, stretched and shifted, that edges of spline layers follow at
 * some rows to a thousandth of their variance.
 *
 * @returns Names by `layer.input.output`; edges that no function follows are left out, and beyond 300
 * edges all others.
 */
export function edgeSymbols(network: Network, inputs: Float64Array): Record<string, string> {
  const { config } = network, rows = inputs.length / config.widths[0];
  const stages = stagesOf(config), values = stageValues(network, inputs, rows);
  const found: Record<string, string> = {};
  let looked = 0;
  for (const stage of splineStages(config)) {
    const k = stages.findIndex((each) => each.kind === "spline" && each.layer === stage.layer);
    for (let p = 0; p < stage.nIn; p++) {
      const x = values[k].filter((_, i) => i % stage.nIn === p);
      const flow = edgeFlow(network, stage, values[k], p);
      for (let q = 0; q < stage.nOut; q++) {
        if (!hasEdge(stage, p, q) || ++looked > MOST) continue;
        const y = flow.filter((_, i) => i % stage.nOut === q);
        if (!(varianceOf(y) > 0)) continue;
        const [best] = curveSymbols(sampled({ x, y }), LIBRARY, 1);
        if (best === undefined || !(best.unexplained <= UNEXPLAINED)) continue;
        found[`${stage.layer}.${p}.${q}`] = best.symbol.name;
      }
    }
  }
  return found;
}
