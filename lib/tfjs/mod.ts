/**
 * tfjs
 * @module
 */
export * from "./tensorflow.ts";
export * from "./spline_layer.ts";
