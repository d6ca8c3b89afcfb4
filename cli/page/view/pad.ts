/**
 * A place to draw a curve by hand: points under the pointer become rows.
 *
 * @module
 */

/// <reference lib="dom" />

import type { GivenTable } from "../protocol.ts";

/** What a drawn table is called. */
const NAME = "drawn.csv";
/** Most rows of a drawn table. */
const MOST = 400;
/** Size of the pad in its own units: positions go from -1 to 1 both ways. */
const WIDTH = 240, HEIGHT = 150;
/** Rows between two points of the pointer. */
const BETWEEN = 4;

type Point = readonly [number, number];

/** Corners of the curve that is there at first. */
const CORNERS: readonly Point[] = [[-1, -0.5], [-0.45, 0.6], [0.1, -0.35], [0.5, -0.2], [1, 0.75]];

/** A pad that tells of every curve that is drawn. */
export class Pad {
  readonly #svg: SVGSVGElement;
  readonly #drawn: () => void;
  #points: Point[] = between(CORNERS, 24);

  constructor(svg: SVGSVGElement, drawn: () => void) {
    this.#svg = svg;
    this.#drawn = drawn;
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      svg.setPointerCapture(event.pointerId);
      this.#points = [this.#place(event)];
      this.#show();
    });
    svg.addEventListener("pointermove", (event) => {
      if (!svg.hasPointerCapture(event.pointerId)) return;
      this.#points.push(this.#place(event));
      this.#show();
    });
    svg.addEventListener("pointerup", () => {
      if (this.#points.length > 1) this.#drawn();
    });
    this.#show();
  }

  /** The curve as a table of `x` and `y`. */
  table(): GivenTable {
    const all = between(this.#points, BETWEEN), step = Math.max(1, all.length / MOST);
    const rows = Array.from(
      { length: Math.min(all.length, MOST) },
      (_, k) => all[Math.floor(k * step)],
    );
    const lines = rows.map((row) => row.map((value) => Number(value.toFixed(4))).join());
    const text = ["x,y", ...lines, ""].join("\n");
    return { name: NAME, bytes: new TextEncoder().encode(text) };
  }

  #place({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.#svg.getBoundingClientRect();
    const inside = (share: number) => Math.min(1, Math.max(-1, 2 * share - 1));
    return [inside((clientX - left) / width), -inside((clientY - top) / height)];
  }

  #show(): void {
    const path = this.#points.map(([x, y], k) =>
      `${k === 0 ? "M" : "L"}${(WIDTH * (x + 1) / 2).toFixed(1)} ${
        (HEIGHT * (1 - y) / 2).toFixed(1)
      }`
    );
    this.#svg.innerHTML = `<path class="curve" d="${path.join("")}"/>`;
  }
}

/** Points with so many steps between each two. */
function between(points: readonly Point[], steps: number): Point[] {
  return points.flatMap((point, k): Point[] => {
    const next = points[k + 1];
    if (!next) return [point];
    return Array.from(
      { length: steps },
      (_, i) => [0, 1].map((p) => point[p] + (next[p] - point[p]) * i / steps) as unknown as Point,
    );
  });
}
