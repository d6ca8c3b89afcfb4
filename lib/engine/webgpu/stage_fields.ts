/**
 * The numbers that a kernel reads about its stage: one list gives the WGSL struct and its bytes.
 *
 * @module
 */

/** Name and type of every number, in the order in which they lie in the uniform buffer. */
const FIELDS = [
  // The rows of this chunk, and the groups of rows that one workgroup walks.
  ["rows", "u32"],
  ["firstRow", "u32"],
  ["jetRow", "u32"], // of jets: the row of the first derivative of a group's first point
  ["rowsPerGroup", "u32"],
  ["firstGroup", "u32"],
  ["groups", "u32"], // of all chunks
  ["totalRows", "u32"],
  // The stage.
  ["nIn", "u32"],
  ["nOut", "u32"],
  ["intervals", "u32"],
  ["numBasis", "u32"],
  ["vectors", "u32"],
  ["free", "u32"], // 1: knots come from logits
  ["freeOuter", "u32"], // 1: so do the outer ones
  ["clampedOuter", "u32"],
  ["relu", "u32"],
  ["hasBase", "u32"],
  ["normalisation", "u32"], // 0 none, 1 min-max, 2 batch, 3 given min-max (jets)
  ["extrapolation", "u32"], // 0 linear, 1 clamp, 2 error
  ["hasBias", "u32"],
  ["rectifies", "u32"], // 1: a linear map's outputs are max(0, y)
  ["rectified", "u32"], // 1: so are the stage's inputs
  ["hasBar", "u32"], // 1: the gradient by the stage's input is wanted
  // Where blocks of parameters begin.
  ["numParameters", "u32"],
  ["coefficients", "u32"],
  ["baseWeights", "u32"],
  ["knotLogits", "u32"],
  // Prolongation: parts per coarse interval, and where the coarse blocks begin.
  ["factor", "u32"],
  ["coarseCoefficients", "u32"],
  ["coarseLogits", "u32"],
  // Where parts of the layer's tables begin (knots are at 0), and how far apart trials are.
  ["tableStride", "u32"],
  ["tRates", "u32"],
  ["tEnds", "u32"],
  ["tBases", "u32"],
  ["tPieces", "u32"],
  ["tStats", "u32"],
  ["xStride", "u32"],
  ["yStride", "u32"],
  ["yBarStride", "u32"],
  // Tiles of the forward pass.
  ["tileRows", "u32"],
  ["tileInputs", "u32"],
  ["sharers", "u32"], // lanes that share a point's outputs in the backward pass
  // Partial sums by ranges of rows.
  ["rowsPerCopy", "u32"],
  ["firstCopy", "u32"],
  ["chunkCopies", "u32"], // of this chunk
  ["copies", "u32"], // of all chunks
  ["sumSize", "u32"], // numbers of one copy
  ["sumTarget", "u32"], // where their sum goes
  ["hasWeights", "u32"],
  ["lossKind", "u32"], // as LOSS_NUMBERS has them; 0 mse, 3 softmax
  ["domainFrom", "f32"],
  ["domainTo", "f32"],
  ["delta", "f32"],
  ["lossNumber", "f32"], // of a quantile its share, of Tweedie's loss its power
  ["lossScale", "f32"],
  ["decay", "f32"],
  ["sumDecay", "f32"], // weight decay that the sum of copies adds
  ["notANumber", "f32"],
] as const;

/** Values of the fields that a stage uses; the others are 0. */
export type FieldValues = { readonly [Name in typeof FIELDS[number][0]]?: number };

/** The struct as WGSL. */
export const FIELDS_WGSL = `struct Stage {\n${
  FIELDS.map(([name, type]) => `  ${name}: ${type},`).join("\n")
}\n}\n`;

/** The struct's bytes. */
export function encodeFields(values: FieldValues): ArrayBuffer {
  const bytes = new ArrayBuffer(Math.ceil(FIELDS.length / 4) * 16);
  const view = new DataView(bytes);
  FIELDS.forEach(([name, type], i) => {
    const value = values[name] ?? 0;
    if (type === "u32") view.setUint32(4 * i, value, true);
    else view.setFloat32(4 * i, value, true);
  });
  return bytes;
}
