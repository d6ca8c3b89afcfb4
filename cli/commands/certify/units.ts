/**
 * A certificate in the units of the table: all conversions round outwards.
 *
 * @module
 */

import type { Certificate, Claim, ClaimVerdict, ProvenBounds } from "../../../lib/certify/mod.ts";
import { scaleSlope, unscaleValue } from "../../../lib/data/mod.ts";
import type { ExplanationUnits, OutputUnit } from "../../../lib/interpret/mod.ts";
import type { CertifyRequest } from "./request.ts";
import { slopeRange, UNIT_SLACK } from "./scales.ts";
import { exp, pow } from "../../../lib/numerics/inner.ts";

type Range = readonly [number, number];

/** What is proven of a number, and what is reached, in units of the table. */
export interface UnitBounds extends Pick<ProvenBounds, "boxes" | "status"> {
  readonly lower: number;
  readonly upper: number;
  readonly reached: Range;
  readonly at: readonly [readonly number[], readonly number[]];
}

/** Bounds of the derivatives by one input. */
export interface InputBounds extends UnitBounds {
  readonly input: string;
}

/** What is known of one output. */
export interface UnitOutput {
  readonly name: string;
  readonly kind: OutputUnit["kind"];
  readonly value: UnitBounds;
  /** Of a class: bounds of its probability. */
  readonly probability?: Range;
  /** Absent where only values were bounded. */
  readonly slopes?: readonly InputBounds[];
  /** Of columns that are scaled by their range. */
  readonly bends?: readonly InputBounds[];
  /** An upper bound of the length of the gradient by the scaled inputs. */
  readonly steepness?: UnitBounds;
}

/** What became of a claim. */
export interface UnitVerdict extends Omit<ClaimVerdict, "output" | "claim"> {
  readonly output: string;
  readonly claim: string;
  /** The column of a claim about one. */
  readonly input: string | null;
}

/** A certificate for people. */
export interface UnitCertificate extends Pick<Certificate, "boxes" | "status" | "tolerance"> {
  readonly outputs: readonly UnitOutput[];
  readonly claims: readonly UnitVerdict[];
  readonly seconds: number;
}

/** Writes a certificate in the units of the table. */
export function inUnits(
  { outputs, claims, boxes, tolerance }: Certificate,
  { units, box, claims: asked }: CertifyRequest,
  seconds: number,
): UnitCertificate {
  const verdicts = claims.map((verdict, k) =>
    unitVerdict(verdict, asked[Math.floor(k / outputs.length)], units, box)
  );
  const values = outputs.map(({ value }) => [value.lower, value.upper] as const);
  return {
    outputs: outputs.map(({ output, value, slopes, bends, steepness }, k): UnitOutput => {
      const unit = units.outputs[output], { name, kind, factor } = unit;
      const whole = values.length === units.outputs.length;
      return {
        ...{ name, kind, value: unitBounds(value, (y) => unit.offset + factor * y, unit, units) },
        ...(kind === "logit" && (whole || units.outputs.length === 1)
          ? { probability: probability(values, k) }
          : {}),
        ...(slopes
          ? { slopes: slopes.map((each, i) => derivative(each, 1, i, unit, units, box)) }
          : {}),
        ...(bends
          ? {
            bends: bends.flatMap((each, i) =>
              units.inputs[i].map ? [] : [derivative(each, 2, i, unit, units, box)]
            ),
          }
          : {}),
        ...(steepness
          ? { steepness: unitBounds(steepness, (y) => factor * y, { ...unit, offset: 0 }, units) }
          : {}),
      };
    }),
    claims: verdicts,
    ...{ boxes, tolerance, seconds, status: overallStatus(verdicts) },
  };
}

function overallStatus(verdicts: readonly UnitVerdict[]): Certificate["status"] {
  if (verdicts.length === 0) return "bounded";
  if (verdicts.some(({ status }) => status === "refuted")) return "refuted";
  return verdicts.every(({ status }) => status === "proven") ? "proven" : "undecided";
}

/** Bounds mapped by an increasing function; what is proven moves outwards by some roundings. */
function unitBounds(
  { lower, upper, reached, at, boxes, status }: ProvenBounds,
  map: (y: number) => number,
  { offset, factor }: Pick<OutputUnit, "offset" | "factor">,
  units: ExplanationUnits,
): UnitBounds {
  const plain = offset === 0 && factor === 1;
  const slack = (y: number) => plain ? 0 : UNIT_SLACK * (Math.abs(offset) + Math.abs(factor * y));
  return {
    lower: map(lower) - slack(lower),
    upper: map(upper) + slack(upper),
    reached: [map(reached[0]), map(reached[1])],
    at: [place(at[0], units), place(at[1], units)],
    ...{ boxes, status },
  };
}

