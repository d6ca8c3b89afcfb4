/**
 * The work of `regions`.
 *
 * @module
 */

import { basename } from "node:path";
import {
  countPatterns,
  extractPolyhedra,
  halfSpaces,
  type LineRegions,
  lineRegions,
  type PolyhedralComplex,
  type RegionBounds,
  regionBounds,
  type ReluNetwork,
  restrictInputs,
  splinesToRelu,
} from "../../../lib/convert/mod.ts";
import { createRandom } from "../../../lib/model/mod.ts";
import { regionsSvg, renderRegions } from "../../../lib/report/mod.ts";
import { writeFile } from "../../terminal/files.ts";
import { type FlagValue, shellCommand } from "../../terminal/shell_word.ts";
import { VERSION } from "../../terminal/version.ts";
import type { RegionInput, RegionPlace, RegionsRequest } from "./request.ts";

/** What was counted. */
export interface RegionsResult {
  readonly bounds: RegionBounds;
  /** Numbers of the network: parameters, or what a sparse ReLU network stores. */
  readonly parameters: number;
  readonly line?: LineRegions;
  readonly complex?: PolyhedralComplex;
  /** Different patterns at random points, and how many points. */
  readonly patterns?: { readonly found: number; readonly points: number };
  readonly seconds: number;
}

/** Random points whose patterns bound the number of cells from below. */
const POINTS = 100_000;

/** Counts, and writes what was asked for. */
export async function runRegions(request: RegionsRequest): Promise<RegionsResult> {
  const { model, inputs, place } = request, start = performance.now();
  const bounds = regionBounds(model.network), relu = model.relu ?? splinesToRelu(model.network);
  const parameters = model.network.parameters.length;
  if (place.kind === "line") {
    const ends = [place.from, place.to].map((point) => scaled(point, inputs));
    const line = lineRegions(relu, ends[0], ends[1]);
    const result = { bounds, parameters, line, seconds: seconds(start) };
    await writeLine(request, line);
    return result;
  }
  if (place.kind === "plane") {
    const complex = extractPolyhedra(onPlane(relu, request), place.box);
    const result = { bounds, parameters, complex, seconds: seconds(start) };
    await writeComplex(request, complex, bounds);
    return result;
  }
  const random = createRandom(0, "regions"), nIn = inputs.length;
  const points = Float64Array.from({ length: POINTS * nIn }, (_, i) => {
    const { range: [low, high], origin, unit } = inputs[i % nIn];
    return (low + (high - low) * random.uniform() - origin) / unit;
  });
  const patterns = { found: countPatterns(relu, points), points: POINTS };
  return { bounds, parameters, patterns, seconds: seconds(start) };
}

function seconds(start: number): number {
  return (performance.now() - start) / 1000;
}

function scaled(point: readonly number[], inputs: readonly RegionInput[]): number[] {
  return point.map((value, p) => (value - inputs[p].origin) / inputs[p].unit);
}

/** The network of the inputs that move, in their units. */
function onPlane(relu: ReluNetwork, { place, inputs }: RegionsRequest): ReluNetwork {
  if (place.kind !== "plane") return relu;
  const plain = place.inputs.every((p, k) =>
    p === k && inputs[p].unit === 1 && inputs[p].origin === 0
  );
  if (plain && place.inputs.length === inputs.length) return relu;
  const point = place.at.map((value, p) => place.inputs.includes(p) ? 0 : value);
  const directions = place.inputs.map((moving) =>
    inputs.map(({ unit }, p) => p === moving ? 1 / unit : 0)
  );
  return restrictInputs(relu, scaled(point, inputs), directions);
}

async function writeLine({ out, place }: RegionsRequest, line: LineRegions): Promise<void> {
  if (out === undefined || place.kind !== "line") return;
  const pieces = line.pieces.map(({ from, to, alpha, beta }) => ({
    ...{ from, to, alpha: [...alpha], beta: [...beta] },
  }));
  const { from, to } = place;
  await writeFile(out, `${JSON.stringify({ from, to, cells: line.cells, pieces })}\n`);
}

async function writeComplex(
  request: RegionsRequest,
  complex: PolyhedralComplex,
  bounds: RegionBounds,
): Promise<void> {
  const { out, svg, report, place, inputs, outputs, output, model } = request;
  if (place.kind !== "plane") return;
  const names = place.inputs.map((p) => inputs[p].name);
  if (svg !== undefined) {
    const picture = regionsSvg(complex, {
      ...{ output, names: [names[0], names[1]], outputName: outputs[output] },
    });
    await writeFile(svg, `${picture}\n`);
  }
  if (report !== undefined) {
    const { widths, activation } = model.network.config;
    const page = renderRegions({
      ...{ complex, bounds, outputs, output, inputs: names, version: VERSION },
      title: basename(request.modelFile),
      subtitle: `Linear regions of ${activation === "relu" ? "a ReLU MLP" : "splines"} ` +
        `[${widths.join(", ")}] by ${names.join(", ")}`,
      reproduce: regionsCommandLine(request),
    });
    await writeFile(report, page);
  }
  if (out === undefined) return;
  const { dimension, box, vertices, regions } = complex;
  const cells = complex.cells.map(({ vertices: list, alpha, beta, volume, region }, cell) => ({
    ...{ vertices: list, alpha: [...alpha], beta: [...beta], volume, region },
    halfSpaces: halfSpaces(complex, cell).map(({ normal, offset }) => [...normal, offset]),
  }));
  const neighbours = complex.facets.map((facet) => facet.cells).filter(([, other]) => other >= 0);
  const points = Array.from(
    { length: vertices.length / dimension },
    (_, v) => [...vertices.subarray(v * dimension, (v + 1) * dimension)],
  );
  const data = { inputs: names, outputs, box, regions, vertices: points, cells, neighbours };
  await writeFile(out, `${JSON.stringify(data)}\n`);
}

/** The command line that repeats it. */
export function regionsCommandLine(request: RegionsRequest): string {
  const { modelFile, place, inputs, outputs, output, svg, report, out } = request;
  return shellCommand("regions", {
    model: modelFile,
    ...placeFlags(place, inputs),
    output: output > 0 && outputs[output],
    ...{ svg, report, out },
  });
}

/** Where it was, as flags. */
function placeFlags(place: RegionPlace, inputs: readonly RegionInput[]): Record<string, FlagValue> {
  if (place.kind === "bounds") return {};
  const { kind } = place, point = kind === "line" ? place.from : place.at;
  const moves = (p: number) =>
    kind === "line" ? place.from[p] !== place.to[p] : place.inputs.includes(p);
  const all = inputs.map((_, p) => p), name = (p: number) => inputs[p].name;
  const fixed = all.filter((p) => !moves(p)).map((p) => `${name(p)}=${point[p]}`);
  return {
    ...(kind === "line"
      ? { line: all.filter(moves).map((p) => `${name(p)}=${point[p]}:${place.to[p]}`) }
      : {
        plane: place.inputs.map(name),
        box: place.inputs.map((p, k) => `${name(p)}=${place.box[k].join(":")}`),
      }),
    at: fixed.length > 0 && fixed,
  };
}
