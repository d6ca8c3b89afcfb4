/**
 * The maps of target, prediction and error over two inputs (runs in the browser).
 *
 * @module
 */

import type {
  JsonNumbers,
  PageData,
  PageElement,
  PageKit,
  PointerPosition,
} from "./_page_types.ts";

/** Draws the maps and their colour bars; self-contained, see `_page_types.ts`. */
export function drawMaps(kit: PageKit, data: PageData): void {
  const map = data.map;
  if (map === null) return;
  const { document } = kit.window;
  // Nine stops each of matplotlib's viridis and inferno (CC0): even steps of lightness.
  const viridis = "440154 472d7b 3b528b 2c728e 21918c 28ae80 5ec962 addc30 fde725".split(" ");
  const inferno = "000004 210c4a 57106e 8a226a bc3754 e45a31 f98e09 f9cb35 fcffa4".split(" ");

  function shade(stops: readonly string[], position: number): number[] {
    const s = Math.min(Math.max(position, 0), 1) * (stops.length - 1);
    const i = Math.min(Math.floor(s), stops.length - 2);
    return [0, 2, 4].map((at) => {
      const low = parseInt(stops[i].slice(at, at + 2), 16);
      const high = parseInt(stops[i + 1].slice(at, at + 2), 16);
      return low + (s - i) * (high - low);
    });
  }

  function extent(lists: readonly (JsonNumbers | null)[]): [number, number] {
    let low = Infinity, high = -Infinity;
    for (const list of lists) {
      for (const value of list ?? []) {
        if (value === null) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    return low <= high ? [low, high] : [0, 1];
  }

  const margin = { left: 52, right: 60, top: 6, bottom: 36 };
  const values = extent([map.target, map.prediction]);
  const worst = extent([(map.error ?? []).map((e) => e === null ? null : Math.abs(e))])[1] || 1;
  const logHigh = Math.log10(worst), logLow = logHigh - 4; // four decades below the worst

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

  function draw(canvas: PageElement): void {
    const kind = canvas.dataset.map as "target" | "prediction" | "error";
    const grid = map![kind];
    if (!grid) return;
    const isError = kind === "error";
    const stops = isError ? inferno : viridis;
    const width = canvas.parentElement.clientWidth;
    if (width < margin.left + margin.right + 20) return;
    const side = width - margin.left - margin.right;
    const height = side + margin.top + margin.bottom;
    const ratio = kit.window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    const ctx = canvas.getContext("2d");
    ctx.save();
    ctx.scale(ratio, ratio);
    ctx.clearRect(0, 0, width, height);

    const position = (value: number) =>
      isError
        ? (Math.log10(Math.max(Math.abs(value), 1e-300)) - logLow) / (logHigh - logLow)
        : (value - values[0]) / (values[1] - values[0] || 1);
    const image = document.createElement("canvas");
    image.width = map!.columns;
    image.height = map!.rows;
    const pixels = image.getContext("2d").createImageData(map!.columns, map!.rows);
    for (let r = 0; r < map!.rows; r++) {
      for (let c = 0; c < map!.columns; c++) {
        const value = grid[r * map!.columns + c];
        const at = 4 * ((map!.rows - 1 - r) * map!.columns + c); // the lowest y at the bottom
        const rgb = value === null ? [128, 128, 128] : shade(stops, position(value));
        for (let j = 0; j < 3; j++) pixels.data[at + j] = rgb[j];
        pixels.data[at + 3] = 255;
      }
    }
    image.getContext("2d").putImageData(pixels, 0, 0);
    ctx.save();
    ctx.beginPath();
    ctx.rect(margin.left, margin.top, side, side);
    ctx.clip();
    ctx.imageSmoothingEnabled = true;
    // Grid points lie on the box's edge: stretch so that cell centres do.
    const dx = side / (map!.columns - 1), dy = side / (map!.rows - 1);
    ctx.drawImage(image, margin.left - dx / 2, margin.top - dy / 2, side + dx, side + dy);
    ctx.restore();

    ctx.fillStyle = kit.color("muted");
    ctx.strokeStyle = kit.color("muted");
    ctx.lineWidth = 1;
    ctx.font = "11px system-ui, sans-serif";
    const bottom = margin.top + side;
    ctx.strokeRect(margin.left + 0.5, margin.top + 0.5, side - 1, side - 1);
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    for (const { tick, share } of axisTicks(map!.x, side < 220 ? 3 : 5)) {
      const x = margin.left + side * share;
      ctx.fillText(kit.number(tick), x, bottom + 4);
    }
    ctx.fillText(map!.names[0], margin.left + side / 2, bottom + 19);
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (const { tick, share } of axisTicks(map!.y, side < 220 ? 3 : 5)) {
      const y = bottom - side * share;
      ctx.fillText(kit.number(tick), margin.left - 5, Math.max(y, margin.top + 5));
    }
    ctx.save();
    ctx.translate(8, margin.top + side / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.textAlign = "center";
    ctx.fillText(map!.names[1], 0, 0);
    ctx.restore();

    const bar = { x: margin.left + side + 12, width: 10 };
    for (let y = 0; y < side; y++) {
      const [red, green, blue] = shade(stops, 1 - y / (side - 1)).map(Math.round);
      ctx.fillStyle = "rgb(" + red + "," + green + "," + blue + ")";
      ctx.fillRect(bar.x, margin.top + y, bar.width, 1.5);
    }
    ctx.fillStyle = kit.color("muted");
    ctx.strokeRect(bar.x - 0.5, margin.top + 0.5, bar.width + 1, side - 1);
    ctx.textAlign = "left";
    if (isError) {
      for (let k = Math.ceil(logLow); k <= Math.floor(logHigh); k++) {
        const y = bottom - side * (k - logLow) / (logHigh - logLow);
        ctx.fillText(kit.power(k), bar.x + bar.width + 5, Math.min(Math.max(y, 11), bottom - 5));
      }
    } else {
      for (const tick of kit.ticks(values[0], values[1], 5)) {
        const y = bottom - side * (tick - values[0]) / (values[1] - values[0] || 1);
        ctx.fillText(
          kit.number(tick),
          bar.x + bar.width + 5,
          Math.min(Math.max(y, 11), bottom - 5),
        );
      }
    }
    ctx.restore();
  }

  const readout = document.getElementById("map-readout");
  function read(canvas: PageElement, pointer: PointerPosition): void {
    if (readout === null) return;
    const box = canvas.getBoundingClientRect();
    const side = canvas.parentElement.clientWidth - margin.left - margin.right;
    const u = (pointer.clientX - box.left - margin.left) / side;
    const v = 1 - (pointer.clientY - box.top - margin.top) / side;
    if (!(u >= 0 && u <= 1 && v >= 0 && v <= 1)) return;
    const column = Math.round(u * (map!.columns - 1)), row = Math.round(v * (map!.rows - 1));
    const at = row * map!.columns + column;
    const x = map!.x[0] + column / (map!.columns - 1) * (map!.x[1] - map!.x[0]);
    const y = map!.y[0] + row / (map!.rows - 1) * (map!.y[1] - map!.y[0]);
    let text = map!.names[0] + " = " + kit.number(x) + ", " + map!.names[1] + " = " +
      kit.number(y) + ": prediction " + kit.number(map!.prediction[at], 4);
    if (map!.target !== null) text += ", target " + kit.number(map!.target[at], 4);
    if (map!.error !== null) text += ", error " + kit.number(map!.error[at], 2);
    readout.textContent = text;
  }

  for (const canvas of document.querySelectorAll("canvas[data-map]")) {
    kit.onScheme(() => draw(canvas));
    new kit.window.ResizeObserver(() => draw(canvas)).observe(canvas.parentElement);
    canvas.addEventListener("pointermove", (pointer) => read(canvas, pointer));
    canvas.addEventListener("pointerdown", (pointer) => read(canvas, pointer));
  }
}
