/**
 * The script of the page's worker; tools/build_page.ts makes one script of this file and its imports.
 *
 * @module
 */

import { serveWorker } from "./worker.ts";

serveWorker();
