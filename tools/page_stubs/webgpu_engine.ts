/**
 * The WebGPU engine for the page, whose code is unpacked when it is asked for.
 *
 * @module
 */

import type { WebgpuAdapter, WebgpuEngine } from "../../lib/engine/webgpu/webgpu_engine.ts";

const engine = () => import("../../lib/engine/webgpu/webgpu_engine.ts");

/** The adapter; undefined where the browser has none. */
export async function findWebgpuAdapter(): Promise<WebgpuAdapter | undefined> {
  return "gpu" in navigator ? await (await engine()).findWebgpuAdapter() : undefined;
}

/** Makes the engine. */
export async function createWebgpuEngine(): Promise<WebgpuEngine> {
  return await (await engine()).createWebgpuEngine();
}
