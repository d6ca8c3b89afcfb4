/**
 * The flags of `train`.
 *
 * @module
 */

import { sharedFlag } from "../../flags/shared.ts";
import { SCHEDULE_FLAGS } from "../../flags/schedule.ts";
import { FIRST_ORDER_FLAGS } from "../../flags/first_order.ts";
import type { FlagGroup } from "../../flags/parse.ts";

/** The flags of `train`, by group. */
export const TRAIN_FLAGS: readonly FlagGroup[] = [
  {
    title: "What to learn (one of --problem and --data)",
    flags: [
      {
        name: "problem",
        value: "NAME",
        text: "A problem of the gallery, with its published network; see freeknot problems.",
      },
      {
        name: "data",
        value: "FILE.csv",
        text: "A table in UTF-8, names of columns in its first line: commas, semicolons, tabs or " +
          "spaces; lines before it that begin with # or % are comments. A dash (-) stands for stdin.",
      },
      {
        name: "target",
        value: "COL[,COL]",
        text:
          "The columns to predict: numbers, or classes in one column with --loss cross-entropy.",
      },
      {
        name: "inputs",
        value: "COL[,COL]",
        text: "The columns to predict from, all numbers.",
        fallback: "all others but a count of the rows without a name",
      },
      {
        name: "drop",
        value: "COL[,COL]",
        text:
          "Columns that are not to be inputs; a column without a name is called 'column 1' if " +
          "it is the first, and so on.",
      },
      {
        name: "offset",
        value: "COL=X[,COL=X]",
        text:
          "Subtracts X from an input column exactly, before it is read as float64: integers of " +
          "19 digits need it. COL=min subtracts the column's smallest.",
      },
      { name: "weight", value: "COL", text: "A column of row weights, not negative." },
      {
        name: "class-weights",
        value: "WEIGHTS",
        text:
          "Of classes, times those of the rows: balanced gives every class the same weight in " +
          "the loss, however rare it is; or LABEL=W,LABEL=W. Scores leave them out.",
        fallback: "all 1",
      },
      {
        name: "scale",
        value: "KIND",
        text: "How inputs reach [0, 1]: range, log, quantile; auto is range unless outliers or " +
          "tails would leave nearly all rows in a small part of it.",
        fallback: "auto",
      },
      {
        name: "target-scale",
        value: "KIND",
        text: "How targets reach [0, 1]: range, or robust, the range without outliers.",
        fallback: "range, with --loss huber robust",
      },
      {
        name: "test-fraction",
        value: "X",
        text: "Share of a table's rows kept for the test, 0 to below 1.",
        fallback: "0.2",
      },
      {
        name: "validation-fraction",
        value: "X",
        text: "Share of the rows that choose the best parameters and stop training early.",
        fallback: "0",
      },
      {
        name: "rows",
        value: "N",
        text: "Training points of a gallery problem; 10,000 test points are drawn beside them.",
        fallback: "the problem's",
      },
      { name: "data-seed", value: "N", text: "Seed of a gallery problem's points.", fallback: "0" },
    ],
  },
  {
    title: "Network",
    flags: [
      {
        name: "widths",
        value: "N,N,...",
        text: "Nodes per layer, inputs first, outputs last, such as 3,5,1.",
        fallback: "the problem's, or inputs,5,outputs",
      },
      {
        name: "degree",
        value: "N",
        text: "Polynomial degree of the splines, 1 to 5.",
        fallback: "3",
      },
      {
        name: "intervals",
        value: "N",
        text: "Pieces per spline on the coarsest grid.",
        fallback: "5",
      },
      {
        name: "knots",
        value: "KIND",
        text: "uniform, or free: their positions are trained.",
        fallback: "free",
      },
      {
        name: "knot-sharing",
        value: "KIND",
        text: "input: knots for each node of a layer; layer: one set for all its nodes.",
        fallback: "input",
      },
      {
        name: "outer-knots",
        value: "KIND",
        text: "Knots beyond the ends: even, clamped, or free (with free knots).",
        fallback: "free with free knots, else even",
      },
      {
        name: "basis",
        value: "KIND",
        text: "The parameters: coefficients of bspline, or of relu, powers of ReLU.",
        fallback: "bspline",
      },
      {
        name: "first-layer",
        value: "KIND",
        text: "linear: the first map is a matrix; spline: every layer is splines.",
        fallback: "the problem's, or linear",
      },
      {
        name: "bias",
        negatable: true,
        text: "Whether a linear first map has a bias.",
        fallback: "the problem's, or with",
      },
      {
        name: "base",
        value: "KIND",
        text: "none, or silu: adds w silu(x) on every edge.",
        fallback: "none",
      },
      {
        name: "normalisation",
        value: "KIND",
        text: "How layer inputs are mapped onto the domain: minmax, batchnorm, none.",
        fallback: "minmax",
      },
      {
        name: "domain",
        value: "A,B",
        text: "The interval on which the splines are defined.",
        fallback: "-1,1; -4,4 with batchnorm",
      },
      {
        name: "extrapolation",
        value: "KIND",
        text: "Outside the domain: linear, clamp, error.",
        fallback: "linear, with --loss cross-entropy clamp",
      },
    ],
  },
  {
    title: "Training",
    flags: [
      ...SCHEDULE_FLAGS,
      {
        name: "loss",
        value: "KIND",
        text: "mse, huber, or cross-entropy for a column of classes.",
        fallback: "mse",
      },
      {
        name: "huber-delta",
        value: "X",
        text: "Where the Huber loss turns linear; targets are scaled to [0, 1], outliers beyond.",
        fallback: "0.1",
      },
      {
        name: "weight-decay",
        value: "X",
        text: "Adds X/2 times the sum of squared parameters to the objective; with adamw every " +
          "step shrinks the parameters by the share X of the learning rate.",
        fallback: "0, with adamw 0.01",
      },
      {
        name: "optimizer",
        value: "KIND",
        text: "gauss-newton (an epoch: one accepted step), lbfgs (an epoch: 20 iterations or 25 " +
          "evaluations), adam or adamw (an epoch: one pass over the rows), auto.",
        fallback: "auto: gauss-newton for mse up to 2,500 parameters, else lbfgs",
      },
      {
        name: "line-search",
        value: "KIND",
        text: "Of lbfgs: wolfe is safeguarded; none takes unit steps and may diverge.",
        fallback: "wolfe",
      },
      { name: "memory", value: "N", text: "Pairs that lbfgs keeps.", fallback: "100" },
      ...FIRST_ORDER_FLAGS,
      {
        name: "starts",
        value: "N",
        text:
          "Most first guesses that compete for a few epochs on a coarse grid and at most 2,000 " +
          "rows, eight at a time until one stands out; the best goes on. 1: none competes.",
        fallback: "without --schedule: gauss-newton 8, with --first-layer spline 24; lbfgs with " +
          "--first-layer spline 2; else 1",
      },
      {
        name: "smoothing",
        value: "X",
        text: "Weight of a penalty on second differences of coefficients, as a share of the loss " +
          "with which a level begins: pieces without rows stay smooth. Losses leave it out.",
        fallback: "0.001 with gauss-newton and bspline without --schedule, else 0",
      },
      {
        name: "patience",
        value: "N",
        text: "Epochs without a lower validation loss before training ends.",
        fallback: "10",
      },
      sharedFlag("seed", { text: "Seed of the first parameters and of a table's split." }),
      {
        name: "split-seed",
        value: "N",
        text: "Seed of the split of the rows, where it is to be another one.",
        fallback: "the seed",
      },
      sharedFlag("seeds"),
      sharedFlag("keep"),
      {
        name: "engine",
        value: "KIND",
        text:
          "cpu (float64); webgpu (float32 on a GPU); auto: a GPU if there is a real one, else " +
          "the cpu; reference: slow and plain, to check the others. See freeknot devices.",
        fallback: "cpu",
      },
      sharedFlag("threads", {
        text: "Threads of the cpu engine, of all runs together; the result is the same for any.",
      }),
      {
        name: "dtype",
        value: "TYPE",
        text:
          "float64, or float32: the cpu engine computes over the points in float32, and keeps " +
          "parameters and sums in float64: less memory, faster on wide networks, less accurate.",
        fallback: "float64",
      },
    ],
  },
  {
    title: "Output (existing files are replaced)",
    flags: [
      sharedFlag("model-out"),
      sharedFlag("checkpoint"),
      sharedFlag("checkpoint-every"),
      sharedFlag("resume"),
      sharedFlag("report"),
      sharedFlag("json", { text: "Print the result on stdout as one JSON object." }),
      sharedFlag("quiet"),
    ],
  },
];
