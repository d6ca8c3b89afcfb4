import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { numericColumn, parseTable } from "../../../lib/data/mod.ts";
import { exportModel, networkProgram } from "../../../lib/export/mod.ts";
import { createNetwork, forward } from "../../../lib/model/mod.ts";
import { listing, run, withFolder } from "../support.ts";

const KAN = {
  "layers.0.base_weight": [[1, -0.5]],
  "layers.0.spline_weight": [[[1, 2, 3], [0.5, -1, 2]]],
  "layers.0.grid": [[-2, -1, 0, 1, 2], [-2, -1, 0, 1, 2]],
};

Deno.test("import makes a model file that predict, inspect and export read", () =>
  withFolder(async (folder) => {
    const weights = `${folder}/kan.json`, model = `${folder}/kan`;
    await Deno.writeTextFile(weights, JSON.stringify(KAN));
    const files = ["--weights", weights, "--model-out", model];
    const made = await run("import", "--from", "efficient-kan", ...files, "--inputs", "a,b");
    assertEquals(made.code, 0, made.err);
    assertStringIncludes(made.out, "[2, 1], splines of degree 1, 4 intervals on [-2, 2]");
    assertStringIncludes(made.out, "reads a, b\ngives y1\n");
    await Deno.writeTextFile(`${folder}/t.csv`, "b,a\n0.5,-0.25\n7,-9\n");
    const { out } = await run("predict", "--model", model, "--data", `${folder}/t.csv`);
    const values = numericColumn(parseTable(out, { name: "out" }), "y1_prediction");
    const silu = (x: number) => x / (1 + Math.exp(-x));
    const inside = (1 - 0.75) * 1 + 0.75 * 2 + 0.5 * -1 + 0.5 * 2; // hats at -1, 0, 1
    assertAlmostEquals(values[0], silu(-0.25) - 0.5 * silu(0.5) + inside, 1e-14);
    assertAlmostEquals(values[1], silu(-9) - 0.5 * silu(7), 1e-14);
    assertEquals((await run("inspect", "--model", model)).code, 0);
    const c = ["--to", "c", "--out", `${folder}/kan.c`];
    assertEquals((await run("export", "--model", model, ...c)).code, 0);

    const mlp = createNetwork({ widths: [2, 3, 1], activation: "relu" }, { seed: 1 });
    const { content } = exportModel(networkProgram(mlp), { to: "onnx" }).files[0];
    await Deno.writeFile(`${folder}/mlp.onnx`, content as Uint8Array);
    const from = ["--from", "onnx", "--weights", `${folder}/mlp.onnx`, "--model-out", model];
    const printed = await run("import", ...from, "--json");
    assertEquals(JSON.parse(printed.out).config.widths, [2, 3, 1]);
    await Deno.writeTextFile(`${folder}/t.csv`, "x1,x2\n0.5,-0.25\n");
    const again = await run("predict", "--model", model, "--data", `${folder}/t.csv`);
    const [y] = numericColumn(parseTable(again.out, { name: "out" }), "y1_prediction");
    assertAlmostEquals(y, forward(mlp, Float64Array.of(0.5, -0.25))[0], 1e-14);
  }));

