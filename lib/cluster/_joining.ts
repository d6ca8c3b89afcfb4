/**
 * An end to joining: the call that joins the others returns only when all have come, and some launchers
 * wait for good where one has ended before.
 *
 * A thread watches the clock meanwhile. Where the time is up it says so and ends the process, which
 * no one else can: this process' own thread is in the library's call.
 *
 * @module
 */

import { systemLibraries } from "./_library.ts";

/** The thread: waits for the flag, or ends the process. */
const PROGRAM = `onmessage = ({ data: { flag, seconds, text, libraries } }) => {
  if (Atomics.wait(new Int32Array(flag), 0, 0, 1000 * seconds) === "timed-out") {
    Deno.stderr.writeSync(text);
    for (const name of libraries) {
      try {
        Deno.dlopen(name, { _exit: { parameters: ["i32"], result: "void" } }).symbols._exit(1);
      } catch {} // the next one
    }
  }
  close();
};`;

/**
 * Does a call that may not return; ends the process where it has not after some seconds.
 *
 * @param text What is written to stderr then.
 */
export function withinSeconds<Value>(seconds: number, text: string, call: () => Value): Value {
  const flag = new SharedArrayBuffer(4), here = new Int32Array(flag);
  const url = URL.createObjectURL(new Blob([PROGRAM], { type: "text/javascript" }));
  const watch = new Worker(url, { type: "module" });
  const bytes = new TextEncoder().encode(text);
  watch.postMessage({ flag, seconds, text: bytes, libraries: systemLibraries() });
  try {
    return call();
  } finally {
    Atomics.store(here, 0, 1);
    Atomics.notify(here, 0);
    URL.revokeObjectURL(url);
  }
}
