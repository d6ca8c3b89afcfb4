/**
 * Opens the page again and again, and looks at the time to its first picture and to its run.
 *
 * `deno run -A tests/cli/page/opening.ts --times 10` prints the least of ten and the one in the middle.
 * Milliseconds of the clock: from the start of loading until the first picture is on the screen, in a browser
 * that has begun a moment ago and in the same one once more; from the start of the browser's program; and from
 * the start of loading until the worker has the run ready. Then processor time of the page and of its worker,
 * which other programs on the machine change less: before the picture (`drawing`), and before the run.
 *
 * `--page FILE` opens a page of a file instead, such as one of `freeknot page --out` of another version.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { PLAYGROUND_CODE } from "../../../cli/page/script_text.ts";
import { playgroundHtml } from "../../../cli/page/shell.ts";
import { findChromium, type Page, type TraceEvent, withPage } from "../../support/chromium.ts";

/** What one opening took, in milliseconds. */
export interface Opening {
  /** From the start of loading until the first picture is on the screen. */
  readonly picture: number;
  /** From the start of the browser until then. */
  readonly withBrowser: number;
  /** Of a second time in the same browser. */
  readonly again: number;
  /** From the start of loading until the worker has the run ready. */
  readonly run: number;
  /** Processor time of the page's thread, and of its worker's, until the first picture. */
  readonly drawing: readonly [page: number, worker: number];
  /** Until the run is ready. */
  readonly page: number;
  readonly worker: number;
  /** Processor time in which the two scripts ran from their first line to their last. */
  readonly scripts: readonly [page: number, worker: number];
}

const SCREEN = { width: 1280, height: 900 };

/** Milliseconds from the start of loading to a mark, when it is there. */
async function markOf(page: Page, mark: string): Promise<number> {
  for (let turn = 0; turn < 600; turn++) {
    const found = await page.evaluate<number | null>(
      `performance.getEntriesByName(${JSON.stringify(mark)})[0]?.startTime ?? null`,
    ).catch(() => null); // asked between two pages
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Cannot watch the page: no ${mark} within 30 s`);
}

/** Opens the page in a browser of its own: twice, and once more to count the work of its threads. */
export async function openOnce(address: string): Promise<Opening> {
  const began = Date.now();
  const clock = await withPage(address, SCREEN, async (page) => {
    const picture = await markOf(page, FIRST_PICTURE), run = await markOf(page, RUN_OPEN);
    const origin = await page.evaluate<number>("performance.timeOrigin");
    await page.evaluate("void (performance.clearMarks(), location.reload())");
    const again = await markOf(page, FIRST_PICTURE);
    return { picture, withBrowser: origin + picture - began, again, run };
  });
  const work = await withPage("about:blank", SCREEN, async (page) => {
    const notes = await page.trace(async () => {
      await page.evaluate(`void location.assign(${JSON.stringify(address)})`);
      for (const mark of [RUN_OPEN, FIRST_PICTURE]) await markOf(page, mark);
    });
    const drawn = workBefore(notes, FIRST_PICTURE);
    return { ...workBefore(notes, RUN_OPEN), drawing: [drawn.page, drawn.worker] as const };
  });
  return { ...clock, ...work };
}

const FIRST_PICTURE = "first picture", RUN_OPEN = "run open";

/** The work of a page's threads before a mark. */
function workBefore(
  notes: readonly TraceEvent[],
  mark: string,
): Pick<Opening, "page" | "worker" | "scripts"> {
  const { pid, ts: end } = notes.find(({ name }) => name === mark)!;
  const timeOf = (thread: string, counts: (note: TraceEvent) => boolean) => {
    const ids = notes.filter((note) =>
      note.pid === pid && note.name === "thread_name" && note.args.name === thread
    ).map(({ tid }) => tid);
    const found = notes.filter((note) =>
      note.pid === pid && ids.includes(note.tid) && note.ph === "X" && note.ts < end && counts(note)
    ).sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
    let covered = -Infinity, sum = 0;
    for (const { ts, dur = 0, tdur = 0 } of found) {
      if (ts < covered) continue; // within the one before
      covered = ts + dur;
      sum += tdur / 1000;
    }
    return sum;
  };
  const runs = ({ name }: TraceEvent) => name === "EvaluateScript";
  const page = "CrRendererMain", worker = "DedicatedWorker thread";
  return {
    ...{ page: timeOf(page, () => true), worker: timeOf(worker, () => true) },
    scripts: [timeOf(page, runs), timeOf(worker, runs)],
  };
}

if (import.meta.main) {
  if (findChromium() === undefined) throw new Error("Cannot watch the page: no Chromium here");
  const flags = parseArgs(Deno.args, { string: ["times", "page"] }) as {
    readonly times?: string;
    readonly page?: string;
  };
  const html = flags.page === undefined
    ? playgroundHtml(PLAYGROUND_CODE)
    : await Deno.readTextFile(flags.page);
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(html, { headers }),
  );
  const found: Opening[] = [];
  for (let k = 0; k < Number(flags.times ?? 10); k++) {
    found.push(await openOnce(`http://127.0.0.1:${server.addr.port}/`));
  }
  await server.shutdown();
  const [least, middle] = [0, Math.floor(found.length / 2)].map((at) => {
    const of = (what: (opening: Opening) => number) =>
      Math.round(found.map(what).sort((a, b) => a - b)[at]);
    return {
      picture: of(({ picture }) => picture),
      withBrowser: of(({ withBrowser }) => withBrowser),
      again: of(({ again }) => again),
      run: of(({ run }) => run),
      drawing: [0, 1].map((k) => of(({ drawing }) => drawing[k])),
      page: of(({ page }) => page),
      worker: of(({ worker }) => worker),
      scripts: [0, 1].map((k) => of(({ scripts }) => scripts[k])),
    };
  });
  console.log(JSON.stringify({ least, middle }));
}
