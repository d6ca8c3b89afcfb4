/**
 * The maps over two coordinates: drawing them, and reading them with a pointer or arrow keys.
 *
 * @module
 */

/// <reference lib="dom" />

import { compactNumber } from "../html/numbers.ts";
import type { PageMap, PageMapPanel } from "./data.ts";
import { drawMap, mapFrame, markCell } from "./map_picture.ts";
import { arrowStep, onScheme } from "./screen.ts";

/** A grid point of a map. */
type Cell = readonly [column: number, row: number];

/** Shows all maps. */
export function showMaps(maps: readonly PageMap[]): void {
  for (const map of maps) {
    for (const panel of map.panels) {
      const selector = `canvas[data-map='${panel.id}']`;
      for (const canvas of document.querySelectorAll<HTMLCanvasElement>(selector)) {
        showMap(map, panel, canvas);
      }
    }
  }
}

function showMap(map: PageMap, panel: PageMapPanel, canvas: HTMLCanvasElement): void {
  const box = canvas.parentElement!;
  const findFrame = () => mapFrame(map, box.clientWidth);
  let cell: Cell = [map.columns >> 1, map.rows >> 1];
  function draw(): void {
    const frame = findFrame();
    if (frame !== undefined) drawMap(canvas, map, panel, frame);
  }
  onScheme(draw);
  new ResizeObserver(draw).observe(box);
  for (const type of ["pointermove", "pointerdown"] as const) {
    canvas.addEventListener(type, ({ clientX, clientY }) => {
      const frame = findFrame();
      if (frame === undefined) return;
      const { left, top } = canvas.getBoundingClientRect();
      const u = (clientX - left - frame.left) / frame.side;
      const v = 1 - (clientY - top - frame.top) / frame.tall;
      if (!(u >= 0 && u <= 1 && v >= 0 && v <= 1)) return;
      cell = [Math.round(u * (map.columns - 1)), Math.round(v * (map.rows - 1))];
      read(map, cell);
    });
  }
  canvas.tabIndex = 0;
  canvas.addEventListener("keydown", (event) => {
    const step = arrowStep(event), frame = findFrame();
    if (step === undefined || frame === undefined) return;
    event.preventDefault();
    const moved = (axis: 0 | 1, count: number) =>
      Math.min(Math.max(cell[axis] + step[axis], 0), count - 1);
    cell = [moved(0, map.columns), moved(1, map.rows)];
    draw();
    const [u, v] = shares(map, cell);
    markCell(canvas, frame, u, v);
    read(map, cell);
  });
  canvas.addEventListener("blur", draw);
}

/** Where a grid point lies on both axes, 0 to 1. */
function shares(map: PageMap, [column, row]: Cell): [number, number] {
  return [column / (map.columns - 1), row / (map.rows - 1)];
}

/** Writes the values of all maps at a grid point. */
function read(map: PageMap, cell: Cell): void {
  const readout = document.getElementById(map.readout);
  if (readout === null) return;
  const [u, v] = shares(map, cell), at = cell[1] * map.columns + cell[0];
  const x = map.x[0] + u * (map.x[1] - map.x[0]), y = map.y[0] + v * (map.y[1] - map.y[0]);
  const values = map.panels.map(({ name, values, digits }) =>
    `${name} ${compactNumber(values[at], digits)}`
  );
  readout.textContent = `${map.names[0]} = ${compactNumber(x)}, ${map.names[1]} = ` +
    `${compactNumber(y)}: ${values.join(", ")}`;
}
