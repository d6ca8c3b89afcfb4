/**
 * The worker of the page that runs examples: imports a module, and tells what it prints.
 *
 * @module
 */

import { shownValue } from "./run_code.ts";

const scope = globalThis as unknown as {
  onmessage: (event: { readonly data: string }) => void;
  postMessage(message: unknown): void;
};

function print(...values: readonly unknown[]): void {
  scope.postMessage({ kind: "line", text: values.map((value) => shownValue(value)).join(" ") });
}

Object.assign(console, { log: print, info: print, warn: print, error: print });

scope.onmessage = async ({ data }) => {
  try {
    await import(data);
    scope.postMessage({ kind: "end" });
  } catch (error) {
    scope.postMessage({ kind: "end", fault: String(error) });
  }
};
