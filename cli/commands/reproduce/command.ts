/**
 * The command `reproduce`.
 *
 * @module
 */

import { type Command, command } from "../command.ts";
import { REPRODUCE_FLAGS } from "./flags.ts";

/** Experiments; lib/reproduce has them, too. */
const EXPERIMENTS = [
  "hyperplanes",
  "preconditioner",
  "conditioning",
  "ntk",
  "nesting",
  "transfer",
  "weight-decay",
  "cost",
  "complementarity",
  "continual",
  "first-guesses",
  "scaling",
  "derivatives",
  "special-functions",
  "poisson",
  "knot-theory",
  "imaging",
  "digits",
  "spectral-bias",
  "high-frequencies",
  "sizes",
  "anderson",
  "pde",
];

/** Runs the rows of a published table and lays them beside the paper's numbers. */
export const reproduceCommand: Command = command({
  name: "reproduce",
  purpose: "Run a paper's table or check what it states, and print the numbers beside its own.",
  synopsis: [
    "freeknot reproduce table1|table2|table3 [FLAGS]",
    "freeknot reproduce EXPERIMENT|all [FLAGS]",
    "freeknot reproduce [NAME] --list",
  ],
  flags: REPRODUCE_FLAGS,
  positionals: 1,
  notes: [
    "Data, networks, epochs and seeds are the paper's; in Tables 1 and 2 the work of every row is " +
    "the same. What differs there: steps of L-BFGS are safeguarded (--line-search none takes the " +
    "paper's), numbers are float64, the first parameters are drawn by this library, " +
    "and MLPs, whose epochs and inputs the paper does not print, get 128 on [-1, 1]. Rows that begin with ours are not in the paper, nor are " +
    "variants, which differ from a published row in one choice and show whether it decides.",
    `Experiments: ${EXPERIMENTS.join(", ")}.`,
    "An experiment checks what a paper states: it prints what was measured, and of every claim " +
    "whether it holds (exit code 1 where one does not). docs/reproduce.md tells of each, with its " +
    "source and its minutes; all runs them one after the other.",
    "Table 1 or 2 is 17 or 21 rows of five seeds and takes minutes, Table 3 takes hours; --only " +
    "and --seeds choose, --keep goes on where an earlier call has ended. Ctrl-C ends it: what is " +
    "done by then is printed and written.",
  ],
  examples: {
    "What there is, with sources and minutes": "freeknot reproduce --list",
    "Every experiment in its quick form, with one page":
      "freeknot reproduce all --quick --report all.html",
    "See that it works, in seconds": "freeknot reproduce table1 --quick",
    "All of Table 1, with a page": "freeknot reproduce table1 --report table1.html",
    "The differential equation, our row alone":
      "freeknot reproduce table3 --only ours --seeds 1234 --keep table3.json",
    "Condition numbers of both bases, with a page":
      "freeknot reproduce conditioning --report conditioning.html",
    "Free knots only, the paper's steps beside ours, two seeds":
      "freeknot reproduce table2 --only spline-free --line-search both --seeds 1232,1233",
  },
}, async () => (await import("./steps.ts")).reproduceSteps);
