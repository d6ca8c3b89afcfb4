/**
 * Networks, runs, schedules, reports and figures as notebooks show them.
 *
 * @module
 */

import { checkOptions } from "../../numerics/inner.ts";
import { edgeScores } from "../../interpret/mod.ts";
import type { Network } from "../../model/mod.ts";
import { formatSchedule, type Schedule } from "../../multilevel/mod.ts";
import type { FinishedEvent, TrainEvent } from "../../train/mod.ts";
import type { Figure } from "../figure/data.ts";
import { figureSvg } from "../figure/figure.ts";
import { lossPanel } from "../figure/panels.ts";
import { escapeHtml, numberColumns, table } from "../html/html.ts";
import { formatNumber, formatSeconds } from "../html/numbers.ts";
import { networkDrawing } from "../network/drawing.ts";
import { networkSvg } from "../network/svg.ts";
import type { ReportData } from "../training/data.ts";
import { describeNetwork } from "../training/network_rows.ts";
import { renderReport } from "../training/render.ts";
import { readEvents } from "../training/training_log.ts";

/** What a notebook shows, by media type. */
export type DisplayData = Readonly<Record<string, string>>;

/** A value that Deno's kernel for Jupyter shows as text, picture or page. */
export interface Shown {
  /** Text, picture and page; the kernel gets it by the method `Symbol.for("Jupyter.display")`. */
  readonly display: DisplayData;
  /** The text for readers without pictures. */
  toString(): string;
}

/** What {@linkcode show} can show. */
export type Showable =
  | Network
  | Schedule
  | readonly TrainEvent[]
  | Pick<FinishedEvent, "network" | "levels" | "status" | "reason">
  | ReportData
  | Figure;

/** Options of {@linkcode show}. */
export interface ShowOptions {
  /** Rows as a network sees them, `[rows, nIn]`: its edges are the fainter, the less they matter. */
  readonly inputs?: Float64Array | undefined;
  /** Names of the inputs. */
  readonly inputNames?: readonly string[] | undefined;
  /** Names of the outputs. */
  readonly outputNames?: readonly string[] | undefined;
  /** Intervals that a schedule begins with. Default 5. */
  readonly intervals?: number | undefined;
}

const OPTIONS = "inputs inputNames outputNames intervals";

/**
 * Makes a value that a notebook shows: of a network its drawing, of a run's events the chart of its
 * loss, of a finished run (or of what `fit` gives) the network and its levels, of a schedule its
 * table, of a report's data the page, of a figure the figure; each also as text.
 *
 * @param value The network, events, finished run, schedule, report data or figure.
 * @param options Rows and names.
 * @returns An object that Deno's kernel displays where it is the last value of a cell.
 * @throws {TypeError} If the value is none of these.
 *
 * @example
 * ```ts
 * import { createNetwork, multilevelSchedule } from "@freeknot/freeknot";
 * import { show } from "@freeknot/freeknot/report";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const { display } = show(network);
 * assertStringIncludes(display["text/html"], "<svg");
 * assertStringIncludes(display["text/plain"], "[2, 5, 1]");
 * assertStringIncludes(String(show(multilevelSchedule([4, 1]))), "multilevel [4, 1]");
 * ```
 */
export function show(value: Showable, options: ShowOptions = {}): Shown {
  checkOptions("show", options, OPTIONS);
  const data = displayOf(value, options);
  return {
    display: data,
    [Symbol.for("Jupyter.display")]: () => data,
    toString: () => data["text/plain"],
  } as Shown;
}

function displayOf(value: Showable, options: ShowOptions): DisplayData {
  if (Array.isArray(value)) return runDisplay(value as readonly TrainEvent[]);
  if (typeof value === "object" && value !== null) {
    if ("panels" in value) return figureDisplay(value);
    if ("stages" in value && "startFactor" in value) {
      const text = formatSchedule(value, options.intervals ?? 5);
      return display(text, `<pre>${escapeHtml(text)}</pre>`);
    }
    if ("layerShapes" in value) return reportDisplay(value);
    if ("levels" in value && "network" in value) return finishedDisplay(value, options);
    if ("config" in value && "parameters" in value) return networkDisplay(value, options);
  }
  throw new TypeError(
    "Cannot show: value must be a network, a schedule, events of training, a finished run, data of a " +
      `report or a figure, current value is ${typeof value === "object" ? "none of them" : value}`,
  );
}

