/**
 * What an explanation says, as plain data in the units of the table.
 *
 * @module
 */

import type { NetworkScores } from "../scores/mod.ts";
import type { OutputUnit } from "../structure/mod.ts";

/** How much one input matters for one output. */
export interface InputImportance {
  /** Name of the column. */
  readonly name: string;
  /** Share of the variance of the predictions in which the input has a part, with others too. */
  readonly total: number;
  /** Standard error of `total`: it comes from pairs of rows that are drawn. */
  readonly totalError: number;
  /** Share of the variance that its own effect has. */
  readonly main: number;
  /** Mean derivative by the column, in units of output per unit of the column. */
  readonly slope: number;
  /** Mean size of the derivative, in the same units. */
  readonly slopeSize: number;
  /** Mean size of the derivative by the scaled input, times its deviation, in units of output. */
  readonly sensitivity: number;
  /** What arrives of the input at the output, as pykan's attribution; of one network only. */
  readonly attribution?: number;
  /** The input's share of the output's variance along the edges; of one network only. */
  readonly share?: number;
}

/** The effect of one input, by itself. */
export interface EffectCurve {
  /** Name of the column. */
  readonly name: string;
  /** Positions, in the units of the column. */
  readonly x: readonly number[];
  /** The centred effect. */
  readonly value: readonly number[];
  /** Standard error of `value`; 0 where it is exact. */
  readonly error: readonly number[];
  /** A tenth of the rows have a lower curve. */
  readonly low: readonly number[];
  /** A tenth of the rows have a higher curve. */
  readonly high: readonly number[];
  /** Whether the effect is the same at all rows. */
  readonly exact: boolean;
}

/** Two inputs that act together. */
export interface Interaction {
  /** Names of the columns. */
  readonly inputs: readonly [string, string];
  /** Share of the variance of the predictions in interactions that hold both. */
  readonly share: number;
  /** Standard error of `share`. */
  readonly shareError: number;
  /**
   * Mean size of the mixed second derivative, by scaled inputs, times both deviations, in units of
   * output; absent where second derivatives say nothing (degree 1, ReLU).
   */
  readonly strength?: number;
  /** The same with its sign: positive where they amplify each other. */
  readonly sign?: number;
}

/** Why one row is predicted as it is. */
export interface RowExplanation {
  /** The row, from 1. */
  readonly row: number;
  /** Mean prediction of the background rows. */
  readonly mean: number;
  /** Prediction of the row: `mean` plus all values. */
  readonly prediction: number;
  /** Whether the values are exact for the background. */
  readonly exact: boolean;
  /** Shapley value of every input, and its value in the row. */
  readonly inputs: readonly {
    readonly name: string;
    readonly x: number;
    readonly value: number;
    readonly error: number;
  }[];
}

/** What one output does. */
export interface OutputExplanation extends Pick<OutputUnit, "name" | "kind"> {
  /** Which output of the network, from 0. */
  readonly output: number;
  /** Mean prediction. */
  readonly mean: number;
  /** Standard deviation of the predictions. */
  readonly deviation: number;
  /** Groups of inputs that the output is a sum over, by name; each of one: additive. */
  readonly groups: readonly (readonly string[])[];
  /** Share of the variance of the predictions that main effects account for. */
  readonly additiveShare: number;
  /** One per input, in their order. */
  readonly inputs: readonly InputImportance[];
  /** One per input, in their order. */
  readonly effects: readonly EffectCurve[];
  /** Pairs that can act together, the strongest first. */
  readonly interactions: readonly Interaction[];
  /** One row, where it was asked for. */
  readonly row?: RowExplanation;
}

/** What a network has learned. */
export interface Explanation {
  /** Names of the input columns. */
  readonly inputs: readonly string[];
  /** Rows that were looked at. */
  readonly rows: number;
  /** Rows that stand for the other inputs' values in effects. */
  readonly background: number;
  /** Pairs of rows that variances were estimated from. */
  readonly samples: number;
  /** What was drawn was drawn by this. */
  readonly seed: number;
  /** The outputs that were asked for. */
  readonly outputs: readonly OutputExplanation[];
  /** Scores of all edges; of one network only. */
  readonly scores?: NetworkScores;
}
