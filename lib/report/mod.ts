/**
 * Pictures of a trained network: one self-contained HTML file.
 *
 * @module
 */

export * from "./training/data.ts";
export * from "./training/collect.ts";
export * from "./training/render.ts";
export * from "./judging/data.ts";
export * from "./judging/render.ts";
export * from "./tables/data.ts";
export * from "./tables/render.ts";
export * from "./solution/data.ts";
export * from "./solution/collect.ts";
export * from "./solution/render.ts";
export * from "./network/data.ts";
export * from "./network/drawing.ts";
export * from "./network/svg.ts";
export * from "./regions/render.ts";
export * from "./regions/svg.ts";
export * from "./search/data.ts";
export * from "./search/render.ts";
export * from "./experiment/data.ts";
export * from "./experiment/render.ts";
export * from "./explanation/data.ts";
export * from "./explanation/render.ts";
export * from "./figure/data.ts";
export * from "./figure/figure.ts";
export * from "./figure/training_figure.ts";
export * from "./figure/solution_figure.ts";
export * from "./figure/effects_figure.ts";
export * from "./notebook/show.ts";
export * from "./notebook/live_line.ts";
