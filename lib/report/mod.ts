/**
 * Pictures of a trained network: one self-contained HTML file.
 *
 * @module
 */

export * from "./report_data.ts";
export * from "./collect.ts";
export * from "./render.ts";
export * from "./table_report.ts";
export * from "./solution_data.ts";
export * from "./collect_solution.ts";
export * from "./render_solution.ts";
