/**
 * The WebGPU adapter that tests run on, software or not; tests say loudly that they need one.
 *
 * @module
 */

import { createWebgpuEngine, findWebgpuAdapter, type WebgpuEngine } from "../../lib/engine/mod.ts";

const adapter = await findWebgpuAdapter();

/** Defines a test that needs an adapter; skipped, with a line that says why, where there is none. */
export function gpuTest(title: string, test: (engine: WebgpuEngine) => Promise<void>): void {
  if (!adapter) console.warn(`SKIPPED (no WebGPU adapter; mesa-vulkan-drivers has one): ${title}`);
  Deno.test({
    name: title,
    ignore: !adapter,
    // A device belongs to the whole file: compiled kernels are kept with it.
    sanitizeResources: false,
    sanitizeOps: false,
    fn: async () => await test(await (engine ??= createWebgpuEngine())),
  });
}

let engine: Promise<WebgpuEngine> | undefined;
