/**
 * Which errors are the request's fault, and how they are told.
 *
 * @module
 */

import { TableError } from "../../lib/data/mod.ts";
import { ModelFileError } from "../../lib/model/mod.ts";

/** The exit codes of the program. */
export const EXIT = { done: 0, failed: 1, request: 2, interrupted: 130 } as const;

/** The exit code of a run. */
export function runExitCode({ status }: { readonly status: string }): number {
  if (status === "stopped") return EXIT.interrupted;
  const failed = status === "diverged" || status === "failed" || status === "unresolved";
  return failed ? EXIT.failed : EXIT.done;
}

/** A request that cannot be fulfilled: a wrong flag, a missing file. */
export class UsageError extends Error {
  /** Always `"UsageError"`. */
  override name = "UsageError";
}

/** A permission that the program was started without: no page of help tells more. */
export class PermissionError extends UsageError {}

/** Something outside the program that went wrong while it ran: a disk that is full. */
export class RunError extends Error {
  /** Always `"RunError"`. */
  override name = "RunError";
}

/** The library's error formula, which only bad arguments lead to. */
const FORMULA = /^Cannot [^:]+: .+ must .+current value/s;

/** Whether an error comes from what was asked for rather than from the program. */
export function isRequestError(error: unknown): boolean {
  if (error instanceof UsageError || error instanceof TableError) return true;
  if (error instanceof ModelFileError) return true;
  if (error instanceof RangeError || error instanceof TypeError) return FORMULA.test(error.message);
  return false;
}

/** What an error says. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The error of a file whose bytes the library refuses, with its name: `kind` is what it must be. */
export function unreadable(error: unknown, kind: string, path: string): UsageError {
  const plain = errorText(error).replace(/ \(its header [^)]*\)$/, ""); // of no use at a command line
  return new UsageError(plain.replace(`Cannot read ${kind}`, `Cannot read ${kind} ${path}`));
}

/**
 * Says an error in one line, with the flag's name where the library's differs (`outerKnots`).
 *
 * @param error What was thrown.
 * @param flags Names of the command's flags, without dashes.
 */
export function errorLine(error: unknown, flags: readonly string[]): string {
  const text = errorText(error);
  const known = isRequestError(error) || error instanceof RunError;
  const message = known ? withFlagNames(text, flags) : `internal error: ${text}`;
  return shortened(message.replace(/\s*[\r\n]+\s*/g, " ").trim());
}

/** Characters of an error that are shown: the ends, which say what is wrong and what helps. */
const SHOWN = 1500;

function shortened(text: string): string {
  if (text.length <= SHOWN) return text;
  return `${text.slice(0, 2 * SHOWN / 3)} ... ${text.slice(-SHOWN / 3)}`;
}

/** `Cannot configure network: outerKnots must ...` becomes `...: --outer-knots must ...`. */
function withFlagNames(message: string, flags: readonly string[]): string {
  return message.replace(/^(Cannot [^:]+: )([A-Za-z]+)( must )/, (whole, verb, name, rest) => {
    const flag = FLAG_OF[name] ?? name.replace(/[A-Z]/g, (c: string) => `-${c.toLowerCase()}`);
    return flags.includes(flag) ? `${verb}--${flag}${rest}` : whole;
  });
}

/** Names of the library that are not simply a flag's in another spelling. */
const FLAG_OF: Readonly<Record<string, string>> = {
  counts: "grid",
  delta: "huber-delta",
  epochs: "schedule",
  name: "problem",
  targets: "target",
};
