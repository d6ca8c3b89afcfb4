/**
 * Public tables that R has, fitted by mgcv and by this library.
 *
 * @module
 */

import { type AdditiveModel, fitAdditive } from "../../lib/additive/mod.ts";
import { datasetOf } from "../../lib/data/mod.ts";
import { runMgcv } from "./mgcv.ts";

/** A table of R, a column, a target. */
export interface PublicTable {
  readonly name: string;
  readonly x: string;
  readonly y: string;
}

/** A motorcycle's accident and the ozone of New York. */
export const PUBLIC_TABLES: readonly PublicTable[] = [
  { name: "MASS::mcycle", x: "times", y: "accel" },
  { name: "datasets::airquality", x: "Temp", y: "Ozone" },
];

const INTERVALS = 20;

/** The same cubic B-splines on even knots with the same penalty, the line free. */
const FIT = `
r <- range(d$x); e <- 1e-9 * diff(r); h <- (diff(r) + 2 * e) / ${INTERVALS}
knots <- list(x = r[1] - e + h * (-3:${INTERVALS + 3}))
fit <- gam(y ~ s(x, bs = "bs", k = ${INTERVALS + 3}, m = c(3, 2)), data = d, knots = knots,
  method = "REML")
grid <- data.frame(x = seq(r[1], r[2], length.out = 101))
said <- predict(fit, grid, se.fit = TRUE, unconditional = TRUE)
say("edf", sum(fit$edf[-1]))
say("score", fit$gcv.ubre)
say("at", grid$x)
say("said", said$fit)
say("errors", said$se.fit)`;

/** The rows, what mgcv says at 101 places with standard errors, and the model of this library. */
export interface TwoFits {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly there: Readonly<Record<"edf" | "score" | "at" | "said" | "errors", readonly number[]>>;
  readonly here: AdditiveModel;
}

/** Fits a table twice. */
export async function fitTwice({ name, x, y }: PublicTable): Promise<TwoFits> {
  const read = `t <- na.omit(${name}[, c("${x}", "${y}")]); say("x", t$${x}); say("y", t$${y})`;
  const table = await runMgcv(read, { unused: [0] });
  const there = await runMgcv(FIT, { x: table.x, y: table.y }) as unknown as TwoFits["there"];
  const here = fitAdditive(
    datasetOf({ inputs: Float64Array.from(table.x), targets: Float64Array.from(table.y) }),
    { intervals: INTERVALS, select: false },
  );
  return { x: table.x, y: table.y, there, here };
}
