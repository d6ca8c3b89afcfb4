/**
 * Outputs and inputs of a network in the units of its table.
 *
 * @module
 */

import type { ColumnScale, GalleryEncoding, TableEncoding, TargetLink } from "../../data/mod.ts";
import { log } from "../../numerics/inner.ts";

/** What one output of a network means: `value = offset + factor output`. */
export interface OutputUnit {
  /** Name of the target, or of the class. */
  readonly name: string;
  /** What one unit of the network's output is worth. */
  readonly factor: number;
  /** The value at output 0. */
  readonly offset: number;
  /**
   * What the value is: the target itself; its natural logarithm, where its scale or its link is
   * logarithmic; its place on a scale of quantiles from 0 to 1; or the logit of a class or share. In these units effects
   * add up as they do in the network.
   */
  readonly kind: "value" | "logarithm" | "place" | "logit";
}

/** Names and units of a network's inputs and outputs. */
export interface ExplanationUnits {
  /** Input columns and their scales, in the order of the inputs. */
  readonly inputs: readonly ColumnScale[];
  /** One per output. */
  readonly outputs: readonly OutputUnit[];
}

/**
 * Finds names and units of a network by the encoding that its model file keeps.
 *
 * @param encoding Of a table, or of a problem of the gallery.
 * @param nIn Number of inputs.
 * @returns Input columns and the meaning of every output. Two classes have one output, the logit of
 * the second.
 *
 * @example
 * ```ts
 * import { encodingUnits } from "@freeknot/freeknot/interpret";
 * import { parseTable, prepareTable } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseTable("x,y\n0,1\n1,3\n2,5\n3,7\n", { name: "line.csv" });
 * const { encoding } = prepareTable(table, {
 *   targets: ["y"], task: "regression", testFraction: 0, seed: 1,
 * });
 * const [{ name, factor, offset }] = encodingUnits(encoding, 1).outputs;
 * assertEquals([name, factor, offset], ["y", 6, 1]);
 * ```
 */
export function encodingUnits(
  encoding: TableEncoding | GalleryEncoding,
  nIn: number,
): ExplanationUnits {
  if (encoding.kind === "gallery") {
    const names = nIn <= 2
      ? ["x", "y"].slice(0, nIn)
      : Array.from({ length: nIn }, (_, i) => `x${i + 1}`);
    return { inputs: names.map(plainScale), outputs: [targetUnit(encoding.target)] };
  }
  const { inputs } = encoding;
  if (encoding.task === "regression") {
    return { inputs, outputs: encoding.targets.map((scale) => linkedUnit(scale, encoding.link)) };
  }
  const { labels } = encoding;
  const logits = labels.length === 2 ? [labels[1]] : labels;
  const outputs = logits.map((name): OutputUnit => ({ name, factor: 1, offset: 0, kind: "logit" }));
  return { inputs, outputs };
}

/** The units of inputs and outputs that are not scaled: `x1`, `x2`, ... and `y`, or `y1`, ... */
export function plainUnits(nIn: number, nOut: number): ExplanationUnits {
  const names = (letter: string, count: number) =>
    Array.from({ length: count }, (_, i) => count === 1 ? letter : `${letter}${i + 1}`);
  return {
    inputs: names("x", nIn).map(plainScale),
    outputs: names("y", nOut).map((name) => ({ name, factor: 1, offset: 0, kind: "value" })),
  };
}

function plainScale(name: string): ColumnScale {
  return { name, minimum: 0, maximum: 1 };
}

/** The unit of a target that is no plain number: what its outputs say, in which effects add up. */
function linkedUnit(scale: ColumnScale, link: TargetLink | undefined): OutputUnit {
  const { name, maximum } = scale;
  if (link?.kind === "log") {
    return { name, factor: 1, offset: log(maximum), kind: "logarithm" };
  }
  if (link?.kind === "logit") return { name, factor: 1, offset: 0, kind: "logit" };
  if (link?.kind === "hazard") {
    return { name: `${name}_log_hazard_ratio`, factor: 1, offset: 0, kind: "value" };
  }
  return targetUnit(scale);
}

function targetUnit({ name, minimum, maximum, map, smearing = 1 }: ColumnScale): OutputUnit {
  if (map?.kind === "quantile") return { name, factor: 1, offset: 0, kind: "place" };
  if (map?.kind === "log") {
    return {
      ...{ name, kind: "logarithm" },
      factor: log(maximum / minimum),
      offset: log(minimum) + log(smearing),
    };
  }
  const factor = maximum - minimum;
  return factor === 0
    ? { name, factor: 0, offset: minimum, kind: "value" }
    : { name, factor, offset: minimum, kind: "value" };
}
