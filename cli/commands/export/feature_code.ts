/**
 * What an exported model needs to read raw columns of a table.
 *
 * @module
 */

import type { TableEncoding } from "../../../lib/data/mod.ts";
import { type ExportedModel, type ExportTarget, featureCode } from "../../../lib/export/mod.ts";

/** How raw columns become what the model reads; absent of networks without a table. */
export type FeatureFields = Pick<TableEncoding, "inputs" | "columns">;

/** Adds the function that makes a model's numbers of raw columns, where they are not plain numbers. */
export function withFeatureCode(
  model: ExportedModel,
  to: ExportTarget,
  encoding: FeatureFields | undefined,
): ExportedModel {
  if (encoding === undefined || (to !== "js" && to !== "python")) return model;
  const more = featureCode(encoding, to);
  if (more === undefined) return model;
  const files = model.files.map(({ extension, content }) => ({
    extension,
    content: content + (extension === ".d.ts" ? more.types : more.code),
  }));
  return { ...model, files };
}
