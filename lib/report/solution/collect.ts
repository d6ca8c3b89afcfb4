/**
 * From a solved differential equation and its training log to the data of a report.
 *
 * @module
 */

import { checkOptions, defined } from "../../numerics/inner.ts";
import type { Network } from "../../model/mod.ts";
import { finiteRange } from "../html/numbers.ts";
import { learnedActivations } from "../training/activations.ts";
import { inputKnots, knotPaths, networkKnots } from "./knot_paths.ts";
import type { CollectOptions } from "../training/collect.ts";
import {
  describeNetwork,
  layerEdgeCounts,
  layerShapes,
  networkRows,
} from "../training/network_rows.ts";
import { solutionCurves, solutionMaps, solutionSlices } from "./views.ts";
import { findEnd, readEvents, thinHistory } from "../training/training_log.ts";
import type {
  CoefficientCurve,
  KnotSnapshot,
  SolutionFields,
  SolutionReportData,
  TermCurve,
} from "./data.ts";

/** What {@linkcode collectSolutionReport} needs to know. */
export interface CollectSolutionOptions extends
  Pick<
    CollectOptions,
    "title" | "subtitle" | "events" | "network" | "configuration" | "reproduce" | "version"
  >,
  Pick<SolutionReportData, "problem">,
  Partial<Pick<SolutionReportData, "facts" | "lossNote" | "errors">> {
  /** How the run ended. Default: as the `finished` event says. */
  readonly ending?: { readonly status: string; readonly reason: string };
  /** The solution. */
  readonly fields: SolutionFields;
  /** Terms of the loss; their histories have one number per epoch event. */
  readonly terms: readonly TermCurve[];
  /** Unknown coefficients; the same holds for their histories. */
  readonly coefficients?: readonly CoefficientCurve[];
  /** Moments of training, oldest first; {@linkcode knotSnapshot} makes them. */
  readonly knots?: readonly KnotSnapshot[];
  /** Points of measurement, shape `[rows, coordinates]`. */
  readonly measurements?: Float64Array;
  /** Inputs of the network at points of the domain, shape `[rows, nIn]`. */
  readonly inputs: Float64Array;
  /** Names of the network's inputs; names of coordinates mark those that are coordinates. */
  readonly inputNames: readonly string[];
}

/** Most activations shown, over all layers. */
const MOST_ACTIVATIONS = 100;

/**
 * Takes down where the knots of a network are.
 *
 * @param network The network.
 * @param epoch Epochs done.
 * @returns The knots inside the domain, of every input node of every spline layer.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { knotSnapshot } from "@freeknot/freeknot/report";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [1, 2, 1], intervals: 2, firstLayer: "spline" }, { seed: 1 });
 * const { layers } = knotSnapshot(network, 0);
 * assertEquals([layers.length, layers[0], layers[1].length], [2, [[-1, 0, 1]], 2]);
 * ```
 */
export function knotSnapshot(network: Network, epoch: number): KnotSnapshot {
  return { epoch, layers: networkKnots(network) };
}

/**
 * Collects what the report of a solution shows: evaluates the solution on lines and grids, follows
 * the knots, thins what is too much for a page.
 *
 * @param options The run.
 * @returns Plain data for {@linkcode renderSolutionReport}; the arguments are not changed.
 * @throws {TypeError} If there is neither a network nor a `finished` event.
 *
 * @example An untrained network
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { collectSolutionReport, renderSolutionReport } from "@freeknot/freeknot/report";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 *
 * const network = createNetwork({ widths: [1, 2, 1] }, { seed: 1 });
 * const data = collectSolutionReport({
 *   title: "decay",
 *   events: [],
 *   network,
 *   fields: {
 *     domain: { t: [0, 1] },
 *     unknowns: ["u"],
 *     equations: ["equation"],
 *     solution: (points) => [points.map((t) => 1 - t)],
 *     truth: (points) => [points.map((t) => Math.exp(-t))],
 *     residuals: (points) => [points.map((t) => -t)],
 *   },
 *   problem: [{ name: "equation", formula: "u_t = -u", where: "inside" }],
 *   terms: [{ name: "equation", loss: 0.3, history: [] }],
 *   inputs: new Float64Array([0, 1]),
 *   inputNames: ["t"],
 *   reproduce: "freeknot solve ...",
 *   version: "0.1.0",
 * });
 * assertEquals(data.curves!.unknowns[0].truth![0], 1);
 * assertStringIncludes(renderSolutionReport(data), "decay");
 * ```
 */
