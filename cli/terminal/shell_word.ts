/**
 * Words of command lines that are printed to be copied.
 *
 * @module
 */

/** Writes a word as a shell takes it: in quotes if it has to be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
