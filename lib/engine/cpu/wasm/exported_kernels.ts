/**
 * Kernels that are called one by one, by the names of their arguments.
 *
 * @module
 */

import type { ExportedKernel } from "./abi.ts";
import type { Arguments } from "./kernel_calls.ts";
import { decodeBest } from "./kernel_text.ts";

/** The kernels of a list. */
export type ExportedKernels<List extends Readonly<Record<string, ExportedKernel>>> = {
  readonly [Name in keyof List]: (
    args: Arguments<List[Name], number>,
  ) => {
    readonly void: void;
    readonly f64: number;
    readonly i32: number;
    readonly bool: boolean;
  }[List[Name]["gives"]];
};

/** Binds a module's kernels to a memory. */
export function bindKernels<List extends Readonly<Record<string, ExportedKernel>>>(
  list: List,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): ExportedKernels<List> {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const bound = Object.entries(list).map(([name, { takes, gives }]) => {
    const kernel = exports[name] as (...numbers: number[]) => number | undefined;
    const names = Object.keys(takes), numbers = new Array<number>(names.length);
    return [name, (args: Readonly<Record<string, number | boolean>>) => {
      for (let i = 0; i < names.length; i++) numbers[i] = Number(args[names[i]]);
      const result = kernel(...numbers);
      return gives === "bool" ? result !== 0 : result;
    }];
  });
  return Object.fromEntries(bound) as ExportedKernels<List>;
}

/**
 * Gives the function that binds kernels to a memory.
 *
 * @param list Kernels of the module, one of the lists of abi.ts.
 * @param relaxed The module with relaxed SIMD, and the same without.
 */
export function kernelBinder<List extends Readonly<Record<string, ExportedKernel>>>(
  list: List,
  relaxed: string,
  plain: string,
) {
  let compiled: WebAssembly.Module | undefined;
  return (memory: WebAssembly.Memory): ExportedKernels<List> => {
    compiled ??= new WebAssembly.Module(decodeBest(relaxed, plain));
    return bindKernels(list, compiled, memory);
  };
}
