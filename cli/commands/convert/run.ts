/**
 * The work of `convert`.
 *
 * @module
 */

import {
  elevateDegree,
  encodeRelu,
  type LargestDifference,
  largestDifference,
  minimalRelu,
  type ReluNetwork,
  reluOutputs,
  type ReluSize,
  reluSize,
  reluToMlp,
  reluToSplines,
  splinesToRelu,
} from "../../../lib/convert/mod.ts";
import { createRandom, encodeModel, forward, type Network } from "../../../lib/model/mod.ts";
import { stagesOf } from "../../../lib/model/inner.ts";
import { encodeModelFile } from "../../models/metadata.ts";
import { writeFile } from "../../terminal/files.ts";
import { shellCommand } from "../../terminal/shell_word.ts";
import { VERSION } from "../../terminal/version.ts";
import type { ConvertRequest } from "./request.ts";

/** What came of it. */
export interface ConvertResult {
  /** Absent of a sparse ReLU network. */
  readonly network?: Network;
  /** The ReLU network, what was written or what was read. */
  readonly relu: ReluNetwork;
  readonly size: ReluSize;
  /** Widths with units for every edge, as in the paper's theorem; absent where none are splines. */
  readonly perEdge?: readonly number[];
  /** How both networks compare at points near the rows and far away; absent of powers. */
  readonly near?: Comparison;
  readonly far?: Comparison;
  /** With `--minimal`, of one to three inputs: the largest difference in `[-1, 1]` of each. */
  readonly proof?: LargestDifference;
  readonly seconds: number;
}

/** Outputs of two networks at some points. */
export interface Comparison {
  readonly points: number;
  /** Inputs lie between this and its negative. */
  readonly reach: number;
  readonly difference: number;
  readonly largest: number;
}

/** Points near the scaled rows, and far away, at which both networks are compared. */
const NEAR = 1000, FAR = 100, DISTANCE = 1000;

/** Rewrites the network and writes it. */
export async function runConvert(request: ConvertRequest): Promise<ConvertResult> {
  const { model: { network }, to, full } = request, start = performance.now();
  const nIn = network.config.widths[0], points = testPoints(nIn);
  const original = request.relu ?? splinesToRelu(network);
  const relu = request.minimal ? minimalRelu(original) : original;
  const converted = to === "splines"
    ? splinesOf(request, relu, points.subarray(0, NEAR * nIn))
    : full
    ? reluToMlp(relu)
    : undefined;
  const seconds = (performance.now() - start) / 1000;
  const before = request.relu === undefined
    ? forward(network, points)
    : reluOutputs(original, points);
  const after = converted === undefined ? reluOutputs(relu, points) : forward(converted, points);
  const degree = network.config.activation === "spline" ? network.config.degree : 1;
  const split = before.length / (NEAR + FAR) * NEAR;
  await writeFile(request.modelOut, fileOf(request, relu, converted));
  const proof = request.minimal && nIn <= 3 && degree === 1
    ? largestDifference(original, converted?.config.degree === 1 ? converted : relu, unitBox(nIn))
    : undefined;
  const perEdge = request.relu === undefined ? unitsPerEdge(network) : undefined;
  return {
    ...(converted === undefined ? {} : { network: converted }),
    ...(perEdge === undefined ? {} : { perEdge }),
    ...(proof === undefined ? {} : { proof }),
    ...{ relu, size: reluSize(relu), seconds },
    ...(degree > 1 ? {} : { // powers are the same on the domains only
      near: compared(before.subarray(0, split), after.subarray(0, split), NEAR, 1),
      far: compared(before.subarray(split), after.subarray(split), FAR, DISTANCE),
    }),
  };
}

function compared(
  before: Float64Array,
  after: Float64Array,
  points: number,
  reach: number,
): Comparison {
  let difference = 0, largest = 0;
  before.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(value - after[i]));
    largest = Math.max(largest, Math.abs(value));
  });
  return { points, reach, difference, largest };
}

function testPoints(nIn: number): Float64Array {
  const random = createRandom(0, "convert");
  return Float64Array.from({ length: (NEAR + FAR) * nIn }, (_, i) => {
    return (2 * random.uniform() - 1) * (i < NEAR * nIn ? 1 : DISTANCE);
  });
}

function unitBox(nIn: number): [number, number][] {
  return Array.from({ length: nIn }, () => [-1, 1]);
}

function splinesOf(
  { model, minimal, relu: read, degree, knots }: ConvertRequest,
  relu: ReluNetwork,
  inputs: Float64Array,
): Network {
  const from = read === undefined && !minimal ? model.network : relu;
  const lines = reluToSplines(from, { inputs });
  if (degree === undefined && knots !== "free") return lines;
  return lines.config.degree === 1 ? elevateDegree(lines, degree ?? 1) : lines;
}

/** `nIn nOut (k + 1)` units of every layer of splines. */
function unitsPerEdge({ config }: Network): number[] | undefined {
  const splines = stagesOf(config).filter((stage) => stage.kind === "spline");
  if (splines.length === 0) return undefined;
  const hidden = splines.map(({ nIn, nOut }) => nIn * nOut * (config.intervals + 1));
  return [config.widths[0], ...hidden, config.widths.at(-1)!];
}

function fileOf(
  request: ConvertRequest,
  relu: ReluNetwork,
  network: Network | undefined,
): Uint8Array {
  const { model: { metadata }, modelOut, modelFile } = request;
  const pages = metadata && {
    ...metadata,
    ...{ version: VERSION, command: convertCommandLine(request) },
    options: {
      ...metadata.options,
      ...(network === undefined ? {} : network.config),
      convertedFrom: modelFile,
    },
    ...{ deadFunctions: [], batchSizes: [] },
  };
  if (network === undefined) {
    return encodeRelu(relu, { ...pages }, /\.json$/i.test(modelOut) ? "json" : "safetensors");
  }
  return pages === undefined ? encodeModel(network) : encodeModelFile([network], pages);
}

/** The command line that repeats it. */
export function convertCommandLine(request: ConvertRequest): string {
  const { modelFile: model, to, minimal, full, degree, knots, modelOut } = request;
  const flags = { model, to, minimal, full, degree, knots };
  return shellCommand("convert", { ...flags, "model-out": modelOut });
}
