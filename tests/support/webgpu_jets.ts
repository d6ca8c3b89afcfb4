/**
 * Comparisons of jets in float32 on a device with the CPU's in float64, for Deno and for browsers.
 *
 * @module
 */

import {
  compileJets,
  type Derivative,
  type JetPoints,
  type WebgpuEngine,
  webgpuJets,
} from "../../lib/engine/mod.ts";
import { jetPoints } from "../../lib/engine/inner.ts";
import { createRandom, type Network, type NetworkOptions } from "../../lib/model/mod.ts";
import { randomNetwork } from "./networks.ts";
import { norm } from "./webgpu_cases.ts";

/** Normwise differences from the CPU's jets. */
export interface JetAgreement {
  readonly title: string;
  readonly jets: number;
  readonly gradient: number;
  /** `bars . (J v)` less `(J^T bars) . v` of float64, by the size of either. */
  readonly moved: number;
  /** Mean and variance of the first layer, or its extremes. */
  readonly statistics: number;
}

/** Groups of points: one with derivatives, one with values alone, and again one with derivatives. */
export function pointGroups(
  nIn: number,
  wanted: readonly Derivative[],
  seed: number,
): JetPoints[] {
  const random = createRandom(seed, "points of jets");
  const points = (count: number) =>
    Float64Array.from({ length: nIn * count }, () => Math.fround(2 * random.uniform() - 1));
  return [
    jetPoints(points(70), nIn, wanted),
    jetPoints(points(9), nIn, []),
    jetPoints(points(130), nIn, wanted),
  ];
}

/** `|a - b| / |b|` of all numbers together. */
export function relative(
  found: readonly Float64Array[],
  exact: readonly Float64Array[],
): number {
  const all = (parts: readonly Float64Array[]) => Float64Array.from(parts.flatMap((x) => [...x]));
  const expected = all(exact);
  const size = norm(expected), difference = norm(all(found).map((x, i) => x - expected[i]));
  return size > 0 ? difference / size : difference;
}

/** Draws gradients by jets, and a direction in units of the parameters. */
export function drawWeights({ parameters }: Network, jets: readonly Float64Array[]) {
  const random = createRandom(7, "weights of jets");
  return {
    bars: jets.map((values) => values.map(() => random.normal())),
    direction: parameters.map((x) => random.normal() * (0.1 + Math.abs(x))),
  };
}

/** Compares a random network's jets, their gradient, their moves and statistics. */
export async function jetAgreement(
  engine: WebgpuEngine,
  options: NetworkOptions,
  wanted: readonly Derivative[],
  seed: number,
): Promise<JetAgreement> {
  const network = randomNetwork(options, seed), { parameters } = network;
  const groups = pointGroups(options.widths[0], wanted, seed);
  const host = compileJets(network, groups);
  const device = await webgpuJets(engine).compileJets(network, groups);
  const exact = host.forward(parameters);
  const jets = relative(await device.forward(parameters), exact);
  const { bars, direction } = drawWeights(network, exact);
  const found = new Float64Array(parameters.length), plain = found.slice();
  host.backward(bars, plain);
  await device.backward(bars, found);
  const moves = await device.moved(direction);
  let along = 0, back = 0;
  moves.forEach((values, g) => values.forEach((value, i) => along += value * bars[g][i]));
  direction.forEach((value, i) => back += value * plain[i]);
  const size = norm(Float64Array.from(moves.flatMap((values) => [...values])));
  const numbersOf = (statistics: ReturnType<typeof host.statistics>) =>
    statistics.flatMap(({ kind: _, ...arrays }) => Object.values(arrays) as Float64Array[]);
  const statistics = relative(numbersOf(device.statistics()), numbersOf(host.statistics()));
  host.dispose();
  device.dispose();
  return {
    title: `${JSON.stringify(options)}, ${JSON.stringify(wanted)}`,
    ...{ jets, gradient: relative([found], [plain]), statistics },
    moved: size > 0 ? Math.abs(along - back) / Math.max(size, Math.abs(back)) : Infinity,
  };
}
