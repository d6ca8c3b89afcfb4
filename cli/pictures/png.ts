/**
 * Pictures as bitmaps, by the package resvg-wasm, which is loaded when one is asked for.
 *
 * Its name is not in the module graph: who asks for no bitmap neither fetches it nor has it in the
 * lock file.
 *
 * @module
 */

import { UsageError } from "../terminal/errors.ts";

/** The package, in the version that is tested. */
const RASTERISER = "npm:@resvg/resvg-wasm@2.6.2";

/** Pixels to a unit of the picture: 288 to an inch. */
const ZOOM = 3;

/** What is used of resvg-wasm. */
interface Rasteriser {
  initWasm(module: Uint8Array): Promise<void>;
  readonly Resvg: new (svg: string, options: unknown) => {
    render(): { asPng(): Uint8Array };
  };
}

/** Turns SVG into PNG. */
export type DrawPng = (svg: string) => Uint8Array;

/** Fonts with all letters of a figure, the plain face and the bold one, and their families. */
const FACES: readonly (readonly [family: string, plain: string, bold: string])[] = [
  ["DejaVu Sans", "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"],
  ["Liberation Sans", "LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"],
  ["Noto Sans", "NotoSans-Regular.ttf", "NotoSans-Bold.ttf"],
  ["Arial", "Arial.ttf", "Arial Bold.ttf"],
  ["Arial", "arial.ttf", "arialbd.ttf"],
];

/** Where systems keep fonts. */
const FOLDERS = [
  "/usr/share/fonts/truetype/dejavu",
  "/usr/share/fonts/truetype/liberation",
  "/usr/share/fonts/truetype/liberation2",
  "/usr/share/fonts/truetype/noto",
  "/usr/share/fonts/dejavu-sans-fonts",
  "/usr/share/fonts/liberation-sans-fonts",
  "/usr/share/fonts/liberation-sans",
  "/usr/share/fonts/google-noto",
  "/usr/share/fonts/TTF",
  "/usr/share/fonts/liberation",
  "/usr/share/fonts/noto",
  "/System/Library/Fonts/Supplemental",
  "/Library/Fonts",
  "C:\\Windows\\Fonts",
];

let ready: Promise<DrawPng> | undefined;

/**
 * Makes ready what draws bitmaps; it is loaded once.
 *
 * @throws {UsageError} If the package cannot be loaded, or there is no font.
 */
export function openPng(): Promise<DrawPng> {
  return ready ??= load();
}

async function load(): Promise<DrawPng> {
  const { initWasm, Resvg } = await rasteriser();
  const { family, fonts } = await systemFont("--png");
  const options = {
    fitTo: { mode: "zoom", value: ZOOM },
    font: { fontBuffers: fonts, defaultFontFamily: family, sansSerifFamily: family },
  };
  const module = await Deno.readFile(new URL(import.meta.resolve(`${RASTERISER}/index_bg.wasm`)));
  await initWasm(module);
  return (svg) => new Resvg(svg, options).render().asPng();
}

async function rasteriser(): Promise<Rasteriser> {
  try {
    return await import(RASTERISER);
  } catch {
    throw new UsageError(
      `Cannot draw: --png must come where the package ${RASTERISER} can be loaded (deno cache ` +
        `${RASTERISER} fetches it once; a compiled program cannot); --svg needs nothing`,
    );
  }
}

/** A font of the system, its plain face first; `flag` asks for it. */
export async function systemFont(
  flag: string,
): Promise<{ family: string; fonts: Uint8Array[] }> {
  for (const [family, ...files] of FACES) {
    for (const folder of FOLDERS) {
      const faces = await Promise.all(
        files.map((file) => Deno.readFile(`${folder}/${file}`).catch(() => undefined)),
      );
      if (faces[0] === undefined) continue;
      return { family, fonts: faces.filter((face) => face !== undefined) };
    }
  }
  throw new UsageError(
    `Cannot draw: ${flag} must come where a font can be read (DejaVu Sans, Liberation Sans, Noto Sans ` +
      "or Arial in its usual place, with --allow-read), current value is none; --svg needs none",
  );
}
