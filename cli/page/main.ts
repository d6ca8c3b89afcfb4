/**
 * The script of the page; tools/build_page.ts makes one script of this file and its imports. What trains
 * is a script of its own, cli/page/work/main.ts, which stands in the page as text.
 *
 * @module
 */

/// <reference lib="dom" />

import { showPage } from "./view/page.ts";

const text = document.getElementById("worker")!.textContent!;
showPage(new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" }))));
