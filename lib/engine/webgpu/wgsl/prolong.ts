/**
 * From a coarse grid to a finer one: logits copied, coefficients by exact knot insertion.
 *
 * The banded form of `prolong`: every fine coefficient is a combination of `degree + 1` coarse
 * ones, the blossom of a coarse polynomial piece at the fine knots (Ramshaw 1989). Every coarse
 * interval has `factor` parts, so that which fine knot is which coarse one is known without
 * comparing.
 *
 * @module
 */

import { FLAT_GROUP, kernel } from "../kernel.ts";
import { MAIN_64 } from "./common.ts";

/**
 * Logits of the fine knots: outer ones are copied, every inner one goes to its `factor` parts
 * (a softmax does not see that all are larger by ln factor). One thread a fine logit, many groups.
 */
export const SPLIT_LOGITS = kernel("splitLogits", "coarseTheta -> theta")`
${MAIN_64}
  let outer = DEGREE * P.freeOuter;
  let fine = P.intervals + 2u * outer;
  let coarseIntervals = P.intervals / P.factor;
  let i = ${FLAT_GROUP} * 64u + local.x;
  if (i >= P.vectors * fine) { return; }
  let j = i % fine;
  var from_ = j;
  if (j >= outer + P.intervals) { from_ = j - P.intervals + coarseIntervals; }
  else if (j >= outer) { from_ = outer + (j - outer) / P.factor; }
  theta[P.knotLogits + i] =
    coarseTheta[P.coarseLogits + (i / fine) * (coarseIntervals + 2u * outer) + from_];
}
`;

/** Fine coefficients of one node. Dispatched `[nIn]`, after BUILD has made the knots of both. */
export const PROLONG = kernel("prolong", "coarseTheta coarseTables tables -> theta")`
var<private> points: array<f32, DEGREE>; // arguments of a blossom
var<private> shares: array<f32, DEGREE + 1u>;

/** Fine knot i of a node; where it is a coarse one, that one's bits. */
fn fineKnot(coarse: u32, fine: u32, i: u32) -> f32 {
  if (i >= DEGREE && i <= DEGREE + P.intervals && (i - DEGREE) % P.factor == 0u) {
    return coarseTables[coarse + DEGREE + (i - DEGREE) / P.factor];
  }
  return tables[fine + i];
}

/** How far x is from an interval. */
fn distanceTo(x: f32, left: f32, right: f32) -> f32 { return max(max(left - x, x - right), 0.0); }

/** The arguments nearest to the interval first: there spans of knots are shortest. */
fn sortPoints(left: f32, right: f32) {
  for (var i = 1u; i < DEGREE; i++) {
    let point = points[i];
    let distance = distanceTo(point, left, right);
    var k = i;
    while (k > 0u) {
      if (distanceTo(points[k - 1u], left, right) <= distance) { break; }
      points[k] = points[k - 1u];
      k--;
    }
    points[k] = point;
  }
}

/** Writes the blossom of the functions on coarse interval mu to shares; returns its growth. */
fn blossom(t: u32, mu: u32) -> f32 {
  sortPoints(coarseTables[t + mu], coarseTables[t + mu + 1u]);
  var growth = 1.0;
  for (var i = 0u; i <= DEGREE; i++) { shares[i] = 0.0; }
  shares[0] = 1.0;
  for (var k = 1u; k <= DEGREE; k++) {
    let u = points[k - 1u];
    var saved = 0.0;
    var sum = 0.0;
    for (var r = 0u; r < k; r++) {
      let low = coarseTables[t + mu + 1u + r - k];
      let high = coarseTables[t + mu + 1u + r];
      let share = shares[r] / (high - low);
      shares[r] = saved + (high - u) * share;
      saved = (u - low) * share;
      sum += abs(shares[r]);
    }
    shares[k] = saved;
    growth = max(growth, sum + abs(saved));
  }
  return growth;
}

${MAIN_64}
  let p = group.x;
  let coarseIntervals = P.intervals / P.factor;
  let coarse = p * (coarseIntervals + 1u + 2u * DEGREE);
  let fine = p * (P.intervals + 1u + 2u * DEGREE);
  let from_ = P.coarseCoefficients + p * (coarseIntervals + DEGREE) * P.nOut;
  let to = P.coefficients + p * P.numBasis * P.nOut;
  for (var j = local.x; j < P.numBasis; j += 64u) {
    if (P.relu == 1u) { // the outer knots stay: new powers begin with 0
      var source = j;
      var kept = j <= DEGREE;
      if (!kept) {
        kept = (j - DEGREE) % P.factor == 0u;
        source = DEGREE + (j - DEGREE) / P.factor;
      }
      for (var q = 0u; q < P.nOut; q++) {
        theta[to + j * P.nOut + q] = select(0.0, coarseTheta[from_ + source * P.nOut + q], kept);
      }
      continue;
    }
    let first = (max(j, DEGREE) - DEGREE) / P.factor;
    let last = (min(j + DEGREE, DEGREE + P.intervals - 1u) - DEGREE) / P.factor;
    // The piece on the function's support where sums grow least; empty ones do not count.
    var mu = coarseIntervals;
    var least = 3.0e38;
    for (var m = first; m <= last; m++) {
      let t = coarse + DEGREE + m;
      if (!(coarseTables[t + 1u] > coarseTables[t])) { continue; }
      for (var i = 0u; i < DEGREE; i++) { points[i] = fineKnot(coarse, fine, j + 1u + i); }
      let growth = blossom(coarse, DEGREE + m);
      if (growth < least * 0.999999 || mu == coarseIntervals) {
        least = growth;
        mu = m;
      }
    }
    // A function that vanishes on the domain: every piece gives its coefficient, a near one without
    // large numbers.
    for (var away = 1u; mu == coarseIntervals && away < coarseIntervals; away++) {
      for (var side = 0u; side < 2u; side++) {
        let m = select(first - away, last + away, side == 1u); // wraps below 0
        if (m >= coarseIntervals || mu < coarseIntervals) { continue; }
        if (coarseTables[coarse + DEGREE + m + 1u] > coarseTables[coarse + DEGREE + m]) { mu = m; }
      }
    }
    for (var i = 0u; i < DEGREE; i++) { points[i] = fineKnot(coarse, fine, j + 1u + i); }
    _ = blossom(coarse, DEGREE + mu);
    for (var q = 0u; q < P.nOut; q++) {
      var sum = 0.0;
      for (var i = 0u; i <= DEGREE; i++) {
        sum += shares[i] * coarseTheta[from_ + (mu + i) * P.nOut + q];
      }
      theta[to + j * P.nOut + q] = sum;
    }
  }
}
`;
