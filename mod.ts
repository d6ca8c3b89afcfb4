export * from "./lib/knots/mod.ts";
export * from "./lib/basis/mod.ts";
export * from "./lib/model/mod.ts";
export * from "./lib/multilevel/mod.ts";
export * from "./lib/data/mod.ts";
export * from "./lib/engine/mod.ts";
export * from "./lib/train/mod.ts";
export * from "./lib/report/mod.ts";
