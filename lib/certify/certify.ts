/**
 * Proven bounds of a network on a box: of its outputs and their derivatives.
 *
 * @module
 */

import { splineStages } from "../model/inner.ts";
import type { Network } from "../model/mod.ts";
import { checkOptions } from "../numerics/inner.ts";
import { createEnclosure } from "./_enclosure.ts";
import { meanEnclosure, type Subject, subjectOf } from "./_means.ts";
import { findLargest, type Found, type Quantity } from "./_search.ts";
import { climberOf, countWork, drawStarts, type Frame } from "./_starts.ts";
import { type Claim, type ClaimVerdict, judgeClaims } from "./claims.ts";

/** What to certify. */
export interface CertifyOptions {
  /** Lower and upper end of every input. */
  readonly box: readonly (readonly [number, number])[];
  /**
   * A bound is good enough when it exceeds the best point that was found by this share of the
   * range. Default 1e-3.
   */
  readonly tolerance?: number;
  /**
   * Most boxes for one bound. Default: 100,000 of outputs and claims, 20,000 of derivatives, fewer
   * where networks are large.
   */
  readonly boxes?: number;
  /** Highest order of derivatives that are bounded: 0, 1 or 2. Default 1. */
  readonly derivatives?: number;
  /**
   * Of several networks: what is averaged. Of `probabilities`, `1 / (1 + exp(-z))` of the one output
   * `z` of each, the mean itself is bounded. Default `values`.
   */
  readonly average?: "values" | "probabilities";
  /** Outputs that are looked at. Default: all. */
  readonly outputs?: readonly number[];
  /** What is to be proven or refuted. Default: nothing. */
  readonly claims?: readonly Claim[];
}

/** Bounds that hold everywhere in the box, and how close they are. */
export interface ProvenBounds {
  /** Nothing in the box is below. */
  readonly lower: number;
  /** Nothing in the box is above. */
  readonly upper: number;
  /** The smallest and the largest value that is reached for certain. */
  readonly reached: readonly [number, number];
  /** Where they are reached. */
  readonly at: readonly [readonly number[], readonly number[]];
  /** Boxes that were looked at. */
  readonly boxes: number;
  /** `tight`: within the tolerance of what is reached; `budget`: the boxes were used up before. */
  readonly status: "tight" | "budget";
}

/** What is known of one output. */
export interface OutputCertificate {
  /** Which output of the network, from 0. */
  readonly output: number;
  /** The output itself. */
  readonly value: ProvenBounds;
  /** Its derivative by every input; of order 1 at least. */
  readonly slopes?: readonly ProvenBounds[];
  /** The Euclidean length of its gradient: `upper` is a Lipschitz constant. */
  readonly steepness?: ProvenBounds;
  /** Its second derivative by every input; of order 2. */
  readonly bends?: readonly ProvenBounds[];
}

/** What is known of a network on a box. */
export interface Certificate {
  /** The box. */
  readonly box: readonly (readonly [number, number])[];
  /** One per output that was looked at. */
  readonly outputs: readonly OutputCertificate[];
  /** One per claim and output. */
  readonly claims: readonly ClaimVerdict[];
  /** Boxes that were looked at in all. */
  readonly boxes: number;
  /** Share of the range that bounds may exceed what is reached by. */
  readonly tolerance: number;
  /**
   * `bounded`: nothing was claimed; `proven`: all claims hold; `refuted`: one does not; `undecided`:
   * none is refuted, but the boxes were used up before all were proven.
   */
  readonly status: "bounded" | "proven" | "refuted" | "undecided";
}

/** Inputs up to which mixed second derivatives help to bound first ones. */
const MOST_PAIRED = 4;

/** Most boxes for one bound, unless told otherwise. */
const MOST_BOXES = { value: 100_000, derivative: 20_000 };

const OPTIONS = "box tolerance boxes derivatives average outputs claims";

