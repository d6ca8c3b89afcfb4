/**
 * What the page's own code works with: its data, and the few parts of a browser it touches.
 *
 * The functions in the `_page_*.ts` files run in the reader's browser: the page carries their
 * source text. So each is self-contained: it may use its arguments and browser globals, never
 * an import or another function of its file (types vanish and may be imported).
 *
 * @module
 */

/** A list of numbers as JSON carries it: not finite is null. */
export type JsonNumbers = readonly (number | null)[];

/** The training log by columns. */
export interface PageHistory {
  readonly work: readonly number[];
  readonly evaluations: readonly number[];
  readonly seconds: readonly number[];
  readonly epoch: readonly number[];
  readonly intervals: readonly number[];
  readonly loss: JsonNumbers;
  readonly gradientNorm: JsonNumbers;
  readonly validation: JsonNumbers | null;
}

/** One cloud of points. */
export interface PageScatter {
  readonly part: string;
  readonly name: string;
  readonly target: JsonNumbers;
  readonly prediction: JsonNumbers;
  readonly residual: JsonNumbers;
}

/** Values on the grid of the maps. */
export interface PageMap {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly columns: number;
  readonly rows: number;
  readonly names: readonly [string, string];
  readonly prediction: JsonNumbers;
  readonly target: JsonNumbers | null;
  readonly error: JsonNumbers | null;
}

/** The data that the page carries. */
export interface PageData {
  readonly lossName: string;
  readonly history: PageHistory;
  readonly refinements: readonly {
    readonly work: number;
    readonly fromIntervals: number;
    readonly toIntervals: number;
  }[];
  /** A published result as a level to compare with. */
  readonly reference: { readonly label: string; readonly value: number } | null;
  readonly scatter: readonly PageScatter[];
  readonly map: PageMap | null;
}

/** The part of CanvasRenderingContext2D that is used. */
export interface Context2D {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  font: string;
  textAlign: string;
  textBaseline: string;
  imageSmoothingEnabled: boolean;
  save(): void;
  restore(): void;
  scale(x: number, y: number): void;
  translate(x: number, y: number): void;
  rotate(angle: number): void;
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  rect(x: number, y: number, width: number, height: number): void;
  clip(): void;
  stroke(): void;
  setLineDash(segments: readonly number[]): void;
  clearRect(x: number, y: number, width: number, height: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  measureText(text: string): { readonly width: number };
  createImageData(width: number, height: number): { readonly data: Uint8ClampedArray };
  putImageData(image: unknown, x: number, y: number): void;
  drawImage(image: unknown, x: number, y: number, width: number, height: number): void;
}

/** The part of an HTML element that is used. */
export interface PageElement {
  readonly dataset: Record<string, string | undefined>;
  readonly clientWidth: number;
  readonly parentElement: PageElement;
  readonly style: Record<string, string>;
  readonly value: string;
  textContent: string | null;
  width: number;
  height: number;
  getContext(kind: "2d"): Context2D;
  getBoundingClientRect(): { readonly left: number; readonly top: number };
  addEventListener(type: string, listener: (event: PointerPosition) => void): void;
}

/** Where a pointer is. */
export interface PointerPosition {
  readonly clientX: number;
  readonly clientY: number;
}

/** The part of a Chart.js chart that is used. */
export interface PageChart {
  readonly ctx: Context2D;
  readonly chartArea: { left: number; right: number; top: number; bottom: number };
  readonly scales: Record<string, { getPixelForValue(value: number): number }>;
  destroy(): void;
}

/** The part of a browser that is used. */
export interface PageWindow {
  readonly document: {
    readonly documentElement: PageElement;
    getElementById(id: string): PageElement | null;
    querySelectorAll(selector: string): Iterable<PageElement>;
    createElement(name: string): PageElement;
  };
  readonly devicePixelRatio: number;
  readonly Chart: {
    new (canvas: PageElement, configuration: unknown): PageChart;
    readonly defaults: { color: string; borderColor: string; font: { family: string } };
  };
  readonly ResizeObserver: new (listener: () => void) => { observe(element: PageElement): void };
  matchMedia(query: string): { addEventListener(type: string, listener: () => void): void };
  getComputedStyle(element: PageElement): { getPropertyValue(name: string): string };
  addEventListener(type: string, listener: () => void): void;
}

/** What the drawing functions share. */
export interface PageKit {
  readonly window: PageWindow;
  /** The value of a CSS variable: `color("train")` reads `--train`. */
  color(name: string): string;
  /** The same colour with an opacity (the variable must be `#rrggbb`). */
  fade(name: string, opacity: number): string;
  /** Calls `draw` now and whenever the colour scheme changes or the page is printed. */
  onScheme(draw: () => void): void;
  /** Prints a number with few digits. */
  number(value: number | null, digits?: number): string;
  /** Prints a power of ten: `10⁻³`. */
  power(exponent: number): string;
  /** Round numbers that divide a range into about `count` parts. */
  ticks(low: number, high: number, count: number): number[];
}
