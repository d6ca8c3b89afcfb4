/**
 * What is left of a network when edges go: nodes without edges go with them.
 *
 * @module
 */

import { hasEdge, splineStages } from "../../model/inner.ts";
import type { EdgeRows, Network, NetworkConfig } from "../../model/mod.ts";
import { takeColumns } from "../../numerics/inner.ts";
import { keepEdges } from "./keep_edges.ts";
import { keepNodes } from "./keep_nodes.ts";
import type { PrunedEdge, PrunedNode } from "./options.ts";

/** Nodes and edges that are left. */
export interface EdgesLeft {
  /** The nodes that stay, per width. */
  readonly nodes: readonly (readonly number[])[];
  /** Masks of the spline layers between them. */
  readonly edges: readonly EdgeRows[];
  /** Number of edges. */
  readonly count: number;
}

/**
 * Finds what is left without some edges and nodes. A hidden node without an edge on one side goes,
 * with its edges on the other; so do inputs, if they may.
 *
 * @returns Undefined where an output, or an input that must stay, would lose its last edge.
 */
export function edgesLeft(
  config: NetworkConfig,
  gone: readonly PrunedEdge[],
  inputsMayGo: boolean,
  goneNodes: readonly PrunedNode[] = [],
): EdgesLeft | undefined {
  const { widths, firstLayer } = config, first = firstLayer === "linear" ? 1 : 0;
  const last = widths.length - 1, dead = widths.map(() => new Set<number>());
  const there = splineStages(config).map((stage) =>
    Array.from(
      { length: stage.nIn },
      (_, p) => Array.from({ length: stage.nOut }, (_, q) => hasEdge(stage, p, q)),
    )
  );
  /** Takes a node with all its edges. */
  function take(level: number, node: number): void {
    dead[level].add(node);
    if (level >= first && level < last) there[level - first][node].fill(false);
    if (level > first) { for (const row of there[level - first - 1]) row[node] = false; }
  }
  for (const { layer, input, output } of gone) there[layer][input][output] = false;
  for (const { level, node } of goneNodes) take(level, node);
  for (let changed = true; changed;) {
    changed = false;
    for (let level = first; level <= last; level++) {
      for (let node = 0; node < widths[level]; node++) {
        if (dead[level].has(node)) continue;
        const after = level < last ? there[level - first][node] : undefined;
        const before = level > first ? there[level - first - 1].map((row) => row[node]) : undefined;
        if (after?.includes(true) !== false && before?.includes(true) !== false) continue;
        if (level === last || (level === 0 && !inputsMayGo)) return undefined;
        take(level, node);
        changed = true;
      }
    }
  }
  const nodes = widths.map((width, level) =>
    Array.from({ length: width }, (_, i) => i).filter((node) => !dead[level].has(node))
  );
  const edges = there.map((rows, layer) =>
    nodes[layer + first].map((p) =>
      nodes[layer + first + 1].map((q) => rows[p][q] ? "1" : "0").join("")
    )
  );
  const count = edges.flat().join("").replaceAll("0", "").length;
  return { nodes, edges, count };
}

/** The network that is left, means in the place of what went; `inputs` are rows with all its inputs. */
export function takeEdges(
  network: Network,
  { nodes, edges }: EdgesLeft,
  inputs: Float64Array,
): Network {
  const { widths } = network.config;
  if (nodes.every(({ length }, level) => length === widths[level])) {
    return keepEdges(network, edges, inputs);
  }
  const columns = takeColumns(inputs, widths[0], nodes[0]);
  return keepEdges(keepNodes(network, nodes, inputs), edges, columns);
}
