/**
 * Maps between coarse and fine grids, prolongation and restriction; schedules of training as data.
 *
 * "Actor et al. 2025" stands for J. A. Actor, G. Harper, B. Southworth and E. C. Cyr, Leveraging
 * KANs for Expedient Training of Multichannel MLPs via Preconditioning and Geometric Refinement,
 * 2025.
 *
 * @module
 */

export * from "./adaptive_schedule.ts";
export * from "./prolong_network.ts";
export * from "./prolong_relu.ts";
export * from "./prolongation.ts";
export * from "./restrict_network.ts";
export * from "./restriction.ts";
export * from "./schedule.ts";
export type { Transfer } from "./transfer.ts";
