/**
 * The command `explain`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** Tells what a network has learned about its inputs. */
export const explainCommand: Command = command({
  name: "explain",
  purpose: "Say what a network has learned: which inputs matter, how they act, alone and together.",
  synopsis: [
    "freeknot explain --model FILE --data FILE.csv [--row N] [--report FILE.html] [--json]",
  ],
  flags: [{
    title: "Flags",
    flags: [
      sharedFlag("model"),
      flag(
        "data FILE.csv",
        "A table with the network's input columns, usually the one it was trained on. A network " +
          "of the gallery needs none: its points are drawn again.",
      ),
      flag("output NAME", "The target, or the class, to explain.", "all"),
      flag("row N", "The row of the table, from 1, whose prediction is taken apart.", "1"),
      flag(
        "rows N",
        "Rows, evenly chosen, that stand for the values of the other inputs.",
        "200, fewer of many inputs",
      ),
      flag("points N", "Positions of an effect's curve.", "41"),
      flag("samples N", "Pairs of rows that shares of variance are estimated from.", "500"),
      sharedFlag("seed", { text: "Draws the pairs of rows and the orders of Shapley values." }),
      sharedFlag("report", { text: "Write the explanation as a page with pictures." }),
      flag("svg FILE.svg", "Write the drawing of the network alone."),
      flag(
        "symbols FILE|auto",
        "Draw the names of functions below the curves of edges: those of a formula that formula " +
          "--fix has written, or auto: functions that a curve follows to a thousandth of its variance.",
      ),
      flag("csv FILE.csv", "Write all numbers as one table, a line for each."),
      sharedFlag("json"),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "The share of the variance of an input is what goes when it is known, alone or with others " +
    "(total index); by itself: the share of its main effect. An effect is the mean of the " +
    "prediction over the rows with one input changed, less a constant; where the input meets no " +
    "other in the network it is exact. The slope is the mean derivative, in units of target per " +
    "unit of the column. The attribution follows deviations along the edges from the output back.",
    "Pairs are ranked by the mean size of the mixed second derivative, exact at 500 rows at most, " +
    "times the deviations of both inputs; the share of the variance is that of all interactions " +
    "with both in them. The row's Shapley values sum to its prediction less the mean; they are " +
    "exact for groups of at most 10 inputs and for additive networks, else sampled, with errors.",
    "Targets on a logarithmic scale are explained as logarithms, on a scale of quantiles as places " +
    "from 0 to 1, classes as logits: there effects add up. Several networks in one model are " +
    "explained by their mean; they have no drawing and no attribution along edges.",
  ],
  examples: {
    "What does the network know?": "freeknot explain --model houses.safetensors --data houses.csv",
    "Why is house 17 so dear?":
      "freeknot explain --model houses.safetensors --data houses.csv --row 17 --report houses.html",
    "The functions that its edges are like":
      "freeknot explain --model houses.safetensors --data houses.csv --svg net.svg --symbols auto",
    "The drawing for a paper":
      "freeknot explain --model houses.safetensors --data houses.csv --svg network.svg",
  },
}, async () => (await import("./steps.ts")).explainSteps);
