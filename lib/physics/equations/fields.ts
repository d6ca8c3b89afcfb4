/**
 * FieldReaders of the fields of data that anyone may have written.
 *
 * @module
 */

import { didYouMean } from "../../data/inner.ts";

/** Reads one field; `path` is what messages call it. */
export type FieldReader<Value> = (value: unknown, path: string) => Value;

/** The fields of a record, each with its reader; a field that may be left out is optional. */
export type FieldReaders<Fields> = {
  readonly [Key in keyof Required<Fields>]: FieldReader<unknown>;
};

/** Reads a record of known fields. */
export function readFields<Fields>(
  value: unknown,
  path: string,
  readers: FieldReaders<Fields>,
  needed: readonly string[],
): { -readonly [Key in keyof Fields]?: Fields[Key] } {
  const known = Object.keys(readers);
  const fields = readObject(
    value,
    path,
    `an object of ${(needed.length > 0 ? needed : known).join(", ")}`,
    needed.includes("equation") && typeof value === "string"
      ? `; write { "equation": ${JSON.stringify(value)} }`
      : "",
  );
  const read: Record<string, unknown> = {};
  const at = (key: string) => path === "" ? key : `${path}.${key}`;
  for (const [key, field] of Object.entries(fields)) {
    if (!known.includes(key)) {
      refuseField(
        TypeError,
        path || "fields",
        `of ${known.join(", ")}`,
        key,
        didYouMean(key, known),
      );
    }
    read[key] = readers[key as keyof Fields](field, at(key));
  }
  for (const key of needed) {
    if (fields[key] === undefined) refuseField(TypeError, at(key), "given", undefined);
  }
  return read as { -readonly [Key in keyof Fields]?: Fields[Key] };
}

/** Reads an object that is not a list. */
export function readObject(
  value: unknown,
  path: string,
  rule: string,
  advice = "",
): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refuseField(TypeError, path || "the whole", rule, value, advice);
  }
  return value as Record<string, unknown>;
}

/** A reader of objects of names, whose values one reader reads. */
export function recordOf<Value>(read: FieldReader<Value>): FieldReader<Record<string, Value>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(readObject(value, path, "an object of names and values"))
        .map(([key, each]) => [key, read(each, `${path}.${key}`)]),
    );
}

/** A reader of lists of at least so many. */
export function listOf<Value>(read: FieldReader<Value>, least: number): FieldReader<Value[]> {
  return (value, path) => {
    const rule = least === 0 ? "a list" : "a list that is not empty";
    if (!Array.isArray(value)) refuseField(TypeError, path, rule, value);
    if (value.length < least) refuseField(RangeError, path, rule, value);
    return value.map((each, i) => read(each, `${path}[${i}]`));
  };
}

/** A reader of one of some words. */
export function choiceOf(choices: readonly string[]): FieldReader<string> {
  return (value, path) => {
    if (typeof value === "string" && choices.includes(value)) return value;
    return refuseField(TypeError, path, `one of ${choices.join(", ")}`, value);
  };
}

/** Reads text that is not empty. */
export function readTextField(value: unknown, path: string): string {
  if (typeof value === "string" && value.trim() !== "") return value;
  return refuseField(TypeError, path, "text", value);
}

/** Reads true or false. */
export function readBoolean(value: unknown, path: string): boolean {
  return typeof value === "boolean" ? value : refuseField(TypeError, path, "true or false", value);
}

/** Reads a finite number. */
export function readNumber(value: unknown, path: string): number {
  if (typeof value !== "number") refuseField(TypeError, path, "a number", value);
  return Number.isFinite(value) ? value : refuseField(RangeError, path, "a finite number", value);
}

/** Reads an integer of a range. */
export function readInteger(value: unknown, path: string, least: number, most = Infinity): number {
  if (typeof value !== "number") refuseField(TypeError, path, "an integer", value);
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const rule = most < Infinity ? `from ${least} to ${most}` : `of at least ${least}`;
  return refuseField(RangeError, path, `an integer ${rule}`, value);
}

/** Reads two finite numbers a < b. */
export function readRange(value: unknown, path: string): [number, number] {
  const numbers = Array.isArray(value) && value.length === 2 ? value : [];
  const [a, b] = numbers;
  if (Number.isFinite(a) && Number.isFinite(b) && a < b) return [a, b];
  return refuseField(
    Array.isArray(value) ? RangeError : TypeError,
    path,
    "two finite numbers [a, b] with a < b",
    value,
    "; cut an unbounded domain off where the solution is known, and add a condition there",
  );
}

/** Refuses a value: which field, what it must be, what it is. */
export function refuseField(
  kind: typeof RangeError | typeof TypeError,
  path: string,
  rule: string,
  value: unknown,
  advice = "",
): never {
  const text = typeof value === "number" ? String(value) : shown(value);
  const short = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  throw new kind(
    `Cannot read problem: ${path} must be ${rule}, current value is ${short}${advice}`,
  );
}

/** JSON, but with numbers that are not finite as they are. */
function shown(value: unknown): string {
  if (value === undefined) return "none";
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}
