/**
 * ONNX Runtime for tests, where FREEKNOT_ONNX is set (`deno task onnx`).
 *
 * Loaded by a name that is not in the module graph, so that a plain test run neither fetches some
 * hundred megabytes nor writes them into the lock file.
 *
 * @module
 */

/** Version that is tested. */
export const ONNX_VERSION = "1.30.0";

interface OnnxTensor {
  readonly data: ArrayLike<number> | readonly string[];
  readonly dims: readonly number[];
}

/** A loaded model. */
export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>>;
  release(): Promise<void>;
}

/** What tests use of ONNX Runtime. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(bytes: Uint8Array, options?: object): Promise<OnnxSession>;
  };
  readonly Tensor: new (
    type: string,
    data: Float64Array | Float32Array,
    dims: number[],
  ) => OnnxTensor;
}

/** ONNX Runtime, or undefined; then a line has said so. */
export async function loadOnnx(): Promise<OnnxRuntime | undefined> {
  if (Deno.env.get("FREEKNOT_ONNX") === undefined) {
    console.log("SKIPPED: exported ONNX in onnxruntime-node, deno task onnx runs it");
    return undefined;
  }
  const module = await import(`npm:onnxruntime-node@${ONNX_VERSION}`);
  return module.default ?? module;
}

/** Runs a model on rows. */
export async function runOnnx(
  { Tensor }: OnnxRuntime,
  session: OnnxSession,
  rows: readonly (readonly number[])[],
  dtype: "float32" | "float64",
): Promise<Record<string, OnnxTensor>> {
  const values = rows.flat(), size = [rows.length, rows[0].length];
  const columns = dtype === "float32"
    ? new Tensor("float32", Float32Array.from(values), size)
    : new Tensor("float64", Float64Array.from(values), size);
  return await session.run({ columns });
}
