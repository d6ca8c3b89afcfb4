/**
 * The flags of `formula`.
 *
 * @module
 */

import { flag, type FlagGroup } from "../../flags/parse.ts";
import { sharedFlag } from "../../flags/shared.ts";

/** How the best formula is printed alone. */
export const STYLES = ["plain", "latex", "javascript", "python", "json", "squares"] as const;

/** The flags of `formula`. */
export const FORMULA_FLAGS: readonly FlagGroup[] = [{
  title: "Model and data",
  flags: [
    sharedFlag("model", { text: "A network that train kept, or a formula that formula kept." }),
    flag(
      "data FILE.csv",
      "The table that the network was trained on, or another with its columns. A network of the " +
        "gallery needs none.",
    ),
  ],
}, {
  title: "Formulas",
  flags: [
    flag(
      "library NAME,NAME",
      "Functions that formulas may have, besides sums and products: sin,exp,x^2.",
      "all",
    ),
    flag("complexity X", "Longest formula: 1 for a column or an operation.", "any"),
    flag(
      "fix EDGE=NAME,...",
      "Make these edges of the network symbols and train the rest: 0.0.1=sin (spline layer, input, " +
        "output, from 0). 0.0.1=constant takes the edge out. Of a formula c1=pi/2 gives its first " +
        "measured constant a value, and the others are fitted anew.",
    ),
  ],
}, {
  title: "Output",
  flags: [
    sharedFlag("model-out", {
      value: "FILE.json",
      text: "Keep the formula as a model, for predict, evaluate, inspect.",
    }),
    flag(
      "print STYLE",
      `Print the best formula alone: ${STYLES.join(", ")}.`,
      "the front and the formula",
    ),
    sharedFlag("json"),
    sharedFlag("quiet"),
  ],
}];
