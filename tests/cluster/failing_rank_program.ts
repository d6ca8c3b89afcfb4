/**
 * Ranks that exchange numbers until one of them fails: its memory cannot be had.
 *
 * @module
 */

import { inCluster } from "../../cli/runs/cluster.ts";
import { systemTerminal } from "../../cli/terminal/terminal.ts";

await inCluster({ timeout: 60 }, systemTerminal(), true, (cluster) => {
  for (let k = 0;; k++) {
    if (k === 100 && cluster.rank === 1) new WebAssembly.Memory({ initial: 65_536, maximum: 9 });
    cluster.sum(new Float64Array([k]));
  }
});
