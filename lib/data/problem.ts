/**
 * What a benchmark problem is.
 *
 * @module
 */

import type { NetworkConfig } from "../model/mod.ts";

/** One row of the table that a paper prints for a problem. */
export interface PaperRow {
  /** What was trained, in words: `spline, multilevel, free knots`. */
  readonly label: string;
  /** The kind of network; only a KAN has basis, fidelity and knots. */
  readonly network: "kan" | "mlp";
  /** Nodes per layer. */
  readonly widths: readonly number[];
  /** The basis whose coefficients were trained. */
  readonly basis?: NetworkConfig["basis"];
  /** The grid of training: coarse, fine, or from coarse to fine. */
  readonly fidelity?: "coarse" | "fine" | "multilevel";
  /** Whether the knots were trained. */
  readonly knots?: "uniform" | "free";
  /** Number of trainable parameters. */
  readonly parameters: number;
  /**
   * Mean squared error on scaled targets, or a differential equation's loss: mean of five seeds.
   */
  readonly mse: number;
  /** Standard deviation of that error. */
  readonly deviation: number;
}

/** A function to be learned, with all that makes the benchmark repeatable. */
export interface Problem {
  /** What the command line calls it. */
  readonly name: string;
  /** One line for a list. */
  readonly title: string;
  /** The formula as plain text. */
  readonly formula: string;
  /** Where it comes from. */
  readonly source: string;
  /** Number of inputs. */
  readonly nIn: number;
  /** Range of each input, `nIn` pairs; points are drawn uniformly from it. */
  readonly domain: readonly (readonly [number, number])[];
  /** Training points by default. */
  readonly rows: number;
  /**
   * The function.
   *
   * @param x Holds the point at `x[offset .. offset + nIn - 1]`.
   * @param offset Default 0.
   */
  evaluate(x: ArrayLike<number>, offset?: number): number;
  /** The published network. */
  readonly defaults: Readonly<Partial<NetworkConfig>> & { readonly widths: readonly number[] };
  /** Seeds of the published runs, where they are known. */
  readonly seeds?: readonly number[];
  /** Published results. */
  readonly paper?: { readonly table: string; readonly rows: readonly PaperRow[] };
}
