/**
 * Pictures of a trained network: one self-contained HTML file.
 *
 * @module
 */

export * from "./report_data.ts";
export * from "./collect.ts";
export * from "./render.ts";
export * from "./table_report.ts";
