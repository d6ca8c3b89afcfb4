/**
 * Completes a configuration from a few fields, and checks it.
 *
 * @module
 */

import { MAX_DEGREE } from "../knots/inner.ts";
import { canonicalEdges } from "./edge_mask.ts";
import type { NetworkConfig } from "./network.ts";

export { MAX_DEGREE } from "../knots/inner.ts";

/** The fields of a {@linkcode NetworkConfig} that a caller may leave out: all but `widths`. */
export type NetworkOptions =
  & Pick<NetworkConfig, "widths">
  & { readonly [K in keyof Omit<NetworkConfig, "widths">]?: NetworkConfig[K] | undefined };

const MAX_WIDTH = 100_000;
const MAX_INTERVALS = 1_000_000;
const MAX_PARAMETERS = 50_000_000;

const CHOICES = {
  activation: ["spline", "relu", "tanh"],
  firstLayer: ["linear", "spline"],
  base: ["none", "silu"],
  normalisation: ["minmax", "batchnorm", "none"],
  knots: ["uniform", "fixed", "free"],
  knotSharing: ["input", "layer"],
  outerKnots: ["even", "free", "clamped"],
  basis: ["bspline", "relu"],
  extrapolation: ["linear", "clamp", "error"],
} as const;

/**
 * Fills in defaults and checks every field.
 *
 * Defaults: activation spline, degree 3, intervals 5, firstLayer linear, bias true (false when the
 * first layer is splines), base none, normalisation minmax, domain [-1, 1] ([-4, 4] under
 * batchnorm), knots free, knotSharing input, outerKnots free for free knots and even otherwise,
 * basis bspline, extrapolation linear, all edges. With activation relu or tanh (an MLP) only `widths` and
 * `bias` (default true) may be chosen.
 *
 * @param fields `widths` and any other fields.
 * @returns The complete configuration, a frozen copy.
 * @throws {TypeError} If a field is of the wrong type or unknown.
 * @throws {RangeError} If a value is out of range or two options exclude each other.
 *
 * @example
 * ```ts
 * import { resolveConfig } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(resolveConfig({ widths: [2, 5, 1] }).knots, "free");
 * ```
 */
export function resolveConfig(fields: NetworkOptions): NetworkConfig {
  if (typeof fields !== "object" || fields === null) {
    fail(TypeError, "options", "a record such as { widths: [2, 5, 1] }", fields);
  }
  for (const key of Object.keys(fields)) {
    if (!(key in KNOWN)) fail(TypeError, key, `one of ${Object.keys(KNOWN).join(", ")}`, "unknown");
  }
  const isMlp = fields.activation === "relu" || fields.activation === "tanh";
  const options = isMlp ? withoutSplines(fields) : fields;
  const knots = options.knots ?? "free";
  const normalisation = options.normalisation ?? "minmax";
  const firstLayer = options.firstLayer ?? "linear";
  const config: NetworkConfig = {
    widths: Object.freeze([...checkWidths(options, firstLayer)]),
    activation: options.activation ?? "spline",
    degree: options.degree ?? 3,
    intervals: options.intervals ?? 5,
    firstLayer,
    bias: options.bias ?? firstLayer === "linear",
    base: options.base ?? "none",
    normalisation,
    domain: Object.freeze(
      checkDomain(options.domain ?? (normalisation === "batchnorm" ? [-4, 4] : [-1, 1])),
    ),
    knots,
    knotSharing: options.knotSharing ?? "input",
    outerKnots: options.outerKnots ?? (knots === "free" ? "free" : "even"),
    basis: options.basis ?? "bspline",
    extrapolation: options.extrapolation ?? "linear",
  };
  check(config);
  const edges = checkEdges(fields.edges, config);
  return Object.freeze(edges ? { ...config, edges } : config);
}

const KNOWN: Record<keyof NetworkConfig, true> = {
  widths: true,
  activation: true,
  degree: true,
  intervals: true,
  firstLayer: true,
  bias: true,
  base: true,
  normalisation: true,
  domain: true,
  knots: true,
  knotSharing: true,
  outerKnots: true,
  basis: true,
  extrapolation: true,
  edges: true,
};

/** The fixed spline options of an MLP; one interval is the unit of work. */
const MLP = {
  degree: 1,
  intervals: 1,
  firstLayer: "linear",
  base: "none",
  normalisation: "none",
  domain: [-1, 1],
  knots: "uniform",
  knotSharing: "input",
  outerKnots: "even",
  basis: "bspline",
  extrapolation: "linear",
} as const;

