/**
 * What a search is held to: shapes, interactions, groups and times of rows.
 *
 * @module
 */

import type { SearchOptions } from "../../../lib/search/mod.ts";
import type { Table } from "../../../lib/data/mod.ts";
import { columnIndex } from "../../flags/claims.ts";
import { rowFacts } from "../../runs/fold_plan.ts";
import { trainConstraints } from "./constraints.ts";
import { inputNames, type TrainData } from "./data.ts";
import type { SearchRequest } from "./search_result.ts";

/** The options of a search that hold it to something. */
export async function heldOptions(
  request: SearchRequest,
  data: TrainData,
): Promise<Pick<SearchOptions, "interactions" | "constraints">> {
  const { interactions } = request, names = inputNames(data.encoding, data.parts.train.nIn);
  const found = await trainConstraints(request, data);
  const place = (name: string) => columnIndex("interactions", name, names);
  return {
    ...(found && { constraints: found }),
    ...(interactions === undefined ? {} : {
      interactions: typeof interactions === "object"
        ? interactions.map(([a, b]) => [place(a), place(b)] as const)
        : interactions,
    }),
  };
}

/** Groups and times of the training rows. */
export function rowOptions(
  { group, order, ...request }: SearchRequest,
  { split }: TrainData,
  table: Table,
): Pick<SearchOptions, "groups" | "order"> {
  const facts = rowFacts(request, table, { ...(group && { group }), ...(order && { order }) });
  const rows = split!.train;
  return {
    ...(facts.groups && { groups: Array.from(rows, (row) => facts.groups![row]) }),
    ...(facts.order && { order: Float64Array.from(rows, (row) => facts.order![row]) }),
  };
}
