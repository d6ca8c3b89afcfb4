/**
 * The controls as they work: what is typed, chosen, dropped and pasted.
 *
 * @module
 */

/// <reference lib="dom" />

import type { GivenTable, TableLook } from "../protocol.ts";
import { Pad } from "./pad.ts";
import { type PageState, readState } from "./state.ts";

/** Hears what the reader changes. */
export interface ControlListener {
  changed(): void;
  /** Asks for the columns of a table. */
  look(table: GivenTable): Promise<TableLook>;
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
      this.#take("pasted.csv", new TextEncoder().encode(this.#paste.value));
      return;
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
    else await this.#take(file.name, bytes);
  }

  /** Takes a table: its columns are the targets to choose among. */
  async #take(name: string, bytes: Uint8Array): Promise<void> {
    const table = { name, bytes };
    this.#table = table;
    this.#fields.find(({ dataset }) => dataset.key === "learn")!.value = "table";
    this.#showParts();
    const { columns, classes } = await this.#listener.look(table);
    if (this.#table !== table) return; // another one was dropped meanwhile
    const target = this.#target, wanted = columns.indexOf(this.#wanted);
    target.replaceChildren(...columns.map((column) => new Option(column, column)));
    const chosen = wanted < 0 ? columns.length - 1 : wanted;
    target.value = columns[chosen] ?? "";
    if (columns.length === 0) target.replaceChildren(new Option("the last column", "y"));
    else {
      const loss = document.getElementById("loss-kind") as HTMLSelectElement;
      loss.value = classes[chosen] ? "cross-entropy" : "";
    }
    this.#listener.changed();
  }
}

/** Whether a file is no text: a zero byte among its first. */
function looksBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 512).includes(0);
}
