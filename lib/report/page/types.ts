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
  readonly gradientNorm: JsonNumbers;
  readonly series: readonly PageSeries[];
}

/** One curve over the training log, or over positions. */
export interface PageSeries {
  readonly label: string;
  /** Name of the CSS variable that holds its colour. */
  readonly color: string;
  /** Lengths of dashes and gaps in pixels; empty: solid. */
  readonly dash: readonly number[];
  readonly width: number;
  readonly values: JsonNumbers;
}

/** One cloud of points. */
export interface PageScatter {
  readonly part: string;
  readonly name: string;
  readonly target: JsonNumbers;
  readonly prediction: JsonNumbers;
  readonly residual: JsonNumbers;
}

/** Stops `#rrggbb` of a colour map, for a light page and for a dark one. */
export interface PalettePair {
  readonly light: readonly string[];
  readonly dark: readonly string[];
}

/** The colour maps: for values, for values on both sides of 0, for sizes of what should be 0. */
export type PalettePairs = Readonly<Record<"sequential" | "diverging" | "magnitude", PalettePair>>;

/** One map. */
export interface PageMapPanel {
  /** The `data-map` of its canvas. */
  readonly id: string;
  /** What its values are called where they are read off. */
  readonly name: string;
  readonly values: JsonNumbers;
  /** Digits where they are read off. */
  readonly digits: number;
  readonly palette: keyof PalettePairs;
  /** Values at the ends of the colour bar; of a logarithmic one their decimal logarithms. */
  readonly range: readonly [number, number];
  readonly logarithmic: boolean;
  /** Whether marks are drawn on it. */
  readonly marked: boolean;
}

/** Maps on one grid, and the line of text in which a pointer reads them. */
export interface PageMap {
  /** Id of that line. */
  readonly readout: string;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly columns: number;
  readonly rows: number;
  readonly names: readonly [string, string];
  /** Height of the maps as a part of their width. */
  readonly ratio: number;
  readonly panels: readonly PageMapPanel[];
  /** Positions of knots on both axes. */
  readonly knots: readonly [readonly number[], readonly number[]];
  /** Points of measurement, `[x, y]`. */
  readonly points: readonly (readonly [number, number])[];
}

/** What the maps are drawn from. */
export interface PageMaps {
  readonly palettes: PalettePairs;
  readonly maps: readonly PageMap[];
}

/** What the chart of the loss is drawn from. */
export interface PageLoss {
  readonly lossName: string;
  readonly history: PageHistory;
  readonly refinements: readonly {
    readonly work: number;
    readonly fromIntervals: number;
    readonly toIntervals: number;
  }[];
  /** A published result as a level to compare with. */
  readonly reference: { readonly label: string; readonly value: number } | null;
}

/** The data that the page carries. */
export interface PageData extends PageLoss, PageMaps {
  readonly scatter: readonly PageScatter[];
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
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  fill(): void;
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
  hidden: boolean;
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
  /** Whether the page is dark. */
  isDark(): boolean;
  /** Calls `draw` now and whenever the colour scheme changes or the page is printed. */
  onScheme(draw: () => void): void;
  /** Prints a number with few digits. */
  number(value: number | null, digits?: number): string;
  /** The exponent of a power of ten, -2 of 0.01; null for any other number. */
  decade(value: number): number | null;
  /** Prints a power of ten: `10⁻³`. */
  power(exponent: number): string;
  /** Round numbers that divide a range into about `count` parts. */
  ticks(low: number, high: number, count: number): number[];
}