/**
 * Bounds the outputs of a network on a box, and their derivatives, and decides claims about them.
 *
 * Every edge is enclosed by Bernstein coefficients, layers are joined by affine arithmetic, the box
 * is split until the bounds are close to values that are reached. All rounding is accounted for:
 * bounds of values hold for the exact function and for what `forward` computes, bounds of
 * derivatives for the exact function. At kinks and jumps they hold for both sides.
 *
 * @param network The network, in its own units; of a table these are the scaled ones. Of several the
 * mean is looked at.
 * @param options The box, how close bounds should be, claims.
 * @returns Bounds, verdicts, and what they cost.
 * @throws {TypeError} If an option is of the wrong type.
 * @throws {RangeError} If the box is not one, a number of the network is not finite, or the network
 * refuses inputs of the box (extrapolation `error`).
 *
 * @example
 * ```ts
 * import { certify } from "@freeknot/freeknot/certify";
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { assert } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const { outputs: [{ value }] } = certify(network, { box: [[0, 1], [-1, 1]] });
 * const [y] = forward(network, Float64Array.of(0.3, 0.7));
 * assert(value.lower <= y && y <= value.upper);
 * ```
 */
export function certify(
  network: Network | readonly Network[],
  options: CertifyOptions,
): Certificate {
  checkOptions("certify", options, OPTIONS);
  const subject = subjectOf(network, options.average ?? "values"), { networks, nIn } = subject;
  const box = checkBox(nIn, options.box);
  const { tolerance = 1e-3, derivatives = 1, claims = [] } = options;
  checkNumbers(tolerance, options.boxes, derivatives);
  const outputs = checkOutputs(subject.nOut, options.outputs);
  networks.forEach(checkParameters);
  const diagonal = Array.from({ length: nIn }, (_, i) => [i, i] as const);
  const mixed = nIn > MOST_PAIRED
    ? []
    : diagonal.flatMap(([i]) => diagonal.slice(i + 1).map(([j]) => [i, j] as const));
  const enclosure = meanEnclosure(
    networks.map((each) => createEnclosure(each, [...diagonal, ...mixed], subject.probability)),
  );
  enclosure.enclose(box, 0, true); // says what is wrong with it, if anything
  const starts = drawStarts(subject, box, derivatives > 0 || claims.length > 0);
  const searches = outputs.length * (2 + 2 * nIn * derivatives + 2 * claims.length);
  const boxes = options.boxes ?? affordable(subject, searches);
  const fewer = options.boxes ?? Math.min(boxes, MOST_BOXES.derivative);
  const frame: Frame = { subject, enclosure, box, starts, tolerance, boxes };
  const bounded = outputs.map((output): OutputCertificate => {
    const each = (kind: "slope" | "bend") =>
      diagonal.map((_, index) => bothBounds({ ...frame, boxes: fewer }, { kind, output, index }));
    return {
      output,
      value: bothBounds(frame, { kind: "value", output, index: 0 }),
      ...(derivatives > 0
        ? {
          slopes: each("slope"),
          steepness: bothBounds({ ...frame, boxes: fewer }, { kind: "norm", output, index: 0 }),
        }
        : {}),
      ...(derivatives > 1 ? { bends: each("bend") } : {}),
    };
  });
  const verdicts = judgeClaims(frame, claims, outputs);
  const count = (all: readonly { readonly boxes: number }[]) =>
    all.reduce((sum, { boxes }) => sum + boxes, 0);
  return {
    box: options.box.map(([low, high]) => [low, high] as const),
    outputs: bounded,
    claims: verdicts,
    boxes: count(verdicts) +
      bounded.reduce(
        (sum, { value, slopes, steepness, bends }) =>
          sum + count([value, ...slopes ?? [], ...steepness ? [steepness] : [], ...bends ?? []]),
        0,
      ),
    tolerance,
    status: overall(verdicts),
  };
}

function overall(verdicts: readonly ClaimVerdict[]): Certificate["status"] {
  if (verdicts.length === 0) return "bounded";
  if (verdicts.some(({ status }) => status === "refuted")) return "refuted";
  return verdicts.every(({ status }) => status === "proven") ? "proven" : "undecided";
}

/** A quantity from both sides. */
function bothBounds(frame: Frame, what: Quantity): ProvenBounds {
  const { enclosure, box, starts, boxes } = frame;
  const limits = { tolerance: slackOf(frame, what), boxes };
  const search = (sign: 1 | -1) =>
    findLargest(enclosure, box, what, sign, climberOf(starts, what, sign), limits);
  const high = search(1);
  // a length is 0 at least, which is all that is asked
  const low = what.kind === "norm" ? undefined : search(-1);
  return both(low ?? { ...high, bound: 0, reached: -high.reached, boxes: 0 }, high);
}

