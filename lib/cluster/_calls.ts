/**
 * Collective calls of MPI, each begun without blocking and waited for with an end.
 *
 * @module
 */

import type { Handle, MpiAbi } from "./_abi.ts";
import type { MpiFunctions } from "./_library.ts";
import { ClusterError } from "./cluster_error.ts";
import { log2, pow } from "../numerics/inner.ts";

/** Throws where a function of MPI has failed. */
export function checkCode(code: number, what: string): void {
  if (code !== 0) throw new ClusterError(`Cannot run cluster: ${what} failed with code ${code}`);
}

/**
 * Asks without a pause for so long; then it sleeps between questions, so that others have the core:
 * a share of the time that it has waited, between the least and the most. So a wait is longer by that
 * share at most, and one for a process that works takes nothing from it.
 */
const SPIN_MS = 0.3,
  ASKED_AT_ONCE = 20,
  LEAST_SLEEP_MS = 0.05,
  MOST_SLEEP_MS = 5,
  SLEPT_SHARE = 1 / 50;
const bed = new Int32Array(new SharedArrayBuffer(4));

/** A request that can be waited for with an end. */
export function createRequest({ MPI_Test }: MpiFunctions, { noStatus }: MpiAbi) {
  const place = new Uint8Array(new ArrayBuffer(8)), done = new Int32Array(new ArrayBuffer(8));
  const asked = () => {
    checkCode(MPI_Test(place, done, noStatus), "MPI_Test");
    return done[0] !== 0;
  };
  return {
    place,
    /** Waits; false where the time is up. */
    wait(seconds: number): boolean {
      if (asked()) return true;
      const begun = performance.now();
      for (;;) {
        for (let k = 0; k < ASKED_AT_ONCE; k++) if (asked()) return true;
        const waited = performance.now() - begun;
        if (waited > 1000 * seconds) return false;
        if (waited < SPIN_MS) continue;
        const sleep = Math.min(MOST_SLEEP_MS, Math.max(LEAST_SLEEP_MS, SLEPT_SHARE * waited));
        Atomics.wait(bed, 0, 0, sleep);
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
        buffer = new ArrayBuffer(pow(2, Math.ceil(log2(count))));
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

/** How many make collective calls, and how long one may take in seconds. */
type CallerOptions = Readonly<Record<"size" | "timeout", number>>;

/** Gives the function that waits for a call, and fails where the time is up. */
function createFinish(
  request: ReturnType<typeof createRequest>,
  { timeout }: CallerOptions,
) {
  return (code: number, name: string): void => {
    checkCode(code, name);
    if (request.wait(timeout)) return;
    throw new ClusterError(
      `Cannot go on: the other ranks must come to ${name}, current value is none after ${timeout} s ` +
        "(--cluster-timeout)",
    );
  };
}

/** Creates the collective calls on a communicator. */
export function createCalls(
  functions: MpiFunctions,
  abi: MpiAbi,
  world: Handle,
  options: CallerOptions,
) {
  const { float64, byte, sum, max } = abi, request = createRequest(functions, abi);
  const sent = createRoom(), received = createRoom(), finish = createFinish(request, options);
  const { size } = options, to = createCounts(size), from = createCounts(size), { place } = request;

  function begin(values: Float64Array, operation: Handle): () => Float64Array {
    const send = sent.numbers(values.length), out = received.numbers(values.length);
    send.values.set(values);
    const { length } = values, name = "MPI_Iallreduce";
    const code = functions[name](send.at, out.at, length, float64, operation, world, place);
    return () => {
      finish(code, name);
      return out.values.slice();
    };
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
    beginSum: (values: Float64Array) => begin(values, sum),
    sum: (values: Float64Array) => begin(values, sum)(),
    max: (values: Float64Array) => begin(values, max)(),
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
