/**
 * Kernels: WGSL with its buffers declared as data, compiled once per device and degree.
 *
 * @module
 */

import { FIELDS_WGSL } from "./stage_fields.ts";

/** One kernel's text and the storage buffers that it sees, at bindings 1, 2, ... */
export interface KernelSource {
  /** For labels and the cache; unique. */
  readonly name: string;
  /** Name and access of each buffer, at most 8. */
  readonly buffers: readonly (readonly [name: string, access: "read" | "write"])[];
  /** Functions and one entry point `main`. */
  readonly code: string;
}

/**
 * A kernel from the text that follows.
 *
 * @param buffers `"read ones -> written ones"`, in the order of their bindings.
 */
export function kernel(name: string, buffers: string) {
  const [reads, writes] = buffers.split("->").map((names) => names.match(/\w+/g) ?? []);
  return (text: TemplateStringsArray, ...parts: readonly (string | number)[]): KernelSource => ({
    name,
    buffers: [
      ...reads.map((buffer) => [buffer, "read"] as const),
      ...writes.map((buffer) => [buffer, "write"] as const),
    ],
    code: String.raw({ raw: text }, ...parts),
  });
}

/** A compiled kernel. */
interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

/**
 * WebGPU's guaranteed number of storage buffers per stage: with more, kernels read stale data, and
 * no error tells.
 */
const MAX_STORAGE_BUFFERS = 8;

/** GPUShaderStage.COMPUTE, a constant of the standard. */
const COMPUTE = 4;

/**
 * The complete WGSL text of a kernel.
 *
 * @param source The kernel.
 * @param degree Degree of the splines: the constant `DEGREE`.
 */
function kernelText({ buffers, code }: KernelSource, degree: number): string {
  const declarations = buffers.map(([name, access], i) =>
    `@group(0) @binding(${i + 1}) var<storage, ${
      access === "read" ? "read" : "read_write"
    }> ${name}: array<f32>;`
  );
  return [
    `const DEGREE: u32 = ${degree}u;`,
    FIELDS_WGSL,
    "@group(0) @binding(0) var<uniform> P: Stage;",
    ...declarations,
    code,
  ].join("\n");
}

const compiled = new WeakMap<GPUDevice, Map<string, Kernel>>();

/** Compiles a kernel, or takes it from the device's cache. */
function compileKernel(device: GPUDevice, source: KernelSource, degree: number): Kernel {
  let cache = compiled.get(device);
  if (!cache) compiled.set(device, cache = new Map());
  const key = `${source.name} ${degree}`;
  const known = cache.get(key);
  if (known) return known;
  if (source.buffers.length > MAX_STORAGE_BUFFERS) {
    throw new RangeError(
      `Cannot compile kernel ${source.name}: its buffers must be at most ${MAX_STORAGE_BUFFERS}, ` +
        `current value is ${source.buffers.length}`,
    );
  }
  const label = `freeknot ${key}`;
  const layout = device.createBindGroupLayout({
    label,
    entries: [
      { binding: 0, visibility: COMPUTE, buffer: { type: "uniform" } },
      ...source.buffers.map(([, access], i): GPUBindGroupLayoutEntry => ({
        binding: i + 1,
        visibility: COMPUTE,
        buffer: { type: access === "read" ? "read-only-storage" : "storage" },
      })),
    ],
  });
  const pipeline = device.createComputePipeline({
    label,
    layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
    compute: {
      module: device.createShaderModule({ label, code: kernelText(source, degree) }),
      entryPoint: "main",
    },
  });
  const kernel = { pipeline, layout };
  cache.set(key, kernel);
  return kernel;
}

/** One dispatch, ready to be encoded. */
export interface Dispatch {
  readonly kernel: Kernel;
  readonly bindGroup: GPUBindGroup;
  /** Workgroups in x and y. */
  readonly groups: readonly [number, number];
  /** Whether it runs once per trial (in z) or once. */
  readonly perTrial: boolean;
}

/** Binds a kernel to buffers by their names; `groups` are workgroups in x and y. */
export type Bind = ReturnType<typeof createBind>;

/** The function that binds kernels to buffers that all share, and to more. */
export function createBind(
  device: GPUDevice,
  degree: number,
  shared: Readonly<Record<string, GPUBuffer>>,
) {
  return (
    source: KernelSource,
    uniform: GPUBuffer,
    more: Readonly<Record<string, GPUBuffer>>,
    groups: readonly [number, number],
    perTrial = false,
  ): Dispatch => {
    const kernel = compileKernel(device, source, degree), named = { ...shared, ...more };
    const bindGroup = device.createBindGroup({
      label: `freeknot ${source.name}`,
      layout: kernel.layout,
      entries: [uniform, ...source.buffers.map(([name]) => named[name])]
        .map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
    return { kernel, bindGroup, groups, perTrial };
  };
}

/** Workgroups in x and y for many independent threads: `x + y * 32768` counts groups. */
export function manyGroups(groups: number): [number, number] {
  return groups <= WIDE ? [groups, 1] : [WIDE, Math.ceil(groups / WIDE)];
}

const WIDE = 32_768;

/** The number of a workgroup dispatched by {@linkcode manyGroups}, as a WGSL expression. */
export const FLAT_GROUP = `(group.x + group.y * ${WIDE}u)`;

/** Encodes dispatches in order into a pass. */
export function encodeDispatches(
  pass: GPUComputePassEncoder,
  dispatches: readonly Dispatch[],
  trials: number,
): void {
  for (const { kernel, bindGroup, groups: [x, y], perTrial } of dispatches) {
    pass.setPipeline(kernel.pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(x, y, perTrial ? trials : 1);
  }
}
