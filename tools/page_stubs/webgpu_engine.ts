/**
 * No GPU for the page: its script has the CPU's engine alone.
 *
 * @module
 */

/** There is none. */
export function findWebgpuAdapter(): Promise<undefined> {
  return Promise.resolve(undefined);
}

/** Never called: without an adapter `--engine webgpu` is refused, and `auto` takes the CPU. */
export function createWebgpuEngine(): Promise<never> {
  return Promise.reject(new Error("the page has no WebGPU engine"));
}
