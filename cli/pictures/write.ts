/**
 * Figures into files.
 *
 * @module
 */

import { defined } from "../../lib/numerics/inner.ts";
import type { Figure } from "../../lib/report/mod.ts";
import type { PictureRequest } from "../flags/pictures.ts";
import { writeFile } from "../terminal/files.ts";
import { openOutlines } from "./outlines.ts";
import { openPng } from "./png.ts";

/** The files that were written. */
export type WrittenPictures = Pick<PictureRequest, "svg" | "png">;

/**
 * Makes sure, before the work begins, that what was asked for can be drawn.
 *
 * @throws {UsageError} If bitmaps or outlines cannot.
 */
export async function checkPictures(asked: PictureRequest | undefined): Promise<void> {
  if (asked?.png !== undefined) await openPng();
  if (asked?.text === "paths") await openOutlines();
}

/**
 * Draws what was asked for, and says what there is not.
 *
 * @param asked The files, and what they show.
 * @param draw Makes the figure of some pictures, of the usual ones without names.
 * @param warn Takes a line on what is missing.
 * @returns The files; none where there is nothing to draw.
 */
export async function writeFigure(
  { svg, png, names, text: letters }: PictureRequest,
  draw: (names: readonly string[] | undefined) => Promise<Figure> | Figure,
  warn: (text: string) => void,
): Promise<WrittenPictures> {
  const { figureSvg } = await import("../../lib/report/mod.ts"); // the pages' code is large
  const figure = { panels: [] as Figure["panels"][number][] };
  if (names === undefined) figure.panels.push(...(await draw(undefined)).panels);
  for (const name of names ?? []) {
    const { panels } = await draw([name]);
    if (panels.length === 0) warn(`there is no picture of ${name} here: it is left out`);
    figure.panels.push(...panels);
  }
  if (figure.panels.length === 0) {
    warn(`${svg ?? png} was not written: there is nothing to draw`);
    return {};
  }
  const text = figureSvg(figure);
  if (svg !== undefined) {
    const drawn = letters === "paths" ? (await openOutlines())(text) : text;
    await writeFile(svg, `${drawn}\n`);
  }
  if (png !== undefined) await writeFile(png, (await openPng())(text));
  return defined({ svg, png });
}

/** The lines of a result that name the files. */
export function pictureLines({ svg, png }: WrittenPictures): string[] {
  const files = [svg, png].filter((path) => path !== undefined);
  return files.length === 0 ? [] : [`pictures: ${files.join(", ")}`];
}
