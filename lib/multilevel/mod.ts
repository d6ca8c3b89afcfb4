/**
 * How coarse and fine levels talk: prolongation, restriction, schedules as data.
 *
 * @module
 */

export * from "./schedule.ts";
export * from "./adaptive_schedule.ts";
export * from "./equidistribute.ts";
export * from "./prolongation.ts";
export * from "./prolong_relu.ts";
export * from "./restriction.ts";
export { prolong, prolongLocally } from "./prolong_network.ts";
export { prolongationTransfer, type Transfer } from "./transfer.ts";
export { restrict } from "./restrict_network.ts";
