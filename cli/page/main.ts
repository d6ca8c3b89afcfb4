/**
 * The script of the page; tools/build_page.ts makes one script of this file and its imports, behind the text of
 * the first moment. What trains is a script of its own, cli/page/work/main.ts, which stands behind it in the
 * page as text: the first picture is there before that text has been read.
 *
 * @module
 */

/// <reference lib="dom" />

import { unpackMoment } from "./first_moment.ts";
import { showPage } from "./view/page.ts";

/** What the page's parts tell each other. */
interface PageScope {
  /** Written by tools/build_page.ts. */
  readonly firstMoment?: string;
  /** Called by the page behind the worker's text. */
  startWorker?: () => void;
}

const scope = globalThis as PageScope;
const playground = showPage(scope.firstMoment ? unpackMoment(scope.firstMoment) : undefined);

scope.startWorker = () => {
  const text = document.getElementById("worker")!.textContent!;
  const start = () =>
    playground.takeWorker(
      new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" }))),
    );
  // the first picture's frame comes first: both would share the processor
  if (document.hidden) start();
  else requestAnimationFrame(() => setTimeout(start));
};
