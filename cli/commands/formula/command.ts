/**
 * The command `formula`.
 *
 * @module
 */

import { type Command, command } from "../command.ts";
import { FORMULA_FLAGS } from "./flags.ts";

/** Finds a formula for what a network has learned. */
export const formulaCommand: Command = command({
  name: "formula",
  purpose: "Find a formula for what a network has learned from a table.",
  synopsis: [
    "freeknot formula --model FILE --data FILE.csv [--library NAMES] [--complexity X] [--json]",
    "freeknot formula --model FILE --data FILE.csv --fix EDGE=NAME,...",
    "freeknot formula --model FILE.json --data FILE.csv --fix c1=VALUE,...",
  ],
  flags: FORMULA_FLAGS,
  notes: [
    "Formulas are judged whole: all constants of a candidate are fitted together to the rows " +
    "(training rows, if the table is the one that the network was trained on), by Gauss-Newton steps " +
    "in float64. The front has for every complexity the formula with the least error; the one that " +
    "is chosen has the shortest description of itself and of the errors it leaves.",
    "Measured constants become exact ones (2/3, pi, sqrt(2)) where they lie within their error bars " +
    "and the error allows; the output says which.",
    "With units in the header (length [m]) formulas of the right dimension are tried first.",
    "Of a network of classes the formulas are those of its logits: of two classes the shortest whose " +
    "cross-entropy is within a standard error of the network's.",
    "Ctrl-C ends the search and prints the front found so far (exit code 130).",
  ],
  examples: {
    "What is it that the network has learned?":
      "freeknot formula --model f.safetensors --data f.csv",
    "Keep the formula, and predict with it":
      "freeknot formula --model f.safetensors --data f.csv --model-out f.json",
    "Make one edge a sine and train the others":
      "freeknot formula --model f.safetensors --data f.csv --fix 0.0.1=sin --model-out half.json",
    "Give a measured constant of a formula its value":
      "freeknot formula --model f.json --data f.csv --fix c1=9.81 --model-out g.json",
  },
}, async () => (await import("./steps.ts")).formulaSteps);
