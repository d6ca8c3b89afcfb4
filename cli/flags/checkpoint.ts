/**
 * The flags `--checkpoint`, `--checkpoint-every` and `--resume`.
 *
 * @module
 */

import { defined } from "../../lib/numerics/inner.ts";
import { UsageError } from "../terminal/errors.ts";
import type { GivenFlags } from "./parse.ts";
import { integerFlag, textFlag } from "./values.ts";

/** What the flags say about the checkpoint. */
export interface CheckpointRequest {
  readonly file: string;
  /** Epochs between two writes; absent: as often as costs a small share of the time. */
  readonly every?: number;
  /** Whether there must be one to go on from (`--resume`). */
  readonly mustExist: boolean;
}

/** Reads the flags of a command, `train` or `solve`; undefined: nothing is kept. */
export function readCheckpoint(given: GivenFlags, command: string): CheckpointRequest | undefined {
  const kept = textFlag(given, "checkpoint"), resumed = textFlag(given, "resume");
  const every = integerFlag(given, "checkpoint-every", { least: 1 });
  if (kept !== undefined && resumed !== undefined) {
    throw new UsageError(
      `Cannot ${command}: --resume must come without --checkpoint (its file is written, too)`,
    );
  }
  const file = kept ?? resumed;
  if (file !== undefined) return { file, mustExist: resumed !== undefined, ...defined({ every }) };
  if (every === undefined) return undefined;
  throw new UsageError(
    `Cannot ${command}: --checkpoint-every must come with --checkpoint or --resume only`,
  );
}
