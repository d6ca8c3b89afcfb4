/**
 * Trains in the page for minutes, and looks at its memory, its frames and its first picture.
 *
 * `deno run -A tests/cli/page/soak.ts --minutes 10` fails where memory grows.
 *
 * @module
 */

import { PLAYGROUND_CODE } from "../../../cli/page/script_text.ts";
import { playgroundHtml } from "../../../cli/page/shell.ts";
import { findChromium, withPage } from "../../support/chromium.ts";

/** What was seen. */
export interface Soaked {
  /** Milliseconds from the start of loading to the first picture. */
  readonly firstPicture: number;
  /** Bytes of page and worker, from time to time. */
  readonly bytes: readonly number[];
  /** Milliseconds between two frames, and of the page's own drawing: half and nine tenths are below. */
  readonly frames: readonly [number, number];
  readonly drawing: readonly [number, number];
  readonly epochs: number;
}

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** Seconds between two looks at the memory. */
const BETWEEN = 10;

const WATCH = `(() => {
  window.gaps = []; window.own = [];
  let last = performance.now();
  const frame = (now) => {
    gaps.push(now - last);
    own.push(Number(document.documentElement.dataset.frame));
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})()`;

/** Trains for so many minutes. */
export async function soakPage(minutes: number): Promise<Soaked> {
  const html = playgroundHtml(PLAYGROUND_CODE);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(html, { headers: HEADERS }),
  );
  const address = `http://127.0.0.1:${server.addr.port}/#optimizer=adam&rows=300&schedule=10000000`;
  try {
    return await withPage(address, { width: 1280, height: 900 }, async (page) => {
      const firstPicture = await waitFor(() =>
        page.evaluate<number | undefined>(
          `performance.getEntriesByName("first picture")[0]?.startTime`,
        )
      );
      await page.evaluate(WATCH);
      const bytes: number[] = [], end = Date.now() + 60_000 * minutes;
      while (Date.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 1000 * BETWEEN));
        bytes.push(
          await page.evaluate<number>(
            `Promise.race([performance.measureUserAgentSpecificMemory().then(({ bytes }) => bytes),
            new Promise((resolve) => setTimeout(() => resolve(-1), 20_000))])`,
          ),
        );
      }
      const [frames, drawing] = await page.evaluate<[number, number][]>(
        `[gaps, own].map((all) => (all.sort((a, b) => a - b),
        [0.5, 0.9].map((share) => all[Math.floor(share * (all.length - 1))])))`,
      );
      const epochs = await page.evaluate<number>("Number(document.documentElement.dataset.drawn)");
      if (page.faults.length > 0) throw new Error(page.faults.join("\n"));
      return { firstPicture, bytes: bytes.filter((each) => each > 0), frames, drawing, epochs };
    });
  } finally {
    await server.shutdown();
  }
}

async function waitFor(ask: () => Promise<number | undefined>): Promise<number> {
  for (let turn = 0; turn < 600; turn++) {
    const found = await ask();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("Cannot watch the page: no picture within 30 s");
}

/** Whether memory grew: the last third's least against that of the first third. */
export function grew(bytes: readonly number[]): boolean {
  const third = Math.max(1, Math.floor(bytes.length / 3));
  const [first, last] = [bytes.slice(0, third), bytes.slice(-third)]
    .map((part) => Math.min(...part));
  return last > 1.2 * first + 8e6;
}

if (import.meta.main) {
  if (findChromium() === undefined) throw new Error("Cannot watch the page: no Chromium here");
  const at = Deno.args.indexOf("--minutes");
  const soaked = await soakPage(at < 0 ? 1 : Number(Deno.args[at + 1]));
  console.log(JSON.stringify(soaked));
  if (grew(soaked.bytes)) Deno.exit(1);
}
