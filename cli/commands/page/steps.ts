/**
 * The steps of `page`: writes the page, or serves it on this machine.
 *
 * @module
 */

import { join } from "node:path";
import { playgroundHtml } from "../../page/shell.ts";
import { PLAYGROUND_CODE } from "../../page/script_text.ts";
import { readOutputs } from "../../flags/shared.ts";
import { integerFlag, textFlag } from "../../flags/values.ts";
import { EXIT, PermissionError, UsageError } from "../../terminal/errors.ts";
import { checkOutputs, writeFile } from "../../terminal/files.ts";
import { VERSION } from "../../terminal/version.ts";
import { type CommandSteps, jsonText } from "../command.ts";

/** What was asked for. */
interface PageRequest {
  readonly port: number;
  readonly out?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Where the page is: a file, or nothing where it was served. */
interface WrittenPage {
  readonly page?: string;
  readonly bytes?: number;
}

/** What answers come with: isolation, for threads, and no caching while versions change. */
const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
} as const;

/** Reads the flags; writes or serves; says where. */
export const pageSteps: CommandSteps<PageRequest, WrittenPage> = {
  request(given) {
    const out = textFlag(given, "out"), { json, quiet } = readOutputs(given);
    if (out !== undefined && given.has("port")) {
      throw new UsageError(
        "Cannot serve the page: --port must come without --out, which writes it",
      );
    }
    const port = integerFlag(given, "port", { least: 0, most: 65_535 }) ?? 8000;
    return { port, json, quiet, ...(out === undefined ? {} : { out }) };
  },
  async run({ port, out, json, quiet }, terminal) {
    const html = playgroundHtml(PLAYGROUND_CODE);
    if (out !== undefined) return await writePage(out, html);
    const server = serve(port, html, (address) => {
      if (json) terminal.out(jsonText({ address, version: VERSION }));
      else if (!quiet) terminal.err(`${address} (Ctrl-C ends it)\n`);
    });
    await server.finished;
    return {};
  },
  present({ page, bytes }, { json, quiet }, terminal) {
    if (page === undefined) return EXIT.done;
    if (json) terminal.out(jsonText({ page, bytes, version: VERSION }));
    else if (!quiet) terminal.out(`${page}: ${bytes} bytes\n`);
    return EXIT.done;
  },
};

async function writePage(folder: string, html: string): Promise<WrittenPage> {
  const page = join(folder, "index.html"), content = new TextEncoder().encode(html);
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new PermissionError(
        `Cannot write ${page}: the program must run with --allow-write, current value is without`,
      );
    }
    throw new UsageError(`Cannot write ${page}: --out must be a folder, or one that can be made`);
  }
  await checkOutputs([{ flag: "out", path: page }], []);
  await writeFile(page, content);
  return { page, bytes: content.length };
}

/**
 * Serves the page to this machine alone.
 *
 * @throws {UsageError} If the port is taken or may not be used.
 */
function serve(port: number, html: string, listens: (address: string) => void): Deno.HttpServer {
  const body = new TextEncoder().encode(html);
  try {
    return Deno.serve({
      hostname: "127.0.0.1",
      port,
      onListen: (address) => listens(`http://127.0.0.1:${address.port}/`),
    }, (request) => {
      const { pathname } = new URL(request.url);
      if (request.method !== "GET" && request.method !== "HEAD") {
        return new Response("only GET\n", { status: 405 });
      }
      if (pathname !== "/" && pathname !== "/index.html") {
        return new Response("there is one page here: /\n", { status: 404 });
      }
      return new Response(body, { headers: HEADERS });
    });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new PermissionError(
        "Cannot serve the page: the program must run with --allow-net=127.0.0.1, current value is " +
          "without; --out DIR writes the page instead",
      );
    }
    if (
      !(error instanceof Deno.errors.AddrInUse) && !(error instanceof Deno.errors.PermissionDenied)
    ) {
      throw error;
    }
    throw new UsageError(
      `Cannot serve the page: --port must be one that is free, current value is ${port}; --port 0 ` +
        "takes any",
    );
  }
}
