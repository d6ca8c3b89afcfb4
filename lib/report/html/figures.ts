/**
 * Places for the pictures that the page draws, and the choices beside them.
 *
 * @module
 */

import { escapeHtml } from "./html.ts";

/** What a chart needs in the text of the page. */
export interface ChartPlace {
  /** Id of the canvas. */
  readonly id: string;
  /** Words for a screen reader. */
  readonly label: string;
  /** Plain text below. */
  readonly caption: string;
  /** Class of the height. Default: as other charts. */
  readonly size?: "small" | "tall";
  /** HTML above. */
  readonly choices?: string;
}

/** A place for a chart. */
export function chartFigure({ id, label, caption, size, choices = "" }: ChartPlace): string {
  return `<figure>${choices}<div class="chart${size === undefined ? "" : ` ${size}`}">` +
    canvas("id", id, label) + `</div><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

function canvas(attribute: string, id: string, label: string): string {
  return `<canvas ${attribute}="${id}" role="img" aria-label="${escapeHtml(label)}"></canvas>`;
}

/** A place for a map, with its heading. */
export interface MapPlace {
  /** The `data-map` of the canvas. */
  readonly id: string;
  readonly title: string;
  readonly label: string;
}

/** Places for maps side by side. */
export function mapGrid(maps: readonly MapPlace[], kind = ""): string {
  const places = maps.map(({ id, title, label }) =>
    `<div><h4>${escapeHtml(title)}</h4><div>${canvas("data-map", id, label)}</div></div>`
  );
  const single = maps.length === 1 ? " single" : "";
  return `<div class="maps${kind}${single}">${places.join("")}</div>`;
}

/** The line of text that shows the values of maps. */
export const MAP_READOUT = `<output class="readout" id="map-readout">Point at a map to read its ` +
  `values, or walk over it with the arrow keys.</output>`;

/** Radio buttons, the first one checked. */
export function choices(
  legend: string,
  name: string,
  options: readonly { readonly value: string; readonly label: string }[],
  attributes = "",
): string {
  const buttons = options.map(({ value, label }, i) =>
    `<label><input type="radio" name="${name}"${attributes} value="${value}"${
      i === 0 ? " checked" : ""
    }>${escapeHtml(label)}</label>`
  );
  return `<fieldset class="axis-choice"><legend>${legend}</legend>${buttons.join("")}</fieldset>`;
}

/** The choice of what a run has spent: work, evaluations or seconds. */
export function progressChoice(name: string): string {
  const options = ["work", "evaluations", "seconds"].map((value) => ({ value, label: value }));
  return choices("Over", name, options);
}
