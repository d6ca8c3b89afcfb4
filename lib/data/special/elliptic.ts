/**
 * Elliptic functions and integrals of a real argument and a parameter `m` below 1 (m = k^2).
 *
 * @module
 */

import { asin, cos, pow, sin } from "../../numerics/inner.ts";

/**
 * Computes Jacobi's sn(u | m) by descending Landen's transformation along the arithmetic-geometric
 * mean (Abramowitz and Stegun 1964, 16.4).
 *
 * @param u Argument.
 * @param m Parameter, from 0 to below 1.
 */
export function jacobiSn(u: number, m: number): number {
  const ratios: number[] = [];
  let a = 1, b = Math.sqrt(1 - m);
  while (Math.abs(a - b) > 2e-16 * a && ratios.length < 20) {
    const mean = (a + b) / 2, half = (a - b) / 2;
    b = Math.sqrt(a * b);
    a = mean;
    ratios.push(half / mean);
  }
  let phi = pow(2, ratios.length) * a * u;
  for (const ratio of ratios.reverse()) phi = (phi + asin(ratio * sin(phi))) / 2;
  return sin(phi);
}

/**
 * Computes the incomplete integral of the first kind, `F(phi | m) = integral_0^phi (1 - m sin^2
 * t)^(-1/2) dt`, as `sin phi R_F(cos^2 phi, 1 - m sin^2 phi, 1)` (DLMF 19.25.5).
 *
 * @param phi Amplitude.
 * @param m Parameter, at most 1 where |phi| is below pi/2, below 1 elsewhere.
 */
export function ellipticF(phi: number, m: number): number {
  const turns = Math.round(phi / Math.PI);
  const part = firstKind(phi - turns * Math.PI, m);
  return turns === 0 ? part : part + 2 * turns * firstKind(Math.PI / 2, m);
}

/**
 * Computes the incomplete integral of the second kind, `E(phi | m) = integral_0^phi (1 - m sin^2
 * t)^(1/2) dt`, as `F - (m/3) sin^3 phi R_D(cos^2 phi, 1 - m sin^2 phi, 1)` (DLMF 19.25.9).
 *
 * @param phi Amplitude.
 * @param m Parameter, at most 1 where |phi| is below pi/2, below 1 elsewhere.
 */
export function ellipticE(phi: number, m: number): number {
  const turns = Math.round(phi / Math.PI);
  const part = secondKind(phi - turns * Math.PI, m);
  return turns === 0 ? part : part + 2 * turns * secondKind(Math.PI / 2, m);
}

function firstKind(phi: number, m: number): number {
  const s = sin(phi), c = cos(phi);
  return s * carlsonF(c * c, 1 - m * s * s, 1);
}

function secondKind(phi: number, m: number): number {
  const s = sin(phi), c = cos(phi), y = 1 - m * s * s;
  return s * carlsonF(c * c, y, 1) - (m / 3) * pow(s, 3) * carlsonD(c * c, y, 1);
}

/** Carlson's R_F by duplication (Carlson 1995, Numerical Algorithms 10, section 2). */
function carlsonF(x: number, y: number, z: number): number {
  for (let round = 0; round < 60; round++) {
    const mean = (x + y + z) / 3, dx = 1 - x / mean, dy = 1 - y / mean, dz = -dx - dy;
    if (Math.max(Math.abs(dx), Math.abs(dy), Math.abs(dz)) < 1e-3) {
      const e2 = dx * dy - dz * dz, e3 = dx * dy * dz;
      const series = 1 - e2 / 10 + e3 / 14 + e2 * e2 / 24 - 3 * e2 * e3 / 44;
      return series / Math.sqrt(mean);
    }
    const step = rootsOf(x, y, z);
    x = (x + step) / 4;
    y = (y + step) / 4;
    z = (z + step) / 4;
  }
  return NaN;
}

/** Carlson's R_D, symmetric in the first two alone (the same, section 4). */
function carlsonD(x: number, y: number, z: number): number {
  let sum = 0, share = 1;
  for (let round = 0; round < 60; round++) {
    const mean = (x + y + 3 * z) / 5, dx = 1 - x / mean, dy = 1 - y / mean, dz = -(dx + dy) / 3;
    if (Math.max(Math.abs(dx), Math.abs(dy), Math.abs(dz)) < 1e-3) {
      const xy = dx * dy, zz = dz * dz;
      const e2 = xy - 6 * zz, e3 = (3 * xy - 8 * zz) * dz, e4 = 3 * (xy - zz) * zz;
      const e5 = xy * zz * dz;
      const series = 1 - 3 * e2 / 14 + e3 / 6 + 9 * e2 * e2 / 88 - 3 * e4 / 22 -
        9 * e2 * e3 / 52 + 3 * e5 / 26;
      return 3 * sum + share * series / (mean * Math.sqrt(mean));
    }
    const step = rootsOf(x, y, z);
    sum += share / (Math.sqrt(z) * (z + step));
    share /= 4;
    x = (x + step) / 4;
    y = (y + step) / 4;
    z = (z + step) / 4;
  }
  return NaN;
}

function rootsOf(x: number, y: number, z: number): number {
  const rx = Math.sqrt(x), ry = Math.sqrt(y), rz = Math.sqrt(z);
  return rx * ry + rx * rz + ry * rz;
}
