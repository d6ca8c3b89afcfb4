/**
 * The command `export`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** Writes a model for another runtime. */
export const exportCommand: Command = command({
  name: "export",
  purpose: "Write a model as ONNX, JavaScript, C, Python, SQL or tables of integers.",
  synopsis: [
    "freeknot export --model FILE --to onnx|js|c|python|sql|lut --out FILE [--dtype float32]",
  ],
  flags: [{
    title: "Flags",
    flags: [
      sharedFlag("model", { text: "A network that train kept, or a formula that formula kept." }),
      flag("to TARGET", "onnx, js, c, python, sql or lut."),
      flag(
        "out FILE",
        "Where it goes: for c a name that ends with .c (a header .h goes beside it), for js with " +
          ".js or .mjs (types .d.ts or .d.mts), for lut with .c.",
      ),
      flag(
        "dtype FORMAT",
        "float64 or float32: of tables, and of arithmetic but in JavaScript.",
        "float64",
      ),
      flag("table NAME", "Of sql: the table that is read.", "data"),
      flag(
        "error X",
        "The largest error that is proven for every row inside the ranges of the training rows, in " +
          "the target's units (of classes, of probabilities; of lut, of logits): knots, degrees, " +
          "digits and float64 are given up as far as it allows.",
        "nothing is given up; of lut a thousandth of the target's range, of logits 0.1",
      ),
      flag("box COL=A:B,...", "With --error: other ranges than those of the training rows."),
      sharedFlag("json"),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "What is written reads raw columns, in the order in which it lists them, and gives predictions " +
    "in the target's units; of classes the probabilities and the label. An ensemble is written " +
    "whole. NaN gives NaN; a network that refuses rows outside its domain gives NaN for them.",
    "Where columns are no plain numbers, features of them are read: rank=Prof is 1 for that level. js " +
    "and python have a function features() that makes them of raw columns, missing cells among them; " +
    "sql reads raw columns, unless one holds dates.",
    "The numbers agree with predict to rounding: 1e-14 of the largest output in float64, 1e-6 in " +
    "float32. With --error they may differ by that, and the error that is proven is printed, " +
    "rounding included; without --dtype the format is float32 where that takes at most a quarter of " +
    "the error. lut is made of integers only and prints the error that is proven for it.",
    "The file of a sparse ReLU network, as convert writes it, is written as it is: units that are " +
    "one product each, and compressed rows; in ONNX Gemm and Relu; for lut as splines.",
  ],
  examples: {
    "For any program that runs ONNX":
      "freeknot export --model houses.safetensors --to onnx --out houses.onnx --dtype float32",
    "Small enough for a page, wrong by 0.5 at most":
      "freeknot export --model houses.safetensors --to js --error 0.5 --out houses.js",
    "A web page": "freeknot export --model houses.safetensors --to js --out houses.js",
    "A query":
      "freeknot export --model houses.safetensors --to sql --table houses --out houses.sql",
  },
}, async () => (await import("./steps.ts")).exportSteps);
