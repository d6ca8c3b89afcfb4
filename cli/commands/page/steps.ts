/**
 * The steps of `page`: writes the page, or serves it on this machine.
 *
 * @module
 */

import { join } from "node:path";
import { playgroundHtml } from "../../page/shell.ts";
import { PLAYGROUND_SCRIPT } from "../../page/script_text.ts";
import { integerFlag, only, switchFlag, textFlag } from "../../flags/values.ts";
import { errorText, EXIT, PermissionError, UsageError } from "../../terminal/errors.ts";
import { writeFile } from "../../terminal/files.ts";
import type { CommandSteps } from "../command.ts";

/** What was asked for. */
interface PageRequest {
  readonly port: number;
  readonly out?: string;
  readonly quiet: boolean;
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
export const pageSteps: CommandSteps<PageRequest, string> = {
  request(given) {
    const out = textFlag(given, "out"), quiet = switchFlag(given, "quiet") ?? false;
    if (out !== undefined && given.has("port")) throw only("port", "no --out");
    const port = integerFlag(given, "port", { least: 0, most: 65_535 }) ?? 8000;
    return { port, quiet, ...(out === undefined ? {} : { out }) };
  },
  async run({ port, out, quiet }, terminal) {
    const html = playgroundHtml(PLAYGROUND_SCRIPT);
    if (out !== undefined) return await writePage(out, html);
    const server = serve(port, html, (address) => {
      if (!quiet) terminal.err(`${address} (Ctrl-C ends it)\n`);
    });
    await server.finished;
    return "";
  },
  present(text, { quiet }, terminal) {
    if (!quiet && text !== "") terminal.out(`${text}\n`);
    return EXIT.done;
  },
};

async function writePage(folder: string, html: string): Promise<string> {
  const path = join(folder, "index.html");
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new PermissionError(`Cannot write ${path}: ${errorText(error)}`);
    }
    throw new UsageError(`Cannot write ${path}: --out must be a folder, or one that can be made`);
  }
  await writeFile(path, new TextEncoder().encode(html));
  return `${path}: ${html.length} characters`;
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
        `Cannot serve the page: the program must run with --allow-net=127.0.0.1, current value is ` +
          `without; --out DIR writes the page instead`,
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
