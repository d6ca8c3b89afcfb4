/**
 * Feeds inputs to their readers and collects what no person should see.
 *
 * @module
 */

import { errorLine, isRequestError } from "../../cli/terminal/errors.ts";
import { fuzzInput } from "./mutate.ts";
import { type FuzzTarget, fuzzTargets } from "./targets.ts";

/** What went wrong with an input. */
export interface Finding {
  readonly target: string;
  readonly index: number;
  /** The error's stack, or how long it took. */
  readonly fault: string;
  /** The input, shortened. */
  readonly input: string;
}

/** Milliseconds that an input may take. */
export const MOST_MS = 1000;
/** Characters of a message that somebody reads. */
const MOST_TEXT = 2000;
/** Characters of an input that are shown. */
const SHOWN = 300;

/**
 * Tries inputs `from` to `to - 1` of a stream.
 *
 * @param onInput Hears the number of every input before it is tried.
 * @returns Findings, the first of every kind.
 */
export async function fuzz(
  seed: number,
  from: number,
  to: number,
  onInput: (index: number) => void = () => {},
): Promise<Finding[]> {
  const targets = await fuzzTargets(), found = new Map<string, Finding>();
  for (let index = from; index < to; index++) {
    onInput(index);
    const target = targets[index % targets.length];
    const input = fuzzInput(target.samples, target.words, seed, index);
    const fault = await tryInput(target, input);
    if (fault === undefined) continue;
    const kind = `${target.name}: ${fault.replace(/\d+/g, "#").slice(0, 80)}`;
    if (!found.has(kind)) {
      found.set(kind, { target: target.name, index, fault, input: show(input) });
    }
  }
  return [...found.values()];
}

async function tryInput(target: FuzzTarget, input: Uint8Array): Promise<string | undefined> {
  const begun = performance.now();
  try {
    await target.take(input);
  } catch (error) {
    const own = isRequestError(error) || (error as Error)?.name === "CheckpointError";
    if (!own) return (error as Error)?.stack?.split("\n").slice(0, 6).join("\n") ?? String(error);
    const message = errorLine(error, []);
    if (message.length > MOST_TEXT) return `a message of ${message.length} characters: ${message}`;
  }
  const took = performance.now() - begun;
  return took > MOST_MS ? `took ${Math.round(took)} ms` : undefined;
}

function show(input: Uint8Array): string {
  const text = JSON.stringify(new TextDecoder().decode(input.subarray(0, 4 * SHOWN)));
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}... (${input.length} bytes)` : text;
}
