/**
 * Files in and out: clear errors, and nothing half-written.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { PermissionError, RunError, UsageError } from "./errors.ts";

/** Reads a file. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Reads a file, `-` from stdin. */
export async function readInput(path: string): Promise<Uint8Array> {
  return path === "-"
    ? new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer())
    : await readBytes(path);
}

/** Reads a table's text in UTF-8, `-` from stdin; the error is worded as `streamTable` words it. */
export async function readText(path: string): Promise<string> {
  return tableText(await readInput(path), path);
}

/**
 * The text of a table's bytes.
 *
 * @throws {UsageError} If they are not UTF-8.
 */
export function tableText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new UsageError(
      `Cannot read ${
        tableName(path)
      }: the table must be text in UTF-8, current value is bytes that are not; ` +
        'save it as UTF-8 ("CSV UTF-8" in a spreadsheet)',
    );
  }
}

/** What a table is called in messages. */
export function tableName(path: string): string {
  return path === "-" ? "stdin" : path;
}

/**
 * Reads a file, or stdin for `-`, in blocks of 64 KiB or less.
 *
 * @throws {UsageError} If that fails.
 */
export async function* readBlocks(path: string): AsyncGenerator<Uint8Array, void> {
  if (path === "-") return yield* Deno.stdin.readable;
  let file: Deno.FsFile | undefined;
  try {
    file = await Deno.open(path);
    while (true) {
      const block = new Uint8Array(1 << 16);
      const size = await file.read(block);
      if (size === null) return;
      yield block.subarray(0, size);
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    file?.close();
  }
}

/**
 * Reads a file from one place to below another, or to its end.
 *
 * @throws {UsageError} If that fails.
 */
export async function readBetween(
  path: string,
  from: number,
  to: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let file: Deno.FsFile | undefined;
  try {
    file = await Deno.open(path);
    await file.seek(from, Deno.SeekMode.Start);
    const bytes = new Uint8Array(to - from);
    let read = 0;
    while (read < bytes.length) {
      const size = await file.read(bytes.subarray(read));
      if (size === null) break;
      read += size;
    }
    return read === bytes.length ? bytes : bytes.slice(0, read);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    file?.close();
  }
}

/** Whether there is a file of this name. */
export async function fileExists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A file to be written, and the flag that asks for it. */
export interface Output {
  readonly flag: string;
  readonly path: string;
}

/**
 * Makes sure, before the work begins, that its results can be written.
 *
 * @param outputs The files to be written.
 * @param inputs Files that are read and must survive.
 * @throws {UsageError} If a folder is missing or cannot be written to, a path is a folder, is one
 * of the inputs, or occurs twice.
 */
export async function checkOutputs(
  outputs: readonly Output[],
  inputs: readonly (string | undefined)[],
): Promise<void> {
  const taken = new Map<string, string>();
  for (const path of inputs) {
    if (path === undefined || path === "-") continue; // nothing, or stdin
    taken.set(await realPath(path), "a file that is read");
  }
  for (const { flag, path } of outputs) {
    const fault = (rule: string): UsageError =>
      new UsageError(`Cannot write ${path}: --${flag} must ${rule}`);
    if (path.trim() === "") throw fault('be the name of a file, current value is ""');
    const real = await realPath(path);
    const other = taken.get(real);
    if (other !== undefined) throw fault(`be a file of its own, current value is ${other}`);
    taken.set(real, `the file of --${flag}`);
    const folder = dirname(real);
    const info = await Deno.stat(folder).catch((error) => {
      if (error instanceof Deno.errors.NotCapable) throw denied(path, error);
      throw fault(`lie in a folder that exists, current value is ${folder} (${fileFault(error)})`);
    });
    if (!info.isDirectory) throw fault(`lie in a folder, current value is ${folder}, a file`);
    const existing = await Deno.stat(real).catch(() => undefined);
    if (existing?.isDirectory) throw fault("be a file, current value is a folder");
    if (existing !== undefined && !existing.isFile) continue; // a device: written to as it is
    const probe = temporaryName(real);
    try {
      await Deno.writeFile(probe, new Uint8Array(0), { createNew: true });
      await Deno.remove(probe);
      if (existing !== undefined) (await Deno.open(real, { write: true })).close();
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw denied(path, error);
      throw fault(`be a file that may be written, current value is ${path} (${fileFault(error)})`);
    }
  }
}

/**
 * Writes a file beside its place, waits until the disk has it, and renames it: it is there whole or
 * not at all, even if the program or the machine stops on the way.
 *
 * @param path Where it goes.
 * @param data What goes there.
 * @param options `own`: nobody else writes this file, so that the name beside it is always the same
 * and a program that is killed again and again leaves at most one half-written file.
 * @throws {RunError} If that fails, which {@linkcode checkOutputs} makes unlikely.
 */
export async function writeFile(
  path: string,
  data: string | Uint8Array,
  { own = false }: { readonly own?: boolean } = {},
): Promise<void> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const real = await realPath(path);
  const existing = await Deno.stat(real).catch(() => undefined);
  if (existing !== undefined && !existing.isFile) { // a device
    return await Deno.writeFile(real, bytes).catch((error) => {
      throw new RunError(`Cannot write ${path}: ${fileFault(error)}`);
    });
  }
  const temporary = own ? ownName(real) : temporaryName(real);
  try {
    const mode = existing?.mode ?? undefined;
    const file = await Deno.open(temporary, {
      write: true,
      ...(own ? { create: true, truncate: true } : { createNew: true }),
      ...(mode === undefined ? {} : { mode: mode & 0o777 }),
    });
    try {
      for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, real);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw new RunError(`Cannot write ${path}: ${fileFault(error)}`);
  }
}

