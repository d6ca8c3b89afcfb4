/**
 * The maps of target, prediction and error over two inputs (runs in the browser).
 *
 * @module
 */

import type {
  PageElement,
  PageKit,
  PageMap,
  PageMapPanel,
  PageMaps,
  PointerPosition,
} from "./types.ts";

/** Draws the maps and their colour bars; self-contained, see `_page_types.ts`. */
export function drawMaps(kit: PageKit, data: PageMaps): void {
  const { document } = kit.window;
  const margin = { left: 52, right: 60, top: 6, bottom: 36 };

  function shade(stops: readonly string[], position: number): number[] {
    const s = Math.min(Math.max(position, 0), 1) * (stops.length - 1);
    const i = Math.min(Math.floor(s), stops.length - 2);
    return [1, 3, 5].map((at) => {
      const low = parseInt(stops[i].slice(at, at + 2), 16);
      const high = parseInt(stops[i + 1].slice(at, at + 2), 16);
      return low + (s - i) * (high - low);
    });
  }

  /** Ticks and where they lie, 0 to 1; data that end just short of a tick still get it. */
  function axisTicks(
    [low, high]: readonly [number, number],
    count: number,
  ): { tick: number; share: number }[] {
    const near = 0.01 * (high - low);
    return kit.ticks(low - near, high + near, count).map((tick) => ({
      tick,
      share: Math.min(Math.max((tick - low) / (high - low), 0), 1),
    }));
  }

  function paint(map: PageMap, panel: PageMapPanel, stops: readonly string[]): PageElement {
    const [low, high] = panel.range;
    const image = document.createElement("canvas");
    image.width = map.columns;
    image.height = map.rows;
    const pixels = image.getContext("2d").createImageData(map.columns, map.rows);
    for (let r = 0; r < map.rows; r++) {
      for (let c = 0; c < map.columns; c++) {
        const value = panel.values[r * map.columns + c];
        const at = 4 * ((map.rows - 1 - r) * map.columns + c); // the lowest y at the bottom
        const shown = panel.logarithmic && value !== null
          ? Math.log10(Math.max(Math.abs(value), 1e-300))
          : value;
        const rgb = shown === null
          ? [128, 128, 128]
          : shade(stops, (shown - low) / (high - low || 1));
        for (let j = 0; j < 3; j++) pixels.data[at + j] = rgb[j];
        pixels.data[at + 3] = 255;
      }
    }
    image.getContext("2d").putImageData(pixels, 0, 0);
    return image;
  }

  function draw(map: PageMap, panel: PageMapPanel, canvas: PageElement): void {
    const stops = data.palettes[panel.palette][kit.isDark() ? "dark" : "light"];
    const width = canvas.parentElement.clientWidth;
    if (width < margin.left + margin.right + 20) return;
    const side = width - margin.left - margin.right, tall = Math.round(side * map.ratio);
    const height = tall + margin.top + margin.bottom;
    const ratio = kit.window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    const ctx = canvas.getContext("2d");
    ctx.save();
    ctx.scale(ratio, ratio);
    ctx.clearRect(0, 0, width, height);
    ctx.save();
    ctx.beginPath();
    ctx.rect(margin.left, margin.top, side, tall);
    ctx.clip();
    ctx.imageSmoothingEnabled = true;
    // Grid points lie on the box's edge: stretch so that cell centres do.
    const dx = side / (map.columns - 1), dy = tall / (map.rows - 1);
    ctx.drawImage(
      paint(map, panel, stops),
      margin.left - dx / 2,
      margin.top - dy / 2,
      side + dx,
      tall + dy,
    );
    ctx.restore();

    const bottom = margin.top + tall;
    const column = (x: number) => margin.left + side * (x - map.x[0]) / (map.x[1] - map.x[0]);
    const row = (y: number) => bottom - tall * (y - map.y[0]) / (map.y[1] - map.y[0]);
    if (panel.marked) {
      ctx.fillStyle = kit.color("paper");
      ctx.strokeStyle = kit.color("ink");
      ctx.lineWidth = 1;
      for (const [x, y] of map.points) {
        ctx.beginPath();
        ctx.arc(column(x), row(y), 2.5, 0, 7);
        ctx.fill();
        ctx.stroke();
      }
      for (const [color, size] of [["paper", 3], ["ink", 1]] as const) {
        ctx.strokeStyle = kit.color(color);
        ctx.lineWidth = size;
        ctx.beginPath();
        for (const x of map.knots[0]) {
          if (!(x > map.x[0] && x < map.x[1])) continue;
          ctx.moveTo(column(x), margin.top);
          ctx.lineTo(column(x), margin.top + 7);
        }
        for (const y of map.knots[1]) {
          if (!(y > map.y[0] && y < map.y[1])) continue;
          ctx.moveTo(margin.left + side, row(y));
          ctx.lineTo(margin.left + side - 7, row(y));
        }
        ctx.stroke();
      }
    }

    ctx.fillStyle = kit.color("muted");
    ctx.strokeStyle = kit.color("muted");
    ctx.lineWidth = 1;
    ctx.font = "11px system-ui, sans-serif";
    ctx.strokeRect(margin.left + 0.5, margin.top + 0.5, side - 1, tall - 1);
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    for (const { tick, share } of axisTicks(map.x, side < 220 ? 3 : 5)) {
      ctx.fillText(kit.number(tick), margin.left + side * share, bottom + 4);
    }
    ctx.fillText(map.names[0], margin.left + side / 2, bottom + 19);
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (const { tick, share } of axisTicks(map.y, tall < 220 ? 3 : 5)) {
      const y = bottom - tall * share;
      ctx.fillText(kit.number(tick), margin.left - 5, Math.max(y, margin.top + 5));
    }
    ctx.save();
    ctx.translate(8, margin.top + tall / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.textAlign = "center";
    ctx.fillText(map.names[1], 0, 0);
    ctx.restore();

    const bar = { x: margin.left + side + 12, width: 10 };
    for (let y = 0; y < tall; y++) {
      const [red, green, blue] = shade(stops, 1 - y / (tall - 1)).map(Math.round);
      ctx.fillStyle = "rgb(" + red + "," + green + "," + blue + ")";
      ctx.fillRect(bar.x, margin.top + y, bar.width, 1.5);
    }
    ctx.fillStyle = kit.color("muted");
    ctx.strokeRect(bar.x - 0.5, margin.top + 0.5, bar.width + 1, tall - 1);
    ctx.textAlign = "left";
    const [low, high] = panel.range;
    const ticks = panel.logarithmic
      ? axisTicks([low, high], 2 * (high - low)).filter(({ tick }) => Number.isInteger(tick))
      : axisTicks([low, high], tall < 220 ? 4 : 5);
    for (const { tick, share } of ticks) {
      const y = bottom - tall * share;
      ctx.fillText(
        panel.logarithmic ? kit.power(tick) : kit.number(tick),
        bar.x + bar.width + 5,
        Math.min(Math.max(y, 11), bottom - 5),
      );
    }
    ctx.restore();
  }

  function read(map: PageMap, canvas: PageElement, pointer: PointerPosition): void {
    const readout = document.getElementById(map.readout);
    if (readout === null) return;
    const box = canvas.getBoundingClientRect();
    const side = canvas.parentElement.clientWidth - margin.left - margin.right;
    const u = (pointer.clientX - box.left - margin.left) / side;
    const v = 1 - (pointer.clientY - box.top - margin.top) / Math.round(side * map.ratio);
    if (!(u >= 0 && u <= 1 && v >= 0 && v <= 1)) return;
    const column = Math.round(u * (map.columns - 1)), row = Math.round(v * (map.rows - 1));
    const at = row * map.columns + column;
    const x = map.x[0] + column / (map.columns - 1) * (map.x[1] - map.x[0]);
    const y = map.y[0] + row / (map.rows - 1) * (map.y[1] - map.y[0]);
    readout.textContent = map.names[0] + " = " + kit.number(x) + ", " + map.names[1] + " = " +
      kit.number(y) + ": " +
      map.panels.map(({ name, values, digits }) => name + " " + kit.number(values[at], digits))
        .join(", ");
  }

  for (const map of data.maps) {
    for (const panel of map.panels) {
      for (const canvas of document.querySelectorAll("canvas[data-map='" + panel.id + "']")) {
        kit.onScheme(() => draw(map, panel, canvas));
        new kit.window.ResizeObserver(() => draw(map, panel, canvas)).observe(canvas.parentElement);
        canvas.addEventListener("pointermove", (pointer) => read(map, canvas, pointer));
        canvas.addEventListener("pointerdown", (pointer) => read(map, canvas, pointer));
      }
    }
  }
}
