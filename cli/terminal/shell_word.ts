/**
 * Words of command lines that are printed to be copied.
 *
 * @module
 */

/** Writes a word as a shell takes it: in quotes if it has to be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The value of a flag; a switch is given where it is true, lists have commas. */
export type FlagValue = string | number | boolean | readonly (string | number)[] | undefined;

/**
 * Writes the command line of a command, flags in the order in which they come.
 *
 * @param command The words before the flags: `prune`.
 * @param flags By their names; what is undefined or false is left out.
 */
export function shellCommand(command: string, flags: Readonly<Record<string, FlagValue>>): string {
  const words = Object.entries(flags).flatMap(([name, value]) => {
    if (value === undefined || value === false) return [];
    return value === true ? [`--${name}`] : [`--${name}`, shellWord(String(value))];
  });
  return ["freeknot", command, ...words].join(" ");
}
