/**
 * Names of files for the page, where `node:path` is not and no file is written.
 *
 * @module
 */

/** The last part of a path. */
export function basename(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The folder of a path. */
export function dirname(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
}

/** Parts of a path, put together. */
export function join(...parts: readonly string[]): string {
  return parts.join("/");
}
