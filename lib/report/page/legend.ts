/**
 * The legend below a chart: a button per line, which hides and shows it.
 *
 * @module
 */

/// <reference lib="dom" />

import type { Chart, ChartDataset, Point } from "chart.js";

const SVG = "http://www.w3.org/2000/svg";

/** Fills the legend of a chart anew; lines that the reader has hidden stay so. */
export function showLegend(chart: Chart<"line", Point[]>, hidden: readonly boolean[]): void {
  const box = chart.canvas.parentElement!;
  const list = box.nextElementSibling?.matches(".legend")
    ? box.nextElementSibling
    : document.createElement("ul");
  list.className = "legend";
  box.after(list);
  list.replaceChildren(...chart.data.datasets.flatMap((dataset, i) => {
    if (!dataset.label) return [];
    const button = document.createElement("button"), item = document.createElement("li");
    function show(visible: boolean): void {
      chart.setDatasetVisibility(i, visible);
      button.ariaPressed = String(visible);
      chart.update();
    }
    button.append(sample(dataset), dataset.label);
    button.addEventListener("click", () => show(!chart.isDatasetVisible(i)));
    button.ariaPressed = "true";
    if (hidden[i]) show(false);
    item.append(button);
    return item;
  }));
}

/** A piece of a line, or one point of a cloud. */
function sample(dataset: ChartDataset<"line", Point[]>): SVGElement {
  const cloud = dataset.showLine === false, width = cloud ? 8 : 28;
  const svg = document.createElementNS(SVG, "svg"), path = document.createElementNS(SVG, "path");
  const shapes = { line: "M0 4h28", circle: "M4 1a3 3 0 1 0 .01 0z", rectRot: "M4 0l4 4-4 4-4-4z" };
  const shape = cloud ? dataset.pointStyle as "circle" | "rectRot" : "line";
  for (
    const [name, value] of Object.entries({
      d: shapes[shape],
      fill: cloud ? dataset.backgroundColor : "none",
      stroke: cloud ? "none" : dataset.borderColor,
      "stroke-width": dataset.borderWidth,
      "stroke-dasharray": (dataset.borderDash as number[] | undefined)?.join(" ") ?? "",
    })
  ) path.setAttribute(name, String(value));
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", "8");
  svg.ariaHidden = "true";
  svg.append(path);
  return svg;
}
