/**
 * The command `devices`.
 *
 * @module
 */

import { findWebgpuAdapter, type WebgpuAdapter } from "../../../lib/engine/mod.ts";
import { sharedFlag } from "../../flags/shared.ts";
import { switchFlag } from "../../flags/values.ts";
import { EXIT } from "../../terminal/errors.ts";
import { textTable } from "../../terminal/text_table.ts";
import { type Command, command, jsonText } from "../command.ts";

/** Where training can run. */
interface Devices {
  readonly auto: "cpu" | "webgpu";
  readonly cpu: { readonly threads: number };
  readonly webgpu: WebgpuAdapter | null;
  /** The adapter for low power, where it is another one. */
  readonly lowPower: WebgpuAdapter | null;
}

/** Shows where training can run. */
export const devicesCommand: Command = command({
  name: "devices",
  purpose: "Show where training can run: the CPU's cores and the WebGPU adapter.",
  synopsis: ["freeknot devices [--json]"],
  flags: [{ title: "Flags", flags: [sharedFlag("json"), sharedFlag("quiet")] }],
  notes: [
    "train --engine auto takes the adapter if it is a GPU; a program that imitates one is right " +
    "but slow, and only --engine webgpu takes it.",
  ],
  examples: { "What this machine has": "freeknot devices" },
}, {
  request: (given) => ({ json: switchFlag(given, "json") ?? false }),
  async run(): Promise<Devices> {
    const adapter = await findWebgpuAdapter();
    const second = await findWebgpuAdapter("low-power");
    return {
      auto: adapter && !adapter.software ? "webgpu" : "cpu",
      cpu: { threads: navigator.hardwareConcurrency ?? 1 },
      webgpu: adapter ?? null,
      lowPower: second && second.name !== adapter?.name ? second : null,
    };
  },
  present(devices, { json }, terminal) {
    terminal.out(json ? jsonText(devices) : text(devices));
    return EXIT.done;
  },
});

function text({ auto, cpu: { threads }, webgpu: adapter, lowPower: other }: Devices): string {
  const rows = [["cpu", `float64, ${threads} ${threads === 1 ? "thread" : "threads"}`]];
  if (!adapter) rows.push(["webgpu", "no adapter"]);
  else {
    const { name, software, maxBindingBytes, maxBufferBytes } = adapter;
    rows.push(
      ["webgpu", `float32, ${name}${software ? " (software)" : ""}`],
      ["", `largest buffer ${bytes(maxBufferBytes)}, largest binding ${bytes(maxBindingBytes)}`],
    );
  }
  if (other) rows.push(["", `not used: ${other.name}${other.software ? " (software)" : ""}`]);
  return `${textTable([["engine", "device"], ...rows], "ll")}\n\n` +
    `--engine auto takes ${auto}.\n`;
}

function bytes(count: number): string {
  return `${Math.floor(count / 2 ** 20)} MiB`;
}
