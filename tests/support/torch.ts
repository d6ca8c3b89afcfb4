/**
 * PyTorch as an independent oracle: `torch` is imported, float64, one thread.
 *
 * @module
 */

import { pythonOracle } from "./python.ts";

/** PyTorch's version and the program runner. */
export const { version: torchVersion, run: runTorch } = pythonOracle("torch", "PyTorch", [
  "import torch",
  "torch.set_default_dtype(torch.float64)",
  "torch.set_num_threads(1)",
]);
