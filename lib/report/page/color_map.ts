/**
 * Colour maps whose steps look equal: paths through OKLab, walked at constant speed.
 *
 * A map is a path of lightness, chroma and hue; chroma is lowered where the screen cannot show it.
 * The stops lie at equal distances along the path (Ottosson 2020, "A perceptual color space for
 * image processing": Euclidean distance in OKLab is what an eye sees).
 *
 * @module
 */

import type { PageMapPanel } from "./data.ts";

/** Stops `#rrggbb` of a colour map, for a light page and for a dark one. */
interface PalettePair {
  readonly light: readonly string[];
  readonly dark: readonly string[];
}

/** A colour in OKLab: lightness 0 to 1, green to red, blue to yellow. */
type Lab = readonly [number, number, number];

/** A point of a path: lightness, chroma, hue in degrees. */
type Node = readonly [lightness: number, chroma: number, hue: number];

/** Stops per map; the page interpolates between them. */
const STOPS = 17;
/** Steps along a path, to measure it. */
const STEPS = 512;

type Palette = PageMapPanel["palette"];

/** How the maps are made, each when it is first asked for: a page draws sooner that has no need of all. */
const MAKE: Readonly<Record<Palette, () => PalettePair>> = {
  sequential: () =>
    same(colorMap([[0.24, 0.09, 295], [0.5, 0.11, 235], [0.73, 0.13, 165], [0.95, 0.14, 103]])),
  diverging: () => ({
    light: twoSided(
      [[0.97, 0, 245], [0.62, 0.12, 245], [0.36, 0.12, 258]],
      [[0.97, 0, 45], [0.65, 0.13, 45], [0.38, 0.12, 28]],
    ),
    dark: twoSided(
      [[0.21, 0, 250], [0.58, 0.12, 250], [0.86, 0.08, 225]],
      [[0.21, 0, 40], [0.6, 0.14, 38], [0.86, 0.09, 65]],
    ),
  }),
  magnitude: () =>
    turned(colorMap([
      [0.17, 0.02, 290],
      [0.4, 0.13, 325],
      [0.62, 0.18, 25],
      [0.8, 0.14, 68],
      [0.98, 0.04, 103],
    ])),
};
const made: Partial<Record<Palette, PalettePair>> = {};

/** The maps for values, for values on both sides of 0, for sizes of what should be 0. */
export const COLOR_MAPS: Readonly<Record<Palette, PalettePair>> = {
  get sequential() {
    return made.sequential ??= MAKE.sequential();
  },
  get diverging() {
    return made.diverging ??= MAKE.diverging();
  },
  get magnitude() {
    return made.magnitude ??= MAKE.magnitude();
  },
};

/** Red, green and blue between the stops, 0 to 255, at a position from 0 to 1. */
export function shade(stops: readonly string[], position: number): number[] {
  const s = Math.min(Math.max(position, 0), 1) * (stops.length - 1);
  const i = Math.min(Math.floor(s), stops.length - 2);
  return [1, 3, 5].map((at) => {
    const low = parseInt(stops[i].slice(at, at + 2), 16);
    const high = parseInt(stops[i + 1].slice(at, at + 2), 16);
    return low + (s - i) * (high - low);
  });
}

/** Two paths that both start at the colour of 0. */
function twoSided(below: readonly Node[], above: readonly Node[]): string[] {
  const half = (STOPS + 1) / 2;
  return [...colorMap(below, half).reverse(), ...colorMap(above, half).slice(1)];
}

/** The stops `#rrggbb` of a path, at equal distances in OKLab. */
function colorMap(nodes: readonly Node[], stops = STOPS): string[] {
  const path = Array.from({ length: STEPS + 1 }, (_, i) => along(nodes, i / STEPS));
  const length = [0];
  path.forEach((color, i) => {
    if (i > 0) length.push(length[i - 1] + distance(color, path[i - 1]));
  });
  return Array.from({ length: stops }, (_, k) => {
    const target = length[STEPS] * k / (stops - 1);
    const i = length.findIndex((each) => each >= target - 1e-12);
    return toHex(path[i]);
  });
}

/** The colour at a share of the way, as saturated as a screen can show it. */
function along(nodes: readonly Node[], share: number): Lab {
  const s = share * (nodes.length - 1), i = Math.min(Math.floor(s), nodes.length - 2);
  const [from, to] = [nodes[i], nodes[i + 1]];
  const turn = ((to[2] - from[2] + 540) % 360) - 180; // the short way round
  const [lightness, chroma] = [0, 1].map((j) => from[j] + (s - i) * (to[j] - from[j]));
  const hue = (from[2] + (s - i) * turn) * Math.PI / 180;
  let low = 0, high = 1;
  const at = (part: number): Lab => [
    lightness,
    part * chroma * Math.cos(hue),
    part * chroma * Math.sin(hue),
  ];
  if (isShown(at(1))) return at(1);
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2;
    if (isShown(at(middle))) low = middle;
    else high = middle;
  }
  return at(low);
}

/** Distance of two colours in OKLab. */
function distance(a: Lab, b: Lab): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** Linear light red, green, blue of a colour (Ottosson 2020). */
function toLinear([lightness, a, b]: Lab): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function isShown(color: Lab): boolean {
  return toLinear(color).every((part) => part >= -1e-6 && part <= 1 + 1e-6);
}

function toHex(color: Lab): string {
  return "#" + toLinear(color).map((part) => {
    const clipped = Math.min(Math.max(part, 0), 1);
    const coded = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055;
    return Math.round(255 * coded).toString(16).padStart(2, "0");
  }).join("");
}

function same(stops: readonly string[]): PalettePair {
  return { light: stops, dark: stops };
}

/** 0 looks like the page: the dark end of the map on a dark page, the light end on a light one. */
function turned(stops: readonly string[]): PalettePair {
  return { light: stops.toReversed(), dark: stops };
}
