/**
 * Text into HTML: escaping, embedded data, numbers, tables.
 *
 * @module
 */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes text for an HTML element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/**
 * Serialises a value for a script element: JSON whose `<`, `>`, `&`, U+2028 and U+2029 are
 * escaped, so that no text in it can close the element. Numbers that are not finite become
 * null.
 */
export function embedJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );
}

/**
 * Prints a number with few digits: `0.0123`, `1,760`, `3.67×10⁻⁵`.
 *
 * @param value Any number.
 * @param digits Significant digits, at least 1.
 */
export function formatNumber(value: number, digits = 3): string {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return formatInteger(value);
  if (size >= 1e-3 && size < 1e5) {
    const text = value.toPrecision(digits);
    const plain = text.includes("e") ? String(Number(text)) : text;
    return plain.replace("-", "−");
  }
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return `${mantissa}×10${superscript(Number(exponent))}`.replace(/^-/, "−");
}

/**
 * Prints both ends of a range with the decimals that its length asks for: `0`, `0.74`, where
 * each end alone might read `7.87×10⁻⁶`.
 */
export function formatRange([low, high]: readonly [number, number]): [string, string] {
  const length = Math.abs(high - low);
  const size = Math.max(Math.abs(low), Math.abs(high));
  const decimals = 2 - Math.floor(Math.log10(length));
  if (!(length > 1e-6 * size) || decimals > 6 || size >= 1e6) {
    return [formatNumber(low), formatNumber(high)];
  }
  const end = (value: number) => {
    const rounded = Number(value.toFixed(Math.max(0, Math.min(decimals, 12))));
    return (rounded === 0 ? "0" : String(rounded)).replace("-", "−");
  };
  return [end(low), end(high)];
}

/** Prints a score close to 1 with the digits that tell it from 1: `0.999987`. */
export function formatScore(value: number | null): string {
  if (value === null) return "-";
  const missing = Math.abs(1 - value);
  if (value > 0.99 && value < 1 && missing > 1e-10) {
    return value.toFixed(Math.min(12, 2 - Math.floor(Math.log10(missing))));
  }
  return formatNumber(value, 4);
}

/** Prints seconds: `0.42 s`, `12.3 s`, `4 min 05 s`. */
export function formatSeconds(seconds: number): string {
  if (!(seconds >= 0)) return "not a number";
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) {
    return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  }
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** Prints an integer with a thin space between thousands. */
export function formatInteger(value: number): string {
  return String(value).replace("-", "−").replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

function superscript(exponent: number): string {
  return String(exponent).replace(/[-\d]/g, (c) => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]);
}

/** A column of a table. */
export interface TableColumn {
  readonly heading: string;
  /** Whether its cells are numbers, set right. */
  readonly numeric?: boolean;
  /** Whether its cells are HTML already. */
  readonly html?: boolean;
}

/**
 * Builds a table that scrolls within its own box where it is too wide.
 *
 * @param caption Plain text; what the table says.
 * @param columns The first column holds the row headings.
 * @param rows Plain text per cell, HTML where the column says so (never the first).
 */
export function table(
  caption: string,
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
): string {
  const kind = (j: number) => columns[j].numeric ? ' class="number"' : "";
  const head = columns.map((c, j) => `<th scope="col"${kind(j)}>${escapeHtml(c.heading)}</th>`);
  const body = rows.map((row) =>
    "<tr>" + row.map((cell, j) =>
      j === 0
        ? `<th scope="row"${kind(j)}>${escapeHtml(cell)}</th>`
        : `<td${kind(j)}>${columns[j].html ? cell : escapeHtml(cell)}</td>`
    ).join("") + "</tr>"
  );
  const label = escapeHtml(caption);
  return `<p class="caption">${label}</p><div class="table"><table aria-label="${label}">` +
    `<thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table></div>`;
}

/** Rounds to significant digits, for compact embedded data; not finite becomes null. */
export function round(value: number, digits: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : null;
}
