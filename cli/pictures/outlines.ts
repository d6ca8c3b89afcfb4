/**
 * Text of figures as outlines of letters, by the package opentype.js, which is loaded when it is asked for:
 * a picture that looks the same everywhere, whatever fonts a journal or a printer has.
 *
 * @module
 */

import { UsageError } from "../terminal/errors.ts";
import { systemFont } from "./png.ts";

/** The package, in the version that is tested. */
const OUTLINER = "npm:opentype.js@1.3.4";

/** What is used of a font. */
interface Face {
  readonly unitsPerEm: number;
  readonly tables: { readonly os2: { readonly sxHeight?: number } };
  charToGlyphIndex(letter: string): number;
  getAdvanceWidth(text: string, size: number): number;
  getPath(text: string, x: number, y: number, size: number): { toPathData(digits: number): string };
}

/** Turns the text of a figure into outlines. */
export type DrawOutlines = (svg: string) => string;

let ready: Promise<DrawOutlines> | undefined;

/**
 * Makes ready what turns text into outlines; it is loaded once.
 *
 * @throws {UsageError} If the package cannot be loaded, or there is no font.
 */
export function openOutlines(): Promise<DrawOutlines> {
  return ready ??= load();
}

async function load(): Promise<DrawOutlines> {
  const { parse } = await outliner();
  const { fonts } = await systemFont("--text paths");
  const [plain, bold = plain] = fonts.map((bytes) => parse(new Uint8Array(bytes).buffer));
  return (svg) => withOutlines(svg, plain, bold);
}

async function outliner(): Promise<{ parse(bytes: ArrayBuffer): Face }> {
  try {
    const loaded = await import(OUTLINER);
    return loaded.default ?? loaded;
  } catch {
    throw new UsageError(
      `Cannot draw: --text paths must come where the package ${OUTLINER} can be loaded (deno cache ` +
        `${OUTLINER} fetches it once; a compiled program cannot); --text fonts needs nothing`,
    );
  }
}

/** Letters of one size, and how far they stand above the line. */
interface Run {
  readonly text: string;
  readonly size: number;
  readonly raised: number;
}

/** Every text element as a path; one with letters that the font lacks stays as it is. */
export function withOutlines(svg: string, plain: Face, bold: Face): string {
  return svg.replace(/<text ([^>]*)>(.*?)<\/text>/g, (element, head: string, inner: string) => {
    const attributes = Object.fromEntries(
      [...head.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    );
    const face = attributes["font-weight"] === "bold" ? bold : plain;
    const runs = runsOf(inner, sizeOf(attributes));
    const lacks = ({ text }: Run) =>
      [...text].some((letter) => face.charToGlyphIndex(letter) === 0);
    if (runs.some(lacks)) return element;
    return outline(attributes, runs, face);
  });
}

/** Text elements say their size, or are the network's. */
function sizeOf({ style = "", "font-size": size }: Readonly<Record<string, string>>): number {
  return Number(/font-size:([\d.]+)px/.exec(style)?.[1] ?? size ?? 12);
}

function runsOf(inner: string, size: number): Run[] {
  const runs: Run[] = [];
  let raised = 0, small = size;
  const words = inner.replace(/<title>.*?<\/title>/g, "").replace(/&#8203;/g, "");
  for (const [, tag, text] of words.matchAll(/<(\/?tspan[^>]*)>|([^<]+)/g)) {
    if (text !== undefined) {
      runs.push({ text: plainText(text), size: small, raised });
      continue;
    }
    raised -= Number(/dy="(-?[\d.]+)"/.exec(tag)?.[1] ?? 0);
    small = Number(/font-size="([\d.]+)"/.exec(tag)?.[1] ?? size);
  }
  return runs;
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" },
};

function plainText(text: string): string {
  return text.replace(/&(?:lt|gt|quot|amp|#39);/g, (entity) => ENTITIES[entity]);
}

function outline(
  attributes: Readonly<Record<string, string>>,
  runs: readonly Run[],
  face: Face,
): string {
  const { x = "0", y = "0", fill, transform, "text-anchor": anchor } = attributes;
  const widths = runs.map(({ text, size }) => face.getAdvanceWidth(text, size));
  const width = widths.reduce((sum, each) => sum + each, 0);
  const share = anchor === "middle" ? 0.5 : anchor === "end" ? 1 : 0;
  // half of the height of an x lies below the middle of a line
  const half = (face.tables.os2.sxHeight ?? face.unitsPerEm / 2) / face.unitsPerEm / 2;
  const line = Number(y) + ("dominant-baseline" in attributes ? half * runs[0].size : 0);
  let at = Number(x) - share * width, path = "";
  runs.forEach(({ text, size, raised }, k) => {
    path += face.getPath(text, at, line - raised, size).toPathData(2);
    at += widths[k];
  });
  const look = attributes.class === "net-symbol"
    ? 'fill="#d55e00" stroke="#fff" stroke-width="3" paint-order="stroke"'
    : `fill="${fill ?? "#1b1f24"}"`;
  return `<path ${look}${transform === undefined ? "" : ` transform="${transform}"`} d="${path}"/>`;
}
