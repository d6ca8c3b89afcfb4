/**
 * The results of a sweep's runs: one small file for each in a folder, which several processes and
 * machines fill, and which a sweep that was stopped goes on from.
 *
 * @module
 */

import { join } from "node:path";
import { UsageError } from "../../terminal/errors.ts";
import { fileExists, lockFile, readText, writeFile } from "../../terminal/files.ts";
import { VERSION } from "../../terminal/version.ts";

/** What came of a run. */
export interface SweepRunResult {
  readonly round: number;
  readonly index: number;
  /** How training ended; `failed` where it did not. */
  readonly status: string;
  /** Loss of held-out rows where there are some, else of the training rows; null: none. */
  readonly loss: number | null;
  readonly losses: Readonly<Record<string, number>>;
  readonly parameters: number;
  readonly seconds: number;
  /** How often it was tried. */
  readonly attempts: number;
  /** Why it failed. */
  readonly reason?: string;
  /** The command line that repeats it. */
  readonly command?: string;
}

/** The folder of a sweep. */
export type SweepFolder = Awaited<ReturnType<typeof openFolder>>;

/**
 * Opens the folder, or makes it.
 *
 * @param plan The plan's text: a folder belongs to one plan.
 * @throws {UsageError} If it is another plan's.
 */
export async function openFolder(folder: string, plan: string) {
  const known = join(folder, "plan.json"), about = JSON.stringify({ version: VERSION, plan });
  await Deno.mkdir(folder, { recursive: true }).catch((error) => {
    throw new UsageError(
      `Cannot sweep: --out must be a folder, ${folder} is not (${error.message})`,
    );
  });
  if (await fileExists(known)) {
    if (await readText(known) !== about) {
      throw new UsageError(
        `Cannot sweep: --out must be a new folder or one of this plan and freeknot ${VERSION}, ` +
          `current value is that of another one, ${folder}`,
      );
    }
  } else await writeFile(known, about);
  const fileOf = (round: number, index: number) =>
    join(folder, `run-${round + 1}-${index + 1}.json`);

  async function read(round: number, index: number): Promise<SweepRunResult | undefined> {
    const file = fileOf(round, index);
    if (!await fileExists(file)) return undefined;
    try {
      return JSON.parse(await readText(file)) as SweepRunResult;
    } catch {
      throw new UsageError(`Cannot read ${file}: it must be a result; remove it to run it again`);
    }
  }

  return {
    read,
    write: async (result: SweepRunResult) =>
      await writeFile(
        fileOf(result.round, result.index),
        `${JSON.stringify(result, null, 2)}\n`,
      ),
    /**
     * Claims a run for this process.
     *
     * @returns What gives it back; undefined where another one has it, or it is done.
     */
    async claim(round: number, index: number): Promise<{ release(): Promise<void> } | undefined> {
      if (await fileExists(fileOf(round, index))) return undefined;
      const lock = await lockFile(fileOf(round, index));
      if (lock === "taken") return undefined;
      if (!await fileExists(fileOf(round, index))) return lock;
      await lock.release();
      return undefined;
    },
  };
}