/** Adds the spline options of an MLP; throws if the caller chose others. */
function withoutSplines(options: NetworkOptions): NetworkOptions {
  for (const [name, value] of Object.entries(MLP)) {
    const chosen = options[name as keyof typeof MLP];
    if (chosen !== undefined && String(chosen) !== String(value)) {
      const rule = `left out with activation ${options.activation} (an MLP has no splines)`;
      fail(RangeError, name, rule, chosen);
    }
  }
  return { ...options, ...MLP };
}

function fail(
  type: typeof TypeError | typeof RangeError,
  name: string,
  rule: string,
  value: unknown,
): never {
  throw new type(
    `Cannot configure network: ${name} must be ${rule}, current value is ${show(value)}`,
  );
}

/** Prints a value like JSON, but NaN and Infinity as such. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(",")}]`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function checkDomain(domain: unknown): readonly [number, number] {
  if (!Array.isArray(domain)) fail(TypeError, "domain", "two finite numbers a < b", domain);
  const [a, b] = domain;
  if (domain.length !== 2 || !Number.isFinite(a) || !(a < b) || !Number.isFinite(b - a)) {
    fail(RangeError, "domain", "two finite numbers a < b, a finite length apart", domain);
  }
  return [a, b];
}

function checkEdges(edges: unknown, { activation, firstLayer, widths }: NetworkConfig) {
  if (activation !== "spline" && edges !== undefined) {
    fail(
      RangeError,
      "edges",
      `left out with activation ${activation} (an MLP has no splines)`,
      edges,
    );
  }
  const splines = firstLayer === "linear" ? widths.slice(1) : widths;
  return canonicalEdges(edges, splines, (rule, value) => fail(RangeError, "edges", rule, value));
}

function checkWidths(
  { widths, activation }: { readonly widths: unknown; readonly activation?: unknown },
  firstLayer: NetworkConfig["firstLayer"],
): readonly number[] {
  if (!Array.isArray(widths)) fail(TypeError, "widths", "a list of integers", String(widths));
  for (const width of widths) {
    if (!Number.isInteger(width) || width < 1 || width > MAX_WIDTH) {
      fail(RangeError, "widths", `integers from 1 to ${MAX_WIDTH}`, widths);
    }
  }
  const least = firstLayer === "linear" ? 3 : 2;
  if (widths.length < least) {
    const why = activation === "relu" || activation === "tanh"
      ? "at least 3 entries, inputs and outputs included, such as [3, 5, 1]"
      : firstLayer === "linear"
      ? "at least 3 entries, inputs and outputs included, such as [3, 5, 1] (the first map is linear, " +
        "so [3, 1] would hold no spline; use firstLayer spline)"
      : "at least 2 entries, inputs and outputs included, such as [3, 1]";
    fail(RangeError, "widths", why, widths);
  }
  return widths;
}

function check(config: NetworkConfig): void {
  for (const [name, allowed] of Object.entries(CHOICES)) {
    const value = config[name as keyof typeof CHOICES];
    if (!(allowed as readonly string[]).includes(value)) {
      fail(RangeError, name, `one of ${allowed.join(", ")}`, value);
    }
  }
  const { degree, intervals } = config;
  if (!Number.isInteger(degree) || degree < 1 || degree > MAX_DEGREE) {
    fail(RangeError, "degree", `an integer from 1 to ${MAX_DEGREE}`, degree);
  }
  if (!Number.isInteger(intervals) || intervals < 1 || intervals > MAX_INTERVALS) {
    fail(RangeError, "intervals", `an integer from 1 to ${MAX_INTERVALS}`, intervals);
  }
  if (typeof config.bias !== "boolean") fail(TypeError, "bias", "true or false", config.bias);
  if (config.bias && config.firstLayer === "spline") {
    fail(
      RangeError,
      "bias",
      "false when the first layer is splines (they hold the constants)",
      true,
    );
  }
  if (config.basis === "relu" && config.outerKnots === "clamped") {
    fail(
      RangeError,
      "outerKnots",
      "even or free in the relu basis (clamped knots repeat, and their powers coincide)",
      "clamped",
    );
  }
  if (config.outerKnots === "free" && config.knots !== "free") {
    fail(RangeError, "outerKnots", `even or clamped for ${config.knots} knots`, "free");
  }
  const parameters = roughCount(config);
  if (parameters > MAX_PARAMETERS) {
    fail(
      RangeError,
      "widths x intervals",
      `small enough for ${MAX_PARAMETERS} parameters`,
      `${parameters} parameters`,
    );
  }
}

function roughCount({ widths, intervals, degree }: NetworkConfig): number {
  let edges = 0;
  for (let i = 1; i < widths.length; i++) edges += widths[i - 1] * widths[i];
  return edges * (intervals + degree);
}
