/**
 * The page's worker: trains, and answers what the page asks.
 *
 * @module
 */

import type { Ask, Tell } from "../protocol.ts";
import { faultLine, prepareRun } from "./prepare.ts";
import { LiveRun } from "./live_run.ts";

/** What a worker's global object has. */
interface WorkerScope {
  onmessage: ((event: { readonly data: Ask }) => void) | null;
  postMessage(message: Tell, transfer?: Transferable[]): void;
}

/** Listens to the page for good. */
export function serveWorker(): void {
  const scope = globalThis as unknown as WorkerScope;
  const tell = (message: Tell) => scope.postMessage(message);
  let session: LiveRun | undefined, pace = 0, latest = 0;
  let queue: Promise<void> = Promise.resolve();

  async function open({ id, plan, plays }: Extract<Ask, { kind: "open" }>): Promise<void> {
    if (id !== latest) return; // another run was asked for meanwhile
    const closing = session;
    session = undefined;
    await closing?.close();
    tell({ kind: "state", playing: false, busy: "preparing" });
    const prepared = await prepareRun(plan, new AbortController().signal);
    if (id !== latest) return;
    session = new LiveRun(prepared, {
      history: (points) => tell({ kind: "history", points }),
      snapshot: (snapshot, levels) => tell({ kind: "snapshot", snapshot, levels }),
      changed: (command, epochs) => tell({ kind: "changed", command, epochs }),
      state: (playing) => tell({ kind: "state", playing }),
      end: (end) => tell({ kind: "end", end }),
      fault: (error) => tell({ kind: "fault", text: faultLine(error) }),
    });
    session.pace = pace;
    tell({ kind: "open", id, run: session.describe() });
    await session.begin();
    if (plays) session.play();
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

  scope.onmessage = ({ data: ask }) => {
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
        text: faultLine(error),
      });
    });
  };
}
