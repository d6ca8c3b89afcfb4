/**
 * What a network is held to while it trains, from names and units of a table to its own.
 *
 * @module
 */

import type { Constraints } from "../../../lib/train/mod.ts";
import { columnIndex } from "../../flags/claims.ts";
import { UsageError } from "../../terminal/errors.ts";
import { checkStraight, scaledValue } from "../certify/scales.ts";
import type { TrainData } from "./data.ts";
import type { ShapeFlags, TrainRequest } from "./request.ts";

/**
 * Finds the constraints of a request.
 *
 * @throws {UsageError} If a column is not an input, or scaled so that convexity is lost.
 */
export async function trainConstraints(
  { shape }: TrainRequest,
  { encoding, parts: { train } }: TrainData,
): Promise<Constraints | undefined> {
  if (shape === undefined) return undefined;
  const { encodingUnits } = await import("./encoding_units.ts"); // of a large room
  const { inputs, outputs } = encodingUnits(encoding, train.nIn),
    { monotone, convex, concave, range } = shape;
  const names = inputs.map(({ name }) => name);
  const signs: (1 | -1 | 0)[] = names.map(() => 0);
  for (const { name, sign } of monotone ?? []) signs[columnIndex("monotone", name, names)] = sign;
  const bentIn = (flag: "convex" | "concave", columns: readonly string[]) =>
    columns.map((name) => {
      const input = columnIndex(flag, name, names);
      checkStraight(flag, inputs[input]);
      return input;
    });
  checkClasses(shape, encoding);
  if (range && outputs.length > 1) {
    throw new UsageError(
      `Cannot train: --range must come with one target, current value is ${outputs.length} targets`,
    );
  }
  return {
    ...(monotone ? { monotone: signs } : {}),
    ...(convex ? { convex: bentIn("convex", convex) } : {}),
    ...(concave ? { concave: bentIn("concave", concave) } : {}),
    ...(range
      ? { range: [scaledValue(outputs[0], range[0], 1), scaledValue(outputs[0], range[1], -1)] }
      : {}),
  };
}

/** Throws where shapes are asked of several classes, whose logits mean nothing one by one. */
function checkClasses(shape: ShapeFlags, encoding: TrainData["encoding"]): void {
  if (encoding.kind !== "table" || encoding.task !== "classification") return;
  if (encoding.labels.length <= 2) return;
  const flag = (["monotone", "convex", "concave"] as const).find((name) => shape[name]);
  if (flag === undefined) return;
  throw new UsageError(
    `Cannot train: --${flag} must come with a target that is a number or one of two classes, ` +
      `current value is one of ${encoding.labels.length} classes`,
  );
}

/** Flags that repeat what a run was held to. */
export function shapeOptions(shape: ShapeFlags | undefined): Record<string, string> {
  const { monotone, convex, concave, range } = shape ?? {};
  return {
    ...(monotone
      ? { monotone: monotone.map(({ name, sign }) => `${name}:${sign > 0 ? "+" : "-"}`).join(",") }
      : {}),
    ...(convex ? { convex: convex.join(",") } : {}),
    ...(concave ? { concave: concave.join(",") } : {}),
    ...(range ? { range: range.join(":") } : {}),
  };
}
