/**
 * What `convert` prints.
 *
 * @module
 */

import { type ReluSize, reluSize } from "../../../lib/convert/mod.ts";
import { shortNumber, textTable } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";
import type { ConvertRequest } from "./request.ts";
import { type Comparison, convertCommandLine, type ConvertResult } from "./run.ts";

/** The object that `--json` prints. */
export function convertJson(result: ConvertResult, request: ConvertRequest) {
  const { network, size, perEdge, near, far, proof, seconds } = result;
  const { modelFile, model, to, modelOut } = request;
  return {
    ...{ model: modelFile, to, modelOut },
    from: {
      activation: model.network.config.activation,
      widths: model.network.config.widths,
      parameters: model.network.parameters.length,
    },
    ...(network === undefined ? {} : {
      network: { config: network.config, parameters: network.parameters.length },
    }),
    relu: size,
    ...(perEdge === undefined ? {} : { widthsPerEdge: perEdge }),
    check: { near: near ?? null, far: far ?? null },
    ...(proof === undefined ? {} : { proof: { ...proof, at: [...proof.at] } }),
    seconds,
    version: VERSION,
    command: convertCommandLine(request),
  };
}

/** What `convert` prints without `--json`. */
export function convertText(result: ConvertResult, request: ConvertRequest): string {
  const { network, size, perEdge, near, far, proof } = result;
  const { model: { network: from, relu }, modelOut, to } = request;
  const { config } = from;
  const rows = [
    [
      "from",
      relu !== undefined
        ? `a sparse ReLU network ${list(reluSize(relu).widths)}, ${reluSize(relu).numbers} numbers`
        : config.activation === "spline"
        ? `splines ${
          list(config.widths)
        }, degree ${config.degree}, ${config.intervals} intervals, ` +
          `${from.parameters.length} parameters`
        : `an MLP ${list(config.widths)} with ReLU, ${from.parameters.length} parameters`,
    ],
    [
      "to",
      network === undefined
        ? sizeText(size)
        : network.config.activation === "spline"
        ? `splines ${list(network.config.widths)}, degree ${network.config.degree}, ` +
          `${network.config.intervals} intervals, ${network.parameters.length} parameters, ` +
          `domain [${network.config.domain.join(", ")}]`
        : `an MLP ${
          list(network.config.widths)
        } with ReLU, ${network.parameters.length} parameters`,
    ],
    ...(to === "relu" && perEdge !== undefined
      ? [["", `with units for every edge its widths would be ${list(perEdge)}`]]
      : []),
    [
      "check",
      near === undefined || far === undefined
        ? "none: powers of ReLU are the same on the domains of the splines only"
        : `${comparisonText(near)}; ${comparisonText(far)}`,
    ],
    ...(proof === undefined ? [] : [[
      "proof",
      `in all of [-1, 1] outputs differ by ${shortNumber(proof.value)} at most (${proof.cells} ` +
      "cells, compared at their vertices)",
    ]]),
    ["written", modelOut],
  ];
  return `${textTable(rows, "ll")}\n`;
}

function comparisonText({ points, reach, difference, largest }: Comparison): string {
  return `outputs at ${points} points in [-${reach}, ${reach}] differ by ` +
    `${shortNumber(difference)} at most (the largest is ${shortNumber(largest)})`;
}

function sizeText({ widths, depth, numbers, nonzeros, dense, bytes }: ReluSize): string {
  return `a ReLU network ${list(widths)}, depth ${depth}, ${numbers} numbers other than 0 and 1 ` +
    `(${nonzeros} other than 0, ${dense} in full matrices), ${bytes} bytes`;
}

function list(widths: readonly number[]): string {
  return `[${widths.join(", ")}]`;
}
