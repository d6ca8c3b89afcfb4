// Two outputs side by side in one vector; the last of an odd number alone.

@inline
export function loadPair(at: usize, last: bool): v128 {
  return last ? v128.load64_zero(at) : v128.load(at);
}

@inline
export function storePair(at: usize, value: v128, last: bool): void {
  if (last) v128.store64_lane(at, value, 0);
  else v128.store(at, value);
}

@inline
export function sumLanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}
