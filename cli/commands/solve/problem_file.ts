/**
 * A differential equation of one's own, in a file.
 *
 * @module
 */

import { basename } from "node:path";
import { parsePde, type PdeProblem } from "../../../lib/physics/mod.ts";
import { isRequestError, UsageError } from "../../terminal/errors.ts";
import { readBytes } from "../../terminal/files.ts";

/**
 * Reads a problem from a JSON file.
 *
 * @param path The file; the problem is called after it, where it does not say its name.
 * @throws {UsageError} If it cannot be read, is not JSON in UTF-8, or not a problem; in one line
 * that names the file, the field, the rule and the current value.
 */
export async function readProblemFile(path: string): Promise<PdeProblem> {
  return readProblem(await readBytes(path), path);
}

/** The same from the file's bytes. */
export function readProblem(bytes: Uint8Array, path: string): PdeProblem {
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new UsageError(
      `Cannot read ${path}: it must be JSON, current value is not (${(error as Error).message})`,
    );
  }
  try {
    const name = basename(path).replace(/\.json$/i, "");
    const named = typeof data === "object" && data !== null && !Array.isArray(data)
      ? { name, ...data }
      : data;
    return parsePde(named);
  } catch (error) {
    if (!isRequestError(error)) throw error;
    const { message } = error as Error;
    throw new UsageError(message.replace(/^Cannot [^:]+: /, `Cannot read ${path}: `));
  }
}
