/**
 * The page's worker: trains, and answers what the page asks.
 *
 * @module
 */

import { roundsOnce } from "../../../lib/engine/inner.ts";
import type { Ask, RunPlan, Tell } from "../protocol.ts";
import { faultLine, prepareRun } from "./prepare.ts";
import { LiveRun } from "./live_run.ts";
import type { PageRun, RunListener } from "./page_run.ts";
import { lookAtTable } from "./table_look.ts";

/** What a worker's global object has. */
interface WorkerScope {
  onmessage: ((event: { readonly data: Ask }) => void) | null;
  postMessage(message: Tell, transfer?: Transferable[]): void;
  importScripts(url: string): void;
  /** Functions that make the late modules; set by their script. */
  late?: Readonly<Record<string, unknown>>;
  /** Fetches them. */
  lateChunks?: () => Promise<Readonly<Record<string, unknown>>>;
}

/** Tells the page what a run has to tell. */
function listenerOf(tell: (message: Tell) => void, solves: () => boolean): RunListener {
  return {
    history: (points) => tell({ kind: "history", points }),
    snapshot: (snapshot, levels) => tell({ kind: "snapshot", snapshot, levels }),
    changed: (command, epochs) => tell({ kind: "changed", command, epochs }),
    state: (playing) => tell({ kind: "state", playing }),
    end: (end) => tell({ kind: "end", end }),
    note: (text, passing) => tell({ kind: "note", text, passing }),
    fault: (error) => tell({ kind: "fault", text: faultLine(error, solves()) }),
  };
}

/** A run that solves an equation; its code is unpacked when the first one is asked for. */
async function solveRun(plan: RunPlan, listener: RunListener): Promise<PageRun> {
  const { prepareSolve, SolveRun } = await import("./solve_run.ts");
  return new SolveRun(prepareSolve(plan), listener);
}

/** Says where last digits are not those of most machines. */
function roundingNotes(): string[] {
  return roundsOnce() ? [] : [
    "Products and sums are rounded one by one here: runs end in the bits of machines that do the same, " +
    "other last digits than those that multiply and add with one rounding.",
  ];
}

/** Lets the loader of the bundle ask the page for the late code; gives what takes it when it comes. */
function lateCode(scope: WorkerScope, tell: (message: Tell) => void): (text: string) => void {
  let unpacked: (() => void) | undefined;
  scope.lateChunks = () =>
    new Promise((resolve) => {
      unpacked = () => resolve(scope.late!);
      tell({ kind: "code" });
    });
  return (text) => {
    // an address of its own: that of a page that was opened from a file may not be read here
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    scope.importScripts(url);
    URL.revokeObjectURL(url);
    unpacked?.();
  };
}

/** Listens to the page for good. */
export function serveWorker(): void {
  const scope = globalThis as unknown as WorkerScope;
  const tell = (message: Tell) => scope.postMessage(message);
  let session: PageRun | undefined, pace = 0, latest = 0, solves = false;
  let queue: Promise<void> = Promise.resolve();

  async function open({ id, plan, plays }: Extract<Ask, { kind: "open" }>): Promise<void> {
    if (id !== latest) return; // another run was asked for meanwhile
    const closing = session;
    session = undefined;
    await closing?.close();
    solves = plan.solves !== undefined;
    tell({ kind: "state", playing: false, busy: "preparing" });
    const listener = listenerOf(tell, () => solves);
    const opened = plan.solves
      ? await solveRun(plan, listener)
      : new LiveRun(await prepareRun(plan, new AbortController().signal), listener);
    if (id !== latest) return;
    session = opened;
    opened.pace = pace;
    const run = opened.describe();
    tell({ kind: "open", id, run: { ...run, notes: [...run.notes, ...roundingNotes()] } });
    await opened.begin();
    if (plays) opened.play();
    else tell({ kind: "state", playing: false });
  }

  async function answer(ask: Ask): Promise<void> {
    switch (ask.kind) {
      case "open":
        return await open(ask);
      case "play":
        return session?.play(ask.until);
      case "pause":
        return await session?.pause();
      case "refine":
        return await session?.refine();
      case "undo":
        return await session?.undo(ask.stage);
      case "file": {
        const file = await session?.file(ask.file);
        if (file) scope.postMessage({ kind: "file", ...file }, [file.bytes.buffer]);
        return;
      }
    }
  }

  const unpack = lateCode(scope, tell);

  scope.onmessage = ({ data: ask }) => {
    if (ask.kind === "code") return unpack(ask.text);
    if (ask.kind === "look") {
      return tell({ kind: "look", id: ask.id, look: lookAtTable(ask.table) });
    }
    if (ask.kind === "pause" || ask.kind === "open") session?.interrupt();
    if (ask.kind === "pace") {
      pace = ask.milliseconds;
      if (session) session.pace = pace;
      return;
    }
    if (ask.kind === "open") latest = ask.id;
    queue = queue.then(() => answer(ask)).catch((error) => {
      tell({ kind: "state", playing: false });
      tell({
        kind: "fault",
        ...(ask.kind === "open" ? { id: ask.id } : {}),
        text: faultLine(error, solves),
      });
    });
  };
}
