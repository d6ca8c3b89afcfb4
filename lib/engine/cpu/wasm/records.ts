/**
 * Records in the memory, by the names of their fields.
 *
 * @module
 */

import { RECORDS } from "./abi.ts";

/** The fields of a record, as abi.ts lists them. */
export type Fields<Name extends keyof typeof RECORDS> = {
  readonly [Field in keyof typeof RECORDS[Name]]: typeof RECORDS[Name][Field] extends "bool"
    ? boolean
    : number;
};

/** A record's numbers in the order in which they lie in the memory. */
export function recordWords<Name extends keyof typeof RECORDS>(
  name: Name,
  fields: Fields<Name>,
): number[] {
  const values = fields as Readonly<Record<string, number | boolean>>;
  return Object.keys(RECORDS[name]).map((field) => Number(values[field]));
}

/** How many numbers a record has. */
export function recordLength(name: keyof typeof RECORDS): number {
  return Object.keys(RECORDS[name]).length;
}
