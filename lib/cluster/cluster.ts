/**
 * The processes of a cluster, joined by MPI.
 *
 * Every wait has an end: collective calls are begun without blocking and asked for until they are
 * done or the time is up, so that a process that has stopped never makes the others wait for good.
 *
 * @module
 */

import type { Peers } from "../engine/mod.ts";
import type { Handle, MpiAbi } from "./_abi.ts";
import { type NumberPairs, sumPairs } from "./_pairs.ts";
import { checkCode, createCalls, createRequest } from "./_calls.ts";
import { type MpiFunctions, openLibrary } from "./_library.ts";
import { withinSeconds } from "./_joining.ts";
import { ClusterError } from "./cluster_error.ts";
import { type Launch, launchOf, type ReadVariable } from "./launch.ts";

/** The processes that run one program together. */
export interface Cluster extends Peers {
  /** The library and its version; `none` of one process without it. */
  readonly library: string;
  /** Processes on this machine, this one included. */
  readonly localSize: number;
  /** The sum over all processes, number by number, in MPI's order: last digits may differ. */
  sum(values: Float64Array): Float64Array;
  /**
   * Begins such a sum; the function waits for it. Between the two the process may work, but ask for
   * nothing else of the cluster.
   */
  beginSum(values: Float64Array): () => Float64Array;
  /**
   * The sum over all processes of pairs `high + low`, number by number, with about 32 digits and in
   * the order of ranks: what large numbers that cancel leave is not lost.
   */
  sumPairs(high: Float64Array, low?: Float64Array): NumberPairs;
  /** The largest over all processes, number by number. */
  max(values: Float64Array): Float64Array;
  /** Overwrites the bytes of every process with those of rank 0. */
  broadcast(bytes: Uint8Array): void;
  /** The bytes of every process, by rank. */
  gatherBytes(bytes: Uint8Array): Uint8Array[];
  /** Waits until all processes are here. */
  barrier(): void;
  /** Whether all processes come here within some seconds; may be called at any time. */
  allAreHere(seconds: number): boolean;
  /** Ends all processes at once. Does not return where there are several. */
  abort(exitCode: number): void;
  /** Takes leave of the others; all must do so. */
  close(): void;
}

/** Options of {@linkcode openCluster}. */
export interface ClusterOptions {
  /** Seconds after which a wait for the other processes fails. Default 600. */
  readonly timeout?: number;
  /** Reads the environment. Default: that of the process. */
  readonly environment?: ReadVariable;
}

/**
 * Joins the processes that mpirun or srun has started; without a launcher this is one process alone
 * and no library is needed.
 *
 * The launcher's family decides which library is opened: MPICH's or Open MPI's, or the one that the
 * variable FREEKNOT_MPI names.
 *
 * @throws {ClusterError} If there is no library, or it is of another family than the launcher.
 *
 * @example
 * ```ts
 * import { openCluster } from "@freeknot/freeknot/cluster";
 * import { assertEquals } from "@std/assert";
 *
 * const cluster = openCluster({ environment: () => undefined });
 * assertEquals([cluster.rank, cluster.size], [0, 1]);
 * assertEquals(cluster.sum(new Float64Array([1, 2])), new Float64Array([1, 2]));
 * cluster.close();
 * ```
 */
export function openCluster(options: ClusterOptions = {}): Cluster {
  const { timeout = 600, environment = readEnvironment } = options;
  if (!(timeout > 0)) {
    throw new RangeError(
      `Cannot open cluster: timeout must be above 0, current value is ${timeout}`,
    );
  }
  const launch = launchOf(environment);
  return launch ? joinCluster(launch, timeout, environment("FREEKNOT_MPI")) : soleProcess();
}

/** Reads the environment: without it every process would take itself for the only one. */
function readEnvironment(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  if (state === "granted") return Deno.env.get(name);
  throw new ClusterError(
    "Cannot open cluster: the program must be allowed to read what mpirun tells and to open its " +
      "library (deno run --allow-env --allow-ffi), current permissions do not allow it",
  );
}

