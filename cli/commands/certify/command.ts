/**
 * The command `certify`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** Proves what a network cannot exceed. */
export const certifyCommand: Command = command({
  name: "certify",
  purpose: "Prove bounds of a network on a box: of its outputs and slopes; prove or refute claims.",
  synopsis: [
    "freeknot certify --model FILE [--box x=0:1,y=-2:3] [--monotone x:+,y:-] [--convex x] [--json]",
    "freeknot certify --model SOLVED [--residual] [--box t=0:0.5] [--json]",
  ],
  flags: [{
    title: "Flags",
    flags: [
      sharedFlag("model"),
      flag(
        "box COL=A:B,...",
        "Ranges of the inputs, in the units of the table; COL=A holds an input at a value.",
        "the ranges of the training rows",
      ),
      flag("output NAME", "The target, or the class, to look at; the unknown of --range.", "all"),
      flag(
        "tolerance R",
        "By which share of the range a bound may exceed what is reached.",
        "0.001",
      ),
      flag(
        "boxes N",
        "Most boxes for one bound.",
        "100000 of outputs and claims, 20000 of slopes, fewer for large networks; 50000 of solutions, fewer " +
          "of more than two coordinates",
      ),
      {
        name: "residual",
        text:
          "Of a solution that solve wrote: by how much every equation and condition misses at " +
          "most, anywhere in the box.",
      },
      {
        name: "slopes",
        text: "Bound slopes of a large model of a search, too; of other models they always are.",
      },
      { name: "curvature", text: "Bound second derivatives as well." },
    ],
  }, {
    title: "Claims, to be proven or refuted",
    flags: [
      flag("monotone COL:+,COL:-", "The output never falls, or never rises, with a column."),
      flag("convex COL,COL", "The output is a convex function of a column."),
      flag("concave COL,COL", "The output is a concave function of a column."),
      flag(
        "range A:B",
        "The output stays between A and B; of two classes the probability; of a solution an unknown.",
      ),
    ],
  }, { title: "Output", flags: [sharedFlag("json"), sharedFlag("quiet")] }],
  notes: [
    "Bounds are proven: no input in the box leads beyond them, in exact arithmetic and in the " +
    "program's own. Beside them stands what is reached for certain. A status says tight where the " +
    "two agree to the tolerance, budget where the boxes were used up before; the bounds hold all " +
    "the same. Slopes hold in exact arithmetic and, at kinks, for both sides.",
    "A claim is proven, refuted by a point that is printed, or undecided: then the boxes were used " +
    "up, and the bound that is known is printed; more --boxes may decide. The exit code is 0 where " +
    "all claims are proven, 1 where one is not.",
    "Slopes are in units of the target per unit of the column; of classes they are those of the " +
    "logit. The steepness is the largest length of the gradient by the scaled inputs, in which " +
    "each column's training range is 1. Convexity needs columns that are scaled by their range.",
    "Of an ensemble (train --keep mean) the mean is looked at; of one for two classes the mean " +
    "probability, in which its slopes are.",
    "Of a model that a search has found the weighed sum of its networks is looked at, of classes its " +
    "logits, cut off where its numbers stay within bounds: there slopes are 0, or at the bound " +
    "anything between. Steps of trees have slopes of any size; with more than 10,000 numbers slopes " +
    "are bounded with --slopes alone, and bounds of outputs may be far from what is reached.",
    "Of the solution of an equation the unknowns are bounded, its ansatz and periodic coordinates " +
    "included; --residual bounds left side minus right side of every equation in the box, and of " +
    "every condition on its faces, beside a point at which so much is reached. Inverse problems " +
    "are looked at with the coefficients that were found. The tolerance is then a share of the " +
    "largest residual.",
  ],
  examples: {
    "What can it predict at most?": "freeknot certify --model houses.safetensors",
    "Is a larger house never cheaper?":
      "freeknot certify --model houses.safetensors --monotone size:+",
    "Does a solution fulfil its equation everywhere?":
      "freeknot certify --model burgers.safetensors --residual",
    "A part of the domain, to six digits":
      "freeknot certify --model xor.safetensors --box x=0:1,y=-0.5:0.5 --tolerance 1e-6",
  },
}, async () => (await import("./steps.ts")).certifySteps);
