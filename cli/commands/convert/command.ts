/**
 * The command `convert`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** Rewrites networks of splines and ReLU networks as each other. */
export const convertCommand: Command = command({
  name: "convert",
  purpose: "Rewrite a ReLU network as splines, or splines of degree 1 as a ReLU network, exactly.",
  synopsis: ["freeknot convert --model FILE --to relu|splines --model-out FILE [--json]"],
  flags: [{
    title: "Flags",
    flags: [
      sharedFlag("model", { text: "A network that train or convert kept." }),
      flag("to KIND", "relu: a sparse ReLU network; splines: a network of splines."),
      sharedFlag("model-out", {
        text: "Where the result goes; a sparse ReLU network is JSON where the name ends in .json.",
      }),
      flag(
        "minimal",
        "Take away units and knots that change nothing, and prove for up to three inputs that " +
          "the function is the same; --to splines then takes splines of degree 1, too.",
      ),
      flag("full", "Of relu: write an MLP with full matrices, which train's engines know."),
      flag(
        "degree N",
        "Of splines: 1 to 9; above 1 every kink is N free knots at one place.",
        "1",
      ),
      flag("knots KIND", "Of splines: fixed or free.", "fixed, free above degree 1"),
      sharedFlag("json"),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "Both networks are the same function on the whole space, to rounding. A ReLU network from " +
    "splines has one set of units per input node, because its edges share their knots: n k units " +
    "instead of the n^2 (k + 1) of the paper's theorem. Entries that are 0 are not stored.",
    "Splines must have degree 1 and no base branch. Of a higher degree the activation is a power of " +
    "ReLU, and the result is the same on the domains of the splines only.",
    "predict, evaluate, inspect and explain read both kinds; columns, scales and labels go along.",
  ],
  examples: {
    "A ReLU network to look at, prune and train on as splines":
      "freeknot convert --model mlp.safetensors --to splines --model-out splines.safetensors",
    "As few knots as the function needs":
      "freeknot convert --model splines.safetensors --to splines --minimal --model-out s.safetensors",
    "Splines for a program that knows ReLU":
      "freeknot convert --model splines.safetensors --to relu --model-out relu.json",
  },
}, async () => (await import("./steps.ts")).convertSteps);
