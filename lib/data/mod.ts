export * from "./dataset.ts";
