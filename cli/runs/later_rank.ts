/**
 * Which processes of a cluster keep silent about requests that are wrong for all of them.
 *
 * @module
 */

/** Whether a command line is that of a cluster, and this is not its first process. */
export async function isLaterRank(args: readonly string[]): Promise<boolean> {
  if (!args.some((each) => /^--cluster(=|$)/.test(each)) || args.includes("--resume")) return false;
  if (Deno.permissions.querySync({ name: "env" }).state !== "granted") return false;
  const { launchOf } = await import("../../lib/cluster/mod.ts");
  return (launchOf((name) => Deno.env.get(name))?.rank ?? 0) > 0;
}
