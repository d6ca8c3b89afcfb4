/**
 * Work that the processes of a cluster do together: the first one prints and writes, all end alike.
 *
 * @module
 */

import type { Cluster } from "../../lib/cluster/mod.ts";
import { createCpuEngine } from "../../lib/engine/mod.ts";
import { createNetwork } from "../../lib/model/mod.ts";
import type { ClusterRequest } from "../flags/cluster.ts";
import { errorLine, EXIT, isRequestError, RunError, UsageError } from "../terminal/errors.ts";
import { VERSION } from "../terminal/version.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { exp, sin } from "../../lib/numerics/inner.ts";
import { asksForCluster, comparedWords, joinedCluster, setJoined, timeoutIn } from "./joined.ts";

/** Seconds that processes wait for each other to fail together. */
const FAILING_SECONDS = 3;

/** How long a launcher has for a message before it hears of the end. */
const TELLING_MS = 300;

/** Says nothing: the terminal of all ranks but the first. */
const SILENT: Terminal = { out() {}, err() {}, interactive: false };

/**
 * Joins the cluster, does the work, and takes leave.
 *
 * @param work Gets the cluster and this process' terminal. Where it fails everywhere alike the first
 * process tells; where it fails in one place that process tells, and all end.
 * @throws {UsageError} If there is no cluster to join.
 */
export async function inCluster<Result>(
  { timeout }: ClusterRequest,
  terminal: Terminal,
  quiet: boolean,
  work: (cluster: Cluster, terminal: Terminal) => Promise<Result>,
): Promise<Result> {
  const cluster = joinedCluster() ?? await openOrRefuse(timeout), { rank } = cluster;
  if (!quiet && rank === 0) terminal.err(`${clusterNote(cluster)}\n`);
  setJoined(cluster);
  try {
    await checkArithmetic(cluster);
    const result = await work(cluster, rank === 0 ? terminal : SILENT);
    cluster.close();
    setJoined(undefined);
    return result;
  } catch (error) {
    throw await leaveTogether(error, terminal);
  }
}

/**
 * Joins the cluster that a command line asks for, before its flags are read, and compares programs and
 * flags of all ranks. Without a launcher nothing is joined.
 *
 * @throws {UsageError} If there is no cluster to join, or ranks have other versions or flags.
 */
export async function joinFirst(args: readonly string[], terminal: Terminal): Promise<void> {
  if (!asksForCluster(args)) return;
  const { launchOf } = await import("../../lib/cluster/mod.ts");
  if (Deno.permissions.querySync({ name: "env" }).state !== "granted") return;
  if (launchOf((name) => Deno.env.get(name)) === undefined) return;
  const cluster = await openOrRefuse(timeoutIn(args) ?? 600), { deno, v8 } = Deno.version;
  setJoined(cluster);
  try {
    checkSame(cluster, "must run the same program", { freeknot: VERSION, deno, v8 });
    checkSame(cluster, "must be given the same flags", { "the line": comparedWords(args) });
  } catch (error) {
    throw await leaveTogether(error, terminal);
  }
}

/**
 * Takes leave of the cluster, if this process is in one, because of an error. Where all ranks fail
 * alike the first one is to tell; where one fails alone it tells here, and all end.
 *
 * @returns The error that is left to tell. Ranks but the first do not return.
 */
export async function leaveTogether(error: unknown, terminal: Terminal): Promise<unknown> {
  const cluster = joinedCluster();
  if (cluster === undefined) return error;
  const { ClusterError } = await import("../../lib/cluster/mod.ts"), { rank, size } = cluster;
  const lost = error instanceof ClusterError;
  const known = lost ? new RunError(error.message) : error;
  const code = isRequestError(known) ? EXIT.request : EXIT.failed;
  setJoined(undefined);
  if (lost || !cluster.allAreHere(FAILING_SECONDS)) {
    const text = `rank ${rank} of ${size}: ${errorLine(known, [])}; all ranks end`;
    terminal.err(`freeknot: ${text}\n`);
    await new Promise((resolve) => setTimeout(resolve, TELLING_MS)); // launchers pass text on
    cluster.abort(code);
  }
  cluster.close();
  if (rank > 0) Deno.exit(code);
  return known;
}

/** Joins the cluster; where it cannot be joined, one rank tells. */
async function openOrRefuse(timeout: number): Promise<Cluster> {
  const { ClusterError, launchOf, openCluster } = await import("../../lib/cluster/mod.ts");
  try {
    return openCluster({ timeout });
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const granted = Deno.permissions.querySync({ name: "env" }).state === "granted";
    const { rank = 0 } = granted && launchOf((name) => Deno.env.get(name)) || {};
    if (rank > 0) Deno.exit(EXIT.request);
    throw new UsageError(error.message);
  }
}

