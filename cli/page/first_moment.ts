/**
 * What the page shows at once: the network that it starts with, before an epoch, as text in its script. The
 * first picture so waits for nothing that trains.
 *
 * @module
 */

import type { OpenRun, Snapshot } from "./protocol.ts";

/** The run that the page starts with, before its first epoch. */
export interface FirstMoment {
  readonly run: OpenRun;
  readonly snapshot: Snapshot;
}

/** Arrays of more numbers become bytes: 256 steps from the least to the largest, as many as colours have. */
const MOST_NUMBERS = 1000;
/** Digits of the other numbers: a picture shows no more. */
const DIGITS = 4;
const STEPS = 255;

/** Values as steps between two numbers. */
interface Stepped {
  readonly low: number;
  readonly high: number;
  /** Bytes, base64. */
  readonly steps: string;
}

/** A moment as text. */
export function packMoment(moment: FirstMoment): string {
  return JSON.stringify(moment, (_, value) => {
    if (typeof value === "number") {
      return Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));
    }
    return Array.isArray(value) && value.length > MOST_NUMBERS ? stepped(value) : value;
  });
}

/** A moment of its text. */
export function unpackMoment(text: string): FirstMoment {
  return JSON.parse(text, (_, value) => isStepped(value) ? valuesOf(value) : value);
}

function stepped(values: readonly number[]): Stepped {
  const low = values.reduce((least, value) => Math.min(least, value));
  const high = values.reduce((most, value) => Math.max(most, value));
  const share = (value: number) => (value - low) / (high - low || 1);
  const steps = values.map((value) => String.fromCharCode(Math.round(STEPS * share(value))));
  return { low, high, steps: btoa(steps.join("")) };
}

function isStepped(value: unknown): value is Stepped {
  return typeof value === "object" && value !== null && "steps" in value;
}

function valuesOf({ low, high, steps }: Stepped): number[] {
  return Array.from(
    atob(steps),
    (letter) => low + (high - low) * letter.charCodeAt(0) / STEPS,
  );
}
