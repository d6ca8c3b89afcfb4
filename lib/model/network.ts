/**
 * A network as data: configuration, one flat parameter vector, normalisation statistics.
 *
 * @module
 */

import { checkRecord } from "../numerics/inner.ts";
import type { OuterKnots } from "../knots/mod.ts";
import type { EdgeGrids, EdgeRows } from "./edge_mask.ts";

/** A complete configuration; {@linkcode resolveConfig} makes one from a few fields. */
export interface NetworkConfig {
  /** Nodes per layer, inputs first: `[2, 5, 1]`. */
  readonly widths: readonly number[];
  /**
   * The nonlinear functions: `"spline"`, learned splines on the edges, to which the options below
   * belong, or `"relu"` or `"tanh"`, an MLP: linear maps with `max(0, x)` or `tanh(x)` between
   * them. The spline options of an MLP have fixed values, `intervals` is 1.
   */
  readonly activation: "spline" | "relu" | "tanh";
  /** Polynomial degree of every spline, 1 to 9. */
  readonly degree: number;
  /** Pieces of every spline on its domain. */
  readonly intervals: number;
  /** Whether the first map is linear (the papers' networks) or splines (pykan's). */
  readonly firstLayer: "linear" | "spline";
  /** Whether the linear first map has a bias; of an MLP all linear maps but the last. */
  readonly bias: boolean;
  /** Extra branch `w silu(x)` on every edge of a spline layer. */
  readonly base: "none" | "silu";
  /** How the input of a spline layer is mapped onto its domain. */
  readonly normalisation: "minmax" | "batchnorm" | "none";
  /** The domain `[a, b]` of every spline. */
  readonly domain: readonly [number, number];
  /** Knots inside the domain. */
  readonly knots: "uniform" | "fixed" | "free";
  /** One knot vector per input node of a layer, or one per layer. */
  readonly knotSharing: "input" | "layer";
  /** Knots beyond the ends of the domain. */
  readonly outerKnots: OuterKnots;
  /** The basis whose coefficients are the parameters. */
  readonly basis: "bspline" | "relu";
  /** What a spline does outside its domain. */
  readonly extrapolation: "linear" | "clamp" | "error";
  /**
   * Which edges of the spline layers exist: per layer null for all, or for every input a word with a
   * `1` for every output that it leads to and a `0` for the others, such as `["101", "010"]`. Absent:
   * all exist. Missing edges have no parameters.
   */
  readonly edges?: readonly (EdgeRows | null)[];
}

/** One named block of the flat parameter vector; the last axis runs fastest. */
export interface ParameterBlock {
  /**
   * `linear.weights`, `linear.bias`, `spline0.coefficients`, `spline0.knotLogits`, ...; of an MLP
   * `linear0.weights`, `linear0.bias`, `linear1.weights`, ...
   */
  readonly name: string;
  /** Index of the first entry in the parameter vector. */
  readonly offset: number;
  /** Shape, row-major. */
  readonly shape: readonly number[];
  /** Number of entries, the product of `shape`. */
  readonly size: number;
}

/**
 * What one spline layer's normalisation has measured, per input node: `{ minimum, maximum }`
 * or `{ mean, variance }` (biased) of the layer's raw inputs over the training set.
 */
export type NormalisationStatistics =
  | { readonly kind: "none" }
  | { readonly kind: "minmax"; readonly minimum: Float64Array; readonly maximum: Float64Array }
  | { readonly kind: "batchnorm"; readonly mean: Float64Array; readonly variance: Float64Array };

/** A network: plain data, never changed in place by this library's functions. */
export interface Network {
  /** The resolved configuration. */
  readonly config: NetworkConfig;
  /** Where each block of parameters lies. */
  readonly layout: readonly ParameterBlock[];
  /** All parameters, shape `[number of parameters]`, float64. */
  readonly parameters: Float64Array;
  /** Per spline layer, first to last. */
  readonly statistics: readonly NormalisationStatistics[];
  /**
   * `knots: "fixed"` only: per spline layer the breakpoints `t_0..t_n`, shape
   * `[nIn or 1, intervals + 1]`, row-major.
   */
  readonly breakpoints?: readonly Float64Array[];
  /**
   * Which of the knots inside the domain each edge has, where they do not all have those of their
   * node: per spline layer a word of `0` and `1` for every edge, shape `[nIn, nOut]`. Coefficients are
   * those on the node's knots; training moves the fewer ones on the edge's. `removeKnots` makes such
   * networks; functions that make a network of another grid leave it out.
   */
  readonly edgeGrids?: EdgeGrids;
}

/** Throws a `TypeError` unless an argument is a network. */
export function checkNetwork(verb: string, network: unknown): void {
  const rule = "a network (createNetwork makes one)";
  checkRecord(verb, "network", network, rule, ["config", "parameters"]);
}