export function collectSolutionReport(options: CollectSolutionOptions): SolutionReportData {
  checkOptions(
    "collect report",
    options,
    "title subtitle events ending network fields problem facts lossNote terms coefficients errors knots measurements inputs inputNames configuration reproduce version",
  );
  const { events, fields, knots = [], measurements, inputs, inputNames } = options;
  const { finished, network } = findEnd(events, options.network);
  const { config } = network, coordinates = Object.keys(fields.domain), d = coordinates.length;
  const { history, refinements } = readEvents(events);
  const kept = thinHistory(history, refinements);
  const at = kept.map((record) => history.indexOf(record));
  const thin = <Curve extends TermCurve | CoefficientCurve>(curve: Curve): Curve => ({
    ...curve,
    history: at.map((i) => curve.history[i] ?? NaN),
  });
  const rows = inputs.length / config.widths[0], nOut = config.widths[config.widths.length - 1];
  const names = { inputNames, targetNames: fields.unknowns };
  const activations = config.activation === "spline"
    ? learnedActivations(
      network,
      { rows, nIn: config.widths[0], nOut, inputs, targets: new Float64Array(rows * nOut) },
      { ...names, inputScales: undefined, most: MOST_ACTIVATIONS },
    )
    : [];
  const toUnits = (input: number) => coordinateUnits(options, input);
  const ending = options.ending ?? finished;
  const mapKnots = [d - 2, d - 1].map((i) => {
    const input = inputNames.indexOf(coordinates[i]);
    if (config.firstLayer !== "spline" || input < 0 || d !== 2) return [];
    return inputKnots(network, input).slice(1, -1).map(toUnits(input));
  });
  return {
    title: options.title,
    subtitle: options.subtitle ?? describeNetwork(network, events),
    status: ending?.status ?? "not trained",
    ...defined({ reason: ending?.reason, curves: d === 1 ? solutionCurves(fields) : undefined }),
    problem: options.problem,
    facts: options.facts ?? [],
    lossNote: options.lossNote ?? "",
    loss: finished?.loss ?? options.terms.reduce((sum, { loss }) => sum + loss, 0),
    errors: options.errors ?? [],
    terms: options.terms.map(thin),
    coefficients: (options.coefficients ?? []).map(thin),
    history: kept,
    refinements,
    levels: finished?.levels ?? [],
    slices: d > 1 ? solutionSlices(fields) : [],
    maps: d > 1 ? solutionMaps(fields) : [],
    measurements: d === 2 && measurements !== undefined
      ? Array.from({ length: measurements.length / 2 }, (_, r) => [
        measurements[2 * r],
        measurements[2 * r + 1],
      ])
      : [],
    mapKnots: [mapKnots[0], mapKnots[1]],
    knotPaths: config.activation === "spline" && config.knots === "free"
      ? knotPaths(network, knots, activations, { ...names, toUnits })
      : [],
    activations,
    layerShapes: layerShapes(config),
    ...defined({ layerEdges: layerEdgeCounts(config) }),
    configuration: [...networkRows(network, events), ...(options.configuration ?? [])],
    layout: network.layout.map(({ name, offset, shape }) => ({ name, offset, shape })),
    reproduce: options.reproduce,
    version: options.version,
  };
}

/** From an input of the network, a coordinate scaled to some range, back to the coordinate. */
function coordinateUnits(
  { fields, inputs, inputNames }: CollectSolutionOptions,
  input: number,
): (value: number) => number {
  const range = fields.domain[inputNames[input]];
  const ends = finiteRange(inputs.filter((_, i) => i % inputNames.length === input));
  if (range === undefined || ends === undefined) return (value) => value;
  const [a, b] = range, [low, high] = ends;
  if (!(high > low) || (a === low && b === high)) return (value) => value;
  return (value) => a + (b - a) * ((value - low) / (high - low));
}
