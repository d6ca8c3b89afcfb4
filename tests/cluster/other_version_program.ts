/**
 * A rank of another version: it tells its program as all do, and then does nothing.
 *
 * @module
 */

import { openCluster } from "../../lib/cluster/mod.ts";

const cluster = openCluster(), { deno, v8 } = Deno.version;
cluster.gatherBytes(new TextEncoder().encode(JSON.stringify({ freeknot: "0.0.9", deno, v8 })));
await new Promise((resolve) => setTimeout(resolve, 60_000));
