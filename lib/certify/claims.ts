/**
 * Claims about a network on a box: monotone, convex, within a range; proven, refuted or open.
 *
 * @module
 */

import { findLargest, type Found, type Quantity } from "./_search.ts";
import { climberOf, type Frame } from "./_starts.ts";

/** What may be claimed of an output. */
export type Claim =
  /** Its derivative by an input is nowhere below 0, or nowhere above. */
  | { readonly kind: "increasing" | "decreasing"; readonly input: number }
  /** It is a convex, or concave, function of an input, whatever the others are. */
  | { readonly kind: "convex" | "concave"; readonly input: number }
  /** It stays between two numbers. */
  | { readonly kind: "range"; readonly low: number; readonly high: number };

/** What became of a claim. */
export interface ClaimVerdict {
  /** What was claimed. */
  readonly claim: Claim;
  /** Of which output. */
  readonly output: number;
  /** Whether it holds: `undecided` where the boxes were used up. */
  readonly status: "proven" | "refuted" | "undecided";
  /**
   * What is proven of the quantity in question: the derivative of a monotone output, the second
   * derivative of a convex one, the output itself. Infinite where nothing is known.
   */
  readonly bounds: readonly [number, number];
  /** Where the claim fails, and the value of the quantity there. */
  readonly counterexample?: { readonly at: readonly number[]; readonly value: number };
  /** Boxes that were looked at. */
  readonly boxes: number;
}

/** Decides every claim for every output. */
export function judgeClaims(
  frame: Frame,
  claims: readonly Claim[],
  outputs: readonly number[],
): ClaimVerdict[] {
  for (const claim of claims) checkClaim(claim, frame.box.length / 2);
  return claims.flatMap((claim) => outputs.map((output) => judge(frame, claim, output)));
}

function judge(frame: Frame, claim: Claim, output: number): ClaimVerdict {
  if (claim.kind === "range") {
    const what = { kind: "value", output, index: 0 } as const;
    const high = look(frame, what, 1, claim.high), low = look(frame, what, -1, -claim.low);
    return verdict(claim, output, [
      { found: low, sign: -1, threshold: -claim.low },
      { found: high, sign: 1, threshold: claim.high },
    ]);
  }
  const kind = claim.kind === "increasing" || claim.kind === "decreasing" ? "slope" : "bend";
  const sign = claim.kind === "increasing" || claim.kind === "convex" ? -1 : 1;
  const found = look(frame, { kind, output, index: claim.input }, sign, 0);
  const judged = verdict(claim, output, [{ found, sign, threshold: 0 }]);
  if (kind === "slope" || judged.status !== "undecided") return judged;
  const bent = bentTheOtherWay(frame, output, claim.input, sign);
  return bent ? { ...judged, status: "refuted", counterexample: bent } : judged;
}

/** Looks for a value of `sign * what` above a threshold, or for a proof that there is none. */
function look(frame: Frame, what: Quantity, sign: 1 | -1, threshold: number): Found {
  const { enclosure, box, starts, boxes } = frame;
  return findLargest(enclosure, box, what, sign, climberOf(starts, what, sign), {
    ...{ tolerance: 0, boxes, threshold },
  });
}

interface Side {
  readonly found: Found;
  readonly sign: 1 | -1;
  readonly threshold: number;
}

function verdict(claim: Claim, output: number, sides: readonly Side[]): ClaimVerdict {
  let low = -Infinity, high = Infinity;
  for (const { found: { bound }, sign } of sides) {
    if (sign > 0) high = bound;
    else low = 0 - bound;
  }
  const refuted = sides.find(({ found: { reached }, threshold }) => reached > threshold);
  const proven = sides.every(({ found: { bound }, threshold }) => bound <= threshold);
  return {
    claim,
    output,
    status: refuted ? "refuted" : proven ? "proven" : "undecided",
    bounds: [low, high],
    ...(refuted
      ? {
        counterexample: {
          at: [...refuted.found.at],
          value: refuted.sign * refuted.found.reached,
        },
      }
      : {}),
    boxes: sides.reduce((sum, { found }) => sum + found.boxes, 0),
  };
}

/** Lines along an input that are looked at, and points on each. */
const LINES = 64, PLACES = 33;

/**
 * A point where a function with kinks lies on the wrong side of a chord along an input, and its mean
 * second derivative there; for certain.
 */
function bentTheOtherWay(
  { enclosure, box, starts }: Frame,
  output: number,
  input: number,
  sign: 1 | -1,
): ClaimVerdict["counterexample"] {
  const point = new Float64Array(box.length);
  const low = box[2 * input], step = (box[2 * input + 1] - low) / (PLACES - 1);
  for (const line of starts.points(LINES)) {
    const values = Array.from({ length: PLACES }, (_, k) => {
      line.forEach((x, i) => point[2 * i] = point[2 * i + 1] = x);
      point[2 * input] = point[2 * input + 1] = low + k * step;
      const { values: { low: least, high: most } } = enclosure.enclose(point, 0);
      return [sign * least[output], sign * most[output]].sort((a, b) => a - b);
    });
    for (let k = 1; k + 1 < PLACES; k++) {
      // positive beyond all rounding: a bend of the sign that must not be
      const bend = values[k - 1][0] + values[k + 1][0] - 2 * values[k][1];
      const size = Math.abs(values[k][0]) + Math.abs(values[k - 1][0]) + Math.abs(values[k + 1][0]);
      if (!(bend > 1e-9 * size)) continue;
      const at = [...line];
      at[input] = low + k * step;
      return { at, value: sign * bend / step ** 2 };
    }
  }
  return undefined;
}

function checkClaim(claim: Claim, nIn: number): void {
  if (claim.kind === "range") {
    if (claim.low <= claim.high) return;
    throw new RangeError(
      "Cannot certify: claims must have low <= high, current value is " +
        `${claim.low} and ${claim.high}`,
    );
  }
  const { input } = claim;
  if (Number.isInteger(input) && input >= 0 && input < nIn) return;
  throw new RangeError(
    `Cannot certify: claims must be of inputs from 0 to ${nIn - 1}, current value is ${input}`,
  );
}
