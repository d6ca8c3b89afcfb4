/**
 * The flags of `train`.
 *
 * @module
 */

import { sharedFlag } from "../../flags/shared.ts";
import { CLUSTER_GROUP } from "../../flags/cluster.ts";
import { SCHEDULE_FLAGS } from "../../flags/schedule.ts";
import { FIRST_ORDER_FLAGS } from "../../flags/first_order.ts";
import { JUDGING_FLAGS } from "../../flags/judging.ts";
import { pictureFlags, TRAIN_PICTURES } from "../../flags/pictures.ts";
import { LINK_FLAGS } from "../../flags/losses.ts";
import { flag, type FlagGroup } from "../../flags/parse.ts";

/** The flags of `train`, by group. */
export const TRAIN_FLAGS: readonly FlagGroup[] = [
  {
    title: "What to learn (one of --problem and --data)",
    flags: [
      flag(
        "problem NAME",
        "A problem of the gallery, with its published network; see freeknot problems.",
      ),
      flag(
        "data FILE.csv",
        "A table in UTF-8, names of columns in its first line: commas, semicolons, tabs or " +
          "spaces; lines before it that begin with # or % are comments; or a Parquet file, " +
          "FILE.parquet. A dash (-) stands for stdin.",
      ),
      flag(
        "target COL[,COL]",
        "The columns to predict: numbers, or classes in one column with --loss cross-entropy.",
      ),
      flag(
        "inputs COL[,COL]",
        "The columns to predict from: numbers, dates, categories, as they come.",
        "all others but text, identifiers and columns of one value",
      ),
      flag(
        "drop COL[,COL]",
        "Columns that are not to be inputs; a column without a name is called 'column 1' if " +
          "it is the first, and so on.",
      ),
      flag(
        "types COL=TYPE[,COL=TYPE]",
        "What columns hold: number, boolean, category, ordered (ordered:low:middle:high), date, or " +
          "text, which is left out.",
        "what the training rows look like; a note says what was found",
      ),
      flag(
        "missing KIND",
        "impute: missing cells become the median or the mean of the others, with an effect of " +
          "their own where they are not rare, and rows without a target are left out. error: they " +
          "are refused.",
        "impute",
      ),
      flag(
        "offset COL=X[,COL=X]",
        "Subtracts X from an input column exactly, before it is read as float64: integers of " +
          "19 digits need it. COL=min subtracts the column's smallest.",
      ),
      flag(
        "memory-limit SIZE",
        "A CSV or Parquet file that would take more memory is not held whole: a sample of it is searched (or " +
          "trained on), and lines and sums of splines are fitted to all rows; with --cluster a network " +
          "is trained on all rows: 1GB, 500MB.",
        "4GiB",
      ),
      flag("weight COL", "A column of row weights, not negative."),
      flag(
        "class-weights WEIGHTS",
        "Of classes, times those of the rows: balanced gives every class the same weight in " +
          "the loss, however rare it is; or LABEL=W,LABEL=W. Scores leave them out.",
        "all 1",
      ),
      ...LINK_FLAGS,
      flag(
        "scale KIND",
        "How inputs reach [0, 1]: range; robust, the range without outliers, which come to lie " +
          "beyond; log, quantile; auto is range unless outliers or tails would leave nearly all " +
          "rows in a small part of it.",
        "auto",
      ),
      flag(
        "target-scale KIND",
        "How targets reach [0, 1]: range; robust, the range without outliers; log, whose predictions " +
          "are means again; auto takes log for positive skewed targets where held-out rows gain.",
        "range, with --loss huber robust",
      ),
      flag(
        "test-fraction X",
        "Share of a table's rows kept for the test, 0 to below 1; with --folds none unless asked for.",
        "0.2",
      ),
      flag(
        "validation-fraction X",
        "Share of the rows that choose the best parameters and stop training early.",
        "0",
      ),
      flag(
        "rows N",
        "Training points of a gallery problem; 10,000 test points are drawn beside them.",
        "the problem's",
      ),
      flag("data-seed N", "Seed of a gallery problem's points.", "0"),
    ],
  },
  {
    title: "Search for the model (tables without flags of network and training)",
    flags: [
      flag(
        "form FORM",
        "auto: lines, splines of single columns, trees and networks compete by cross-validation, " +
          "and those that predict best together are the model; linear, additive: these alone; " +
          "network: one network, by the flags below.",
        "auto; network with any flag of network or training",
      ),
      flag(
        "interactions K",
        "Pairs of columns that may act together in the additive model, so many or COL:COL,COL:COL " +
          "(then in no other candidate); none: no columns act together in the whole model.",
        "5, with --form additive 0",
      ),
      sharedFlag("time-limit", {
        text: "Seconds for the search: it tries what, by the numbers of rows and columns, should " +
          "fit in, the same on every machine.",
        fallback: "60",
      }),
    ],
  },
  {
    title: "Network",
    flags: [
      flag(
        "widths N,N,...",
        "Nodes per layer, inputs first, outputs last, such as 3,5,1.",
        "the problem's, or inputs,5,outputs",
      ),
      flag(
        "activation KIND",
        "spline, or relu: an MLP, which has no splines and takes no flags about them.",
        "spline",
      ),
      flag("degree N", "Polynomial degree of the splines, 1 to 9.", "3"),
      flag("intervals N", "Pieces per spline on the coarsest grid.", "5"),
      flag("knots KIND", "uniform, or free: their positions are trained.", "free"),
      flag(
        "knot-sharing KIND",
        "input: knots for each node of a layer; layer: one set for all its nodes.",
        "input",
      ),
      flag(
        "outer-knots KIND",
        "Knots beyond the ends: even, clamped, or free (with free knots).",
        "free with free knots, else even",
      ),
      flag(
        "basis KIND",
        "The parameters: coefficients of bspline, or of relu, powers of ReLU.",
        "bspline",
      ),
      flag(
        "first-layer KIND",
        "linear: the first map is a matrix; spline: every layer is splines.",
        "the problem's, or linear",
      ),
      {
        name: "bias",
        negatable: true,
        text: "Whether a linear first map has a bias; of an MLP all maps but the last.",
        fallback: "the problem's, or with",
      },
      flag("base KIND", "none, or silu: adds w silu(x) on every edge.", "none"),
      flag(
        "normalisation KIND",
        "How layer inputs are mapped onto the domain: minmax, batchnorm, none.",
        "minmax",
      ),
      flag(
        "domain A,B",
        "The interval on which the splines are defined.",
        "-1,1; -4,4 with batchnorm",
      ),
      flag(
        "extrapolation KIND",
        "Outside the domain: linear, clamp, error.",
        "linear; clamp with losses whose outputs are logits or logarithms",
      ),
    ],
  },
  {
    title: "Training",
    flags: [
      ...SCHEDULE_FLAGS,
      flag(
        "loss KIND",
        "mse, huber; cross-entropy for a column of classes; quantile:TAU such as quantile:0.9; " +
          "poisson for counts, gamma for positive skewed numbers, tweedie:P (1 < P < 2) with zeros, " +
          "binomial for successes of trials, cox for times of events.",
        "mse",
      ),
      flag(
        "huber-delta X",
        "Where the Huber loss turns linear, in spreads of the residuals: 1.4826 times their median " +
          "size after a first fit.",
        "1.345",
      ),
      flag(
        "weight-decay X",
        "Adds X/2 times the sum of squared parameters to the objective; with adamw every " +
          "step shrinks the parameters by the share X of the learning rate.",
        "0, with adamw 0.01",
      ),
      flag(
        "optimizer KIND",
        "gauss-newton (an epoch: one accepted step), lbfgs (an epoch: 20 iterations or 25 " +
          "evaluations), bfgs and ssbroyden (the same with a whole matrix, up to 5,000 parameters), " +
          "adam, adamw or sgd (an epoch: one pass over the rows), gradient-descent (an epoch: one step), auto.",
        "auto: gauss-newton for mse, poisson, gamma, tweedie, binomial and cox up to 2,500 " +
          "parameters, else lbfgs",
      ),
      flag(
        "line-search KIND",
        "Of lbfgs: wolfe is safeguarded; none takes unit steps and may diverge.",
        "wolfe",
      ),
      flag("memory N", "Pairs that lbfgs keeps.", "100"),
      ...FIRST_ORDER_FLAGS,
      flag(
        "starts N",
        "Most first guesses that compete for a few epochs on a coarse grid and at most 2,000 " +
          "rows, eight at a time until one stands out; the best goes on. 1: none competes.",
        "without --schedule: gauss-newton 8, with --first-layer spline 24; lbfgs with " +
          "--first-layer spline 2; else 1",
      ),
      flag(
        "smoothing X",
        "Weight of a penalty on second differences of coefficients, as a share of the loss " +
          "with which a level begins: pieces without rows stay smooth. Losses leave it out.",
        "0.001 with gauss-newton and bspline without --schedule, else 0",
      ),
      flag(
        "sparsity LAMBDA[,MU1,MU2]",
        "Weight of a penalty that silences edges, and of its parts: the sum of their mean |phi| " +
          "and the entropy of their shares; two more numbers weigh whole inputs and whole nodes. " +
          "auto: the largest whose loss of held-out rows is within one standard error of the " +
          "lowest; auto,1,1,1,0 too. Losses leave it out.",
        "0; parts 1,1,0,0",
      ),
      flag(
        "smoothness X",
        "Weight of the splines' bending, the integral of phi''^2 over all edges; auto as of " +
          "--sparsity.",
        "0",
      ),
      flag(
        "monotone COL:+,COL:-",
        "Hold the network, with --form auto or additive the search, to outputs that never fall, or " +
          "never rise, with a column; certify proves it of a network. Behind the first map all splines rise. Of two classes it is the logit, and so the " +
          "probability.",
      ),
      flag(
        "convex COL,COL",
        "Hold it to convex functions of these columns, of all columns behind a linear map.",
      ),
      flag(
        "concave COL,COL",
        "Hold it to concave ones; beside --convex only with --first-layer spline and no hidden " +
          "nodes.",
      ),
      flag("range A:B", "Hold its predictions between A and B; takes --extrapolation clamp."),
      flag("patience N", "Epochs without a lower validation loss before training ends.", "10"),
      sharedFlag("seed", { text: "Seed of the first parameters and of a table's split." }),
      flag(
        "split-seed N",
        "Seed of the split of the rows, where it is to be another one.",
        "the seed",
      ),
      sharedFlag("seeds"),
      sharedFlag("keep"),
      flag(
        "engine KIND",
        "cpu (float64); webgpu (float32 on a GPU); auto: a GPU if there is a real one, else " +
          "the cpu; reference: slow and plain, to check the others. See freeknot devices.",
        "cpu",
      ),
      sharedFlag("threads", {
        text: "Threads of the cpu engine, of all runs together; the result is the same for any.",
      }),
      flag(
        "dtype TYPE",
        "float64, or float32: the cpu engine computes over the points in float32, and keeps " +
          "parameters and sums in float64: less memory, faster on wide networks, less accurate.",
        "float64",
      ),
    ],
  },
  CLUSTER_GROUP,
  { title: "Judging by rows that training does not see", flags: JUDGING_FLAGS },
  {
    title: "Output (existing files are replaced)",
    flags: [
      sharedFlag("model-out"),
      sharedFlag("checkpoint"),
      sharedFlag("checkpoint-every"),
      sharedFlag("resume"),
      sharedFlag("report"),
      ...pictureFlags(
        TRAIN_PICTURES,
        "loss, network, prediction, error; of a search effects, prediction, error",
      ),
      sharedFlag("json", { text: "Print the result on stdout as one JSON object." }),
      sharedFlag("quiet"),
    ],
  },
];
