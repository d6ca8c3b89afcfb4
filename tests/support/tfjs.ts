/**
 * TensorFlow.js and its WebGPU backend for tests, where FREEKNOT_TFJS is set (`deno task tfjs`).
 *
 * Loaded by names that are not in the module graph, so that a plain test run neither fetches some
 * hundred megabytes nor writes them into the lock file.
 *
 * @module
 */

import type { Operations } from "../../lib/tfjs/_operations.ts";
import type { TensorFlow, TfModel, TfTensor } from "../../lib/tfjs/mod.ts";

const VERSION = "4.22.0";

/** What tests use of TensorFlow.js beyond what the library uses. */
export interface TestTf extends Omit<Operations, keyof TensorFlow>, TensorFlow {
  zeros(shape: number[]): TfTensor;
  sequential(config: object): TrainableModel;
  model(config: object): TrainableModel;
  input(config: object): TfTensor;
  readonly layers: TensorFlow["layers"] & {
    dense(config: object): { apply(x: TfTensor): TfTensor };
    concatenate(): { apply(x: TfTensor[]): TfTensor };
  };
  readonly losses: Record<
    "meanSquaredError" | "absoluteDifference" | "huberLoss",
    (targets: TfTensor, outputs: TfTensor, weights?: TfTensor) => TfTensor
  >;
  readonly train: { adam(rate: number): object };
  readonly io: {
    withSaveHandler(save: (artifacts: object) => Promise<object>): object;
    fromMemory(artifacts: object): object;
  };
  setBackend(name: string): Promise<boolean>;
  backend(): object;
  env(): { set(flag: string, value: boolean): void };
  memory(): { numTensors: number };
  grads(f: (...args: TfTensor[]) => TfTensor): (args: TfTensor[]) => TfTensor[];
  loadLayersModel(handler: object): Promise<TrainableModel>;
}

/** A model that trains. */
export interface TrainableModel extends TfModel {
  compile(options: object): void;
  fit(x: TfTensor, y: TfTensor, options: object): Promise<{ history: { loss: number[] } }>;
  trainOnBatch(x: TfTensor, y: TfTensor): Promise<number>;
  predict(x: TfTensor): TfTensor;
  save(handler: object): Promise<unknown>;
  summary(): void;
}

const wanted = Deno.env.get("FREEKNOT_TFJS") !== undefined;
if (!wanted) {
  console.log("SKIPPED: tests in TensorFlow.js, `deno task tfjs` fetches it and runs them");
}
const loaded = wanted ? await load() : undefined;

async function load(): Promise<TestTf> {
  const [core, webgpu] = ["tfjs", "tfjs-backend-webgpu"].map((name) =>
    `npm:@tensorflow/${name}@${VERSION}`
  );
  const tf = { ...await import(core) } as TestTf;
  tf.env().set("PROD", true); // no banner
  await import(webgpu);
  return tf;
}

const BACKENDS = ["cpu", "webgpu"] as const;
const hasGpu = wanted && await navigator.gpu?.requestAdapter() != null;
if (wanted && !hasGpu) {
  console.log(
    "SKIPPED: TensorFlow.js on WebGPU, there is no adapter (mesa-vulkan-drivers has one)",
  );
}

/** Defines a test on each of the given backends; errors of the device are failures of the test. */
export function tfjsTest(
  title: string,
  test: (tf: TestTf, backend: string) => Promise<void>,
  backends: readonly (typeof BACKENDS[number])[] = BACKENDS,
): void {
  for (const backend of backends) {
    Deno.test({
      name: `${title} (tfjs ${backend})`,
      ignore: !loaded || (backend === "webgpu" && !hasGpu),
      sanitizeResources: false, // a device stays for the whole file
      sanitizeOps: false,
      fn: async () => {
        const tf = loaded!;
        if (!await tf.setBackend(backend)) throw new Error(`Cannot set backend ${backend}`);
        const problems = deviceProblems(tf);
        await test(tf, backend);
        if (problems.length > 0) throw new Error(`WebGPU: ${problems.join("\n")}`);
      },
    });
  }
}

const problemsOf = new WeakMap<object, string[]>();

/** What a device has complained of since this test began; Deno prints nothing by itself. */
function deviceProblems(tf: TestTf): string[] {
  const { device } = tf.backend() as { device?: GPUDevice };
  if (!device) return [];
  let problems = problemsOf.get(device);
  if (!problems) {
    const own: string[] = problems = [];
    problemsOf.set(device, own);
    device.addEventListener("uncapturederror", (event) => {
      own.push((event as GPUUncapturedErrorEvent).error.message);
    });
  }
  problems.length = 0;
  return problems;
}

/** The values of a tensor. */
export async function valuesOf(tensor: TfTensor): Promise<Float32Array> {
  return await tensor.data() as Float32Array;
}

/** `max |a - b| / max |b|`. */
export function normwise(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let error = 0, size = 0;
  for (let i = 0; i < b.length; i++) {
    error = Math.max(error, Math.abs(a[i] - b[i]));
    size = Math.max(size, Math.abs(b[i]));
  }
  return a.length === b.length ? error / size : NaN;
}
