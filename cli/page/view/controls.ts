/**
 * The controls as they work: what is typed, chosen, dropped and pasted.
 *
 * @module
 */

/// <reference lib="dom" />

import { parseTableBytes } from "../../../lib/data/mod.ts";
import type { GivenTable } from "../protocol.ts";
import { Pad } from "./pad.ts";
import { type PageState, readState } from "./state.ts";

/** Hears what the reader changes. */
export interface ControlListener {
  changed(): void;
  checkpoint(bytes: Uint8Array): void;
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** The controls of the page. */
export class Controls {
  readonly #listener: ControlListener;
  readonly #form = document.getElementById("controls") as HTMLFormElement;
  readonly #drop = document.getElementById("drop")!;
  readonly #paste = document.getElementById("paste") as HTMLTextAreaElement;
  readonly #file = document.getElementById("file") as HTMLInputElement;
  readonly #target = document.getElementById("target") as HTMLSelectElement;
  readonly #fields = [...this.#form.querySelectorAll<Field>("[data-key]")];
  readonly #pad: Pad;
  #table: GivenTable | undefined;
  /** The target that the address names, or that was chosen. */
  #wanted = "";

  constructor(listener: ControlListener) {
    this.#listener = listener;
    const pad = document.getElementById("pad") as Element as SVGSVGElement;
    this.#pad = new Pad(pad, () => listener.changed());
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("change", ({ target }) => this.#change(target as HTMLElement));
    this.#file.addEventListener("change", () => {
      if (this.#file.files?.[0]) this.#takeFile(this.#file.files[0]);
      this.#file.value = "";
    });
    document.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.#drop.classList.add("over");
    });
    document.addEventListener("dragleave", () => this.#drop.classList.remove("over"));
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      this.#drop.classList.remove("over");
      const dropped = event.dataTransfer?.files[0];
      if (dropped) this.#takeFile(dropped);
    });
    document.addEventListener("paste", (event) => {
      if (/^(INPUT|TEXTAREA)$/.test((event.target as HTMLElement).tagName)) return;
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (text.includes("\n")) this.#take("pasted.csv", new TextEncoder().encode(text));
    });
  }

  /** What the controls say. */
  state(): PageState {
    return Object.fromEntries(this.#fields.map(({ dataset, value }) => [dataset.key!, value]));
  }

  /** Sets the controls as an address says. */
  set(hash: string): void {
    this.show(readState(hash));
  }

  /** Sets the controls. */
  show(values: PageState): void {
    this.#wanted = values.target ?? "";
    for (const field of this.#fields) {
      const value = values[field.dataset.key!];
      if (value !== undefined) field.value = value;
    }
    this.#showParts();
  }

  /** The curve that was drawn, or the table that was dropped, chosen or pasted last. */
  table(): GivenTable | undefined {
    return this.state().learn === "drawn" ? this.#pad.table() : this.#table;
  }

  #change(changed: HTMLElement): void {
    const { key } = changed.dataset;
    if (changed === this.#paste) {
      return this.#take("pasted.csv", new TextEncoder().encode(this.#paste.value));
    }
    if (key === undefined) return;
    if (changed === this.#target) this.#wanted = this.#target.value;
    this.#showParts();
    if (this.state().learn !== "table" || this.#table) this.#listener.changed();
  }

  /** Shows the controls of the kind of data. */
  #showParts(): void {
    const state = this.state();
    for (const part of this.#form.querySelectorAll<HTMLElement>("[data-of]")) {
      const [key, value] = part.dataset.when?.split(" ") ?? [];
      part.hidden = !part.dataset.of!.split(" ").includes(state.learn) ||
        (key !== undefined && state[key] !== value);
    }
  }

  async #takeFile(file: File): Promise<void> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (looksBinary(bytes)) this.#listener.checkpoint(bytes);
    else this.#take(file.name, bytes);
  }

  /** Takes a table: its columns are the targets to choose among. */
  #take(name: string, bytes: Uint8Array): void {
    this.#table = { name, bytes };
    this.#fields.find(({ dataset }) => dataset.key === "learn")!.value = "table";
    this.#showParts();
    const target = this.#target, columns = columnsOf(bytes, name);
    target.replaceChildren(...columns.map((column) => new Option(column, column)));
    target.value = columns.includes(this.#wanted) ? this.#wanted : columns.at(-1) ?? "";
    if (columns.length === 0) target.replaceChildren(new Option("the last column", "y"));
    else {
      const loss = document.getElementById("loss-kind") as HTMLSelectElement;
      loss.value = holdsClasses(bytes, name, target.value) ? "cross-entropy" : "";
    }
    this.#listener.changed();
  }
}

/** The columns of a table; none where it has a fault, which the worker tells as the program would. */
function columnsOf(bytes: Uint8Array, name: string): readonly string[] {
  try {
    return parseTableBytes(bytes, { name }).columns;
  } catch {
    return [];
  }
}

/** Whether a file is no text: a zero byte among its first. */
function looksBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 512).includes(0);
}

/** Rows that are looked at to tell classes from numbers. */
const LOOKED_AT = 200;

/** Whether a column holds words rather than numbers. */
function holdsClasses(bytes: Uint8Array, name: string, column: string): boolean {
  const table = parseTableBytes(bytes, { name }), at = table.columns.indexOf(column);
  for (let row = 0; row < Math.min(table.rows, LOOKED_AT); row++) {
    const cell = table.cells[at][row].trim();
    if (cell !== "" && Number.isNaN(Number(cell))) return true;
  }
  return false;
}
