/**
 * The cluster of this process, joined before anything can fail in one process alone.
 *
 * A launcher waits for processes that have ended without joining, some for good. So the processes of a
 * command with `--cluster` join first, compare their flags, and only then read them.
 *
 * @module
 */

import type { Cluster } from "../../lib/cluster/mod.ts";

let joined: Cluster | undefined;

/** The cluster, where this process has joined it and not taken leave. */
export function joinedCluster(): Cluster | undefined {
  return joined;
}

/** Remembers the cluster, or that this process has taken leave of it. */
export function setJoined(cluster: Cluster | undefined): void {
  joined = cluster;
}

/** Takes leave of the cluster, if this process is still in one; all processes must do so. */
export function leaveCluster(): void {
  joined?.close();
  joined = undefined;
}

/** Whether a command line is that of a cluster; its flags may be wrong otherwise. */
export function asksForCluster(args: readonly string[]): boolean {
  return args.some((word, k) =>
    word === "--cluster=mpi" || (word === "--cluster" && args[k + 1] === "mpi")
  );
}

/** The value of `--cluster-timeout` in a command line; undefined where it is not a number above 0. */
export function timeoutIn(args: readonly string[]): number | undefined {
  const name = "--cluster-timeout";
  const words = args.flatMap((word, k) =>
    word === name ? [args[k + 1]] : word.startsWith(`${name}=`) ? [word.slice(name.length + 1)] : []
  );
  const seconds = Number(words.at(-1) ?? NaN);
  return seconds > 0 ? seconds : undefined;
}

/** Flags whose values name files, which may lie elsewhere on every machine. */
const FILE_FLAGS = ["--data", "--file", "--from", "--checkpoint", "--resume"];

/** A command line without the values that may differ from rank to rank. */
export function comparedWords(args: readonly string[]): string {
  return args.map((word, k) => {
    if (FILE_FLAGS.includes(args[k - 1])) return "FILE";
    const name = FILE_FLAGS.find((each) => word.startsWith(`${each}=`));
    return name === undefined ? word : `${name}=FILE`;
  }).join(" ");
}
