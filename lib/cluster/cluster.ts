/**
 * The processes of a cluster, joined by MPI.
 *
 * Every wait has an end: collective calls are begun without blocking and asked for until they are
 * done or the time is up, so that a process that has stopped never makes the others wait for good.
 *
 * @module
 */

import type { Peers } from "../engine/mod.ts";
import { type Handle, type MpiAbi } from "./_abi.ts";
import { type MpiFunctions, openLibrary } from "./_library.ts";
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

function readEnvironment(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

/** A cluster of one process. */
function soleProcess(): Cluster {
  return {
    ...{ rank: 0, size: 1, library: "none", localSize: 1 },
    gather: (part) => part.slice(),
    trade: (parts) => parts.slice(),
    sum: (values) => values.slice(),
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
  check(functions.MPI_Init(null, null), "MPI_Init");
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
  const machine = made(abi, (place) =>
    functions.MPI_Comm_split_type(abi.world, abi.shared, 0, abi.noInfo, place));
  const localSize = numberOf(functions.MPI_Comm_size, machine);
  const calls = createCalls(functions, abi, world, { rank, size, timeout });
  const pending = createRequest(functions, abi);
  return {
    ...{ rank, size, library, localSize },
    ...calls,
    allAreHere(seconds) {
      check(functions.MPI_Ibarrier(aside, pending.place), "MPI_Ibarrier");
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
  check(make(place), "a communicator");
  return abi.handle === "i32"
    ? view.getInt32(0, true)
    : Deno.UnsafePointer.create(view.getBigUint64(0, true));
}

function numberOf(ask: (...args: unknown[]) => number, comm: Handle): number {
  const place = new Int32Array(new ArrayBuffer(8));
  check(ask(comm, place), "a communicator");
  return place[0];
}

function libraryVersion({ MPI_Get_library_version }: MpiFunctions): string {
  const text = new Uint8Array(new ArrayBuffer(16_384)), length = new Int32Array(2);
  check(MPI_Get_library_version(text, length), "MPI_Get_library_version");
  const [line] = new TextDecoder().decode(text.subarray(0, length[0])).split("\n");
  return line.replace(/\0.*$/, "").replace(/,.*$/, "").replace(/\s*Version:\s*/, " ").trim();
}

function check(code: number, what: string): void {
  if (code !== 0) throw new ClusterError(`Cannot run cluster: ${what} failed with code ${code}`);
}

/** Asks this often before it sleeps between questions, so that others have the core. */
const SPIN_MS = 0.3, SLEEP_MS = 0.05;
const bed = new Int32Array(new SharedArrayBuffer(4));

/** A request that can be waited for with an end. */
function createRequest({ MPI_Test }: MpiFunctions, { noStatus }: MpiAbi) {
  const place = new Uint8Array(new ArrayBuffer(8)), done = new Int32Array(new ArrayBuffer(8));
  const asked = () => {
    check(MPI_Test(place, done, noStatus), "MPI_Test");
    return done[0] !== 0;
  };
  return {
    place,
    /** Waits; false where the time is up. */
    wait(seconds: number): boolean {
      if (asked()) return true;
      const begun = performance.now();
      for (;;) {
        for (let k = 0; k < 20; k++) if (asked()) return true;
        const waited = performance.now() - begun;
        if (waited > 1000 * seconds) return false;
        if (waited > SPIN_MS) Atomics.wait(bed, 0, 0, SLEEP_MS);
      }
    },
  };
}

/** Memory that the library may read and write while a call runs; it grows as needed. */
function createRoom() {
  let buffer = new ArrayBuffer(1 << 16);
  let at = Deno.UnsafePointer.of(buffer);
  return {
    /** The first bytes, and their address. */
    bytes(count: number): { readonly values: Uint8Array<ArrayBuffer>; readonly at: typeof at } {
      if (count > buffer.byteLength) {
        buffer = new ArrayBuffer(2 ** Math.ceil(Math.log2(count)));
        at = Deno.UnsafePointer.of(buffer);
      }
      return { values: new Uint8Array(buffer, 0, count), at };
    },
    numbers(count: number): { readonly values: Float64Array<ArrayBuffer>; readonly at: typeof at } {
      const { at: address } = this.bytes(8 * count);
      return { values: new Float64Array(buffer, 0, count), at: address };
    },
  };
}

/** Counts and displacements of a call. */
function createCounts(size: number) {
  const counts = new Int32Array(new ArrayBuffer(4 * size));
  const places = new Int32Array(new ArrayBuffer(4 * size));
  return {
    at: [Deno.UnsafePointer.of(counts), Deno.UnsafePointer.of(places)] as const,
    /** Takes lengths; returns their sum. */
    take(lengths: readonly number[]): number {
      let sum = 0;
      lengths.forEach((length, r) => {
        counts[r] = length;
        places[r] = sum;
        sum += length;
      });
      if (sum < 2 ** 31) return sum;
      throw new ClusterError(
        `Cannot exchange: messages must have at most 2^31 - 1 numbers, current value is ${sum}`,
      );
    },
  };
}

/** The collective calls. */
function createCalls(
  functions: MpiFunctions,
  abi: MpiAbi,
  world: Handle,
  { rank, size, timeout }: Record<"rank" | "size" | "timeout", number>,
) {
  const { float64, byte, sum, max } = abi, request = createRequest(functions, abi);
  const sent = createRoom(), received = createRoom();
  const to = createCounts(size), from = createCounts(size), { place } = request;

  function finish(code: number, name: string): void {
    check(code, name);
    if (request.wait(timeout)) return;
    throw new ClusterError(
      `Cannot go on: rank ${rank} of ${size} has waited ${timeout} s for the others in ${name} ` +
        "(--cluster-timeout)",
    );
  }

  function reduce(values: Float64Array, operation: Handle): Float64Array {
    const send = sent.numbers(values.length), out = received.numbers(values.length);
    send.values.set(values);
    finish(
      functions.MPI_Iallreduce(send.at, out.at, values.length, float64, operation, world, place),
      "MPI_Iallreduce",
    );
    return out.values.slice();
  }

  function gatherAll(part: Uint8Array, lengths: readonly number[], unit: number, type: Handle) {
    const send = sent.bytes(part.length), total = from.take(lengths);
    send.values.set(part);
    const out = received.bytes(unit * total);
    finish(
      functions.MPI_Iallgatherv(
        ...[send.at, part.length / unit, type],
        ...[out.at, ...from.at, type, world, place],
      ),
      "MPI_Iallgatherv",
    );
    return out.values;
  }

  return {
    gather(part: Float64Array, lengths: readonly number[]): Float64Array {
      const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
      const all = gatherAll(bytes, lengths, 8, float64);
      return new Float64Array(all.buffer, 0, all.length / 8);
    },
    trade(
      parts: Float64Array,
      lengths: readonly number[],
      incoming: readonly number[],
    ): Float64Array {
      const send = sent.numbers(to.take(lengths)), out = received.numbers(from.take(incoming));
      send.values.set(parts);
      finish(
        functions.MPI_Ialltoallv(
          ...[send.at, ...to.at, float64],
          ...[out.at, ...from.at, float64, world, place],
        ),
        "MPI_Ialltoallv",
      );
      return out.values;
    },
    sum: (values: Float64Array) => reduce(values, sum),
    max: (values: Float64Array) => reduce(values, max),
    broadcast(bytes: Uint8Array): void {
      const room = sent.bytes(bytes.length);
      room.values.set(bytes);
      finish(
        functions.MPI_Ibcast(room.at, bytes.length, byte, 0, world, place),
        "MPI_Ibcast",
      );
      bytes.set(room.values);
    },
    gatherBytes(bytes: Uint8Array): Uint8Array[] {
      const ones = new Array(size).fill(1);
      const lengths = [...this.gather(new Float64Array([bytes.length]), ones)];
      const all = gatherAll(bytes, lengths, 1, byte);
      let at = 0;
      return lengths.map((length) => all.slice(at, at += length));
    },
    barrier: () => finish(functions.MPI_Ibarrier(world, place), "MPI_Ibarrier"),
  };
}
