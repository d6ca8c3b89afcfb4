/**
 * The script of the page: the page itself, and in a worker the training.
 *
 * tools/build_page.ts makes one script of this file and its imports.
 *
 * @module
 */

/// <reference lib="dom" />

import { showPage } from "./view/page.ts";
import { serveWorker } from "./work/worker.ts";

if ("document" in globalThis) {
  const text = document.currentScript!.textContent!; // the worker runs this very script
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  showPage(new Worker(url));
} else serveWorker();
