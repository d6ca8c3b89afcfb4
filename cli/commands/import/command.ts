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
  purpose: "Make a model file of efficient-kan or pykan, or of an MLP in ONNX or TensorFlow.js.",
  synopsis: [
    "freeknot import --from efficient-kan|pykan|onnx|tfjs --weights FILE --model-out FILE [--json]",
  ],
  flags: [{
    title: "Flags",
    flags: [
      flag("from SYSTEM", "efficient-kan, pykan, onnx or tfjs."),
      flag(
        "weights FILE",
        "The state dict as JSON (nested lists by name) or safetensors; of onnx the file; of tfjs " +
          "model.json, beside which weights.bin lies.",
      ),
      sharedFlag("model-out", { text: "The network, for all other commands." }),
      flag("inputs COL,COL", "Names of the input columns.", "x1,x2,..."),
      flag("targets COL,COL", "Names of the outputs.", "y1,y2,..."),
      flag(
        "error X",
        "Of onnx and tfjs: make splines of all functions; outputs differ by X at most, proven.",
      ),
      flag("box COL=A:B,...", "With --error: the range of every input, where that is proven."),
      flag("degree N", "With --error: degree of the splines, 1 to 9.", "3, with ReLU 1"),
      sharedFlag("json"),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "Columns and outputs are taken as they are, without scales. Networks of splines are equal on the " +
    "whole line, to the rounding of float32 weights; they keep silu. Edges that are symbols, " +
    "multiplications, and layers whose grids have different ends are refused.",
    "An ONNX file must be a chain of Gemm, MatMul, Add and Relu, or Tanh; a model of TensorFlow.js " +
    "or Keras a chain of Dense layers with relu, or tanh. With --error functions may also be " +
    "sigmoid, gelu, silu (swish) and softplus, and may differ from layer to layer: each becomes a " +
    "spline with the fewest intervals whose error is proven. The proven error is printed.",
  ],
  examples: {
    "A network of efficient-kan":
      "freeknot import --from efficient-kan --weights kan.json --model-out kan.safetensors",
    "An MLP of TensorFlow.js":
      "freeknot import --from tfjs --weights model.json --model-out mlp.safetensors",
    "Splines instead of sigmoids":
      "freeknot import --from onnx --weights net.onnx --inputs a,b --box a=0:1,b=-2:2 \\\n" +
      "  --error 1e-4 --model-out splines.safetensors",
    "An MLP of PyTorch":
      "freeknot import --from onnx --weights mlp.onnx --model-out mlp.safetensors",
  },
}, async () => (await import("./steps.ts")).importSteps);
