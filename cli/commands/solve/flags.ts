/**
 * The flags of `solve`.
 *
 * @module
 */

import { sharedFlag } from "../../flags/shared.ts";
import {
  bfgs,
  gaussNewton,
  gradientDescent,
  lbfgs,
  type Optimizer,
  ssbroyden,
} from "../../../lib/train/mod.ts";
import { flag, type FlagGroup } from "../../flags/parse.ts";
import { CLUSTER_GROUP } from "../../flags/cluster.ts";
import { pictureFlags, SOLVE_PICTURES } from "../../flags/pictures.ts";
import { POINT_FLAGS } from "./points.ts";

/** The algorithms by the name of the flag's value. */
// deno-lint-ignore no-explicit-any
export const PDE_OPTIMIZERS: Readonly<Record<string, () => Optimizer<any>>> = {
  "gauss-newton": gaussNewton,
  lbfgs,
  bfgs,
  ssbroyden,
  "gradient-descent": gradientDescent,
};

/** All flags of the command. */
export const SOLVE_FLAGS: readonly FlagGroup[] = [
  {
    title: "Problem",
    flags: [
      flag("problem NAME", "A problem of the gallery."),
      flag("file FILE.json", "A problem of your own; see below."),
      flag("modes N", 'Eigenvalues of a problem with the field "eigenvalue": how many.', "3"),
      flag("near X", "Eigenvalues nearest to this number.", "the lowest ones"),
      flag("list", "Print the gallery and stop."),
      flag(
        "from MODEL",
        "Begins with the network of a solved problem (--model-out), such as a neighbour of this one.",
      ),
    ],
  },
  {
    title: "Network and training",
    flags: [
      flag(
        "hidden N,...",
        "Widths between inputs and outputs.",
        "the problem's, else none in one dimension and 5,5 in more",
      ),
      flag(
        "degree N",
        "Degree of the splines: at least one more than the highest derivative.",
        "the problem's, else 5",
      ),
      flag(
        "intervals N",
        "Pieces of each spline on the coarsest level.",
        "the problem's, else 8 in one dimension and 4 in more",
      ),
      flag(
        "knots KIND",
        "uniform, or free: trained, so that they move to steep fronts.",
        "the problem's, else uniform",
      ),
      flag(
        "schedule N,...",
        "Epochs per level, each level with twice the intervals of the one before.",
        "the problem's, else found on the way",
      ),
      sharedFlag("tolerance"),
      sharedFlag("time-limit"),
      flag(
        "optimizer NAME",
        `auto, ${
          Object.keys(PDE_OPTIMIZERS).join(" or ")
        }; auto is gauss-newton up to 2,500 parameters.`,
        "auto",
      ),
      flag(
        "engine KIND",
        "cpu, or webgpu: all grids but the last in float32 on a GPU, the last in float64 on the CPU.",
        "cpu",
      ),
      flag(
        "basis KIND",
        "bspline, or relu: splines as sums of ReLU powers.",
        "the problem's, else bspline",
      ),
      sharedFlag("seed"),
      sharedFlag("seeds", {
        text:
          "Solve from each of these seeds, one after the other, and keep the solution with the " +
          "lowest residuals at fresh points: 1234..1238, or 1,2,5.",
      }),
      sharedFlag("threads", {
        text: "Threads; results are the same for any number.",
        fallback: "all cores",
      }),
    ],
  },
  { title: "Points and weights", flags: POINT_FLAGS },
  CLUSTER_GROUP,
  {
    title: "Output",
    flags: [
      flag(
        "out FILE.csv",
        "Writes the solution on a grid, and beside it the true one if it is known.",
      ),
      sharedFlag("model-out", { text: "Writes the network and the problem." }),
      sharedFlag("checkpoint", {
        text: "Keeps the state of the run in this file; where it exists, goes on from it.",
      }),
      sharedFlag("checkpoint-every"),
      sharedFlag("resume", {
        text: "Goes on from this checkpoint, which must exist, with the flags that its run had.",
      }),
      sharedFlag("report", {
        text: "Writes a page to look at: solution, error, residual, loss by term, moving knots.",
      }),
      ...pictureFlags(SOLVE_PICTURES, "loss, network, solution, error"),
      sharedFlag("json", { text: "Print one JSON object to stdout, and nothing else there." }),
      sharedFlag("quiet", { text: "Show no progress." }),
    ],
  },
];
