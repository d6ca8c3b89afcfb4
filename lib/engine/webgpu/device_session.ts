/**
 * One device in use: programs are submitted and read back here, and counted.
 *
 * @module
 */

import { EngineError } from "../contract.ts";
import { heldBytes } from "./buffers.ts";
import type { Gpu } from "./device.ts";
import { type Dispatch, encodeDispatches } from "./kernel.ts";

/** What was asked of a device so far. */
export interface WebgpuWork {
  /** Kernels dispatched. */
  readonly dispatches: number;
  /** Command buffers submitted. */
  readonly submits: number;
  /** Results waited for: each costs about 10 ms in Deno, for any size. */
  readonly readbacks: number;
  /** Bytes of the buffers that are held: all are freed when their evaluators are disposed of. */
  readonly bytes: number;
}

/** Steps of a submission. */
export type Step =
  | { readonly run: readonly Dispatch[]; readonly trials: number }
  | {
    /** Copies 4-byte numbers between buffers. */
    readonly copy: GPUBuffer;
    readonly from: number;
    readonly to: GPUBuffer;
    readonly at: number;
    readonly count: number;
  };

/** A device in use. */
export type Session = ReturnType<typeof createSession>;

/** Starts counting on a device. */
export function createSession(gpu: Gpu) {
  const { device } = gpu;
  const work = {
    dispatches: 0,
    submits: 0,
    readbacks: 0,
    get bytes() {
      return heldBytes(device);
    },
  };

  /** Submits steps in order, one command buffer. */
  function submit(steps: readonly Step[]): void {
    gpu.check();
    const encoder = device.createCommandEncoder({ label: "freeknot" });
    let pass: GPUComputePassEncoder | undefined;
    for (const step of steps) {
      if ("run" in step) {
        pass ??= encoder.beginComputePass();
        encodeDispatches(pass, step.run, step.trials);
        work.dispatches += step.run.length;
        continue;
      }
      pass?.end();
      pass = undefined;
      const { copy, from, to, at, count } = step;
      encoder.copyBufferToBuffer(copy, 4 * from, to, 4 * at, 4 * count);
    }
    pass?.end();
    device.queue.submit([encoder.finish()]);
    work.submits++;
  }

  /**
   * Waits for a staging buffer's content. Work that is submitted after this call does not delay it;
   * in Deno work that was submitted before does, also such as does not touch the buffer.
   *
   * @throws {EngineError} If something went wrong on the device.
   */
  async function map(staging: GPUBuffer, count: number): Promise<Float32Array> {
    work.readbacks++;
    try {
      await staging.mapAsync(1, 0, 4 * count);
    } catch (error) {
      gpu.check();
      throw new EngineError(`Cannot read results from ${gpu.adapter.name}: ${String(error)}`);
    }
    const numbers = new Float32Array(staging.getMappedRange(0, 4 * count)).slice();
    staging.unmap();
    gpu.check();
    return numbers;
  }

  /** Submits steps and waits for a staging buffer's content. */
  function read(steps: readonly Step[], staging: GPUBuffer, count: number): Promise<Float32Array> {
    submit(steps);
    return map(staging, count);
  }

  return { gpu, work, submit, map, read };
}
