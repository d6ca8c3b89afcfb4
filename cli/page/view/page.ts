/**
 * The page: sends what the reader asks for to the worker, draws what comes back.
 *
 * @module
 */

/// <reference lib="dom" />

import type {
  Ask,
  FileKind,
  GivenFile,
  LossPoint,
  OpenRun,
  RunEnd,
  TableLook,
  Tell,
} from "../protocol.ts";
import type { FirstMoment } from "../first_moment.ts";
import { Controls } from "./controls.ts";
import type { KnotMoment } from "./draw/knots.ts";
import { withMoment } from "./draw/knots.ts";
import { lossWords } from "./draw/loss.ts";
import { byId, Pictures, type ShownRun } from "./pictures.ts";
import { dataKey, type PastRun, runsHtml } from "./runs.ts";
import { download, savePictures } from "./save.ts";
import {
  differing,
  hasFirstNetwork,
  type PageState,
  planOf,
  stateOfFlags,
  writeState,
} from "./state.ts";

/** Keys without a modifier, outside of what is typed into. */
const KEYS: Readonly<Record<string, PageAct>> = {
  t: "play",
  s: "step",
  r: "refine",
  u: "back",
  b: "again",
};

/** What buttons and keys do. */
type PageAct = "play" | "step" | "refine" | "back" | "again";

/** Earlier runs in the picture of the loss. */
const MOST_GHOSTS = 4;

/** A number that tells tables of one name apart. */
function sumOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => (31 * sum + byte) % 1_000_003, bytes.length);
}

