/**
 * Arguments checked for people who call from JavaScript or misspell a name, and optional fields.
 *
 * @module
 */

/**
 * Makes sure that options are a record of known names.
 *
 * @param verb What cannot be done otherwise: `Cannot <verb>: ...`.
 * @param options The options.
 * @param known Names of all options, in a text with spaces between them.
 * @throws {TypeError} If they are not a record, or a name is not known; the message says which are.
 */
export function checkOptions(verb: string, options: unknown, known: string): void {
  const names = known.split(" ");
  checkRecord(verb, "options", options, `a record such as { ${names[0]}: ... }`);
  for (const name of Object.keys(options as object)) {
    if (names.includes(name)) continue;
    throw new TypeError(
      `Cannot ${verb}: options must be among ${names.join(", ")}, current value is ${name}`,
    );
  }
}

/** Whether a value is an object with fields: no array, not null. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Makes sure that an argument is a record with some fields.
 *
 * @param verb What cannot be done otherwise.
 * @param name Name of the argument.
 * @param value The argument.
 * @param rule What it must be.
 * @param fields Fields that it must have.
 * @throws {TypeError} If it is not.
 */
export function checkRecord(
  verb: string,
  name: string,
  value: unknown,
  rule: string,
  fields: readonly string[] = [],
): void {
  const missing = isRecord(value) ? fields.find((field) => !(field in value)) : undefined;
  if (isRecord(value) && missing === undefined) return;
  const current = missing !== undefined
    ? `a record without ${missing}`
    : typeof value === "object"
    ? JSON.stringify(value)?.slice(0, 80)
    : String(value);
  throw new TypeError(`Cannot ${verb}: ${name} must be ${rule}, current value is ${current}`);
}

/**
 * Makes sure that an argument is an array, or like one.
 *
 * @throws {TypeError} If it is not.
 */
export function checkArray(verb: string, name: string, value: unknown, rule: string): void {
  if (typeof value === "object" && value !== null && "length" in value) return;
  throw new TypeError(`Cannot ${verb}: ${name} must be ${rule}, current value is ${value}`);
}

/**
 * Makes sure that an argument is a text.
 *
 * @throws {TypeError} If it is not.
 */
export function checkString(verb: string, name: string, value: unknown, rule: string): void {
  if (typeof value === "string") return;
  throw new TypeError(`Cannot ${verb}: ${name} must be ${rule}, current value is ${value}`);
}

/**
 * Makes sure that an option is an integer in a range.
 *
 * @throws {RangeError} If it is not.
 */
export function checkInteger(
  verb: string,
  name: string,
  value: number,
  least: number,
  most = Infinity,
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const end = most < Infinity ? ` and at most ${most}` : "";
  throw new RangeError(
    `Cannot ${verb}: ${name} must be an integer of at least ${least}${end}, ` +
      `current value is ${value}`,
  );
}

/**
 * Makes sure that an option is a number of at least 0, and finite.
 *
 * @throws {RangeError} If it is not.
 */
export function checkNotNegative(verb: string, name: string, value: number): void {
  if (value >= 0 && value < Infinity) return;
  throw new RangeError(`Cannot ${verb}: ${name} must be a number >= 0, current value is ${value}`);
}

/** The fields that are not undefined: for records whose optional fields are absent or have a value. */
export function defined<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}
