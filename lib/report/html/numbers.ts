/**
 * Numbers into text.
 *
 * @module
 */

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
  return scientific(value, digits);
}

/** Prints a number as axes and tooltips do, shortly: `0.5`, `1760`, `−2.00×10⁻⁵`. */
export function compactNumber(value: number | null, digits = 3): string {
  if (value === null || !Number.isFinite(value)) return "not finite";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) {
    return String(Number(value.toPrecision(digits))).replace("-", "−");
  }
  return scientific(value, digits);
}

function scientific(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return `${mantissa.replace("-", "−")}×${powerOfTen(Number(exponent))}`;
}

/** Prints a power of ten: `10⁻³`. */
export function powerOfTen(exponent: number): string {
  const digits = String(exponent)
    .replace(/[-\d]/g, (c) => c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]);
  return `10${digits}`;
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

/** Prints a score close to 1 with the digits that tell it from 1: `0.999987`, `1 − 4.7×10⁻¹⁰`. */
export function formatScore(value: number | null): string {
  if (value === null) return "-";
  const missing = Math.abs(1 - value);
  if (value > 0.99 && value < 1 && missing > 1e-14) {
    const digits = 2 - Math.floor(Math.log10(missing));
    return digits <= 8 ? value.toFixed(digits) : `1 − ${formatNumber(missing, 2)}`;
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

/** Rounds to significant digits, for compact embedded data; not finite becomes null. */
export function rounded(values: readonly number[], digits: number): (number | null)[] {
  return values.map((value) => Number.isFinite(value) ? Number(value.toPrecision(digits)) : null);
}

/** A number to two decimals at most: a coordinate of a picture. */
export function hundredths(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** The smallest and the largest finite value; `undefined` without one. */
export function finiteRange(values: Iterable<number | null>): [number, number] | undefined {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    if (value === null || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : undefined;
}
