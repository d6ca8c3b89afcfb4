/**
 * The page that runs examples of the documentation: TypeScript as text, the library as files beside it, a worker
 * that runs and prints. Nothing leaves the browser.
 *
 * @module
 */

/// <reference lib="dom" />

import { transform } from "npm:sucrase@3.35.1";
import { codeOfAddress, withAddresses } from "./run_code.ts";

const field = document.getElementById("code") as HTMLTextAreaElement;
const box = document.getElementById("printed")!, state = document.getElementById("state")!;
const run = document.getElementById("run") as HTMLButtonElement;
const stop = document.getElementById("stop") as HTMLButtonElement;
let worker: Worker | undefined;

/** What the worker tells. */
type Told =
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "end"; readonly fault?: string };

function show(text: string, faulty = false): void {
  const line = document.createElement("span");
  line.className = faulty ? "faulty" : "";
  line.textContent = `${text}\n`;
  box.append(line);
}

function end(text: string): void {
  worker?.terminate();
  worker = undefined;
  run.disabled = false;
  stop.disabled = true;
  state.textContent = text;
}

function begin(): void {
  worker?.terminate();
  box.replaceChildren();
  let code: string;
  try {
    code = transform(field.value, { transforms: ["typescript"], disableESTransforms: true }).code;
  } catch (error) {
    show(String(error), true);
    return end("This is no TypeScript.");
  }
  const library = new URL("../library/", location.href).href, began = performance.now();
  const module = new Blob([withAddresses(code, library)], { type: "text/javascript" });
  worker = new Worker(new URL("worker.js", location.href), { type: "module" });
  run.disabled = true;
  stop.disabled = false;
  state.textContent = "Running …";
  worker.onmessage = ({ data }: { readonly data: Told }) => {
    if (data.kind === "line") return show(data.text);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    if (data.fault === undefined) return end(`Ran to its end without a fault, ${seconds} s.`);
    show(data.fault, true);
    end(`Ended by a fault after ${seconds} s.`);
  };
  worker.onerror = (event) => {
    show(event.message || "The worker could not be loaded.", true);
    end("Ended by a fault.");
  };
  worker.postMessage(URL.createObjectURL(module));
}

function open(): void {
  const code = codeOfAddress(location.hash);
  if (code === undefined) return;
  field.value = code;
  field.rows = Math.min(40, code.split("\n").length + 1);
  box.replaceChildren();
  end("");
}

run.addEventListener("click", begin);
stop.addEventListener("click", () => end("Stopped."));
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) begin();
});
addEventListener("hashchange", open);
open();
