export * from "./knot_vector.ts";
