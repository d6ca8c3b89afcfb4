/**
 * The flags of sparsity and smoothness.
 *
 * @module
 */

import { defined } from "../../lib/numerics/inner.ts";
import type { Sparsity } from "../../lib/train/mod.ts";
import { UsageError } from "../terminal/errors.ts";
import type { GivenFlags } from "./parse.ts";
import { numberPart, textFlag } from "./values.ts";

/** What the flags ask for; `auto`: the rows choose. */
export interface PenaltyRequest {
  readonly sparsity?: Omit<Sparsity, "lambda"> & { readonly lambda: number | "auto" };
  readonly smoothness?: number | "auto";
}

/** The parts of `--sparsity` in their order. */
const SPARSITY_PARTS = ["lambda", "l1", "entropy", "inputs", "nodes"] as const;

/** Reads `--sparsity LAMBDA[,MU1,MU2[,INPUTS,NODES]]` and `--smoothness X`, or auto. */
export function readPenalties(given: GivenFlags): PenaltyRequest {
  const text = textFlag(given, "sparsity"), smooth = textFlag(given, "smoothness");
  return defined({
    sparsity: text === undefined ? undefined : readSparsity(text),
    smoothness: smooth === undefined ? undefined : readWeight("smoothness", smooth, smooth, true),
  });
}

function readSparsity(text: string): NonNullable<PenaltyRequest["sparsity"]> {
  const words = text.split(",");
  if (![1, 3, 5].includes(words.length)) {
    throw new UsageError(
      "Cannot read flags: --sparsity must be LAMBDA, LAMBDA,MU1,MU2 or " +
        `LAMBDA,MU1,MU2,INPUTS,NODES, current value is ${JSON.stringify(text)}`,
    );
  }
  const numbers = words.map((word, i) => readWeight("sparsity", word.trim(), text, i === 0));
  return Object.fromEntries(
    numbers.map((number, i) => [SPARSITY_PARTS[i], number]),
  ) as unknown as NonNullable<PenaltyRequest["sparsity"]>;
}

function readWeight(flag: string, word: string, text: string, auto: boolean): number | "auto" {
  if (auto && word === "auto") return "auto";
  const value = numberPart(word);
  if (value >= 0 && value < Infinity) return value;
  throw new UsageError(
    `Cannot read flags: --${flag} must be ${auto ? "auto or " : ""}numbers >= 0, ` +
      `current value is ${JSON.stringify(text)}`,
  );
}
