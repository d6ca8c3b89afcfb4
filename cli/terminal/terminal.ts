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
  /** Whether the reader of results has gone away (`| head`): more would be in vain. */
  readonly outClosed?: boolean;
}

/** The streams of the process. */
export function systemTerminal(): Terminal {
  let outClosed = false;
  return {
    out: (text) => void (outClosed = !writeAll(Deno.stdout, text)),
    err: (text) => void writeAll(Deno.stderr, text),
    interactive: Deno.stderr.isTerminal(),
    get outClosed() {
      return outClosed;
    },
  };
}

/** Writes a text; a reader that has gone away is no fault of ours. Returns whether it is there. */
function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): boolean {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let done = 0; done < bytes.length;) done += stream.writeSync(bytes.subarray(done));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    return false;
  }
  return true;
}
