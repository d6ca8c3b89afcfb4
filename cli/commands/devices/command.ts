/**
 * The command `devices`.
 *
 * @module
 */

import { findWebgpuAdapter, type WebgpuAdapter } from "../../../lib/engine/mod.ts";
import type { Command } from "../command.ts";
import { EXIT } from "../../terminal/errors.ts";
import { JSON_FLAG, QUIET_FLAG } from "../../flags/parse.ts";
import { textTable } from "../../terminal/text_table.ts";
import { switchFlag } from "../../flags/values.ts";

/** Shows where training can run. */
export const devices: Command = {
  name: "devices",
  purpose: "Show where training can run: the CPU's cores and the WebGPU adapter.",
  synopsis: ["freeknot devices [--json]"],
  flags: [{ title: "Flags", flags: [JSON_FLAG, QUIET_FLAG] }],
  notes: [
    "train --engine auto takes the adapter if it is a GPU; a program that imitates one is right " +
    "but slow, and only --engine webgpu takes it.",
  ],
  examples: [{ text: "What this machine has", line: "freeknot devices" }],
  async run(given, _rest, terminal) {
    const adapter = await findWebgpuAdapter();
    const second = await findWebgpuAdapter("low-power");
    const other = second?.name === adapter?.name ? undefined : second;
    const threads = navigator.hardwareConcurrency ?? 1;
    const auto = adapter && !adapter.software ? "webgpu" : "cpu";
    terminal.out(
      switchFlag(given, "json")
        ? `${
          JSON.stringify(
            { auto, cpu: { threads }, webgpu: adapter ?? null, lowPower: other ?? null },
            null,
            2,
          )
        }\n`
        : text(threads, adapter, other, auto),
    );
    return EXIT.done;
  },
};

function text(
  threads: number,
  adapter: WebgpuAdapter | undefined,
  other: WebgpuAdapter | undefined,
  auto: string,
): string {
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
