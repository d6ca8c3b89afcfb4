/**
 * What a GPU can do: bytes and operations per second, measured through WebGPU.
 *
 * @module
 */

/** GPUBufferUsage, constants of the standard. */
const COPY = 4 | 8, STORAGE = 128;

async function openDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  return await adapter!.requestDevice();
}

/** Milliseconds of one piece of work: a long row of it less a short one. */
async function timeOf(
  device: GPUDevice,
  encode: (encoder: GPUCommandEncoder, count: number) => void,
  count: number,
): Promise<number> {
  async function once(count: number): Promise<number> {
    const begin = performance.now();
    const encoder = device.createCommandEncoder();
    encode(encoder, count);
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return performance.now() - begin;
  }
  await once(2);
  const less = await once(2), more = await once(2 + count);
  return (more - less) / count;
}

/** Bytes per second of a copy on the device, read and written. */
export async function measureBandwidth(): Promise<number> {
  const device = await openDevice();
  const size = 2 ** 27;
  const [from, to] = [0, 1].map(() => device.createBuffer({ size, usage: COPY }));
  const milliseconds = await timeOf(device, (encoder, count) => {
    for (let i = 0; i < count; i++) encoder.copyBufferToBuffer(from, 0, to, 0, size);
  }, 20);
  device.destroy();
  return 2 * size / (milliseconds / 1000);
}

const THREADS = 2 ** 20, STEPS = 256, CHAINS = 8;

/** Multiply-adds per second in float32: chains that do not wait for each other. */
export async function measureMultiplyAdds(software: boolean): Promise<number> {
  const device = await openDevice();
  const chains = Array.from({ length: CHAINS }, (_, i) => i);
  const code = `
@group(0) @binding(0) var<storage, read_write> values: array<f32>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let a = values[id.x];
  let b = values[id.x + 1u];
  ${chains.map((i) => `var x${i} = a + ${i}.0;`).join("\n  ")}
  for (var k = 0u; k < ${STEPS}u; k++) {
    ${chains.map((i) => `x${i} = fma(x${i}, a, b);`).join("\n    ")}
  }
  values[id.x] = ${chains.map((i) => `x${i}`).join(" + ")};
}
`;
  const threads = software ? THREADS / 256 : THREADS;
  const pipeline = device.createComputePipeline({
    layout: "auto",
    compute: { module: device.createShaderModule({ code }), entryPoint: "main" },
  });
  const buffer = device.createBuffer({ size: 4 * (threads + 1), usage: STORAGE });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  const milliseconds = await timeOf(device, (encoder, count) => {
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let i = 0; i < count; i++) pass.dispatchWorkgroups(threads / 256);
    pass.end();
  }, 20);
  device.destroy();
  return threads * STEPS * CHAINS / (milliseconds / 1000);
}
