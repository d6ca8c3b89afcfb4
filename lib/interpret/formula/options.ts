/**
 * What a search for formulas takes and gives.
 *
 * @module
 */

import type { ColumnScale, Rows } from "../../data/mod.ts";
import type { Network } from "../../model/mod.ts";
import type { Formula } from "../expressions/formula.ts";
import type { RoundedConstant } from "./round_constants.ts";

/** Rows to find a formula for. */
export interface FormulaData {
  /** Rows of numbers. */
  readonly inputs: Rows;
  /** One number for each row. */
  readonly targets: Rows;
  /** Names of the columns. Default: `x` of one, `x, y` of two, else `x1, x2, ...`. */
  readonly names?: readonly string[];
}

/** A network, and how columns become its inputs. */
export interface TrainedNetwork {
  /** The network. */
  readonly network: Network;
  /** The output that predicts the target. Default: the first. */
  readonly output?: number;
  /** The ranges that the network's inputs are scaled by; empty or absent: they are as they are. */
  readonly scale?: readonly ColumnScale[];
}

/** What a search may use; all may be left out. */
export interface FormulaOptions {
  /** A network that was trained on the rows: its derivatives tell of symmetries. */
  readonly network?: TrainedNetwork;
  /** Names of the functions that formulas may have. Default: all. */
  readonly library?: readonly string[];
  /** Longest formula. Default: any. */
  readonly complexity?: number;
  /** Ends the search: the front found so far is the result. */
  readonly signal?: AbortSignal;
  /** Hears of every stage. */
  readonly onStage?: (stage: string) => void;
  /** Units of the columns and, last, of the target: `"m/s^2"`. */
  readonly units?: readonly (string | undefined)[];
}

/** A formula, and how good it is. */
export interface FoundFormula {
  /** With its constants. */
  readonly formula: Formula;
  /** Mean squared error on the rows. */
  readonly loss: number;
  /** 1 for every column and operation, up to 2 for a number, 1 to 3 for a function. */
  readonly complexity: number;
  /** Measured constants in it. */
  readonly parameters: number;
  /** How it was found. */
  readonly origin: string;
  /** Constants that were measured and then rounded to exact ones. */
  readonly rounded: readonly RoundedConstant[];
}

/** The end of a search. */
export interface FormulaSearch {
  /** The formula with the shortest description of itself and of the errors it leaves. */
  readonly best: FoundFormula;
  /** For every complexity the formula with the least loss, if no shorter one is as good. */
  readonly front: readonly FoundFormula[];
  /** `exact`: the error of the best is rounding; `stopped`: by the signal. */
  readonly status: "exact" | "found" | "stopped";
  /** Formulas that were fitted. */
  readonly considered: number;
  /** What the network's derivatives tell, in words. */
  readonly findings: readonly string[];
}
