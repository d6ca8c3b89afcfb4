/**
 * Opens the page again and again, and counts the work of its two threads before the first picture.
 *
 * `deno run -A tests/cli/page/opening.ts --times 10` prints the least of ten: milliseconds of processor
 * time of the page and of its worker, which other programs on the machine do not change, and the
 * milliseconds from the start of loading to the first picture, which they do.
 *
 * @module
 */

import { PLAYGROUND_CODE } from "../../../cli/page/script_text.ts";
import { playgroundHtml } from "../../../cli/page/shell.ts";
import { findChromium, type TraceEvent, withPage } from "../../support/chromium.ts";

/** What one opening took, in milliseconds. */
export interface Opening {
  /** Processor time of the page's thread, and of its worker's, before the first picture. */
  readonly page: number;
  readonly worker: number;
  /** Processor time in which the two scripts ran from their first line to their last. */
  readonly scripts: readonly [page: number, worker: number];
  /** From the start of loading to the first picture. */
  readonly picture: number;
}

/** Opens the page once. */
export async function openOnce(address: string): Promise<Opening> {
  return await withPage("about:blank", { width: 1280, height: 900 }, async (page) => {
    let picture: number | null = null;
    const notes = await page.trace(async () => {
      await page.evaluate(`void location.assign(${JSON.stringify(address)})`);
      for (let turn = 0; picture === null && turn < 600; turn++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        picture = await page.evaluate<number | null>(
          `performance.getEntriesByName("first picture")[0]?.startTime ?? null`,
        ).catch(() => null); // asked between two pages
      }
    });
    if (picture === null) throw new Error("Cannot watch the page: no picture within 30 s");
    return { ...workBefore(notes, "first picture"), picture };
  });
}

/** The work of a page's threads before a mark. */
function workBefore(notes: readonly TraceEvent[], mark: string): Omit<Opening, "picture"> {
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
  const at = Deno.args.indexOf("--times"), times = at < 0 ? 10 : Number(Deno.args[at + 1]);
  const html = playgroundHtml(PLAYGROUND_CODE);
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
  for (let k = 0; k < times; k++) {
    found.push(await openOnce(`http://127.0.0.1:${server.addr.port}/`));
  }
  await server.shutdown();
  const least = (of: (opening: Opening) => number) => Math.round(Math.min(...found.map(of)));
  console.log(JSON.stringify({
    page: least(({ page }) => page),
    worker: least(({ worker }) => worker),
    scripts: [0, 1].map((k) => least(({ scripts }) => scripts[k])),
    picture: least(({ picture }) => picture),
  }));
}
