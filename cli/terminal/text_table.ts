/**
 * Numbers and tables as text.
 *
 * @module
 */

/** Lays out rows in columns two spaces apart; `align` has `l` or `r` for each column. */
export function textTable(rows: readonly (readonly string[])[], align: string): string {
  const widths = [...align].map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  return rows.map((row) =>
    row.map((cell, c) => align[c] === "r" ? cell.padStart(widths[c]) : cell.padEnd(widths[c]))
      .join("  ").trimEnd()
  ).join("\n");
}

/** A loss or another number of any size, three digits: `1.65e-6`, `0.123`, `460`. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-2 || size >= 1e5) return value.toExponential(2);
  return Number.isInteger(value) ? String(value) : value.toPrecision(3).replace(/\.$/, "");
}

/** Losses in one notation, three digits: all with an exponent if one of them needs it. */
export function lossNumbers(values: readonly number[]): string[] {
  const powers = values.some((value) => shortNumber(value).includes("e"));
  return values.map((value) =>
    powers && Number.isFinite(value) && value !== 0 ? value.toExponential(2) : shortNumber(value)
  );
}

/** Seconds for people: `0.42 s`, `12.3 s`, `3 min 05 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor(whole / 60) % 60)} min`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
