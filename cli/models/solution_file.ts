/**
 * Model files that `solve` wrote: a network and the problem that it solves.
 *
 * @module
 */

import { decodeEnsemble, type Network } from "../../lib/model/mod.ts";
import { parsePde, type PdeProblem } from "../../lib/physics/mod.ts";
import { isRequestError, UsageError } from "../terminal/errors.ts";
import { looksLikeRelu } from "./metadata.ts";

/** A solved problem, as a file holds it. */
export interface SolutionModel {
  readonly network: Network;
  readonly problem: PdeProblem;
  /** Coefficients that were found; undefined in files of earlier versions. */
  readonly coefficients: Readonly<Record<string, number>> | undefined;
}

/**
 * Reads the model of a solved problem; undefined where it is one of another kind.
 *
 * @throws {UsageError} If the problem in it cannot be read.
 */
export function readSolutionModel(path: string, bytes: Uint8Array): SolutionModel | undefined {
  if (looksLikeRelu(bytes)) return undefined;
  const { networks: [network], metadata } = decodeEnsemble(bytes);
  if (typeof metadata.problem !== "object" || metadata.problem === null) return undefined;
  return {
    network,
    problem: solvedProblem(metadata.problem, path),
    coefficients: metadata.coefficients as SolutionModel["coefficients"],
  };
}

/** The problem in a model file's metadata. */
export function solvedProblem(data: unknown, path: string): PdeProblem {
  try {
    return parsePde(data);
  } catch (error) {
    if (!isRequestError(error)) throw error;
    throw new UsageError(
      `Cannot read model file ${path}: it must hold a problem that freeknot solve wrote, ` +
        `current value is none (${(error as Error).message})`,
    );
  }
}
