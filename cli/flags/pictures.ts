/**
 * The flags of pictures: `--svg`, `--png`, `--pictures`.
 *
 * @module
 */

import { defined } from "../../lib/numerics/inner.ts";
import { UsageError } from "../terminal/errors.ts";
import { type Flag, flag, type GivenFlags } from "./parse.ts";
import { choiceFlag, textFlag } from "./values.ts";

/** What pictures of a run of train may show. */
export const TRAIN_PICTURES = [
  "loss",
  "network",
  "prediction",
  "error",
  "edges",
  "effects",
] as const;

/** What pictures of a solution may show. */
export const SOLVE_PICTURES = [
  "loss",
  "network",
  "solution",
  "error",
  "residual",
  "edges",
  "knots",
] as const;

/** What pictures of a model may show: what a run knew, its loss, is not in the model. */
export const DRAW_PICTURES = [
  ...["network", "prediction", "solution", "error", "residual", "edges", "effects"] as const,
] as const;

/** How text stands in pictures. */
const TEXTS = ["fonts", "paths"] as const;

/** The pictures that were asked for. */
export interface PictureRequest {
  readonly svg?: string;
  readonly png?: string;
  /** How text stands in the SVG: in fonts of the system, or as outlines. */
  readonly text?: "fonts" | "paths";
  /** What they show, in this order; absent: the usual ones. */
  readonly names?: readonly string[];
}

/** The flags, for pictures of these names; `usual` says which are drawn if none are named. */
export function pictureFlags(names: readonly string[], usual: string): Flag[] {
  return [
    flag("svg FILE.svg", "Draw pictures for papers: vector graphics, in fonts of the system."),
    flag(
      "text KIND",
      "Text of the SVG: fonts, those of the reader's system, or paths, outlines of letters that look " +
        "the same everywhere; by the package opentype.js, which is fetched.",
      "fonts",
    ),
    flag(
      "png FILE.png",
      "Draw them as a bitmap, three pixels to a unit; by the package resvg-wasm, which is fetched.",
    ),
    flag("pictures NAME[,NAME]", `What they show, in this order: ${names.join(", ")}.`, usual),
  ];
}

/**
 * Reads the flags.
 *
 * @param verb What cannot be done: `train`.
 * @param names What pictures may show.
 * @throws {UsageError} If a name is none of them, or nothing is to be drawn.
 */
export function readPictures(
  given: GivenFlags,
  verb: string,
  names: readonly string[],
): PictureRequest | undefined {
  const svg = textFlag(given, "svg"), png = textFlag(given, "png");
  const asked = textFlag(given, "pictures")?.split(",").map((name) => name.trim());
  const text = choiceFlag(given, "text", TEXTS);
  if (text !== undefined && svg === undefined) {
    throw new UsageError(`Cannot ${verb}: --text must come with --svg, which names the file`);
  }
  if (svg === undefined && png === undefined) {
    if (asked === undefined) return undefined;
    throw new UsageError(
      `Cannot ${verb}: --pictures must come with --svg or --png, which name the file`,
    );
  }
  const wrong = asked?.find((name) => !names.includes(name));
  if (wrong !== undefined) {
    throw new UsageError(
      `Cannot ${verb}: --pictures must be of ${names.join(", ")}, current value is ` +
        JSON.stringify(wrong),
    );
  }
  for (const [name, path, end] of [["svg", svg, ".svg"], ["png", png, ".png"]] as const) {
    const others = [".svg", ".png", ".pdf", ".jpg", ".jpeg"].filter((each) => each !== end);
    if (path !== undefined && others.some((each) => path.toLowerCase().endsWith(each))) {
      throw new UsageError(
        `Cannot ${verb}: --${name} must be a file FILE${end}, current value is ${path}`,
      );
    }
  }
  return defined({ svg, png, text, names: asked && [...new Set(asked)] });
}
