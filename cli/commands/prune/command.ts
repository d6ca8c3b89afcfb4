/**
 * The command `prune`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** Makes a network smaller. */
export const pruneCommand: Command = command({
  name: "prune",
  purpose: "Take away inputs, nodes and edges that do no good, and keep the smaller network.",
  synopsis: [
    "freeknot prune --model FILE --data FILE.csv --model-out FILE [--tolerance R] [--json]",
  ],
  flags: [{
    title: "What goes",
    flags: [
      flag(
        "tolerance R",
        "Share of the judged loss that a removal may cost.",
        "0.01; without limit with the flags below",
      ),
      flag("keep-inputs N", "Take away inputs until N are left."),
      flag(
        "keep-nodes N,N",
        "Take away hidden nodes until so many are left in each hidden layer, from the inputs on.",
      ),
      flag(
        "keep-edges N",
        "Take away edges of splines until N are left, and nodes that are left without any.",
      ),
      flag("threshold R", "Take away only inputs, nodes and edges whose attribution is below."),
      flag(
        "knots-tolerance R",
        "At the end take knots away while every edge stays this near at the training rows: a share of " +
          "the deviation of the node where it ends (0.001 is hardly seen).",
        "all knots stay; 0.001 with the flags below",
      ),
      flag(
        "knots-maximum R",
        "The same for the largest error anywhere in the domain, by a bound that holds exactly.",
      ),
      flag(
        "edge-knots",
        "Each edge keeps only the knots that it needs by itself; then the network is refitted on these " +
          "grids.",
      ),
    ],
  }, {
    title: "How",
    flags: [
      sharedFlag("model"),
      flag(
        "data FILE.csv",
        "The table that the network was trained on, or another with its columns and targets. A " +
          "network of the gallery needs none: its points are drawn again.",
      ),
      sharedFlag("model-out", { text: "Keep the smaller network, for all other commands." }),
      flag("epochs N", "Epochs of every refit.", "12 of Gauss-Newton, 4 of L-BFGS"),
      sharedFlag("seed", { text: "Draws the rows that judge." }),
      sharedFlag("threads"),
      sharedFlag("json"),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "Of the table that the network was trained on the training rows count: validation rows judge, " +
    "or else a fifth of the training rows; test rows stay apart and say what it cost. Of another " +
    "table all rows count.",
    "Inputs and nodes are ranked by the loss with their means in their place. Half of them are " +
    "tried at once, then fewer, down to one; after every removal the network is refitted and " +
    "judged by rows that it was not refitted on, so that inputs that only helped to learn noise " +
    "by heart go first. A removal that costs more than the tolerance, and more than the standard " +
    "error of the rows' differences, is taken back. Where too many parameters stand against the rows, all this is done on a coarser grid, and what is left is on " +
    "the grid that does better. Refits on classes have a weight decay of 1e-3, or one that folds choose, if training had none.",
    "Of a network without hidden nodes, on at most 2,000 rows without validation rows, all rows judge: " +
    "in five folds, each by a network trained on the others. Its inputs go as long as the loss is " +
    "within the standard error of the lowest; of classes the networks learn how probable they are by " +
    "networks with all inputs that have not seen the row.",
    "Refits keep the sparsity and smoothness of the training. Where more inputs went than stayed, what " +
    "is left is trained anew from four starts on several grids, and the network kept that stays " +
    "nearest to the others where columns are mixed.",
    "Inputs that went although errors still depend on them (the network had never learned what they " +
    "do) come back: a new network is trained on what is left and on them, and pruned in its turn.",
    "Where no node can go any more edges of splines go in the same way, their means into the other " +
    "edges that lead to the same node. The file then holds a mask, and the parameters of the edges " +
    "that are left; all other commands take it. An output keeps a path from the inputs: fewer edges than that need are refused, with the scores of the edges.",
    "--knots-tolerance leaves each knot vector the knots that its edges need: they are no longer " +
    "even, and fixed from then on. Nothing is refitted after it.",
    "--edge-knots gives every edge a grid of its own. The file has the coefficients on the knots of all " +
    "edges of a node, for every reader, and which knots are whose; training from it moves only the " +
    "coefficients on the grids of the edges. The parameters that are printed are these.",
    "The network in the new file reads only the columns that are left. Networks of the gallery keep " +
    "their inputs. Of several networks in one file each must be pruned by itself, from its own file.",
  ],
  examples: {
    "Which columns does it need?":
      "freeknot prune --model houses.safetensors --data houses.csv --model-out small.safetensors",
    "The ten edges that matter most":
      "freeknot prune --model f.safetensors --data f.csv --keep-edges 10 --model-out ten",
    "The best three":
      "freeknot prune --model houses.safetensors --data houses.csv --keep-inputs 3 --model-out three",
  },
}, async () => (await import("./steps.ts")).pruneSteps);
