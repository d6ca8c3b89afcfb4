/**
 * What `regions` prints.
 *
 * @module
 */

import { pow } from "../../../lib/numerics/inner.ts";
import { extremeVertices } from "../../../lib/convert/inner.ts";
import type { LineRegions } from "../../../lib/convert/mod.ts";
import { duration, shortNumber, textTable } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import type { RegionsRequest } from "./request.ts";
import { regionsCommandLine, type RegionsResult } from "./run.ts";

/** The object that `--json` prints. */
export function regionsJson(result: RegionsResult, request: RegionsRequest) {
  const { bounds, parameters, line, complex, patterns, seconds } = result;
  const { modelFile, model, place, inputs, outputs, svg, report, out } = request;
  return {
    model: modelFile,
    widths: model.network.config.widths,
    parameters,
    place: place.kind === "plane"
      ? { kind: place.kind, inputs: place.inputs.map((p) => inputs[p].name), box: place.box }
      : place,
    ...(line === undefined ? {} : {
      cells: line.cells,
      regions: line.pieces.length,
      exactDecisions: line.exact,
      kinks: line.pieces.slice(1).map(({ from }) => from),
    }),
    ...(complex === undefined ? {} : {
      cells: complex.cells.length,
      regions: complex.regions,
      vertices: complex.vertices.length / complex.dimension,
      volume: complex.cells.reduce((sum, { volume }) => sum + volume, 0),
      extremes: extremeVertices(complex).map((each, q) => ({ output: outputs[q], ...each })),
    }),
    ...(patterns === undefined ? {} : { patterns }),
    bounds,
    seconds,
    ...(svg === undefined ? {} : { svg }),
    ...(report === undefined ? {} : { report }),
    ...(out === undefined ? {} : { out }),
    version: VERSION,
    command: regionsCommandLine(request),
  };
}

/** What `regions` prints without `--json`. */
export function regionsText(result: RegionsResult, request: RegionsRequest): string {
  const { bounds, parameters, line, complex, patterns, seconds } = result;
  const { inputs, outputs, place, svg, report, out } = request;
  const rows: string[][] = [];
  if (line !== undefined && place.kind === "line") {
    rows.push(...lineRows(line, request, parameters));
  }
  if (complex !== undefined && place.kind === "plane") {
    const names = place.inputs.map((p, k) =>
      `${inputs[p].name} from ${shortNumber(place.box[k][0])} to ${shortNumber(place.box[k][1])}`
    );
    rows.push([complex.dimension === 2 ? "plane" : "space", names.join(", ")]);
    rows.push(["cells", `${complex.cells.length}`]);
    rows.push(["regions", countText(complex.regions, parameters)]);
    extremeVertices(complex).forEach(({ minimum, maximum }, q) => {
      const end = ({ value, at }: typeof minimum) =>
        `${shortNumber(value)} at ${at.map(shortNumber).join(", ")}`;
      rows.push([outputs[q], `from ${end(minimum)} to ${end(maximum)}`]);
    });
  }
  if (patterns !== undefined) {
    rows.push([
      "regions",
      `at least ${patterns.found} (patterns at ${patterns.points} random points)`,
    ]);
  }
  const whole = "in the whole space";
  rows.push(["at most", `${powerText(bounds.perNode)} ${whole} (nodes with their kinks)`]);
  if (bounds.perEdge !== undefined) {
    rows.push(["", `${powerText(bounds.perEdge)} (pieces to the number of edges)`]);
  }
  if (bounds.relu !== undefined) {
    const { widths, parameters: count, perNode } = bounds.relu;
    rows.push([
      "",
      `${powerText(perNode)} of a ReLU MLP [${widths.join(", ")}], ${count} parameters`,
    ]);
  }
  rows.push(["time", duration(seconds)]);
  for (const file of [svg, report, out]) if (file !== undefined) rows.push(["written", file]);
  return `${textTable(rows, "ll")}\n`;
}

function lineRows(
  { cells, pieces, exact }: LineRegions,
  { inputs, place }: RegionsRequest,
  parameters: number,
): string[][] {
  if (place.kind !== "line") return [];
  const moving = inputs.flatMap(({ name }, p) =>
    place.from[p] === place.to[p]
      ? []
      : [`${name} from ${shortNumber(place.from[p])} to ${shortNumber(place.to[p])}`]
  );
  const where = (t: number) =>
    inputs.flatMap((_, p) =>
      place.from[p] === place.to[p]
        ? []
        : [shortNumber(place.from[p] + t * (place.to[p] - place.from[p]))]
    ).join(" ");
  const kinks = pieces.slice(1, 13).map(({ from }) => where(from));
  return [
    ["line", moving.join(", ")],
    ["cells", `${cells}${exact > 0 ? ` (${exact} decided in whole numbers)` : ""}`],
    ["regions", countText(pieces.length, parameters)],
    ["kinks", `${kinks.join(", ")}${pieces.length > 13 ? ", ..." : ""}`],
  ];
}

function countText(regions: number, parameters: number): string {
  return `${regions} (${shortNumber(regions / parameters)} per parameter)`;
}

/** A number by its decimal logarithm. */
function powerText(logarithm: number): string {
  return logarithm < 6 ? `${Math.round(pow(10, logarithm))}` : `10^${logarithm.toFixed(1)}`;
}
