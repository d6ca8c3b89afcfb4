/**
 * Threads of the system: Web Workers, and in Node, which has none, those of `node:worker_threads`.
 *
 * A thread's program is its text, so that a bundle of one file starts threads, too.
 *
 * @module
 */

/** A thread that has been started. */
export interface Thread {
  postMessage(message: unknown): void;
  terminate(): void;
}

/** What is used of Node's module. */
interface NodeThreads {
  readonly Worker: new (program: string, options: { readonly eval: true }) => Thread;
}

/** Node's module, which bundles for browsers must not name; absent elsewhere. */
function nodeThreads(): NodeThreads | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): NodeThreads | undefined };
  };
  return process?.getBuiltinModule?.("node:worker_threads");
}

/** Makes a program that is written for a Web Worker one for Node's thread. */
const NODE_HEAD = `const { parentPort } = require("node:worker_threads");
parentPort.on("message", (data) => globalThis.onmessage({ data }));
globalThis.close = () => process.exit();
`;

/** Whether threads can be started. */
export function canStartThreads(): boolean {
  return "Worker" in globalThis || nodeThreads() !== undefined;
}

/** Threads that a program may take: the cores; one where they are not known. */
export function hardwareThreads(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

let known: { readonly program: string; readonly url: string } | undefined;

/**
 * Starts a thread.
 *
 * @param program JavaScript that sets `onmessage` and may call `close()`.
 */
export function startThread(program: string): Thread {
  if (!("Worker" in globalThis)) {
    const { Worker: NodeWorker } = nodeThreads()!;
    return new NodeWorker(`${NODE_HEAD}${program}`, { eval: true });
  }
  if (known?.program !== program) { // a Blob needs no file and no permission
    const blob = new Blob([program], { type: "text/javascript" });
    known = { program, url: URL.createObjectURL(blob) };
  }
  return new Worker(known.url, { type: "module" });
}
