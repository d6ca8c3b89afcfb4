/**
 * What `prune` is asked for.
 *
 * @module
 */

import { numSplineEdges } from "../../../lib/model/inner.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { modelFlag, outputFiles, readOutputs, readSeed, readThreads } from "../../flags/shared.ts";
import { integerFlag, integersFlag, numberFlag, switchFlag, textFlag } from "../../flags/values.ts";
import { refuseFound } from "../../models/found.ts";
import { readTrainedModel, type TrainedModel } from "../../models/metadata.ts";
import { UsageError } from "../../terminal/errors.ts";
import { checkOutputs } from "../../terminal/files.ts";

/** What is to be pruned, how far, and where it goes. */
export interface PruneRequest {
  readonly modelFile: string;
  readonly model: TrainedModel;
  /** Absent: the points of a gallery problem. */
  readonly dataFile?: string;
  readonly limits: PruneLimits;
  /** The removal of knots; absent: they stay. */
  readonly knots?: KnotRemoval;
  readonly epochs?: number;
  readonly threads?: number;
  readonly seed: number;
  readonly modelOut?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** How knots are taken away. */
export interface KnotRemoval {
  readonly tolerance: number;
  readonly maximum?: number;
  /** Whether every edge keeps only the knots that it needs by itself. */
  readonly ofEdges: boolean;
}

/** How far it may go. */
export interface PruneLimits {
  readonly tolerance?: number;
  readonly keepInputs?: number;
  readonly keepNodes?: readonly number[];
  readonly keepEdges?: number;
  readonly threshold?: number;
}

/** Reads the flags of `prune` and the model. */
export async function readPruneRequest(given: GivenFlags): Promise<PruneRequest> {
  const modelFile = modelFlag(given), dataFile = textFlag(given, "data");
  const limits = {
    tolerance: numberFlag(given, "tolerance", { least: 0 }),
    keepInputs: integerFlag(given, "keep-inputs", { least: 1 }),
    keepNodes: integersFlag(given, "keep-nodes", { least: 1 }),
    keepEdges: integerFlag(given, "keep-edges", { least: 1 }),
    threshold: numberFlag(given, "threshold", { above: 0 }),
  };
  const epochs = integerFlag(given, "epochs", { least: 1, most: 10_000 });
  const knots = readKnots(given);
  const seed = readSeed(given), threads = readThreads(given);
  const model = await readTrainedModel(modelFile);
  refuseFound("prune", model);
  checkModel(model, dataFile, limits);
  if (knots !== undefined && model.network.config.activation !== "spline") {
    const flag = KNOT_FLAGS.find((name) => given.has(name));
    throw new UsageError(`Cannot prune: --${flag} must be left out for a network without splines`);
  }
  await checkOutputs(outputFiles(given, ["model-out"]), [modelFile, dataFile]);
  const { report: _, ...others } = readOutputs(given);
  return {
    ...{ modelFile, model, seed, limits: defined(limits) },
    ...defined({ dataFile, epochs, threads, knots }),
    ...others,
  };
}

const KNOT_FLAGS = ["knots-tolerance", "knots-maximum", "edge-knots"] as const;

/** What `--edge-knots` keeps within without `--knots-tolerance`. */
const KNOTS_TOLERANCE = 1e-3;

function readKnots(given: GivenFlags): KnotRemoval | undefined {
  const tolerance = numberFlag(given, "knots-tolerance", { above: 0 });
  const maximum = numberFlag(given, "knots-maximum", { above: 0 });
  const ofEdges = switchFlag(given, "edge-knots") ?? false;
  if (tolerance === undefined && maximum === undefined && !ofEdges) return undefined;
  return { tolerance: tolerance ?? KNOTS_TOLERANCE, ...defined({ maximum }), ofEdges };
}

function checkModel(
  { networks, network, metadata }: TrainedModel,
  dataFile: string | undefined,
  { keepInputs, keepNodes, keepEdges }: {
    readonly keepInputs: number | undefined;
    readonly keepNodes: readonly number[] | undefined;
    readonly keepEdges: number | undefined;
  },
): void {
  const fail = (text: string): never => {
    throw new UsageError(`Cannot prune: ${text}`);
  };
  const table = metadata.encoding.kind === "table", { widths } = network.config;
  if (networks.length > 1) {
    fail(`--model must be one network, current value is an ensemble of ${networks.length}`);
  }
  const held = ["monotone", "convex", "concave", "range"].filter((flag) =>
    metadata.options[flag] !== undefined
  );
  if (held.length > 0) {
    fail(
      "--model must be a network whose training held it to no shape, which refits would lose, " +
        `current value is one of --${held.join(", --")}; train a smaller one (--widths, --inputs)`,
    );
  }
  if (table && dataFile === undefined) {
    fail("--data must be a table (the network was trained on one), current value is none");
  }
  if (!table && keepInputs !== undefined) {
    fail("--keep-inputs must be left out for a network of the gallery, which keeps its inputs");
  }
  if (keepInputs !== undefined && keepInputs > widths[0]) {
    fail(`--keep-inputs must be at most the ${widths[0]} inputs, current value is ${keepInputs}`);
  }
  const edges = numSplineEdges(network.config), nOut = widths[widths.length - 1];
  if (keepEdges !== undefined && !(keepEdges >= nOut && keepEdges <= edges)) {
    fail(
      edges === 0
        ? "--keep-edges must be left out (the network has no splines)"
        : `--keep-edges must be from ${nOut}, an edge to every output, to the ${edges} edges of ` +
          `splines, current value is ${keepEdges}`,
    );
  }
  const hidden = widths.slice(1, -1);
  const fits = keepNodes === undefined ||
    (keepNodes.length === hidden.length && keepNodes.every((each, k) => each <= hidden[k]));
  if (!fits) {
    fail(
      hidden.length === 0
        ? "--keep-nodes must be left out (the network has no hidden nodes)"
        : `--keep-nodes must be ${hidden.length} ${
          hidden.length === 1 ? "integer" : "integers with commas between them"
        }, at most ${hidden.join(",")}, current value is ${keepNodes!.join(",")}`,
    );
  }
}
