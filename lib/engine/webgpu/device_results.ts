/**
 * Results that stay on the device, in buffers of their own.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import type { Loss } from "../loss.ts";
import { createBuffers, upload } from "./buffers.ts";
import { createProgram, type Program } from "./webgpu_program.ts";
import type { WebgpuRows } from "./device_rows.ts";
import type { Session } from "./device_session.ts";

/**
 * Results at one point, float32. The buffers belong to the evaluator: the next call overwrites them,
 * `dispose` frees them. Others may read them (usage `STORAGE | COPY_SRC`) in commands that are
 * submitted in between.
 */
export interface WebgpuResults {
  /** Parameters, shape `[numParameters]`. */
  readonly parameters: GPUBuffer;
  /** Gradient of the objective, shape `[numParameters]`. */
  readonly gradient: GPUBuffer;
  /** Outputs of the network, normalised by the rows' own statistics, shape `[rows, nOut]`. */
  readonly outputs: GPUBuffer;
}

/**
 * Compiles a network on rows of the device for results that stay there; what an optimizer has in
 * flight is not touched.
 */
export async function createResults(
  session: Session,
  network: Network,
  loss: Loss,
  rows: WebgpuRows,
): Promise<{ program: Program; at(parameters: Float64Array): WebgpuResults }> {
  const { gpu } = session, buffers = createBuffers(gpu.device);
  const program = await gpu.allocate(() => createProgram(gpu, network, loss, rows, 1, buffers))
    .catch((error) => {
      buffers.destroy();
      throw error;
    });
  const { theta, gradient, outputs, forward, evaluate, backward } = program;
  return {
    program,
    at(parameters) {
      upload(gpu.device, theta, 0, parameters);
      session.submit([{ run: [...forward, ...evaluate, ...backward], trials: 1 }]);
      return { parameters: theta, gradient, outputs: outputs[0] };
    },
  };
}
