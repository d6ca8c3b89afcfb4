/**
 * Records of options, checked for people who call from JavaScript or misspell a name.
 *
 * @module
 */

/**
 * Makes sure that options are a record of known names.
 *
 * @param verb What cannot be done otherwise: `Cannot <verb>: ...`.
 * @param options The options.
 * @param known Names of all options.
 * @throws {TypeError} If they are not a record, or a name is not known; the message says which are.
 */
export function checkOptions(verb: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const current = options === null || Array.isArray(options) ? JSON.stringify(options) : options;
    throw new TypeError(
      `Cannot ${verb}: options must be a record such as { ${known[0]}: ... }, current value is ` +
        String(current),
    );
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(
      `Cannot ${verb}: options must be among ${known.join(", ")}, current value is ${name}`,
    );
  }
}
