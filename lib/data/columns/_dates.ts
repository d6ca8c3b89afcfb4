/**
 * Dates and times as cells write them.
 *
 * @module
 */

import type { DateOrder, DatePart } from "./recipe.ts";
import { cos, sin } from "../../numerics/inner.ts";

/** Milliseconds of a day. */
const DAY = 86_400_000;

/** Mean length of a year in the Gregorian calendar, in days. */
const YEAR = 365.2425;

/** The days of the week, as `Date` counts them. */
export const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

const CLOCK = String.raw`(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*(am|pm)?`;
const ZONE = String.raw`\s*(z|utc|[+-]\d{2}:?\d{2})?`;
const YEAR_FIRST = new RegExp(
  `^(\\d{4})([-/.])(\\d{1,2})(?:\\2(\\d{1,2}))?(?:[t ]+${CLOCK}${ZONE})?$`,
  "i",
);
const YEAR_LAST = new RegExp(
  `^(\\d{1,2})([-/.])(\\d{1,2})\\2(\\d{4})(?:,?[t ]+${CLOCK}${ZONE})?$`,
  "i",
);
const TIME = new RegExp(`^${CLOCK}$`, "i");

/** Days since the beginning of 1970; of times alone the share of the day; undefined: neither. */
export function parseDate(text: string, order: DateOrder): number | undefined {
  if (order === "time") {
    const found = TIME.exec(text);
    return found === null ? undefined : clock(found.slice(1));
  }
  const found = (order === "ymd" ? YEAR_FIRST : YEAR_LAST).exec(text);
  if (found === null) return undefined;
  const [year, month, day] = order === "ymd"
    ? [found[1], found[3], found[4] ?? "1"]
    : order === "dmy"
    ? [found[4], found[3], found[1]]
    : [found[4], found[1], found[3]];
  const days = Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY;
  const date = new Date(days * DAY);
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) {
    return undefined;
  }
  const [hours, minutes, seconds, half, zone] = found.slice(5);
  if (hours === undefined) return days;
  const time = clock([hours, minutes, seconds, half]);
  return time === undefined ? undefined : days + time - zoneShift(zone);
}

/** The order in which all texts but a few are dates; where day and month may be either, `mdy`. */
export function findDateOrder(
  texts: readonly string[],
  most: number,
): DateOrder | undefined {
  const orders: readonly DateOrder[] = ["ymd", "mdy", "dmy", "time"];
  const faults = orders.map((order) => {
    let count = 0;
    for (const text of texts) {
      if (parseDate(text, order) === undefined && ++count > most) break;
    }
    return count;
  });
  const least = Math.min(...faults);
  return least <= most && least < texts.length / 2 ? orders[faults.indexOf(least)] : undefined;
}

/** A part of a date as a number: days, or the sine or cosine of a phase. */
export function datePart(days: number, part: DatePart): number {
  const season = 2 * Math.PI * (days / YEAR), time = 2 * Math.PI * days;
  if (part === "days") return days;
  if (part === "seasonSin") return sin(season);
  if (part === "seasonCos") return cos(season);
  if (part === "daySin") return sin(time);
  if (part === "dayCos") return cos(time);
  return weekday(days);
}

/** The day of the week, 0 for a Sunday. */
export function weekday(days: number): number {
  return ((Math.floor(days) + 4) % 7 + 7) % 7; // 1970 began on a Thursday
}

/** Days since 1970 as `2024-05-01`. */
export function dateText(days: number): string {
  return new Date(Math.floor(days) * DAY).toISOString().slice(0, 10);
}

function clock([hours, minutes, seconds = "0", half]: string[]): number | undefined {
  let hour = Number(hours);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = hour % 12 + (half.toLowerCase() === "pm" ? 12 : 0);
  }
  if (hour > 24 || Number(minutes) > 59 || Number(seconds) > 60) return undefined;
  return (hour * 3600 + Number(minutes) * 60 + Number(seconds)) / 86_400;
}

/** How far a zone lies east of Greenwich, in days. */
function zoneShift(zone: string | undefined): number {
  const found = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? "");
  if (found === null) return 0;
  return (found[1] === "-" ? -1 : 1) * (Number(found[2]) / 24 + Number(found[3]) / 1440);
}