/** A cluster of one process. */
function soleProcess(): Cluster {
  return {
    ...{ rank: 0, size: 1, library: "none", localSize: 1 },
    gather: (part) => part.slice(),
    trade: (parts) => parts.slice(),
    sum: (values) => values.slice(),
    beginSum: (values) => () => values.slice(),
    sumPairs: (high, low = new Float64Array(high.length)) => ({
      high: high.slice(),
      low: low.slice(),
    }),
    max: (values) => values.slice(),
    gatherBytes: (bytes) => [bytes.slice()],
    allAreHere: () => true,
    broadcast() {},
    barrier() {},
    abort() {},
    close() {},
  };
}

function joinCluster(launch: Launch, timeout: number, chosen: string | undefined): Cluster {
  const { abi, functions, file } = openLibrary(launch, chosen);
  const { rank: number = 0, size: all = "some" } = launch;
  const late = `freeknot: Cannot open cluster: all ranks must join within ${timeout} s ` +
    `(--cluster-timeout), rank ${number} of ${all} has waited in vain; all ranks end\n`;
  checkCode(withinSeconds(timeout, late, () => functions.MPI_Init(null, null)), "MPI_Init");
  const library = libraryVersion(functions);
  const size = numberOf(functions.MPI_Comm_size, abi.world);
  const rank = numberOf(functions.MPI_Comm_rank, abi.world);
  if (launch.size !== undefined && launch.size !== size) {
    throw new ClusterError(
      "Cannot open cluster: mpirun and the MPI library must be of one kind, mpirun has started " +
        `${launch.size} processes and ${library} in ${file} knows ${size} (FREEKNOT_MPI names the ` +
        "library to use)",
    );
  }
  const world = duplicate(functions, abi), aside = duplicate(functions, abi);
  const machine = made(
    abi,
    (place) => functions.MPI_Comm_split_type(abi.world, abi.shared, 0, abi.noInfo, place),
  );
  const localSize = numberOf(functions.MPI_Comm_size, machine);
  const calls = createCalls(functions, abi, world, { size, timeout });
  const pending = createRequest(functions, abi);
  return {
    ...{ rank, size, library, localSize },
    ...calls,
    sumPairs: (high, low) => sumPairs({ rank, size, ...calls }, high, low),
    allAreHere(seconds) {
      checkCode(functions.MPI_Ibarrier(aside, pending.place), "MPI_Ibarrier");
      return pending.wait(seconds);
    },
    abort: (exitCode) => void functions.MPI_Abort(abi.world, exitCode),
    close: () => void functions.MPI_Finalize(),
  };
}

/** A communicator of its own, so that messages of a library's other users do not meet ours. */
function duplicate(functions: MpiFunctions, abi: MpiAbi): Handle {
  return made(abi, (place) => functions.MPI_Comm_dup(abi.world, place));
}

/** The handle that a function writes. */
function made(abi: MpiAbi, make: (place: Uint8Array) => number): Handle {
  const place = new Uint8Array(new ArrayBuffer(8)), view = new DataView(place.buffer);
  checkCode(make(place), "a communicator");
  return abi.handle === "i32"
    ? view.getInt32(0, true)
    : Deno.UnsafePointer.create(view.getBigUint64(0, true));
}

function numberOf(ask: (...args: unknown[]) => number, comm: Handle): number {
  const place = new Int32Array(new ArrayBuffer(8));
  checkCode(ask(comm, place), "a communicator");
  return place[0];
}

function libraryVersion({ MPI_Get_library_version }: MpiFunctions): string {
  const text = new Uint8Array(new ArrayBuffer(16_384)), length = new Int32Array(2);
  checkCode(MPI_Get_library_version(text, length), "MPI_Get_library_version");
  const [line] = new TextDecoder().decode(text.subarray(0, length[0])).split("\n");
  return line.replace(/\0.*$/, "").replace(/,.*$/, "").replace(/\s*Version:\s*/, " ").trim();
}
