/**
 * A run's progress as one line that is written anew.
 *
 * @module
 */

import type { TrainEvent } from "../../train/mod.ts";
import { formatNumber, formatSeconds } from "../html/numbers.ts";

/** Least milliseconds between two writes. */
const EVERY = 100;

/**
 * Makes a listener that shows a run as one line, in a notebook's cell or on a terminal: a carriage
 * return takes the line back.
 *
 * @param write Takes the text. Default: writes to the cell, or to stdout; a browser has neither.
 * @returns Give it to `fit` or to what hears events, as `onEvent`.
 *
 * @example
 * ```ts
 * import { fit } from "@freeknot/freeknot";
 * import { liveLine } from "@freeknot/freeknot/report";
 * import { assertMatch } from "@std/assert";
 *
 * let text = "";
 * const inputs = Array.from({ length: 50 }, (_, i) => [i / 49]);
 * const targets = inputs.map(([x]) => Math.abs(x - 0.3));
 * await fit({ inputs, targets }, { onEvent: liveLine((part) => void (text += part)) });
 * assertMatch(text, /\repoch \d+.*loss/);
 * ```
 */
export function liveLine(
  write: (text: string) => void = writeOut,
): (event: TrainEvent) => void {
  let before = -Infinity, length = 0;
  function line(text: string, end = ""): void {
    write(`\r${text.padEnd(length)}${end}`);
    length = text.length;
  }
  return (event) => {
    if (event.type === "finished") {
      line(
        `${event.status}: loss ${formatNumber(event.loss)}, ${formatSeconds(event.seconds)}`,
        "\n",
      );
    }
    if (event.type !== "epoch") return;
    const time = performance.now();
    if (time - before < EVERY) return;
    before = time;
    const { epoch, intervals, loss, seconds } = event.record;
    line(
      `epoch ${epoch}, ${intervals} intervals, loss ${formatNumber(loss)}, ${
        formatSeconds(seconds)
      }`,
    );
  };
}

/** What is used of a system's streams; `jupyter` is there in Deno's kernel alone. */
interface Streams {
  readonly Deno?: {
    readonly stdout: { writeSync(bytes: Uint8Array): number };
    readonly jupyter?: { broadcast?(kind: string, content: unknown): unknown };
  };
  readonly process?: { readonly stdout?: { write(text: string): unknown } };
}

/** Deno's kernel; elsewhere asking for it is an error. */
function kernel(deno: Streams["Deno"]) {
  try {
    return deno?.jupyter;
  } catch {
    return undefined;
  }
}

/** Writes where that can be done; a kernel's stdout is not that of its cells. */
function writeOut(text: string): void {
  const { Deno: deno, process } = globalThis as Streams, jupyter = kernel(deno);
  if (jupyter?.broadcast) {
    void jupyter.broadcast("stream", { name: "stdout", text });
  } else if (deno) deno.stdout.writeSync(new TextEncoder().encode(text));
  else process?.stdout?.write(text);
}
