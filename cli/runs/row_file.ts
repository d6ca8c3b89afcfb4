/**
 * Rows of numbers in files without a name, for more of them than the memory holds.
 *
 * The files lie in the system's folder for temporary files (TMPDIR). Their names are taken away at once,
 * so that the system gives their room back however the program ends.
 *
 * @module
 */

import type { ByteStore, Dataset, StoredRows } from "../../lib/data/mod.ts";
import { RunError } from "../terminal/errors.ts";

/** Bytes that are copied at a time: the system's calls take no memory that threads share. */
const PART = 1 << 20;

/** Opens a file without a name. */
export function openStore(): ByteStore {
  const file = worded(() => {
    const path = Deno.makeTempFileSync({ prefix: "freeknot-" });
    const opened = Deno.openSync(path, { read: true, write: true });
    Deno.removeSync(path);
    return opened;
  });
  const part = new Uint8Array(PART);
  return {
    read(at, into) {
      file.seekSync(at, Deno.SeekMode.Start);
      for (let done = 0; done < into.length;) {
        const count = file.readSync(part.subarray(0, Math.min(PART, into.length - done)));
        if (count === null) throw new Error("Bytes are read that have never been written");
        into.set(part.subarray(0, count), done);
        done += count;
      }
    },
    write(at, from) {
      file.seekSync(at, Deno.SeekMode.Start);
      for (let done = 0; done < from.length;) {
        const count = Math.min(PART, from.length - done);
        part.set(from.subarray(done, done + count));
        for (let sent = 0; sent < count;) {
          sent += worded(() => file.writeSync(part.subarray(sent, count)));
        }
        done += count;
      }
    },
    close: () => file.close(),
  };
}

/** Does something with a file, and words its fault. */
function worded<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw new RunError(
      "Cannot keep rows outside the memory: the folder for temporary files must be there and have " +
        `room (TMPDIR names another one), current value is ${(error as Error).message}`,
    );
  }
}

/** Shape of rows, and how many may be in the memory at a time. */
export interface RowFileOptions extends Pick<Dataset, "nIn" | "nOut"> {
  readonly weighted: boolean;
  readonly atOnce: number;
}

/** Creates a file of rows, which are added at its end. */
export function createRowFile({ nIn, nOut, weighted, atOnce }: RowFileOptions) {
  const store = openStore(), width = nIn + nOut + (weighted ? 1 : 0);
  let rows = 0;
  const stored: StoredRows = {
    atOnce,
    read(from, to) {
      const count = to - from, all = new Float64Array(count * width);
      store.read(8 * from * width, new Uint8Array(all.buffer));
      const inputs = new Float64Array(count * nIn), targets = new Float64Array(count * nOut);
      const weights = new Float64Array(weighted ? count : 0);
      for (let r = 0, at = 0; r < count; r++, at += width) {
        for (let p = 0; p < nIn; p++) inputs[r * nIn + p] = all[at + p];
        for (let q = 0; q < nOut; q++) targets[r * nOut + q] = all[at + nIn + q];
        if (weighted) weights[r] = all[at + nIn + nOut];
      }
      return { rows: count, nIn, nOut, inputs, targets, ...(weighted && { weights }) };
    },
    open: openStore,
  };
  return {
    /** Adds the rows of a dataset from one to below another. */
    add({ inputs, targets, weights }: Dataset, from: number, to: number): void {
      const all = new Float64Array((to - from) * width);
      for (let r = from, at = 0; r < to; r++, at += width) {
        for (let p = 0; p < nIn; p++) all[at + p] = inputs[r * nIn + p];
        for (let q = 0; q < nOut; q++) all[at + nIn + q] = targets[r * nOut + q];
        if (weighted) all[at + nIn + nOut] = weights![r];
      }
      store.write(8 * rows * width, new Uint8Array(all.buffer));
      rows += to - from;
    },
    stored,
    close: () => store.close(),
  };
}
