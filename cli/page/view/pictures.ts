/**
 * The pictures of the page, drawn when a frame is due.
 *
 * @module
 */

/// <reference lib="dom" />

import {
  compactNumber,
  escapeHtml,
  type Ink,
  networkSvg,
  panelSvg,
} from "../../../lib/report/inner.ts";
import type { DoneLevel, FunctionPicture, LossPoint, Snapshot } from "../protocol.ts";
import { functionPanels } from "./draw/functions.ts";
import { type KnotMoment, knotSvg } from "./draw/knots.ts";
import { screenInk } from "./draw/ink.ts";
import { losses, lossWords } from "./draw/loss.ts";

/** An element of the page. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

/** What the pictures show. */
export interface ShownRun {
  readonly snapshot: Snapshot;
  readonly levels: readonly DoneLevel[];
  readonly points: readonly LossPoint[];
  readonly moments: readonly KnotMoment[];
  readonly before: readonly (readonly LossPoint[])[];
  /** Epochs of the schedule. */
  readonly epochs: number;
  /** Whether motion is not wanted. */
  readonly calm: boolean;
}

/** Milliseconds between two drawings, where motion is wanted and where it is not. */
const FRAME = 40, CALM_FRAME = 600;
/** Height of the pictures of loss and knots. */
const HEIGHT = 270;

/** Draws what a run shows, at most once a frame. */
export class Pictures {
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #shown: () => ShownRun | undefined;
  #drawn = 0;
  #scheduled = false;

  constructor(shown: () => ShownRun | undefined) {
    this.#shown = shown;
    this.#dark.addEventListener("change", () => this.schedule());
    addEventListener("resize", () => this.schedule());
  }

  /** Draws when a frame is due. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const wait = this.#shown()?.calm ? CALM_FRAME : FRAME;
    setTimeout(
      () =>
        requestAnimationFrame(() => {
          this.#scheduled = false;
          this.drawNow();
        }),
      Math.max(0, this.#drawn + wait - performance.now()),
    );
  }

  /** Draws at once. */
  drawNow(): void {
    const shown = this.#shown();
    if (shown) this.#draw(shown);
  }

  #draw(shown: ShownRun): void {
    this.#drawn = performance.now();
    const { snapshot, points, before, moments } = shown, height = HEIGHT;
    const ink = screenInk(this.#dark.matches ? "dark" : "light");
    drawFunction(snapshot, ink);
    byId("knots").innerHTML = knotSvg(moments, { width: widthOf("knots"), height });
    const residual = snapshot.picture.kind === "solution";
    byId("loss").innerHTML = panelSvg(losses({ points, before, residual }), {
      ...{ width: widthOf("loss"), height, ink, id: "loss", label: lossWords(points, residual) },
    });
    byId("network").innerHTML = networkSvg(snapshot.drawing, { embedded: true });
    showSum(shown);
    showLevels(shown.levels);
    const { dataset } = document.documentElement;
    // the next frame begins when this one is on the screen
    if (dataset.drawn === undefined) {
      requestAnimationFrame(() => performance.mark("first picture"));
    }
    dataset.drawn = String(points.at(-1)?.epoch ?? 0);
    dataset.frame = String(performance.now() - this.#drawn);
  }
}

function drawFunction({ picture }: Snapshot, ink: Ink): void {
  const all = picture.kind === "solution" ? picture.panels : [picture];
  const note = picture.kind === "solution" && picture.slice !== undefined
    ? `<p class="caption">At ${escapeHtml(picture.slice)}.</p>`
    : "";
  byId("function").innerHTML = all.map((each, k) => panelsHtml(each, `${k}`, ink)).join("") + note;
}

function panelsHtml(picture: FunctionPicture, id: string, ink: Ink): string {
  const room = widthOf("function"), three = picture.kind === "map" && picture.truth !== undefined;
  const most = picture.kind === "map" ? 440 : 860;
  const width = three && room >= 620 ? Math.floor((room - 36) / 3) : Math.min(room, most);
  const height = Math.round(Math.min(360, width * 0.75));
  return functionPanels(picture).map(({ panel, label }, k) =>
    `<div><h3>${escapeHtml(panel.title)}</h3>${
      panelSvg(panel, { width, height, ink, label, id: `${id}-${k}` })
    }</div>`
  ).join("");
}

function widthOf(id: string): number {
  return Math.max(240, Math.floor(byId(id).clientWidth));
}

function showSum({ snapshot, epochs }: ShownRun): void {
  const { point, parameters, intervals, picture } = snapshot;
  const solves = picture.kind === "solution", number = point ? compactNumber(point.loss) : "–";
  byId("sum").innerHTML =
    `epoch <b>${point?.epoch ?? 0}</b>${epochs > 0 ? ` of ${epochs}` : ""} · ` +
    `<b>${intervals}</b> intervals · <b>${parameters}</b> parameters · ` +
    `${solves ? "residual" : "loss"} <b>${number}</b>` +
    (point?.error === undefined ? "" : ` · error <b>${compactNumber(point.error, 2)}</b>`);
}

/** A button for the end of every level; the focus stays where it is. */
function showLevels(levels: readonly DoneLevel[]): void {
  const box = byId("levels"),
    shown = [
      { text: "the start", level: -1 },
      ...levels.map(({ intervals, epochs, loss }, level) => ({
        text: `${intervals} intervals: epoch ${epochs}, loss ${compactNumber(loss, 2)}`,
        level,
      })),
    ];
  const buttons = [...box.querySelectorAll("button")];
  if (buttons.length === 0) box.append("Back to");
  shown.forEach(({ text, level }, k) => {
    const button = buttons[k] ?? box.appendChild(document.createElement("button"));
    button.dataset.level = String(level);
    if (button.textContent === text) return;
    button.type = "button";
    button.textContent = text;
  });
  buttons.slice(shown.length).forEach((button) => button.remove());
}
