/**
 * TensorFlow.js and its backends for tests, where FREEKNOT_TFJS is set (`deno task tfjs`).
 *
 * Loaded by names that are not in the module graph, so that a plain test run neither fetches some
 * hundred megabytes nor writes them into the lock file.
 *
 * @module
 */

import type { Operations } from "../../lib/tfjs/_operations.ts";
import type { TensorFlow, TfLayer, TfModel, TfTensor } from "../../lib/tfjs/mod.ts";

export { normwise, valuesOf } from "./tfjs_cases.ts";

/** Version that is tested. */
export const VERSION = "4.22.0";

/** What tests use of TensorFlow.js beyond what the library uses. */
export interface TestTf extends Omit<Operations, keyof TensorFlow>, TensorFlow {
  zeros(shape: number[]): TfTensor;
  sequential(config: object): TrainableModel;
  model(config: object): TrainableModel;
  input(config: object): TfTensor;
  readonly layers: TensorFlow["layers"] & {
    dense(config: object): { apply(x: TfTensor): TfTensor };
    concatenate(): { apply(x: TfTensor[]): TfTensor };
    masking(config: object): TfLayer;
    simpleRNN(config: object): TfLayer;
  };
  readonly losses: Record<
    "meanSquaredError" | "absoluteDifference" | "huberLoss",
    (targets: TfTensor, outputs: TfTensor, weights?: TfTensor) => TfTensor
  >;
  readonly train: Record<"adam" | "sgd", (rate: number) => TestOptimizer>;
  readonly serialization: {
    registerClass(layer: unknown): unknown;
    readonly SerializationMap: {
      getMap(): {
        classNameMap: Record<
          string,
          readonly [unknown, (of: unknown, config: object) => { getConfig(): object }]
        >;
      };
    };
  };
  readonly io: {
    withSaveHandler(save: (artifacts: object) => Promise<object>): object;
    fromMemory(artifacts: object): object;
  };
  setBackend(name: string): Promise<boolean>;
  env(): { set(flag: string, value: boolean): void };
  memory(): { numTensors: number };
  variableGrads(
    f: () => TfTensor,
    variables: TfTensor[],
  ): { value: TfTensor; grads: Record<string, TfTensor> };
  grads(f: (...args: TfTensor[]) => TfTensor): (args: TfTensor[]) => TfTensor[];
  loadLayersModel(handler: object): Promise<TrainableModel>;
}

/** An optimizer of TensorFlow.js. */
export interface TestOptimizer {
  minimize(f: () => TfTensor): void;
  dispose(): void;
}

/** A model that trains. */
export interface TrainableModel extends TfModel {
  readonly outputs: readonly { readonly shape: (number | null)[] }[];
  readonly trainableWeights: readonly unknown[];
  apply(x: TfTensor, options: object): TfTensor;
  dispose(): { numDisposedVariables: number };
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
  const [core, webgpu, wasm] = ["tfjs", "tfjs-backend-webgpu", "tfjs-backend-wasm"].map((name) =>
    `npm:@tensorflow/${name}@${VERSION}`
  );
  const tf = { ...await import(core) } as TestTf;
  tf.env().set("PROD", true); // no banner
  await import(webgpu);
  const { setThreadsCount, setWasmPaths } = await import(wasm);
  setThreadsCount(1); // its threads would outlive the tests
  setWasmPaths(decodeURIComponent(new URL("./", import.meta.resolve(wasm)).pathname));
  return tf;
}

/** Backends that there are in Deno; webgl is tested in Chromium. */
const BACKENDS = ["cpu", "wasm", "webgpu"] as const;
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
