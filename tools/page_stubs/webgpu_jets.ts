/**
 * Jets on WebGPU for the page, whose code is unpacked when it is asked for.
 *
 * @module
 */

import type { JetDevice } from "../../lib/engine/jets.ts";
import type { WebgpuEngine } from "../../lib/engine/webgpu/webgpu_engine.ts";

/** The device of an engine as one that computes jets. */
export function webgpuJets(engine: Pick<WebgpuEngine, "device" | "adapter">): JetDevice {
  return {
    name: engine.adapter.name,
    async compileJets(...request) {
      const { webgpuJets } = await import("../../lib/engine/webgpu/jets/webgpu_jets.ts");
      return await webgpuJets(engine).compileJets(...request);
    },
  };
}
