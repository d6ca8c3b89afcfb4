/**
 * Derivatives of the functions between an MLP's linear maps.
 *
 * @module
 */

import { tanh } from "../numerics/inner.ts";

/**
 * Computes `f(x), f'(x), ..., f^(order)(x)` of `max(0, x)` or `tanh(x)`.
 *
 * ReLU has slope 0 at 0 and no curvature anywhere, as automatic differentiation has it. From
 * `t' = 1 - t^2` come all derivatives of `t = tanh`: `t^(m+1) = -sum_{k=0}^{m} (m over k) t^(k)
 * t^(m-k)`, `m >= 1`.
 *
 * @param kind The function.
 * @param x Point.
 * @param order Highest order, 0 to 7.
 * @param out Overwritten from index 0 on if given; allocated otherwise.
 * @returns The values, `out` if given.
 *
 * @example
 * ```ts
 * import { activationDerivatives } from "./inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...activationDerivatives("tanh", 0, 3)], [0, 1, -0, -2]);
 * assertEquals([...activationDerivatives("relu", 2, 3)], [2, 1, 0, 0]);
 * ```
 */
export function activationDerivatives(
  kind: "relu" | "tanh",
  x: number,
  order: number,
  out: Float64Array = new Float64Array(order + 1),
): Float64Array {
  if (kind === "relu") {
    out[0] = Math.max(0, x);
    if (order >= 1) out[1] = x > 0 ? 1 : 0;
    for (let m = 2; m <= order; m++) out[m] = 0;
    return out;
  }
  const t = tanh(x), t1 = 1 - t * t, t2 = -2 * t * t1;
  const t3 = -2 * (t1 * t1 + t * t2), t4 = -2 * (3 * t1 * t2 + t * t3);
  out[0] = t;
  if (order >= 1) out[1] = t1;
  if (order >= 2) out[2] = t2;
  if (order >= 3) out[3] = t3;
  if (order >= 4) out[4] = t4;
  const t5 = -2 * (3 * t2 * t2 + 4 * t1 * t3 + t * t4);
  if (order >= 5) out[5] = t5;
  const t6 = -2 * (10 * t2 * t3 + 5 * t1 * t4 + t * t5);
  if (order >= 6) out[6] = t6;
  if (order >= 7) out[7] = -2 * (10 * t3 * t3 + 15 * t2 * t4 + 6 * t1 * t5 + t * t6);
  return out;
}
