/**
 * The kinds of losses, as data.
 *
 * @module
 */

/** The criterion as data. Means are over rows (weighted) and outputs. */
export type Loss =
  & {
    /** Adds `weightDecay / 2 * |parameters|^2` to the objective. Default 0. */
    readonly weightDecay?: number;
  }
  & (
    | {
      /** Mean squared error, without a factor 1/2. */
      readonly kind: "mse";
    }
    | {
      /** `e^2 / 2` up to `delta`, `delta (|e| - delta / 2)` beyond. */
      readonly kind: "huber";
      /** Where the parabola becomes a line, in scaled target units. Default 0.1. */
      readonly delta?: number;
    }
    | {
      /** Binary (one output: its logit) or softmax (one logit per class) cross-entropy, nats. */
      readonly kind: "crossEntropy";
    }
    | {
      /** The pinball loss, whose minimum is the quantile `tau` of the targets. */
      readonly kind: "quantile";
      /** Share of the targets below the quantile, in (0, 1). */
      readonly tau: number;
      /** Half the width of its rounded corner, in scaled target units. Default 0.001. */
      readonly delta?: number;
    }
    | {
      /** Half the Poisson deviance of counts or rates; the output is the logarithm of the mean. */
      readonly kind: "poisson";
    }
    | {
      /** Half the gamma deviance of positive targets; the output is the logarithm of the mean. */
      readonly kind: "gamma";
    }
    | {
      /** Half the Tweedie deviance, zeros allowed; the output is the logarithm of the mean. */
      readonly kind: "tweedie";
      /** Power `p` of the mean in the variance, between 1 and 2. */
      readonly power: number;
    }
    | {
      /** Half the binomial deviance of shares of successes; the output is the logit of the mean. */
      readonly kind: "binomial";
    }
    | {
      /**
       * Minus the logarithm of Cox's partial likelihood, per event: targets are times, of rows without
       * an event minus the time; the output is the logarithm of a hazard ratio.
       */
      readonly kind: "cox";
    }
  );

/** The kinds of losses. */
export const LOSS_KINDS = [
  ...["mse", "huber", "crossEntropy", "quantile", "poisson", "gamma", "tweedie", "binomial", "cox"],
] as readonly Loss["kind"][];