Deno.test("import reads models of TensorFlow.js; with --error splines stand for sigmoids", () =>
  withFolder(async (folder) => {
    const dense = (name: string, activation: string) => ({
      class_name: "Dense",
      config: { name, activation, use_bias: false },
    });
    const model = async (activation: string) => {
      const layers = [dense("a", activation), dense("b", "linear")];
      const weights = [["a/kernel", [2, 1]], ["b/kernel", [1, 1]]].map(([name, shape]) => ({
        ...{ name, shape, dtype: "float32" },
      }));
      const modelTopology = { class_name: "Sequential", config: { name: "m", layers } };
      const weightsManifest = [{ paths: ["weights.bin"], weights }];
      await Deno.writeTextFile(
        `${folder}/model.json`,
        JSON.stringify({ modelTopology, weightsManifest }),
      );
    };
    await Deno.writeFile(
      `${folder}/weights.bin`,
      new Uint8Array(Float32Array.of(1.5, -2, 3).buffer),
    );
    await Deno.writeTextFile(`${folder}/t.csv`, "x1,x2\n0.5,0.25\n1,0\n");
    const files = ["--weights", `${folder}/model.json`, "--model-out", `${folder}/m`];
    const from = ["import", "--from", "tfjs", ...files];
    const predicted = async () => {
      const { out } = await run("predict", "--model", `${folder}/m`, "--data", `${folder}/t.csv`);
      return numericColumn(parseTable(out, { name: "out" }), "y1_prediction");
    };
    await model("relu");
    assertEquals((await run(...from)).code, 0);
    const values = await predicted();
    assertAlmostEquals(values[0], 3 * 0.25, 1e-14);
    assertAlmostEquals(values[1], 3 * 1.5, 1e-14);

    await model("sigmoid");
    const refused = await run(...from);
    assertEquals([refused.code, refused.out], [2, ""]);
    assertStringIncludes(refused.err, "unless an error is given");
    const lacks = await run(...from, "--error", "1e-3", "--box", "x1=0:1");
    assertStringIncludes(lacks.err, "the range of every input");
    assertEquals(lacks.code, 2);
    const made = await run(...from, "--error", "1e-3", "--box", "x1=0:1,x2=0:1");
    assertEquals(made.code, 0, made.err);
    assertStringIncludes(made.out, "proven error in the box: ");
    const smooth = await predicted(), sigmoid = (z: number) => 3 / (1 + Math.exp(-z));
    assertAlmostEquals(smooth[0], sigmoid(0.25), 1e-3);
    assertAlmostEquals(smooth[1], sigmoid(1.5), 1e-3);
  }));

Deno.test("import refuses bad requests: exit code 2, one line, nothing written", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/kan.json`, JSON.stringify(KAN));
    await Deno.writeTextFile(`${folder}/broken.json`, '{"a": [1,');
    await Deno.writeTextFile(`${folder}/ragged.json`, '{"a": [[1], [1, 2]]}');
    const before = listing(folder);
    const cases: readonly (readonly [why: string, args: string])[] = [
      [
        "--from must be one of efficient-kan, pykan, onnx, tfjs",
        "--weights $/kan.json --model-out $/m",
      ],
      ["--weights must be a file of weights", "--from pykan --model-out $/m"],
      ["--model-out must be", "--from pykan --weights $/kan.json"],
      ["there is no such file", "--from pykan --weights $/none --model-out $/m"],
      ["act_fun.0.coef must be among", "--from pykan --weights $/kan.json --model-out $/m"],
      ["broken JSON", "--from pykan --weights $/broken.json --model-out $/m"],
      ["equal lengths", "--from pykan --weights $/ragged.json --model-out $/m"],
      ["ONNX model", "--from onnx --weights $/kan.json --model-out $/m"],
      [
        "--inputs must be 2 different names",
        "--from efficient-kan --weights $/kan.json --model-out $/m --inputs a,a",
      ],
      ["model.json of a tf.LayersModel", "--from tfjs --weights $/kan.json --model-out $/m"],
      [
        "--box must come with --error",
        "--from onnx --weights $/kan.json --model-out $/m --box a=0:1",
      ],
      ["with --from onnx or tfjs", "--from pykan --weights $/kan.json --model-out $/m --error 1"],
      ["a file that is read", "--from efficient-kan --weights $/kan.json --model-out $/kan.json"],
    ];
    for (const [why, args] of cases) {
      const { code, out, err } = await run("import", ...args.replaceAll("$", folder).split(" "));
      assertEquals([code, out], [2, ""], args);
      assertStringIncludes(err, why);
      assertEquals(err.trim().split("\n").length, 1, err);
    }
    assertEquals(listing(folder), before);
  }));
