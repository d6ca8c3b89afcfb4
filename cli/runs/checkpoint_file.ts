/**
 * The file of a checkpoint: locked by one run, written as often as costs little.
 *
 * @module
 */

import type { CheckpointRequest } from "../flags/checkpoint.ts";
import { errorText, UsageError } from "../terminal/errors.ts";
import { lockFile, writeFile } from "../terminal/files.ts";

/** The file of a run's checkpoint while the run goes on. */
export type CheckpointFile = Awaited<ReturnType<typeof holdCheckpointFile>>;

/** Share of the time that goes into checkpoints without `--checkpoint-every`. */
const MOST_SHARE = 0.02;

/**
 * Locks the file of a checkpoint.
 *
 * @param warn Called if it cannot be written: the run goes on all the same.
 * @throws {UsageError} If another run that goes on writes it.
 */
export async function holdCheckpointFile(
  { file, every, mustExist }: CheckpointRequest,
  warn: (text: string) => void,
) {
  const lock = await lockFile(file);
  if (lock === "taken") {
    throw new UsageError(
      `Cannot use checkpoint ${file}: it must be that of one run at a time, current value is that ` +
        "of another one which goes on; wait for it, stop it, or name another file",
    );
  }
  const exists = mustExist ||
    await Deno.stat(file).then(({ isFile }) => isFile, () => false);
  let ended = performance.now(), took = 0, fault: string | undefined;

  /** Writes the file after an epoch, if it is time. */
  async function take(epoch: number, encode: () => Uint8Array): Promise<void> {
    const begun = performance.now();
    const due = every === undefined ? took <= MOST_SHARE * (begun - ended) : epoch % every === 0;
    if (!due) return;
    try {
      await writeFile(file, encode(), { own: true });
      if (fault !== undefined) warn(`note: the checkpoint ${file} is written again`);
      fault = undefined;
    } catch (error) {
      const text = errorText(error);
      if (fault === undefined) warn(`note: ${text}; training goes on`);
      fault = text;
    }
    ended = performance.now();
    took = ended - begun;
  }

  return {
    /** Whether there is one to go on from. */
    exists,
    take,
    /** Why the file does not hold the state that it should; undefined where it does. */
    fault: () => fault,
    close: () => lock.release(),
  };
}
