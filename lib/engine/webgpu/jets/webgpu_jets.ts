/**
 * A WebGPU device as one that computes jets, checked against the CPU before it is trusted.
 *
 * @module
 */

import { norm } from "../../../numerics/inner.ts";
import type { Network, NormalisationStatistics } from "../../../model/mod.ts";
import { compileJets } from "../../compile_jets.ts";
import { EngineError } from "../../contract.ts";
import type { DeviceJets, JetDevice, JetPoints } from "../../jets.ts";
import { evaluateJets } from "../../reference/reference_jets.ts";
import { createBuffers } from "../buffers.ts";
import { shareGpu } from "../device.ts";
import { createSession, type Session } from "../device_session.ts";
import type { WebgpuEngine } from "../webgpu_engine.ts";
import { createDeviceJets } from "./device_jets.ts";

/**
 * The device of a WebGPU engine as one that computes jets in float32, for `solvePde`.
 *
 * @param engine The engine; it stays the caller's, who disposes of it when all is done.
 *
 * @example The jets of a network on a GPU, where there is one
 * ```ts
 * import { createNetwork, createWebgpuEngine } from "@freeknot/freeknot";
 * import { findWebgpuAdapter, webgpuJets } from "@freeknot/freeknot/engine";
 * import { jetPoints } from "../../inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * if (await findWebgpuAdapter()) {
 *   const engine = await createWebgpuEngine();
 *   const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 *   const points = jetPoints(new Float64Array([0.1, 0.2]), 2, [[0], [1, 1]]);
 *   const jets = await webgpuJets(engine).compileJets(network, [points]);
 *   const [values] = await jets.forward(network.parameters);
 *   assertEquals(values.length, 4); // u, u_x, u_y, u_yy
 *   jets.dispose();
 *   engine.dispose();
 * }
 * ```
 */
export function webgpuJets(engine: Pick<WebgpuEngine, "device" | "adapter">): JetDevice {
  const session = createSession(shareGpu(engine.device, engine.adapter.maxBindingBytes));
  return {
    name: engine.adapter.name,
    async compileJets(network, groups, statistics) {
      session.gpu.check();
      await checkJets(session, network, groups, statistics);
      return await allocated(session, network, groups, statistics);
    },
  };
}

/** Compiles, and frees what was allocated where the device refuses. */
async function allocated(
  session: Session,
  network: Network,
  groups: readonly JetPoints[],
  statistics: readonly NormalisationStatistics[] | undefined,
): Promise<DeviceJets> {
  const buffers = createBuffers(session.gpu.device);
  try {
    return await session.gpu.allocate(() =>
      createDeviceJets(session, network, groups, statistics, buffers)
    );
  } catch (error) {
    buffers.destroy();
    throw error;
  }
}

/** Points of a group that are checked. */
const CHECKED = 12;

/** Largest relative error that passes: far above rounding, far below what a wrong kernel gives. */
const TOLERANCE = 1e-2;

/**
 * Checks jets against the plain twin, gradients against the CPU, and that moved jets are the gradients'
 * transpose, on a few points of every list of derivatives. One of three sets that agrees is enough:
 * points that tie for an extreme of a min-max node may be told apart differently in float32.
 *
 * @throws {EngineError} If none agrees.
 */
async function checkJets(
  session: Session,
  network: Network,
  groups: readonly JetPoints[],
  statistics: readonly NormalisationStatistics[] | undefined,
): Promise<void> {
  const lists = new Map(groups.map((group) => [JSON.stringify(group.derivatives), group]));
  const different = [...lists.values()].filter(({ rows }) => rows > 0);
  let least = Infinity;
  for (const share of [0, 0.5, 1]) {
    const blocks = different.map((group) => blockOf(group, share));
    const error = await jetError(session, network, blocks, statistics);
    if (error <= TOLERANCE) return;
    if (!(error >= least)) least = error;
  }
  throw new EngineError(
    `Cannot trust WebGPU on ${session.gpu.adapter.name}: its jets differ from the reference's by ` +
      `${least.toPrecision(2)} of their size, at most ${TOLERANCE} is allowed; use the cpu engine`,
  );
}

/** A few points of a group, in float32's numbers. */
function blockOf({ rows, derivatives, inputs }: JetPoints, share: number): JetPoints {
  const count = Math.min(rows, CHECKED), first = Math.floor(share * (rows - count));
  const perRow = inputs.length / rows;
  return {
    ...{ rows: count, derivatives },
    inputs: inputs.slice(first * perRow, (first + count) * perRow).map(Math.fround),
  };
}

/** The largest relative error of jets, gradient and moved jets. */
async function jetError(
  session: Session,
  network: Network,
  blocks: readonly JetPoints[],
  statistics: readonly NormalisationStatistics[] | undefined,
): Promise<number> {
  const { parameters } = network, n = parameters.length;
  const host = compileJets(network, blocks, statistics ? { statistics } : {});
  const device = await allocated(session, network, blocks, statistics);
  try {
    host.forward(parameters);
    const measured = statistics ?? host.statistics();
    const plain = blocks.flatMap((block) => [
      ...evaluateJets({ ...network, statistics: measured }, block).values,
    ]);
    const jets = (await device.forward(parameters)).flatMap((values) => [...values]);
    const waves = (length: number, pace: number) =>
      Float64Array.from({ length }, (_, i) => (i * pace) % 7 - 3);
    // directions and weights in units of what they meet, so that nothing drowns
    const size = Math.max(1e-30, norm(parameters) / Math.sqrt(n));
    const direction = waves(n, 3).map((x, i) => x * (Math.abs(parameters[i]) + 0.1 * size));
    const bars = blocks.map(({ rows, derivatives }) =>
      waves(rows * derivatives.length * network.config.widths.at(-1)!, 5)
    );
    const gradient = new Float64Array(n), exact = gradient.slice();
    await device.backward(bars, gradient);
    host.backward(bars, exact);
    const moved = (await device.moved(direction)).map((values) => values.slice());
    const along = dotOf(moved, bars), back = dotOf([direction], [exact]);
    const scale = Math.max(
      Math.abs(back),
      norm(Float64Array.from(moved.flatMap((values) => [...values]))),
    );
    return Math.max(
      relativeError(jets, plain),
      relativeError([...gradient], [...exact]),
      scale > 0 ? Math.abs(along - back) / scale : 0,
    );
  } finally {
    host.dispose();
    device.dispose();
  }
}

function dotOf(some: readonly Float64Array[], others: readonly Float64Array[]): number {
  let sum = 0;
  some.forEach((values, g) => values.forEach((value, i) => sum += value * others[g][i]));
  return sum;
}

/** `|a - b| / |b|`; 0 where both are 0. */
function relativeError(a: readonly number[], b: readonly number[]): number {
  const size = norm(Float64Array.from(b));
  const difference = norm(Float64Array.from(a, (value, i) => value - b[i]));
  return size > 0 ? difference / size : difference;
}
