/**
 * A second thread for windows of time: a worker of Deno's that loads this very module.
 *
 * @module
 */

import type { PdeProblem } from "../equations/pde.ts";
import { createDesk, type FarDesk, type WindowDesk } from "./window_desk.ts";
import type { Evolution } from "./window_problem.ts";

/** What the worker is asked for: first the problem, then calls of the desk. */
type Asked =
  | { readonly problem: PdeProblem; readonly evolution: Evolution }
  | { readonly call: keyof WindowDesk; readonly args: readonly unknown[] };

/** What it answers; first of all that it is there. */
type Answered = "here" | { readonly result: unknown } | { readonly failed: string };

/** The name by which a worker knows what it is, and where its program can be loaded from again. */
const NAME = "freeknot windows", ADDRESS = import.meta.url;

/** What is used of Deno, which is absent elsewhere. */
interface Runtime {
  readonly Deno?: {
    readonly build: { readonly standalone: boolean };
    readonly permissions: {
      querySync(asked: { readonly name: "read"; readonly path: URL }): { readonly state: string };
    };
  };
}

/** Whether the program may be loaded; asked before, as Deno prints the refusal. */
function mayStart(): boolean {
  const { Deno: deno } = globalThis as Runtime;
  if (!deno || !("Worker" in globalThis)) return false;
  const path = new URL(ADDRESS);
  return path.protocol !== "file:" || deno.build.standalone ||
    deno.permissions.querySync({ name: "read", path }).state === "granted";
}

/** A desk in another thread. */
export interface WorkerDesk {
  /** Undefined until the thread is there, and where it ended. */
  desk(): FarDesk | undefined;
  dispose(): void;
}

/** Starts a desk in another thread; undefined where there are none. */
export function startWorkerDesk(problem: PdeProblem, evolution: Evolution): WorkerDesk | undefined {
  if (!mayStart()) return undefined;
  const { reference: _, ...plain } = problem; // functions stay here
  const worker = new Worker(ADDRESS, { type: "module", name: NAME });
  const waiting: ((answer: Answered) => void)[] = [];
  let isHere = false;
  const call = <K extends keyof WindowDesk>(name: K): FarDesk[K] =>
    ((...args: Parameters<WindowDesk[K]>) =>
      new Promise((resolve, reject) => {
        waiting.push((answer) => {
          if (answer === "here") return;
          if ("failed" in answer) reject(new RangeError(answer.failed));
          else resolve(answer.result as ReturnType<WindowDesk[K]>);
        });
        worker.postMessage({ call: name, args } satisfies Asked);
      })) as unknown as FarDesk[K];
  const far: FarDesk = {
    ...{ begin: call("begin"), move: call("move"), reduce: call("reduce"), check: call("check") },
  };
  const end = (reason: string): void => {
    isHere = false;
    worker.terminate();
    waiting.splice(0).forEach((answer) => answer({ failed: reason }));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    end(`Cannot solve: a thread for windows ended: ${event.message}`);
  };
  worker.onmessage = ({ data }: MessageEvent<Answered>) => {
    if (data !== "here") return waiting.shift()?.(data);
    try {
      worker.postMessage({ problem: plain, evolution } satisfies Asked);
      isHere = true;
    } catch {
      end(""); // the problem holds something that cannot be sent
    }
  };
  return {
    desk: () => isHere ? far : undefined,
    dispose: () => {
      isHere = false;
      worker.terminate();
    },
  };
}

/** What a worker's scope has, as far as it is needed here. */
interface WorkerScope {
  readonly name?: string;
  readonly WorkerGlobalScope?: unknown;
  onmessage: (event: { readonly data: Asked }) => void;
  postMessage(message: Answered): void;
}

function listen(scope: WorkerScope): void {
  let desk: WindowDesk | undefined;
  scope.onmessage = ({ data }) => {
    if ("problem" in data) {
      desk = createDesk(data.problem, data.evolution);
      return;
    }
    try {
      const work = desk![data.call] as (...args: readonly unknown[]) => unknown;
      scope.postMessage({ result: work(...data.args) });
    } catch (error) {
      scope.postMessage({ failed: error instanceof Error ? error.message : String(error) });
    }
  };
  scope.postMessage("here");
}

const scope = globalThis as unknown as WorkerScope;
if (scope.WorkerGlobalScope !== undefined && scope.name === NAME) listen(scope);
