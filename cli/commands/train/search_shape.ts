/**
 * What a search is held to: shapes, interactions, groups and times of rows.
 *
 * @module
 */

import type { SearchOptions } from "../../../lib/search/mod.ts";
import type { Table } from "../../../lib/data/mod.ts";
import { columnIndex } from "../../flags/claims.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { integerFlag, textFlag } from "../../flags/values.ts";
import { UsageError } from "../../terminal/errors.ts";
import { rowFacts } from "../../runs/fold_plan.ts";
import { trainConstraints } from "./constraints.ts";
import { inputNames, type TrainData } from "./data.ts";
import type { SearchRequest } from "./search_result.ts";

/** Interactions as `--interactions` has them: so many pairs, none, or pairs of names. */
export type InteractionRequest = number | "none" | readonly (readonly [string, string])[];

/** Reads `--interactions K`, `none` or `COL:COL,COL:COL`. */
export function readInteractions(given: GivenFlags): InteractionRequest | undefined {
  const text = textFlag(given, "interactions");
  if (text === undefined || text === "none") return text;
  if (!text.includes(":")) return integerFlag(given, "interactions", { least: 0, most: 100 });
  return text.split(",").map((part) => {
    const names = part.split(":").map((name) => name.trim());
    if (names.length === 2 && names.every((name) => name !== "") && names[0] !== names[1]) {
      return [names[0], names[1]] as const;
    }
    throw new UsageError(
      "Cannot read flags: --interactions must be a number, none, or COLUMN:COLUMN of two columns " +
        `with commas between the pairs, current value is ${JSON.stringify(part.trim())}`,
    );
  });
}

/** Interactions as the flag has them. */
export function interactionsText(asked: InteractionRequest): string | number {
  return typeof asked === "object" ? asked.map((pair) => pair.join(":")).join(",") : asked;
}

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