function both(low: Found, high: Found): ProvenBounds {
  const status = low.status === "tight" && high.status === "tight" ? "tight" : "budget";
  return {
    lower: 0 - low.bound,
    upper: high.bound,
    reached: [0 - low.reached, high.reached],
    at: [[...low.at], [...high.at]],
    boxes: low.boxes + high.boxes,
    status,
  };
}

/** A quantity that is nearly constant has no smaller tolerance than this share of its size has. */
const NEARLY_CONSTANT = 1e-3;

/** By how much a bound may exceed what is reached. */
function slackOf({ starts, tolerance, box }: Frame, what: Quantity): number {
  const { kind, index } = what;
  const [low, high] = starts.rangeOf(kind === "bend" ? { ...what, kind: "slope" } : what);
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (kind === "norm") return tolerance * size;
  const slack = tolerance * Math.max(high - low, NEARLY_CONSTANT * size);
  // a second derivative is of the size of the slopes' range over the box's
  return kind === "bend" ? slack / (box[2 * index + 1] - box[2 * index] || 1) : slack;
}

/** Boxes per search that take some seconds in all. */
function affordable(subject: Subject, searches: number): number {
  const { nIn } = subject, work = countWork(subject) * (nIn + 2) * (nIn + 8);
  return Math.max(1, Math.min(MOST_BOXES.value, Math.floor(1e9 / (work * searches))));
}

function checkBox(nIn: number, box: unknown): Float64Array {
  if (!Array.isArray(box) || box.length !== nIn) {
    throw new TypeError(
      `Cannot certify: box must be ${nIn} pairs of numbers, one per input, current value is ` +
        (Array.isArray(box) ? `${box.length} pairs` : String(box)),
    );
  }
  return Float64Array.from(box.flatMap((pair, i) => {
    const [low, high] = Array.isArray(pair) ? pair : [NaN, NaN];
    if (pair.length === 2 && low <= high && Number.isFinite(high - low)) return [low, high];
    throw new RangeError(
      `Cannot certify: box must be two finite numbers low <= high for every input, current value ` +
        `of input ${i} is ${Array.isArray(pair) ? `[${pair.join(", ")}]` : String(pair)}`,
    );
  }));
}

function checkNumbers(tolerance: number, boxes: number | undefined, derivatives: number): void {
  if (!(tolerance > 0 && tolerance < Infinity)) {
    throw new RangeError(
      `Cannot certify: tolerance must be a positive number, current value is ${tolerance}`,
    );
  }
  if (boxes !== undefined && !(Number.isSafeInteger(boxes) && boxes >= 1)) {
    throw new RangeError(
      `Cannot certify: boxes must be an integer of at least 1, current value is ${boxes}`,
    );
  }
  if (![0, 1, 2].includes(derivatives)) {
    throw new RangeError(
      `Cannot certify: derivatives must be 0, 1 or 2, current value is ${derivatives}`,
    );
  }
}

function checkOutputs(nOut: number, outputs: readonly number[] | undefined): readonly number[] {
  const chosen = outputs ?? Array.from({ length: nOut }, (_, q) => q);
  for (const q of chosen) {
    if (Number.isInteger(q) && q >= 0 && q < nOut) continue;
    throw new RangeError(
      `Cannot certify: outputs must be integers from 0 to ${nOut - 1}, current value is ${q}`,
    );
  }
  return chosen;
}

function checkParameters({ config, parameters, statistics }: Network): void {
  const layers = splineStages(config).length;
  if (statistics.length !== layers) {
    throw new RangeError(
      `Cannot certify: statistics of the network must be those of ${layers} spline layers, current ` +
        `value is ${statistics.length}`,
    );
  }
  const measured = statistics.flatMap((each) =>
    Object.values(each).filter((values): values is Float64Array => typeof values !== "string")
  );
  for (const values of [parameters, ...measured]) {
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong < 0) continue;
    throw new RangeError(
      "Cannot certify: parameters and statistics of the network must be finite, current value is " +
        `${values[wrong]}`,
    );
  }
}
