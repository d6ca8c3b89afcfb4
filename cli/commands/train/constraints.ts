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
  const { encodingUnits } = await import("../../../lib/interpret/mod.ts"); // a large room
  const { inputs, outputs } = encodingUnits(encoding, train.nIn),
    { monotone, convex, range } = shape;
  const names = inputs.map(({ name }) => name);
  const signs: (1 | -1 | 0)[] = names.map(() => 0);
  for (const { name, sign } of monotone ?? []) signs[columnIndex("monotone", name, names)] = sign;
  const bent = convex?.map((name) => {
    const input = columnIndex("convex", name, names);
    checkStraight("convex", inputs[input]);
    return input;
  });
  if (range && outputs.length > 1) {
    throw new UsageError(
      `Cannot train: --range must come with one target, current value is ${outputs.length} targets`,
    );
  }
  return {
    ...(monotone ? { monotone: signs } : {}),
    ...(bent ? { convex: bent } : {}),
    ...(range
      ? { range: [scaledValue(outputs[0], range[0], 1), scaledValue(outputs[0], range[1], -1)] }
      : {}),
  };
}

/** Flags that repeat what a run was held to. */
export function shapeOptions(shape: ShapeFlags | undefined): Record<string, string> {
  const { monotone, convex, range } = shape ?? {};
  return {
    ...(monotone
      ? { monotone: monotone.map(({ name, sign }) => `${name}:${sign > 0 ? "+" : "-"}`).join(",") }
      : {}),
    ...(convex ? { convex: convex.join(",") } : {}),
    ...(range ? { range: range.join(":") } : {}),
  };
}