/**
 * Locks a file by another one beside it, which the system gives back even to a program that is
 * killed. Devices, and folders on systems without locks, are taken as free.
 *
 * @returns What gives the lock back, or that another program, or another part of this one, has it.
 */
export async function lockFile(path: string) {
  const real = await realPath(path), none = { release: () => Promise.resolve() };
  const existing = await Deno.stat(real).catch(() => undefined);
  if (existing !== undefined && !existing.isFile) return none;
  const name = join(dirname(real), `.${basename(real).slice(0, 100)}.lock`);
  while (true) {
    const file = await Deno.open(name, { create: true, write: true }).catch(() => undefined);
    if (!file) return none; // that it cannot be written is said when it is
    const locked = await file.tryLock(true).catch(() => undefined);
    if (locked !== true) {
      file.close();
      return locked === undefined ? none : "taken" as const;
    }
    // another run may have removed it between our opening and locking it
    const [own, there] = await Promise.all([file.stat(), Deno.stat(name).catch(() => undefined)]);
    if (own.ino === there?.ino) {
      return {
        async release() {
          await Deno.remove(name).catch(() => {});
          file.close();
        },
      };
    }
    file.close();
  }
}

/**
 * Begins a file beside its place, to be written piece by piece and then kept or discarded.
 *
 * @throws {RunError} From all of its functions, if writing fails.
 */
export async function growFile(path: string) {
  const real = await realPath(path);
  const existing = await Deno.stat(real).catch(() => undefined);
  const device = existing !== undefined && !existing.isFile; // written to as it is
  const target = device ? real : temporaryName(real);
  const failed = (error: unknown): RunError =>
    new RunError(`Cannot write ${path}: ${fileFault(error)}`);
  const mode = existing?.mode ?? undefined;
  const file = await Deno.open(target, {
    write: true,
    createNew: !device,
    ...(device || mode === undefined ? {} : { mode: mode & 0o777 }),
  }).catch((error) => {
    throw failed(error);
  });
  let open = true;
  const encoder = new TextEncoder();
  /** Removes what was written; does nothing after `keep`. */
  function discard(): void {
    if (!open) return;
    open = false;
    file.close();
    if (!device) Deno.removeSync(target);
  }
  return {
    async write(text: string) {
      const bytes = encoder.encode(text);
      try {
        for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
      } catch (error) {
        throw failed(error);
      }
    },
    /** Puts the file in its place: all of it is there, or the old one still is. */
    async keep() {
      try {
        if (!device) await Deno.rename(target, real);
      } catch (error) {
        throw failed(error);
      }
      open = false;
      file.close();
    },
    discard,
  };
}

function unreadable(path: string, error: unknown): UsageError {
  const text = `Cannot read ${path}: ${fileFault(error)}`;
  return error instanceof Deno.errors.NotCapable ? new PermissionError(text) : new UsageError(text);
}

function denied(path: string, error: Error): PermissionError {
  return new PermissionError(`Cannot write ${path}: ${fileFault(error)}`);
}

/** What was wrong with a file, in a few words. */
function fileFault(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file or folder";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder, not a file";
  if (error instanceof Deno.errors.NotADirectory) return "a part of its path is not a folder";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) {
    return "the program runs without permission, deno run --allow-read --allow-write gives it";
  }
  return error instanceof Error ? error.message : String(error);
}

/** Where a path leads, links followed as far as there is something. */
async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch {
    const folder = await Deno.realPath(dirname(path)).catch(() => dirname(path));
    return join(folder, basename(path));
  }
}

function ownName(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 100)}.part`);
}

function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 100)}.${crypto.randomUUID()}.part`);
}
