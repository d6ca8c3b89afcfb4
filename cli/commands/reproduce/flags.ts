/**
 * The flags of `reproduce`.
 *
 * @module
 */

import { flag, type FlagGroup } from "../../flags/parse.ts";
import { sharedFlag } from "../../flags/shared.ts";

/** All flags of the command. */
export const REPRODUCE_FLAGS: readonly FlagGroup[] = [
  {
    title: "What to run",
    flags: [
      flag(
        "only WORDS",
        "Rows whose names hold these words, with dashes between them, such as " +
          "spline-free or mlp; several with commas.",
        "all rows",
      ),
      flag(
        "seeds N,N,...",
        "Seeds of the first parameters; 1234..1238 is a range of them.",
        "the paper's five",
      ),
      flag(
        "line-search KIND",
        "Of L-BFGS, in table1 and table2: wolfe is safeguarded; none is the paper's " +
          "setting, unit steps; both prints every published row twice.",
        "wolfe",
      ),
      flag(
        "perturbation E",
        "Of table3: factor of u_xx + u_tt in Burgers' equation, which the paper does not print.",
        "0.05",
      ),
      flag(
        "quick",
        "Try it: one seed, few points, a quarter of the epochs (table3: a twentieth). Not " +
          "comparable.",
      ),
      sharedFlag("threads"),
    ],
  },
  {
    title: "Output (existing files are replaced)",
    flags: [
      flag(
        "keep FILE.json",
        "Write every run there as soon as it is done, and do not repeat those that it holds.",
      ),
      sharedFlag("report", {
        text: "Write the table as a page, with every row's convergence on one chart.",
      }),
      sharedFlag("json", { text: "Print the result on stdout as one JSON object." }),
      sharedFlag("quiet", { text: "No progress on stderr." }),
    ],
  },
];
