// Which piece each point lies in. Arguments ending in "At" are byte addresses.

/** Narrows an interval range to at most 4. */
function bisect(t: usize, low: i32, high: i32, u: f64): i32 {
  while (high - low > 4) {
    const middle = (low + high + 1) >> 1;
    if (u >= load<f64>(t + (<usize>middle << 3))) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Rows that are placed together: their inputs stay in the first-level cache. */
const BLOCK: i32 = 256;

/** Normalises points and finds their pieces and local coordinates; see locate.ts. */
export function place(
  rows: i32, nIn: i32, xAt: usize, fromAt: usize, scaleAt: usize, originAt: usize,
  a: f64, b: f64, covers: bool, refuses: bool,
  buckets: i32, firstAt: usize, knotsAt: usize, lastAt: usize, vectors: i32, knotStep: i32,
  degree: i32, pieces: i32, originsAt: usize, ratesAt: usize,
  pieceAt: usize, wAt: usize, uAt: usize,
): void {
  const perUnit = <f64>buckets / (b - a);
  for (let begin = 0; begin < rows; begin += BLOCK) {
    const end = min(begin + BLOCK, rows);
    for (let p = 0; p < nIn; p++) {
      const vector = vectors == 1 ? 0 : p;
      const from = load<f64>(fromAt + (<usize>p << 3));
      const scale = load<f64>(scaleAt + (<usize>p << 3));
      const origin = load<f64>(originAt + (<usize>p << 3));
      const first = firstAt + (<usize>(vector * (buckets + 1)) << 2);
      const t = knotsAt + (<usize>(vector * knotStep + degree) << 3);
      const last = load<i32>(lastAt + (<usize>vector << 2));
      const offset = p * pieces;
      for (let i = begin * nIn + p, stop = end * nIn; i < stop; i += nIn) {
        const word = <usize>i << 3;
        let u = origin + (load<f64>(xAt + word) - from) * scale;
        if (uAt) store<f64>(uAt + word, u);
        if (covers) {
          u = u < a ? a : u;
          u = u > b ? b : u;
        }
        let own = offset;
        let refused = false;
        if (u < a || u > b) {
          if (u > b) own += pieces - 1;
          refused = refuses;
        } else {
          // Rounds to an integer in the low bits; what NaN gives is clamped.
          let bucket = <i32>reinterpret<i64>((u - a) * perUnit - 0.5 + 6755399441055744.0);
          bucket = bucket < 0 ? 0 : bucket;
          bucket = bucket >= buckets ? buckets - 1 : bucket;
          const edge = first + (<usize>bucket << 2);
          let low = load<i32>(edge);
          const high = load<i32>(edge, 4);
          if (high - low > 4) low = bisect(t, low, high, u);
          low += <i32>(u >= load<f64>(t + (<usize>low << 3), 8)) & <i32>(low < last);
          while (low < last && u >= load<f64>(t + (<usize>low << 3), 8)) low++;
          if (u < load<f64>(t + (<usize>low << 3)) && low > 0) low--;
          own += 1 + low;
        }
        const at = <usize>own << 3;
        const w = (u - load<f64>(originsAt + at)) * load<f64>(ratesAt + at);
        store<i32>(pieceAt + (<usize>i << 2), own);
        store<f64>(wAt + word, refused ? NaN : w);
      }
    }
  }
}