function display(text: string, html: string, svg?: string): DisplayData {
  return {
    "text/plain": text,
    "text/html": html,
    ...(svg === undefined ? {} : { "image/svg+xml": svg }),
  };
}

function figureDisplay(figure: Figure): DisplayData {
  const svg = figureSvg(figure);
  return display(`figure: ${figure.panels.map(({ title }) => title).join(", ")}`, svg, svg);
}

function networkDisplay(network: Network, options: ShowOptions): DisplayData {
  const svg = networkPicture(network, options);
  const text = `${describeNetwork(network, [])}, ${network.parameters.length} parameters`;
  return display(text, `<p>${escapeHtml(text)}</p>${svg}`, svg);
}

function networkPicture(
  network: Network,
  { inputs, inputNames, outputNames }: ShowOptions,
): string {
  const [nIn] = network.config.widths;
  // without rows nobody knows what matters: every edge is drawn as if it did
  const rows = inputs ?? new Float64Array(2 * nIn).fill(1, nIn);
  const scores = edgeScores(network, rows);
  const even = { deviation: 1, attribution: 1, share: 1 };
  const known = inputs ? scores : {
    ...scores,
    layers: scores.layers.map((layer) => ({
      ...layer,
      edges: layer.edges.map((edge) => ({ ...edge, ...even })),
    })),
    nodes: scores.nodes.map((nodes) => nodes.map((node) => ({ ...node, ...even }))),
  };
  return networkSvg(networkDrawing(network, rows, { inputNames, outputNames, scores: known }));
}

function runDisplay(events: readonly TrainEvent[]): DisplayData {
  const { history, refinements } = readEvents(events);
  const last = history.at(-1);
  if (last === undefined) return display("no epoch is done", "<p>no epoch is done</p>");
  const panel = lossPanel(history, refinements, "loss", [
    { label: "training", values: history.map(({ loss }) => loss) },
    ...(last.validationLoss === undefined
      ? []
      : [{ label: "validation", values: history.map((each) => each.validationLoss ?? NaN) }]),
  ])!;
  const text = `${last.epoch} epochs, ${last.evaluations} evaluations, ` +
    `${formatSeconds(last.seconds)}: loss ${formatNumber(last.loss)}`;
  const svg = figureSvg({ panels: [panel] });
  return display(text, `<p>${escapeHtml(text)}</p>${svg}`, svg);
}

function finishedDisplay(
  { network, levels, status, reason }: Pick<
    FinishedEvent,
    "network" | "levels" | "status" | "reason"
  >,
  options: ShowOptions,
): DisplayData {
  const picture = networkPicture(network, options);
  const rows = levels.map(({ intervals, parameters, epochs, loss, seconds }) => [
    ...[`${intervals}`, `${parameters}`, `${epochs}`, formatNumber(loss), formatSeconds(seconds)],
  ]);
  const ending = `${status}: ${reason}`;
  const text = [
    ending,
    ...rows.map(([intervals, , epochs, loss]) =>
      `${intervals} intervals, ${epochs} epochs: loss ${loss}`
    ),
  ].join("\n");
  const columns = numberColumns("intervals", "parameters", "epochs", "loss", "time");
  return display(text, `${table(ending, columns, rows)}${picture}`, picture);
}

function reportDisplay(data: ReportData): DisplayData {
  const page = escapeHtml(renderReport(data));
  return display(
    `${data.title}: ${data.subtitle}, ${data.status}`,
    `<iframe srcdoc="${page}" style="width:100%;height:640px;border:0" sandbox="allow-scripts">` +
      `</iframe>`,
  );
}
