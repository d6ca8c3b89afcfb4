/**
 * What a shell needs to know of commands and flags.
 *
 * @module
 */

import { problems } from "../../lib/data/mod.ts";
import { COMMON_FLAGS, type Flag } from "../flags/parse.ts";
import { DRAW_PICTURES, SOLVE_PICTURES, TRAIN_PICTURES } from "../flags/pictures.ts";
import type { CommandPage } from "../commands/command.ts";

/** A flag as shells complete it. */
export interface CompletedFlag {
  /** With dashes. */
  readonly name: string;
  /** Its first sentence. */
  readonly text: string;
  /** What follows it: nothing, a file, a folder, some of these words, or anything. */
  readonly value: "none" | "file" | "folder" | "any" | readonly string[];
}

/** A command as shells complete it. */
export interface CompletedCommand {
  readonly name: string;
  readonly text: string;
  readonly flags: readonly CompletedFlag[];
  /** Words that may stand without a flag. */
  readonly words: readonly string[];
}

/** Values of flags that are the same in all commands that have them. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  "activation": ["spline", "relu"],
  "base": ["none", "silu"],
  "basis": ["bspline", "relu"],
  "cluster": ["mpi"],
  "dtype": ["float64", "float32"],
  "engine": ["cpu", "webgpu", "reference", "auto"],
  "extrapolation": ["linear", "clamp", "error"],
  "first-layer": ["linear", "spline"],
  "form": ["auto", "linear", "additive", "network"],
  "keep": ["best", "mean"],
  "knot-sharing": ["input", "layer"],
  "knots": ["uniform", "free"],
  "learning-rate-schedule": ["constant", "cosine", "exponential", "cyclic"],
  "line-search": ["wolfe", "none"],
  "missing": ["impute", "error"],
  "normalisation": ["minmax", "batchnorm", "none"],
  "outer-knots": ["even", "free", "clamped"],
  "part": ["all", "train", "validation", "test"],
  "refinement": ["even", "residual"],
  "scale": ["auto", "range", "robust", "quantile", "log"],
  "target-scale": ["range", "robust", "log", "auto"],
};

/** Values of flags of one command. */
const OF_COMMAND: Readonly<Record<string, readonly string[]>> = {
  "convert to": ["relu", "splines"],
  "convert knots": ["fixed", "free"],
  "draw pictures": DRAW_PICTURES,
  "reproduce line-search": ["wolfe", "none", "both"],
  "solve pictures": SOLVE_PICTURES,
  "train loss": [
    "mse",
    "huber",
    "cross-entropy",
    "quantile:0.5",
    "poisson",
    "gamma",
    "tweedie:1.5",
    "binomial",
    "cox",
  ],
  "train optimizer": ["auto", "lbfgs", "gauss-newton", "bfgs", "ssbroyden", "adam", "adamw", "sgd"],
  "train pictures": TRAIN_PICTURES,
  "solve optimizer": ["auto", "gauss-newton", "lbfgs", "bfgs", "ssbroyden", "gradient-descent"],
};

/** Words that stand without a flag. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  completions: ["bash", "zsh", "fish"],
};

/** The table of a program's commands. */
export async function completionTable(
  commands: readonly CommandPage[],
): Promise<readonly CompletedCommand[]> {
  const { pdeProblems } = await import("../../lib/physics/mod.ts"); // the room is large
  const { EXPORT_TARGETS } = await import("../../lib/export/mod.ts");
  const { SYSTEMS } = await import("../commands/import/read.ts");
  const more: Readonly<Record<string, readonly string[]>> = {
    ...OF_COMMAND,
    "train problem": problems.map(({ name }) => name),
    "solve problem": pdeProblems.map(({ name }) => name),
    "export to": EXPORT_TARGETS,
    "import from": SYSTEMS,
  };
  const valueOf = (command: string, flag: Flag): CompletedFlag["value"] => {
    if (flag.value === undefined) return "none";
    const words = more[`${command} ${flag.name}`] ?? VALUES[flag.name];
    if (words !== undefined) return words;
    if (/^(FILE|MODEL)\b/.test(flag.value)) return "file";
    return /^(DIR|FOLDER)\b/.test(flag.value) ? "folder" : "any";
  };
  return commands.map(({ name, purpose, flags }) => ({
    name,
    text: purpose,
    words: WORDS[name] ?? [],
    flags: [...flags, COMMON_FLAGS].flatMap((group) => group.flags).flatMap((flag) => {
      const text = firstSentence(flag.text), value = valueOf(name, flag);
      return [
        { name: `--${flag.name}`, text, value },
        ...(flag.negatable ? [{ name: `--no-${flag.name}`, text, value }] : []),
      ];
    }),
  }));
}

/** The text up to its first full stop, short enough for a line. */
function firstSentence(text: string): string {
  const sentence = text.split(/[.:;](?: |$)/)[0];
  return sentence.length <= 78 ? sentence : `${sentence.slice(0, 76).replace(/ \S*$/, "")} ...`;
}
