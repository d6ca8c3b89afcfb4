/**
 * What `certify` prints.
 *
 * @module
 */

import { duration, shortNumber, textTable } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import { title } from "../explain/result.ts";
import { BOUND_HEAD, boundCells, down, rangeText, up } from "./cells.ts";
import type { CertifyRequest } from "./request.ts";
import type { InputBounds, UnitCertificate, UnitOutput, UnitVerdict } from "./units.ts";

/** Most inputs that the text shows for an output. */
const MOST_LINES = 20;

/** The object that `--json` prints; what is infinite is null. */
export function certifyJson(
  { outputs, claims, ...rest }: UnitCertificate,
  { modelFile, units: { inputs }, box }: CertifyRequest,
) {
  return {
    model: modelFile,
    box: Object.fromEntries(inputs.map(({ name }, i) => [name, box[i]])),
    outputs,
    claims,
    ...rest,
    version: VERSION,
  };
}

/** What `certify` prints without `--json`. */
export function certifyText(result: UnitCertificate, request: CertifyRequest): string {
  const { outputs, claims, boxes, seconds, status } = result, { units, box } = request;
  const ranges = units.inputs.map(({ name }, i) => rangeText(name, box[i]));
  const shown = ranges.slice(0, MOST_LINES).join(", ");
  return [
    `for ${shown}${ranges.length > MOST_LINES ? `, ... (${ranges.length} inputs)` : ""}`,
    "",
    valueTable(outputs),
    ...outputs.flatMap((output) => {
      const lines = slopeLines(output, outputs.length > 1);
      return lines.length > 0 ? ["", ...lines] : [];
    }),
    ...(claims.length === 0 ? [] : ["", ...claims.map((claim) => claimLine(claim, request))]),
    "",
    `${status}; ${boxes} boxes, ${duration(seconds)}`,
  ].join("\n") + "\n";
}

function valueTable(outputs: readonly UnitOutput[]): string {
  const rows = outputs.flatMap((output) => [
    [title(output), ...boundCells(output.value)],
    ...(output.probability
      ? [[
        `probability of ${output.name}`,
        ...output.probability.map((p, k) => k ? up(p) : down(p)),
      ]]
      : []),
  ]);
  return textTable([["output", ...BOUND_HEAD], ...rows], "lrrrrl");
}

function slopeLines(output: UnitOutput, several: boolean): string[] {
  const { slopes, bends, steepness } = output;
  if (slopes === undefined || steepness === undefined) return [];
  const head = several ? `slope of ${title(output)} by` : "slope by";
  const rows = slopes.slice(0, MOST_LINES).map((slope) => [
    slope.input,
    ...boundCells(slope),
    trend(slope, ["increasing", "decreasing", "both ways"]),
  ]);
  const curved = (bends ?? []).slice(0, MOST_LINES).map((bend) => [
    bend.input,
    ...boundCells(bend),
    trend(bend, ["convex", "concave", "neither"]),
  ]);
  const more = slopes.length - MOST_LINES;
  return [
    textTable([[head, ...BOUND_HEAD, ""], ...rows], "lrrrrll"),
    ...(more > 0 ? [`... and ${more} more inputs (--json has all)`] : []),
    `steepness at most ${up(steepness.upper)} (reached ${shortNumber(steepness.reached[1])}), ` +
    "by scaled inputs",
    ...(curved.length > 0
      ? ["", textTable([["second derivative by", ...BOUND_HEAD, ""], ...curved], "lrrrrll")]
      : []),
  ];
}

/** What the sign of a derivative says. */
function trend(
  { lower, upper, reached: [low, high] }: InputBounds,
  [plus, minus, both]: readonly [string, string, string],
): string {
  if (lower === 0 && upper === 0) return "no part in it";
  if (lower >= 0) return plus;
  if (upper <= 0) return minus;
  return low < 0 && high > 0 ? both : "not known";
}

function claimLine(
  { output, claim, input, status, bounds, counterexample, boxes }: UnitVerdict,
  { units: { inputs, outputs } }: CertifyRequest,
): string {
  const what = input === null ? claim : `${claim} in ${input}`;
  const who = outputs.length > 1 ? `${output} ` : "";
  const quantity = input === null
    ? "it"
    : claim === "convex" || claim === "concave"
    ? "the second derivative"
    : "the slope";
  if (counterexample) {
    const at = counterexample.at.map((x, i) => `${inputs[i].name} = ${+x.toPrecision(7)}`);
    return `${who}${what}: refuted, ${quantity} is ${shortNumber(counterexample.value)} at ` +
      at.slice(0, MOST_LINES).join(", ") + (at.length > MOST_LINES ? ", ..." : "");
  }
  const [low, high] = bounds;
  const known = [
    ...(low > -Infinity ? [`at least ${down(low)}`] : []),
    ...(high < Infinity ? [`at most ${up(high)}`] : []),
  ].join(" and ");
  const proof = known === "" ? "no bound is known" : `${quantity} is ${known}`;
  return status === "proven"
    ? `${who}${what}: proven, ${proof}`
    : `${who}${what}: undecided after ${boxes} boxes, ${proof}`;
}
