/**
 * Programs on mini-batches, made once for each number of rows.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { type Dataset, subset } from "../../data/mod.ts";
import { checkProblem, type Loss } from "../loss.ts";
import { onDevice, type WebgpuRows } from "./device_rows.ts";
import type { Session } from "./device_session.ts";
import { createReader, type Reader } from "./result_reader.ts";
import { createProgram, type Program } from "./webgpu_program.ts";

/** A program with its staging buffer. */
export interface LoadedProgram {
  readonly program: Program;
  readonly reader: Reader;
  readonly dataset: Dataset | WebgpuRows;
}

/** The programs of a dataset's batches. */
export type BatchPrograms = ReturnType<typeof createBatchPrograms>;

/** Starts with no program. */
export function createBatchPrograms(
  { gpu }: Session,
  network: Network,
  loss: Loss,
  dataset: Dataset | WebgpuRows,
) {
  const made = new Map<number, LoadedProgram>();

  function make(batch: Dataset): LoadedProgram {
    const program = createProgram(gpu, network, loss, batch, 1);
    const loaded = { program, reader: createReader(program, network), dataset: batch };
    made.set(batch.rows, loaded);
    return loaded;
  }

  return {
    /** A program that holds these rows; where the dataset is on the device, a kernel has to fill it. */
    of(rows: Int32Array): LoadedProgram {
      const known = made.get(rows.length);
      if (onDevice(dataset)) return known ?? make(blankRows(rows.length, dataset));
      const batch = subset(dataset, rows);
      checkProblem(network, loss, batch);
      if (!known) return make(batch);
      known.program.load(batch);
      return { ...known, dataset: batch };
    },
    dispose() {
      for (const { program } of made.values()) program.buffers.destroy();
    },
  };
}

function blankRows(rows: number, { nIn, nOut }: WebgpuRows): Dataset {
  const [inputs, targets] = [nIn, nOut].map((width) => new Float64Array(rows * width));
  return { rows, nIn, nOut, inputs, targets };
}
