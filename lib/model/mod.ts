export * from "./network.ts";
export * from "./random.ts";
