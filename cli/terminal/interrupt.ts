/**
 * Ctrl-C and what batch systems and containers send: the first signal asks training to stop, the
 * second leaves at once.
 *
 * @module
 */

import { EXIT } from "./errors.ts";

/** What stops a run: Ctrl-C; `kill`, containers and batch systems; a terminal that is closed. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Listens for Ctrl-C (SIGINT), SIGTERM and SIGHUP, which all do the same.
 *
 * @param onStop Called at the first one, to tell.
 * @param onLeave Called at the second one, before the program ends.
 * @returns A signal that is then aborted, and a function that takes the listener away.
 */
export function listenForInterrupt(onStop: () => void, onLeave: () => void) {
  const controller = new AbortController();
  function interrupted(): void {
    if (controller.signal.aborted) {
      onLeave();
      Deno.exit(EXIT.interrupted);
    }
    controller.abort();
    onStop();
  }
  for (const each of SIGNALS) Deno.addSignalListener(each, interrupted);
  return {
    signal: controller.signal,
    dispose() {
      for (const each of SIGNALS) Deno.removeSignalListener(each, interrupted);
    },
  };
}

/** What stands for {@linkcode listenForInterrupt} where signals are left to the system. */
export function neverInterrupted(): ReturnType<typeof listenForInterrupt> {
  return { signal: new AbortController().signal, dispose() {} };
}
