/**
 * Quasiperiodic chains with mobility edges, and how localised their states are.
 *
 * @module
 */

import {
  cos,
  cosh,
  type EigenSystem,
  exp,
  log,
  pow,
  reducedEigenvectors,
  tridiagonalEigenvectors,
} from "../../numerics/inner.ts";

/** The golden mean, which no periodic lattice fits. */
const FREQUENCY = (Math.sqrt(5) - 1) / 2;

/** A chain with a strength of disorder `lambda` and perhaps another number. */
export interface Lattice {
  readonly name: string;
  /** The Hamiltonian in words. */
  readonly formula: string;
  /** Name of the other number; absent: there is none. */
  readonly other?: string;
  /** The known edge as text. */
  readonly edge: string;
  /** Eigenstates of a chain with open ends. */
  states(size: number, lambda: number, other: number, phase: number): EigenSystem;
  /** Below 0 where the known edge says that a state is extended, above where it is localised. */
  side(energy: number, lambda: number, other: number): number;
  /** Whether localised states lie above the edge. */
  readonly above: boolean;
  /** The known edge's energy; of a chain whose states are mirrored its size. */
  energy(lambda: number, other: number): number;
}

/** A chain whose sites have hopping 1 to their neighbours and the energies `onSite`. */
function chain(size: number, onSite: (n: number) => number): EigenSystem {
  return tridiagonalEigenvectors(
    Float64Array.from({ length: size }, (_, n) => onSite(n + 1)),
    new Float64Array(size - 1).fill(1),
  );
}

const wave = (n: number, phase: number) => cos(2 * Math.PI * FREQUENCY * n + phase);

/** The mosaic model (Wang et al. 2020): disorder at every second site. */
const mosaic: Lattice = {
  name: "mosaic",
  formula: "hopping 1, on every second site 2 lambda cos(2 pi b n + phi)",
  edge: "|E| = 1/lambda",
  above: true,
  states: (size, lambda, _, phase) => chain(size, (n) => n % 2 ? 0 : 2 * lambda * wave(n, phase)),
  side: (energy, lambda) => Math.abs(lambda * energy) - 1,
  energy: (lambda) => 1 / lambda,
};

/** The generalised model (Ganeshan et al. 2015). */
const generalised: Lattice = {
  name: "generalised Aubry-Andre",
  formula: "hopping 1, on sites 2 lambda cos(2 pi b n + phi) / (1 - alpha cos(2 pi b n + phi))",
  other: "alpha",
  edge: "E = 2 (1 - lambda)/alpha",
  above: true,
  states: (size, lambda, alpha, phase) =>
    chain(size, (n) => 2 * lambda * wave(n, phase) / (1 - alpha * wave(n, phase))),
  side: (energy, lambda, alpha) => alpha * energy + 2 * lambda - 2,
  energy: (lambda, alpha) => 2 * (1 - lambda) / alpha,
};

/** The modified model (Biddle and Das Sarma 2010): hopping over all distances. */
const modified: Lattice = {
  name: "modified Aubry-Andre",
  formula: "hopping exp(p - p |n - m|), on sites lambda cos(2 pi b n + phi)",
  other: "p",
  edge: "E = lambda cosh(p) - exp(p)",
  above: false,
  states: (size, lambda, p, phase) => {
    const matrix = new Float64Array(size * size);
    for (let n = 0; n < size; n++) {
      for (let m = 0; m < size; m++) {
        matrix[n * size + m] = n === m ? lambda * wave(n + 1, phase) : exp(p - p * Math.abs(n - m));
      }
    }
    return reducedEigenvectors(matrix, size);
  },
  side: (energy, lambda, p) => lambda * cosh(p) - exp(p) - energy,
  energy: (lambda, p) => lambda * cosh(p) - exp(p),
};

/** The chains by their ids. */
export const LATTICES = { mosaic, generalised, modified };

/**
 * The fractal dimension of a state of length 1 on `L` sites, `-log(sum |psi|^4) / log L`: near 1 of
 * extended states, near 0 of localised ones; the sum is the inverse participation ratio.
 */
export function fractalDimension(state: Float64Array): number {
  let ratio = 0;
  for (const amplitude of state) ratio += pow(amplitude, 4);
  return -log(ratio) / log(state.length);
}