/** The threads of this process: its share of the machine's cores. */
export function threadsOf({ localSize }: Cluster): number {
  return Math.max(1, Math.floor((navigator.hardwareConcurrency ?? 1) / localSize));
}

function clusterNote({ size, library, localSize }: Cluster): string {
  if (library === "none") return "cluster: launched without mpirun or srun: one rank";
  const here = localSize < size ? `, ${localSize} of them on this machine` : "";
  return `cluster: ${size} ${size === 1 ? "rank" : "ranks"}${here}, ${library}`;
}

/**
 * Does a step on every rank; where it fails on any, it fails on all.
 *
 * @throws {UsageError | RunError} With the rank that failed, on all others.
 */
export async function onAllRanks<Value>(
  cluster: Cluster | undefined,
  step: () => Value | Promise<Value>,
): Promise<Value> {
  if (cluster === undefined || cluster.size === 1) return await step();
  let value: Value | undefined, fault: unknown;
  try {
    value = await step();
  } catch (error) {
    fault = error ?? new Error("unknown");
  }
  const told = fault === undefined
    ? ""
    : `${isRequestError(fault) ? "request" : "run"} ${errorLine(fault, [])}`;
  const texts = cluster.gatherBytes(new TextEncoder().encode(told))
    .map((bytes) => new TextDecoder().decode(bytes));
  const failed = texts.findIndex((text) => text !== "");
  if (failed < 0) return value!;
  if (failed === cluster.rank || texts.every((text) => text === texts[0])) throw fault;
  const [kind] = texts[failed].split(" ", 1), text = texts[failed].slice(kind.length + 1);
  const message = `rank ${failed} of ${cluster.size}: ${text}`;
  throw kind === "request" ? new UsageError(message) : new RunError(message);
}

/**
 * Gives all ranks what the first one has.
 *
 * @param step Done by rank 0 alone.
 */
export async function fromFirst(
  cluster: Cluster,
  step: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const bytes = await onAllRanks(cluster, async () => cluster.rank === 0 ? await step() : NONE);
  const [length] = cluster.sum(new Float64Array([bytes.length]));
  const copy = cluster.rank === 0 ? bytes : new Uint8Array(length);
  cluster.broadcast(copy);
  return copy;
}

const NONE = new Uint8Array(0);

/**
 * Refuses ranks that differ.
 *
 * @param what What is compared, with the verb: `must see the same data`.
 * @param facts What this rank has, by name.
 * @throws {UsageError} Naming the first rank that differs from rank 0, and in what.
 */
export function checkSame(
  cluster: Cluster,
  what: string,
  facts: Readonly<Record<string, string>>,
): void {
  if (cluster.size === 1) return;
  const all = cluster.gatherBytes(new TextEncoder().encode(JSON.stringify(facts)))
    .map((bytes) => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, string>);
  for (const [rank, theirs] of all.entries()) {
    const name = Object.keys(all[0]).find((key) => all[0][key] !== theirs[key]);
    if (name === undefined) continue;
    throw new UsageError(
      `Cannot run on a cluster: every rank ${what}, current value is ${name} ${theirs[name]} on ` +
        `rank ${rank} and ${all[0][name]} on rank 0`,
    );
  }
}

/** Refuses ranks with another arithmetic: their results would drift apart. */
async function checkArithmetic(cluster: Cluster): Promise<void> {
  if (cluster.size === 1) return;
  const arithmetic = await arithmeticOf();
  checkSame(cluster, "must have a processor that rounds alike", { "sum of a test": arithmetic });
}

/** The bits of a small evaluation: machines with and without fused multiply-adds differ in them. */
async function arithmeticOf(): Promise<string> {
  const rows = 64, inputs = Float64Array.from({ length: 2 * rows }, (_, i) => (i * 37 % 64) / 63);
  const targets = Float64Array.from({ length: rows }, (_, r) => exp(sin(r)));
  const network = createNetwork({ widths: [2, 3, 1], base: "silu" }, { seed: 1 });
  const dataset = { rows, nIn: 2, nOut: 1, inputs, targets };
  const request = { network, loss: { kind: "mse" } as const, dataset };
  const evaluator = await createCpuEngine({ threads: 1 }).compile(request);
  const gradient = new Float64Array(network.parameters.length);
  await evaluator.evaluate(network.parameters, gradient);
  evaluator.dispose();
  return await checksum([gradient]);
}

/** The first digits of SHA-256 of numbers. */
export async function checksum(numbers: readonly Float64Array[]): Promise<string> {
  return await checksumOf(
    numbers.map(({ buffer, byteOffset, byteLength }) =>
      new Uint8Array(buffer, byteOffset, byteLength)
    ),
  );
}

/** The first digits of SHA-256 of bytes. */
export async function checksumOf(parts: readonly Uint8Array[]): Promise<string> {
  const bytes = new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
