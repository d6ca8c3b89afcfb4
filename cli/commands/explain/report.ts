/**
 * The pictures of `explain`: the page, and the drawing alone.
 *
 * @module
 */

import { basename } from "node:path";
import { defined } from "../../../lib/numerics/inner.ts";
import { edgeSymbols } from "../../../lib/interpret/inner.ts";
import type { Explanation } from "../../../lib/interpret/mod.ts";
import { networkDrawing, networkSvg, renderExplanation } from "../../../lib/report/mod.ts";
import { tableName, writeFile } from "../../terminal/files.ts";
import { shellCommand } from "../../terminal/shell_word.ts";
import { VERSION } from "../../terminal/version.ts";
import type { ExplainRequest } from "./request.ts";

/** Writes the page, and the drawing, as they were asked for. */
export async function writePictures(
  request: ExplainRequest,
  explanation: Explanation,
  inputs: Float64Array,
): Promise<void> {
  const { model, units, report, svg } = request, { network, networks } = model;
  const drawing = networks.length > 1 ? undefined : networkDrawing(network, inputs, {
    scores: explanation.scores,
    symbols: request.symbols === "auto" ? edgeSymbols(network, inputs) : request.symbols?.names,
    inputNames: explanation.inputs,
    outputNames: units.outputs.map(({ name }) => name),
  });
  if (svg !== undefined && drawing !== undefined) {
    await writeFile(svg, `${networkSvg(drawing)}\n`);
  }
  if (report === undefined) return;
  const { widths, degree, knots, intervals, activation } = network.config;
  const kind = activation === "spline"
    ? `network of ${knots}-knot splines of degree ${degree}, ${intervals} intervals`
    : `MLP (${activation})`;
  await writeFile(
    report,
    renderExplanation({
      title: titleOf(request),
      subtitle:
        `${networks.length > 1 ? `The mean of ${networks.length} networks, each a` : "A"} ` +
        `[${widths.join(", ")}] ${kind}`,
      explanation,
      ...defined({ drawing }),
      reproduce: commandLine(request),
      version: VERSION,
    }),
  );
}

function titleOf({ dataFile, units, model: { metadata: { encoding } } }: ExplainRequest): string {
  if (encoding.kind === "gallery") return encoding.problem;
  const target = encoding.task === "classification"
    ? encoding.target
    : units.outputs.map(({ name }) => name).join(", ");
  return `${basename(tableName(dataFile ?? ""))}: ${target}`;
}

function commandLine(request: ExplainRequest): string {
  const { modelFile, dataFile, outputs, units, row, background, points, samples, seed } = request;
  return shellCommand("explain", {
    model: modelFile,
    data: dataFile,
    output: outputs?.map((output) => units.outputs[output].name)[0],
    row,
    rows: background,
    ...{ points, samples, seed },
    ...{ report: request.report, svg: request.svg },
    symbols: typeof request.symbols === "object" ? request.symbols.file : request.symbols,
  });
}
