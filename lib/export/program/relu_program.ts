/**
 * From sparse ReLU networks to a program.
 *
 * @module
 */

import type { ReluLayer, ReluNetwork } from "../../convert/mod.ts";
import { checkReluNetwork } from "../../convert/inner.ts";
import type { GalleryEncoding, TableEncoding } from "../../data/mod.ts";
import { defined } from "../../numerics/inner.ts";
import { checkEnds, programColumns, programResult } from "./network_program.ts";
import { fullMatrix, type NetworkProgram, type ProgramStep, type SparseStep } from "./program.ts";

/** Share of entries other than 0 from which a matrix is kept in full. */
const FULL = 0.5;

/**
 * Turns a sparse ReLU network, as `splinesToRelu` makes it, into a program: affine maps, sparse ones
 * in compressed rows, with `max(0, x)` or a power of it between them.
 *
 * @param network The network.
 * @param encoding How the data became numbers, as a model file keeps it. Default: inputs `x1`,
 * `x2`, ... and outputs `y1`, `y2`, ... as the network has them.
 * @returns The program: plain data.
 * @throws {TypeError} If network and encoding do not fit.
 *
 * @example
 * ```ts
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { splinesToRelu } from "@freeknot/freeknot/convert";
 * import { evaluateProgram, reluProgram } from "@freeknot/freeknot/export";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1], degree: 1 }, { seed: 1 });
 * const [value] = evaluateProgram(reluProgram(splinesToRelu(network)), [0.1, 0.2]);
 * assertAlmostEquals(value, forward(network, Float64Array.of(0.1, 0.2))[0], 1e-14);
 * ```
 */
export function reluProgram(
  network: ReluNetwork,
  encoding?: TableEncoding | GalleryEncoding,
): NetworkProgram {
  checkReluNetwork("export model", network);
  const { layers } = network, { nIn } = layers[0], { nOut } = layers[layers.length - 1];
  const columns = programColumns(encoding, nIn), result = programResult(encoding, nOut);
  checkEnds(columns, result, [nIn, ...layers.slice(1).map((layer) => layer.nIn), nOut]);
  return { kind: "network", columns, members: [layers.flatMap(layerSteps)], result };
}

function layerSteps(layer: ReluLayer): ProgramStep[] {
  const { nOut, activation, power } = layer, map = affineStep(layer);
  if (activation === "none") return [map];
  return [map, { kind: "relu", nIn: nOut, nOut, ...defined({ power }) }];
}

function affineStep({ nIn, nOut, starts, columns, values, bias }: ReluLayer): ProgramStep {
  const step: SparseStep = {
    kind: "sparse",
    ...{ nIn, nOut, starts: starts.slice(), columns: columns.slice() },
    ...{ values: values.slice(), bias: bias.slice() },
  };
  if (values.length < FULL * nIn * nOut) return step;
  const weights = fullMatrix(step);
  return { kind: "linear", nIn, nOut, weights, ...(bias.some((b) => b !== 0) ? { bias } : {}) };
}
