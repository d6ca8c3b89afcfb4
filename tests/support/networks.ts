/**
 * Small networks and datasets for tests of engines: every option, random knots, awkward rows.
 *
 * @module
 */

import { numKnotLogits } from "../../lib/knots/inner.ts";
import { blockValues, splineStages } from "../../lib/model/inner.ts";
import {
  createNetwork,
  createRandom,
  type Network,
  type NetworkOptions,
  type Random,
} from "../../lib/model/mod.ts";
import type { Dataset } from "../../lib/data/mod.ts";

/** How the logits of free knots are drawn. */
export type LogitKind =
  /** All 0: uniform knots. */
  | "zero"
  /** N(0, 0.7^2): intervals differ by up to about 30. */
  | "mild"
  /** One interval per vector 1e-6 of the widest: nearly coincident knots. */
  | "crowded"
  /** Up to +-1000: most intervals underflow to nothing. */
  | "extreme";

/** Breakpoints for fixed knots: per spline layer and node, strictly increasing and not uniform. */
export function randomBreakpoints(options: NetworkOptions, random: Random): Float64Array[] {
  const { config } = createNetwork({ ...options, knots: "uniform", outerKnots: undefined }, {
    seed: 0,
  });
  const [a, b] = config.domain;
  return splineStages(config).map((stage) => {
    const points = config.intervals + 1;
    const all = new Float64Array(stage.numKnotVectors * points);
    for (let p = 0; p < stage.numKnotVectors; p++) {
      const gaps = Array.from({ length: config.intervals }, () => 0.1 + random.uniform());
      const total = gaps.reduce((sum, gap) => sum + gap, 0);
      let sum = 0;
      for (let i = 0; i < points; i++) {
        all[p * points + i] = i === points - 1 ? b : a + (b - a) * (sum / total);
        sum += gaps[i];
      }
    }
    return all;
  });
}

/** A network whose knots, base weights and bias are random too; statistics are not measured. */
export function randomNetwork(
  options: NetworkOptions,
  seed: number,
  logits: LogitKind = "mild",
): Network {
  const random = createRandom(seed, "test network");
  const network = createNetwork(options, {
    seed,
    ...(options.knots === "fixed" ? { breakpoints: randomBreakpoints(options, random) } : {}),
  });
  for (const { name } of network.layout) {
    const values = blockValues(network, name);
    if (name.endsWith("knotLogits")) fillLogits(network, values, logits, random);
    if (name.endsWith("bias")) {
      for (let i = 0; i < values.length; i++) values[i] = random.normal();
    }
  }
  return network;
}

function fillLogits(
  network: Network,
  values: Float64Array,
  kind: LogitKind,
  random: Random,
): void {
  const { space } = splineStages(network.config)[0];
  const size = numKnotLogits(space), outer = (size - space.intervals) / 2;
  for (let i = 0; i < values.length; i++) {
    values[i] = kind === "zero"
      ? 0
      : kind === "extreme"
      ? 2000 * random.uniform() - 1000
      : 0.7 * random.normal();
  }
  if (kind !== "crowded") return;
  for (let start = 0; start < values.length; start += size) {
    values[start + outer + random.integer(space.intervals)] -= Math.log(1e6);
  }
}

/** Options of {@linkcode randomDataset}. */
export interface RandomDatasetOptions {
  readonly rows: number;
  readonly nIn: number;
  readonly nOut: number;
  readonly seed: number;
  /** Inputs are uniform on `[-reach, reach]`. Default 1. */
  readonly reach?: number;
  /** Targets: normal numbers (default), 0 or 1, or one-hot rows. */
  readonly targets?: "normal" | "binary" | "oneHot";
  readonly weighted?: boolean;
}

/** A random dataset. */
export function randomDataset(options: RandomDatasetOptions): Dataset {
  const { rows, nIn, nOut, reach = 1, targets: kind = "normal" } = options;
  const random = createRandom(options.seed, "test dataset");
  const inputs = Float64Array.from(
    { length: rows * nIn },
    () => reach * (2 * random.uniform() - 1),
  );
  const targets = new Float64Array(rows * nOut);
  for (let r = 0; r < rows; r++) {
    if (kind === "oneHot") targets[r * nOut + random.integer(nOut)] = 1;
    else {
      for (let q = 0; q < nOut; q++) {
        targets[r * nOut + q] = kind === "binary" ? random.integer(2) : random.normal();
      }
    }
  }
  const weights = Float64Array.from({ length: rows }, () => random.integer(4) / 2);
  weights[0] = 1;
  return { rows, nIn, nOut, inputs, targets, ...(options.weighted ? { weights } : {}) };
}

/** All combinations of the given lists of option values. */
export function product<T extends object>(
  axes: { readonly [K in keyof T]: readonly T[K][] },
): T[] {
  let all: Partial<T>[] = [{}];
  for (const [key, values] of Object.entries(axes) as [keyof T, readonly T[keyof T][]][]) {
    all = all.flatMap((one) => values.map((value) => ({ ...one, [key]: value })));
  }
  return all as T[];
}
