/**
 * The command `page`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** Trains in a browser's tab, to watch and to play with. */
export const pageCommand: Command = command({
  name: "page",
  purpose: "Train in a browser's tab and watch the knots move: one page, no request to anyone.",
  synopsis: ["freeknot page [--port N]", "freeknot page --out DIR"],
  flags: [{
    title: "Flags",
    flags: [
      flag(
        "port N",
        "Port on 127.0.0.1, which no other machine can reach; 0: any free one.",
        "8000",
      ),
      flag("out DIR", "Write the page to DIR/index.html instead of serving it, and end."),
      sharedFlag("json", { text: "Print the address, or the file, on stdout as one JSON object." }),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "The page trains what train trains, and solves what solve solves, by the same flags. Its file also opens " +
    "from a disk, without a server; from one that sends the headers of cross-origin isolation, as " +
    "this command does, it trains on several threads. Serving needs --allow-net=127.0.0.1 where the " +
    "program runs by deno run. Ctrl-C ends it.",
  ],
  examples: {
    "Look at it": "freeknot page",
    "A file for any web server, or for a double click": "freeknot page --out site",
  },
}, async () => (await import("./steps.ts")).pageSteps);
