/**
 * The command `import`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** Makes a model file of another system's weights. */
export const importCommand: Command = command({
  name: "import",
  purpose: "Make a model file of the weights of efficient-kan or pykan, or of an MLP in ONNX.",
  synopsis: [
    "freeknot import --from efficient-kan|pykan|onnx --weights FILE --model-out FILE [--json]",
  ],
  flags: [{
    title: "Flags",
    flags: [
      flag("from SYSTEM", "efficient-kan, pykan or onnx."),
      flag(
        "weights FILE",
        "The state dict as JSON (nested lists by name) or safetensors; of onnx the file.",
      ),
      sharedFlag("model-out", { text: "The network, for all other commands." }),
      flag("inputs COL,COL", "Names of the input columns.", "x1,x2,..."),
      flag("targets COL,COL", "Names of the outputs.", "y1,y2,..."),
      sharedFlag("json"),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "Columns and outputs are taken as they are, without scales. Networks of splines are equal on the " +
    "whole line, to the rounding of float32 weights; they keep silu. Edges that are symbols, " +
    "multiplications, and layers whose grids have different ends are refused.",
    "An ONNX file must be a chain of Gemm, MatMul, Add and Relu, or Tanh.",
  ],
  examples: {
    "A network of efficient-kan":
      "freeknot import --from efficient-kan --weights kan.json --model-out kan.safetensors",
    "An MLP of PyTorch":
      "freeknot import --from onnx --weights mlp.onnx --model-out mlp.safetensors",
  },
}, async () => (await import("./steps.ts")).importSteps);
