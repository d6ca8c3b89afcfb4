/**
 * Runs a program that prints one JSON object.
 *
 * @module
 */

/** What a program says of one case. */
export interface Measurement {
  /** Of every evaluation. */
  readonly milliseconds: readonly number[];
  /** Highest resident size of the process, its language's runtime included. */
  readonly peakBytes: number;
  /** Points of one evaluation. */
  readonly rows: number;
  /** What it ran on: `PyTorch 2.1`. */
  readonly version?: string;
}

/** A program that could not run: not installed, or it failed. */
export class Unavailable extends Error {}

/**
 * Runs a command to its end.
 *
 * @param command Program and arguments.
 * @returns The object that it printed last.
 * @throws {Unavailable} If there is no such program, it fails, or it prints something else.
 */
export async function runJson<T>(command: readonly string[]): Promise<T> {
  const text = await runText(command);
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(line);
  } catch {
    throw new Unavailable(`${command[0]} printed no JSON: ${line.slice(0, 200)}`);
  }
}

/** Runs a command to its end and gives what it printed. */
export async function runText([program, ...args]: readonly string[]): Promise<string> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program, { args, stdout: "piped", stderr: "piped" }).output();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Unavailable(`there is no ${program}`);
    throw error;
  }
  if (!output.success) {
    const reason = new TextDecoder().decode(output.stderr).trim().split("\n").at(-1) ?? "";
    throw new Unavailable(`${program} ended with ${output.signal ?? output.code}: ${reason}`);
  }
  return new TextDecoder().decode(output.stdout);
}
