/**
 * Where text goes: results to stdout, everything else to stderr.
 *
 * @module
 */

/** Two streams of text; tests give their own. */
export interface Terminal {
  /** Writes results. */
  out(text: string): void;
  /** Writes progress, hints and errors. */
  err(text: string): void;
  /** Whether a person watches stderr: then a progress bar may be drawn. */
  readonly interactive: boolean;
}

/** The streams of the process. */
export function systemTerminal(): Terminal {
  return {
    out: (text) => writeAll(Deno.stdout, text),
    err: (text) => writeAll(Deno.stderr, text),
    interactive: Deno.stderr.isTerminal(),
  };
}

/** Writes a text; a reader that has gone away (`| head`) is no fault of ours. */
function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let done = 0; done < bytes.length;) done += stream.writeSync(bytes.subarray(done));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
