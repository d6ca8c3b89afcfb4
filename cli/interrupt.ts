/**
 * Ctrl-C: the first asks training to stop, the second leaves at once.
 *
 * @module
 */

import { EXIT } from "./errors.ts";

/** A signal that Ctrl-C aborts, while the listener is there. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Takes the listener away. */
  dispose(): void;
}

/**
 * Listens for Ctrl-C.
 *
 * @param onStop Called at the first one, to tell.
 * @param onLeave Called at the second one, before the program ends.
 */
export function listenForInterrupt(onStop: () => void, onLeave: () => void): Interrupt {
  const controller = new AbortController();
  function interrupted(): void {
    if (controller.signal.aborted) {
      onLeave();
      Deno.exit(EXIT.interrupted);
    }
    controller.abort();
    onStop();
  }
  Deno.addSignalListener("SIGINT", interrupted);
  return {
    signal: controller.signal,
    dispose: () => Deno.removeSignalListener("SIGINT", interrupted),
  };
}
