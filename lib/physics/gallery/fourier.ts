/**
 * The fast Fourier transform.
 *
 * @module
 */

import { cos, log2, sin } from "../../numerics/inner.ts";

/** The fast Fourier transform (Cooley and Tukey 1965) in place, sign 1 or -1, not normalised. */
export function fastFourier(n: number) {
  const cosines = Float64Array.from({ length: n }, (_, i) => cos(2 * Math.PI * i / n));
  const sines = Float64Array.from({ length: n }, (_, i) => sin(2 * Math.PI * i / n));
  const bits = log2(n);
  const reversed = Uint32Array.from({ length: n }, (_, i) => {
    let r = 0;
    for (let b = 0; b < bits; b++) r |= (i >> b & 1) << (bits - 1 - b);
    return r;
  });
  return (re: Float64Array, im: Float64Array, sign: 1 | -1): void => {
    for (let i = 0; i < n; i++) {
      const j = reversed[i];
      if (j <= i) continue;
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
    for (let length = 1; length < n; length *= 2) {
      const stride = n / (2 * length);
      for (let from = 0; from < n; from += 2 * length) {
        for (let k = 0; k < length; k++) {
          const i = from + k, j = i + length, c = cosines[k * stride], s = sign * sines[k * stride];
          const x = re[j] * c - im[j] * s, y = re[j] * s + im[j] * c;
          re[j] = re[i] - x;
          im[j] = im[i] - y;
          re[i] += x;
          im[i] += y;
        }
      }
    }
  };
}
