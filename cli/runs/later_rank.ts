/**
 * Which processes of a cluster keep silent about requests that are wrong for all of them.
 *
 * @module
 */

import { launchOf } from "../../lib/cluster/launch.ts";

/** Whether a command line is that of a cluster, and this is not its first process. */
export function isLaterRank(args: readonly string[]): boolean {
  if (!args.some((each) => /^--cluster(=|$)/.test(each)) || args.includes("--resume")) return false;
  if (Deno.permissions.querySync({ name: "env" }).state !== "granted") return false;
  return (launchOf((name) => Deno.env.get(name))?.rank ?? 0) > 0;
}
