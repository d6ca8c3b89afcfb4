/**
 * What may go, as options say.
 *
 * @module
 */

import { numSplineEdges } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import type { PruneOptions } from "./options.ts";
import type { PruneGoal } from "./search.ts";

/** Share of the judged loss that a removal may cost. */
const TOLERANCE = 0.01;

/**
 * Checks the options that say what may go.
 *
 * @throws {RangeError} If one is out of range.
 */
export function goalOf({ config }: Network, options: PruneOptions): PruneGoal {
  const { widths } = config;
  const { keepInputs, keepNodes: keep, threshold, tolerance, inputs = true } = options;
  const { keepEdges: edges } = options, nOut = widths[widths.length - 1];
  const hidden = widths.slice(1, -1), nodesCounted = keepInputs !== undefined || keep !== undefined;
  const counted = nodesCounted || edges !== undefined;
  const check = (name: string, fits: boolean, rule: string, value: unknown): void => {
    if (fits) return;
    throw new RangeError(`Cannot prune: ${name} must be ${rule}, current value is ${value}`);
  };
  const count = (value: number, most: number) =>
    Number.isInteger(value) && value >= 1 && value <= most;
  check(
    "keepInputs",
    keepInputs === undefined || count(keepInputs, widths[0]),
    `an integer from 1 to ${widths[0]}`,
    keepInputs,
  );
  check(
    "keepNodes",
    keep === undefined ||
      (keep.length === hidden.length && keep.every((each, k) => count(each, hidden[k]))),
    hidden.length === 0
      ? "left out (the network has no hidden nodes)"
      : `${hidden.length} integers from 1 to ${hidden.join(", ")}`,
    keep,
  );
  const mostEdges = config.activation === "spline" ? numSplineEdges(config) : 0;
  check(
    "keepEdges",
    edges === undefined || (count(edges, mostEdges) && edges >= nOut),
    mostEdges === 0
      ? "left out (the network has no splines)"
      : `an integer from ${nOut} (an edge to every output) to ${mostEdges}`,
    edges,
  );
  check("threshold", threshold === undefined || threshold > 0, "a number > 0", threshold);
  check("tolerance", tolerance === undefined || tolerance >= 0, "a number >= 0", tolerance);
  const free = counted || threshold !== undefined ? Infinity : TOLERANCE;
  const stay = inputs && !counted ? 1 : widths[0];
  return {
    tolerance: tolerance ?? free,
    edges: edges !== undefined || !nodesCounted && (options.edges ?? true),
    inputs,
    least: [
      keepInputs ?? stay,
      ...hidden.map((width, k) => keep?.[k] ?? (counted ? width : 1)),
      nOut,
    ],
  };
}
