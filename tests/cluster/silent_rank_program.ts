/**
 * A rank that joins the others and then does nothing.
 *
 * @module
 */

import { openCluster } from "../../lib/cluster/mod.ts";

openCluster();
await new Promise((resolve) => setTimeout(resolve, 60_000));
