/**
 * Certificates of models whose numbers stay within bounds: what is proven of the weighed sum of their
 * networks, cut off at the bounds.
 *
 * A number beyond a bound is said to be the bound: slopes there are 0, and at the bound anything
 * between, which the bounds of slopes hold as well.
 *
 * @module
 */

import type {
  Certificate,
  Claim,
  ClaimVerdict,
  OutputCertificate,
  ProvenBounds,
} from "../../../lib/certify/mod.ts";
import type { DataEncoding } from "../train/data.ts";
import { ensembleOutputs, type Network } from "../../../lib/model/mod.ts";
import { UsageError } from "../../terminal/errors.ts";

type Range = readonly [number, number];

/** Where the sum is in the box: nowhere beyond a bound, everywhere, or it is not known. */
type Where = "within" | "beyond" | "both";

/** The least and the largest number that the model says, per output, in units of the network. */
export function answerBounds(encoding: DataEncoding | undefined): readonly Range[] | undefined {
  return encoding?.kind === "table" ? encoding.answer?.bounds : undefined;
}

/**
 * Throws if something is asked for that holds of no function that is cut off: second derivatives, and
 * claims about them.
 */
export function checkBends(
  claims: readonly Claim[],
  curvature: boolean | undefined,
  bounds: readonly Range[] | undefined,
): void {
  const bent = claims.find(({ kind }) => kind === "convex" || kind === "concave")?.kind;
  if (bounds === undefined || !(bent !== undefined || curvature)) return;
  throw new UsageError(
    `Cannot certify: --${bent ?? "curvature"} must be of a model without bounds of its numbers, ` +
      "current value is of one that is cut off at them; " +
      "train with --form auto --convex COL or --concave COL finds one without",
  );
}

/** A claim about the sum that holds where the claim about what is cut off does. */
export function claimOfSum(claim: Claim, output: number, bounds: readonly Range[] | undefined) {
  if (claim.kind !== "range" || bounds === undefined) return claim;
  const [least, most] = bounds[output], { low, high } = claim;
  if (low > most || high < least) {
    throw new UsageError(
      "Cannot certify: --range must have numbers that the model can say, current value has none " +
        "between its bounds",
    );
  }
  return {
    kind: "range",
    low: low <= least ? -Infinity : low,
    high: high >= most ? Infinity : high,
  } as const;
}

/** What is proven of a sum of networks, cut off at the bounds. */
export function cutOff(
  certificate: Certificate,
  networks: readonly Network[],
  bounds: readonly Range[] | undefined,
): Certificate {
  if (bounds === undefined) return certificate;
  const ranges = new Map(
    certificate.outputs.map(({ output, value }) => [output, [value.lower, value.upper] as const]),
  );
  /** Whether the sum stays within the bounds, leaves them everywhere, or may do either. */
  const where = (output: number): Where => {
    const [low, high] = bounds[output], [least, most] = ranges.get(output) ?? [low, high];
    return low < least && most < high ? "within" : most <= low || least >= high ? "beyond" : "both";
  };
  const says = (at: readonly number[], output: number) => {
    const outputs = ensembleOutputs(networks, Float64Array.from(at), 1);
    return outputs[output] > bounds[output][0] && outputs[output] < bounds[output][1];
  };
  return {
    ...certificate,
    outputs: certificate.outputs.map((each) => cutOutput(each, bounds, where, says)),
    claims: certificate.claims.map((verdict) => cutVerdict(verdict, bounds, where, says)),
  };
}

function cutOutput(
  each: OutputCertificate,
  bounds: readonly Range[],
  where: (output: number) => Where,
  says: (at: readonly number[], output: number) => boolean,
): OutputCertificate {
  const { output, value, slopes, steepness } = each, [least, most] = bounds[output];
  const within = (y: number) => Math.min(most, Math.max(least, y));
  const place = where(output), cut = place !== "within";
  const slope = (found: ProvenBounds): ProvenBounds => ({
    ...found,
    lower: place === "beyond" ? 0 : Math.min(0, found.lower),
    upper: place === "beyond" ? 0 : Math.max(0, found.upper),
    reached: [
      says(found.at[0], output) ? found.reached[0] : 0,
      says(found.at[1], output) ? found.reached[1] : 0,
    ],
  });
  return {
    ...each,
    value: {
      ...value,
      lower: within(value.lower),
      upper: within(value.upper),
      reached: [within(value.reached[0]), within(value.reached[1])],
    },
    ...(cut && slopes ? { slopes: slopes.map(slope) } : {}),
    ...(cut && steepness ? { steepness: slope(steepness) } : {}),
  };
}

function cutVerdict(
  verdict: ClaimVerdict,
  bounds: readonly Range[],
  where: (output: number) => Where,
  says: (at: readonly number[], output: number) => boolean,
): ClaimVerdict {
  const { claim, output, bounds: [low, high], counterexample } = verdict;
  if (claim.kind === "range") {
    const [least, most] = bounds[output];
    const within = (y: number) => Math.min(most, Math.max(least, y));
    return {
      ...verdict,
      bounds: [within(low), within(high)],
      ...(counterexample && {
        counterexample: { ...counterexample, value: within(counterexample.value) },
      }),
    };
  }
  const place = where(output);
  if (place === "within") return verdict;
  const { counterexample: _, ...rest } = verdict;
  if (place === "beyond") return { ...rest, status: "proven", bounds: [0, 0] };
  const cut = { ...verdict, bounds: [Math.min(0, low), Math.max(0, high)] as const };
  if (counterexample === undefined || says(counterexample.at, output)) return cut;
  return { ...rest, status: "undecided", bounds: cut.bounds };
}