function place(at: readonly number[], { inputs }: ExplanationUnits): number[] {
  return at.map((x, i) => unscaleValue(inputs[i], x) + Number(inputs[i].offset ?? 0));
}

/** Bounds of a derivative of order 1 or 2 by a column: the chain rule through the scales. */
function derivative(
  bounds: ProvenBounds,
  order: 1 | 2,
  input: number,
  { factor }: OutputUnit,
  units: ExplanationUnits,
  box: readonly Range[],
): InputBounds {
  const column = units.inputs[input], [least, most] = slopeRange(column, box[input]);
  const lowest = factor * pow(least, order), largest = factor * pow(most, order);
  const { lower, upper, reached, at, boxes, status } = bounds;
  const plain = lowest === 1 && largest === 1;
  const widened = (x: number, side: -1 | 1) => plain ? x : x + side * 4 * UNIT_SLACK * Math.abs(x);
  const here = (k: 0 | 1) => {
    const slope = scaleSlope(column, unscaleValue(column, at[k][input]));
    return reached[k] * factor * pow(slope, order);
  };
  return {
    input: column.name,
    lower: widened(Math.min(times(lower, lowest), times(lower, largest)), -1),
    upper: widened(Math.max(times(upper, lowest), times(upper, largest)), 1),
    reached: [here(0), here(1)],
    at: [place(at[0], units), place(at[1], units)],
    ...{ boxes, status },
  };
}

/** A product that is 0 where a factor is. */
function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

/** Bounds of the probability of class `k` by bounds of all logits. */
function probability(logits: readonly Range[], k: number): Range {
  const sigmoid = (x: number) => 1 / (1 + exp(-x));
  if (logits.length === 1) {
    const [low, high] = logits[0];
    return [
      Math.max(0, sigmoid(low) * (1 - 8 * UNIT_SLACK)),
      Math.min(1, sigmoid(high) * (1 + 8 * UNIT_SLACK)),
    ];
  }
  const share = (self: number, side: 0 | 1) =>
    1 / logits.reduce((sum, range, j) => j === k ? sum : sum + exp(range[side] - self), 1);
  return [
    Math.max(0, share(logits[k][0], 1) * (1 - 8 * UNIT_SLACK * logits.length)),
    Math.min(1, share(logits[k][1], 0) * (1 + 8 * UNIT_SLACK * logits.length)),
  ];
}

/** A verdict in the units of the claim that was asked for. */
function unitVerdict(
  verdict: ClaimVerdict,
  claim: Claim,
  units: ExplanationUnits,
  box: readonly Range[],
): UnitVerdict {
  const unit = units.outputs[verdict.output], { counterexample, bounds, boxes } = verdict;
  const input = claim.kind === "range" ? undefined : claim.input;
  const order = claim.kind === "convex" || claim.kind === "concave" ? 2 : 1;
  const convert = (value: number, slope: number) => {
    if (claim.kind !== "range") return times(value, unit.factor * pow(slope, order));
    if (unit.kind === "logit") return 1 / (1 + exp(-value));
    const own = unit.offset + unit.factor * value;
    return unit.kind === "logarithm" ? exp(own) : own;
  };
  const column = input === undefined ? undefined : units.inputs[input];
  const [least, most] = column ? slopeRange(column, box[input!]) : [1, 1];
  const here = counterexample && column
    ? scaleSlope(column, unscaleValue(column, counterexample.at[input!]))
    : 1;
  const value = counterexample && convert(counterexample.value, here);
  // a value that exceeds the claim by rounding alone refutes nothing
  const beyond = claim.kind !== "range" || value === undefined || value < claim.low ||
    value > claim.high;
  return {
    output: unit.name,
    claim: claim.kind === "range" ? `between ${claim.low} and ${claim.high}` : claim.kind,
    input: input === undefined ? null : units.inputs[input].name,
    status: beyond ? verdict.status : "undecided",
    bounds: [
      convert(bounds[0], bounds[0] > 0 ? least : most),
      convert(bounds[1], bounds[1] > 0 ? most : least),
    ],
    ...(counterexample && beyond
      ? { counterexample: { at: place(counterexample.at, units), value: value! } }
      : {}),
    boxes,
  };
}
