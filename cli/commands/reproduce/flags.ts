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
        "list",
        "Run nothing: list tables and experiments with their sources and minutes, or after a name " +
          "the rows or parts that --only chooses from.",
      ),
      flag(
        "only WORDS",
        "Rows of a table, or parts of an experiment, whose names hold these words, with dashes " +
          "between them, such as spline-free, mlp, degree-3; several with commas.",
        "all",
      ),
      flag(
        "seeds N,N,...",
        "Seeds of the first parameters; 1234..1238 is a range of them.",
        "the paper's",
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
        "Try it in seconds. Tables: one seed, few points, a quarter of the epochs (table3: a " +
          "twentieth), not comparable. Experiments: smaller grids and shorter runs.",
      ),
      flag("model FILE", "A network of your own to measure, in experiments that take one."),
      flag("data FILE", "A table of your own, in experiments that take one."),
      sharedFlag("threads"),
    ],
  },
  {
    title: "Output (existing files are replaced)",
    flags: [
      flag(
        "keep FILE.json",
        "Write every run or part there as soon as it is done, and do not repeat those that it " +
          "holds.",
      ),
      sharedFlag("report", {
        text: "Write tables and charts as a page.",
      }),
      sharedFlag("json", { text: "Print the result on stdout as one JSON object." }),
      sharedFlag("quiet", { text: "No progress on stderr." }),
    ],
  },
];