/** The script that is unpacked when it is needed. */
async function lateCode(): Promise<string> {
  if (document.readyState === "loading") { // its text stands at the end of the page
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));
  }
  const packed = Uint8Array.from(atob(byId("late").textContent!.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}

/** Adds a line to the notes; a passing one takes the place of the one before. */
function addNote(text: string, passing: boolean): void {
  const box = byId("notes"), before = passing ? box.querySelector(".passing") : null;
  const line = before ?? box.appendChild(document.createElement("p"));
  line.className = passing ? "note passing" : "note";
  line.textContent = text;
}

/** Says at the control where pages cannot have a GPU; asking for one would be told in the console. */
function sayGpu(): void {
  if (!("gpu" in navigator)) byId("c-engine-hint").textContent += " This browser gives pages none.";
}

/** How many rows there are. */
function rowsText(
  { rows, testRows, optimizer }: Pick<OpenRun, "rows" | "testRows" | "optimizer">,
): string {
  const test = testRows === 0 ? "none" : `${testRows}`;
  return `${rows} rows to train, ${test} to test; optimizer ${optimizer}.`;
}

/** Shows the buttons of the files that there are; an equation is solved in one go. */
function showFiles(files: readonly FileKind[], solves: boolean): void {
  for (const button of byId("files").querySelectorAll<HTMLElement>("[data-file]")) {
    button.hidden = !files.includes(button.dataset.file as FileKind);
  }
  for (const id of ["levels", "step", "refine"]) byId(id).hidden = solves;
  byId("pace").parentElement!.hidden = solves;
  byId("table-file").textContent = solves ? "Solution (CSV)" : "Table (CSV)";
  for (const part of document.querySelectorAll<HTMLElement>("[data-run]")) {
    part.hidden = part.dataset.run !== (solves ? "solve" : "train");
  }
}

/** Shows the page, with what it starts with where that is known; the worker that trains comes later. */
export function showPage(first: FirstMoment | undefined): Pick<Playground, "takeWorker"> {
  const playground = new Playground();
  playground.begin(first);
  return playground;
}

/** The page as it stands. */
class Playground {
  readonly #calm = matchMedia("(prefers-reduced-motion: reduce)");
  #worker: Worker | undefined;
  /** What is asked before the worker is there. */
  #asked: Ask[] = [];
  readonly #controls: Controls;
  readonly #pictures = new Pictures(() => this.#shown());
  readonly #past: PastRun[] = [];
  /** Number of the run that was asked for last. */
  #opened = 0;
  /** Number of the look at a table that was asked for last, and who waits for it. */
  #looks = 0;
  #looked: ((look: TableLook) => void) | undefined;
  #state: PageState = {};
  #key = "";
  #checkpoint: Uint8Array | undefined;
  /** Whether the run that was asked for is to train, until it is there. */
  #intent: boolean | undefined;
  #playing = false;
  #ended = false;
  /** Whether the run solves an equation. */
  #solves = false;
  #began = 0;
  #epochs = 0;
  #points: LossPoint[] = [];
  #moments: KnotMoment[] = [];
  #latest: Extract<Tell, { kind: "snapshot" }> | undefined;

  constructor() {
    this.#controls = new Controls({
      changed: () => {
        const goesOn = this.#playing || (this.#ended && !this.#calm.matches);
        this.#open(this.#intent ?? goesOn);
      },
      look: (table) =>
        new Promise((resolve) => {
          this.#looked = resolve;
          this.#ask({ kind: "look", id: ++this.#looks, table });
        }),
      checkpoint: (bytes) => {
        this.#checkpoint = bytes;
        this.#open(false);
      },
    });
  }

  /** Asks the worker what has been asked so far, and listens to it. */
  takeWorker(worker: Worker): void {
    this.#worker = worker;
    worker.onmessage = ({ data }) => this.#hear(data);
    worker.onerror = (event) => this.#fault(`internal error: ${event.message}`);
    for (const message of this.#asked) worker.postMessage(message);
    this.#asked = [];
  }

  /** Listens to the reader, and opens the run of the address. */
  begin(first: FirstMoment | undefined): void {
    this.#listenToButtons();
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test((event.target as HTMLElement).tagName);
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (!byId<HTMLInputElement>("keys").checked) return; // voices that dictate press keys, too
      const act = KEYS[event.key];
      if (act) this.#do(act);
    });
    addEventListener("hashchange", () => {
      if (location.hash === writeState(this.#controls.state())) return;
      this.#controls.set(location.hash);
      this.#open(this.#playing);
    });
    sayGpu();
    this.#controls.set(location.hash);
    this.#sendPace();
    this.#open(!this.#calm.matches);
    if (first && hasFirstNetwork(this.#state)) this.#showFirst(first);
  }

  /** Shows the network that the page starts with, until the worker tells the same. */
  #showFirst({ snapshot, run }: FirstMoment): void {
    if (differing(this.#state).length === 0) {
      const intent = this.#intent;
      this.#showRun(run);
      [this.#playing, this.#intent] = [false, intent];
    }
    this.#hear({ kind: "snapshot", snapshot, levels: [] });
    this.#pictures.drawNow();
  }

  #listenToButtons(): void {
    for (const act of ["play", "step", "refine", "again"] as const) {
      byId(act).addEventListener("click", () => this.#do(act));
    }
    byId("levels").addEventListener("click", ({ target }) => {
      const { level } = (target as HTMLElement).dataset;
      if (level !== undefined) this.#ask({ kind: "undo", stage: Number(level) });
    });
    byId("files").addEventListener("click", ({ target }) => {
      const { file } = (target as HTMLElement).dataset;
      this.#fault(undefined);
      if (file) this.#ask({ kind: "file", file: file as FileKind });
    });
    document.addEventListener("click", ({ target }) => {
      const { save, as } = (target as HTMLElement).dataset;
      if (save) savePictures(save, as as "svg" | "png");
    });
    byId("pace").addEventListener("change", () => this.#sendPace());
    byId("jump").addEventListener("click", () => {
      byId("controls").scrollIntoView();
      byId("c-learn").focus();
    });
  }

  #do(act: PageAct): void {
    switch (act) {
      case "play":
        if (this.#playing) return this.#ask({ kind: "pause" });
        return this.#ended ? this.#open(true) : this.#ask({ kind: "play" });
      case "step":
        return this.#ended || this.#solves
          ? undefined
          : this.#ask({ kind: "play", until: "epoch" });
      case "refine":
        return this.#solves ? undefined : this.#ask({ kind: "refine" });
      case "back":
        if (this.#solves) return;
        return this.#ask({ kind: "undo", stage: this.#latest?.levels.at(-2)?.stage ?? -1 });
      case "again":
        return this.#open(this.#playing);
    }
  }

  #ask(message: Ask): void {
    if (this.#worker) this.#worker.postMessage(message);
    else this.#asked.push(message);
  }

  #sendPace(): void {
    this.#ask({ kind: "pace", milliseconds: Number(byId<HTMLSelectElement>("pace").value) });
  }

  /** Opens the run that the controls ask for, or a checkpoint's. */
  #open(plays: boolean): void {
    const table = this.#controls.table(), checkpoint = this.#checkpoint;
    this.#checkpoint = undefined;
    this.#intent = plays;
    this.#state = this.#controls.state();
    this.#key = dataKey(this.#state, table && `${table.name} ${sumOf(table.bytes)}`);
    history.replaceState(null, "", writeState(this.#state));
    this.#fault(undefined);
    const plan = checkpoint
      ? { words: [], checkpoint, ...(table ? { table } : {}) }
      : planOf(this.#state, table);
    this.#ask({ kind: "open", id: ++this.#opened, plan, plays });
  }

  #fault(text: string | undefined): void {
    byId("fault").hidden = text === undefined;
    byId("fault").textContent = text ?? "";
  }

  #hear(message: Tell): void {
    switch (message.kind) {
      case "open":
        performance.mark("run open");
        if (message.id === this.#opened) this.#showRun(message.run);
        return;
      case "history":
        return this.#takePoints(message.points);
      case "snapshot":
        this.#latest = message;
        this.#moments = withMoment(this.#moments, {
          epoch: this.#points.at(-1)?.epoch ?? 0,
          nodes: message.snapshot.knots,
        });
        return this.#pictures.schedule();
      case "changed":
        [this.#epochs, this.#ended] = [message.epochs, false];
        byId("command").textContent = message.command;
        return this.#showButtons();
      case "note":
        return addNote(message.text, message.passing);
      case "state":
        this.#playing = message.playing;
        return this.#showButtons(message.busy);
      case "end":
        this.#ended = true;
        return this.#finish(message.end);
      case "look":
        if (message.id === this.#looks) this.#looked?.(message.look);
        return;
      case "file":
        this.#takeFile(message);
        return;
      case "code":
        lateCode().then((text) => this.#ask({ kind: "code", text }));
        return;
      case "fault":
        if (message.id === undefined || message.id === this.#opened) this.#fault(message.text);
    }
  }

  /** One more point, or all of them where training goes on from elsewhere. */
  #takePoints(points: readonly LossPoint[]): void {
    if (points.length === 1 && points[0].epoch > (this.#points.at(-1)?.epoch ?? 0)) {
      this.#points.push(points[0]);
      return;
    }
    this.#points = [...points];
    const last = points.at(-1)?.epoch ?? 0;
    this.#moments = this.#moments.filter(({ epoch }) => epoch <= last);
    this.#ended = false;
    this.#showButtons();
  }

  #showRun({ kind, files, command, notes, epochs, flags, ...run }: OpenRun): void {
    if (flags) {
      this.#controls.show(stateOfFlags(flags));
      this.#state = this.#controls.state();
      history.replaceState(null, "", writeState(this.#state));
    }
    [this.#playing, this.#intent] = [this.#intent ?? false, undefined];
    [this.#points, this.#moments, this.#latest] = [[], [], undefined];
    [this.#began, this.#epochs, this.#ended] = [performance.now(), epochs, false];
    byId("command").textContent = command;
    this.#solves = kind === "solve";
    byId("found").hidden = true;
    showFiles(files, this.#solves);
    byId("notes").replaceChildren();
    byId("loss-title").firstChild!.textContent = this.#solves ? "Residual and error" : "Loss";
    byId("function-title").firstChild!.textContent = this.#solves ? "The solution" : "The function";
    for (const note of notes) addNote(note, false);
    if (!this.#solves) addNote(rowsText(run), false);
  }

  #finish(end: RunEnd): void {
    this.#past.push({
      ...{ number: this.#past.length + 1, state: this.#state, data: this.#key, end },
      points: this.#points.slice(),
      parameters: this.#latest?.snapshot.parameters ?? 0,
      seconds: (performance.now() - this.#began) / 1000,
    });
    byId("runs").innerHTML = runsHtml(this.#past);
    const words = `${end.status}: ${end.reason}. ${
      lossWords(this.#points, this.#solves)
    }. ${end.score}`;
    byId("said").textContent = words;
  }

  #takeFile({ name, bytes, text }: GivenFile): void {
    download(name, bytes);
    if (text === undefined) return;
    byId("found").hidden = false;
    byId("found").textContent = text;
  }

  #showButtons(busy?: string): void {
    const play = byId<HTMLButtonElement>("play"), playing = this.#playing, ended = this.#ended;
    const [stop, start] = this.#solves ? ["Stop", "Solve"] : ["Pause", "Train"];
    play.textContent = playing ? stop : ended ? `${start} anew` : start;
    byId<HTMLButtonElement>("step").disabled = ended;
    document.documentElement.dataset.state = busy ??
      (playing ? "playing" : ended ? "ended" : "paused");
    if (!playing) this.#pictures.schedule();
  }

  /** What the pictures show. */
  #shown(): ShownRun | undefined {
    if (!this.#latest) return undefined;
    const before = this.#past.filter(({ data, points }) =>
      data === this.#key && points.length > 0 && points.at(-1) !== this.#points.at(-1)
    );
    return {
      ...{ snapshot: this.#latest.snapshot, levels: this.#latest.levels },
      ...{ points: this.#points, moments: this.#moments, epochs: this.#epochs },
      before: before.slice(-MOST_GHOSTS).map(({ points }) => points),
      calm: this.#calm.matches && this.#playing,
    };
  }
}
