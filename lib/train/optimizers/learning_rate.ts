/**
 * Schedules of the learning rate, as plain data.
 *
 * Time is counted in epochs, passes over the training rows: with mini-batches the rate changes
 * inside an epoch, on the whole training set an epoch is one step. It runs on over refinements.
 *
 * @module
 */

import { cos, pow } from "../../numerics/inner.ts";

/** How the learning rate changes, as shares of the optimizer's `learningRate`. */
export type LearningRateSchedule =
  & {
    /** Epochs over which the rate grows evenly from 0; then the schedule begins. Default 0. */
    readonly warmup?: number;
  }
  & (
    | {
      /** Always the full rate. */
      readonly kind: "constant";
    }
    | {
      /** `final + (1 - final) (1 + cos(pi t / T)) / 2`: half a wave down, then flat. */
      readonly kind: "cosine";
      /** Epochs until the end, warm-up included: `T = epochs - warmup`. */
      readonly epochs: number;
      /** Share of the learning rate at the end. Default 0. */
      readonly final?: number;
    }
    | {
      /** `decay^t`. */
      readonly kind: "exponential";
      /** Factor per epoch, above 0, at most 1. */
      readonly decay: number;
    }
    | {
      /**
       * A triangle wave from `lowest` up to 1 and back, whose height shrinks:
       * `lowest + (1 - lowest) (1 - |2 t / cycle - 2 floor(t / cycle) - 1|) decay^t`
       * (Actor et al. 2025, appendix D; `torch.optim.lr_scheduler.CyclicLR` with `exp_range`).
       */
      readonly kind: "cyclic";
      /** Epochs of a whole wave. Default 100. */
      readonly cycle?: number;
      /** Share of the learning rate between the waves. Default 0.1. */
      readonly lowest?: number;
      /** Factor of the height per epoch, above 0, at most 1. Default 0.9995. */
      readonly decay?: number;
    }
  );

/**
 * Computes the share of the learning rate, 0 to 1, that a schedule gives to a step at time `t`,
 * epochs done before it (with mini-batches not a whole number), of `length` epochs: one over the
 * number of batches.
 *
 * Warm-up: `(t + length) / warmup` while that is below 1, so that no step is 0. After it the
 * schedule's own time `t - warmup` begins at 0.
 */
export function learningRateShare(
  schedule: LearningRateSchedule,
  time: number,
  length = 1,
): number {
  const warmup = schedule.warmup ?? 0;
  if (time + length < warmup) return (time + length) / warmup;
  const t = Math.max(0, time - warmup);
  switch (schedule.kind) {
    case "constant":
      return 1;
    case "cosine": {
      const final = schedule.final ?? 0;
      const done = Math.min(1, t / (schedule.epochs - warmup));
      return final + (1 - final) * (1 + cos(Math.PI * done)) / 2;
    }
    case "exponential":
      return pow(schedule.decay, t);
    case "cyclic": {
      const { cycle, lowest, decay } = { ...CYCLIC, ...schedule };
      const place = t / cycle - Math.floor(t / cycle);
      return lowest + (1 - lowest) * (1 - Math.abs(2 * place - 1)) * pow(decay, t);
    }
  }
}

/** The numbers of Actor et al. 2025, appendix D: from 1e-4 to 1e-3. */
const CYCLIC = { cycle: 100, lowest: 0.1, decay: 0.9995 };

/**
 * Checks a schedule and fills in its defaults; `verb` begins the message, such as `create adam`.
 *
 * @throws {RangeError} If a number is out of range or the kind is unknown.
 */
export function resolveLearningRateSchedule(
  schedule: LearningRateSchedule,
  verb: string,
): LearningRateSchedule {
  function check(name: string, value: number, ok: boolean, rule: string): void {
    if (ok) return;
    throw new RangeError(
      `Cannot ${verb}: schedule.${name} must be ${rule}, current value is ${value}`,
    );
  }
  function checkShare(name: string, value: number): void {
    check(name, value, value >= 0 && value <= 1, "from 0 to 1");
  }
  function checkDecay(value: number): void {
    check("decay", value, value > 0 && value <= 1, "above 0 and at most 1");
  }
  const { warmup = 0 } = schedule;
  check("warmup", warmup, warmup >= 0 && warmup < Infinity, "a number >= 0");
  switch (schedule.kind) {
    case "constant":
      return { kind: "constant", warmup };
    case "cosine": {
      const { epochs, final = 0 } = schedule;
      check("epochs", epochs, epochs > warmup && epochs < Infinity, `above warmup, ${warmup}`);
      checkShare("final", final);
      return { kind: "cosine", warmup, epochs, final };
    }
    case "exponential":
      checkDecay(schedule.decay);
      return { kind: "exponential", warmup, decay: schedule.decay };
    case "cyclic": {
      const { cycle, lowest, decay } = { ...CYCLIC, ...schedule };
      check("cycle", cycle, cycle > 0 && cycle < Infinity, "a number > 0");
      checkShare("lowest", lowest);
      checkDecay(decay);
      return { kind: "cyclic", warmup, cycle, lowest, decay };
    }
    default:
      throw new RangeError(
        `Cannot ${verb}: schedule.kind must be constant, cosine, exponential or cyclic, ` +
          `current value is ${(schedule as { kind: unknown }).kind}`,
      );
  }
}
