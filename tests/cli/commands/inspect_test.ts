import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { diagnose } from "../../../cli/models/diagnostics.ts";
import { createNetwork, encodeModel } from "../../../lib/model/mod.ts";
import { run, smallTable, withFolder } from "../support.ts";

Deno.test("inspect shows options, layout, layers and the command to repeat", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`;
    await Deno.writeTextFile(data, smallTable());
    const flags = ["--target", "y", "--schedule", "2,1", "--quiet"];
    await run("train", "--data", data, ...flags, "--model-out", model);
    const { code, out } = await run("inspect", "--model", model);
    assertEquals(code, 0);
    for (
      const part of ["spline0.coefficients  [5, 13, 1]", "linear.bias", "Gram condition", "a, b"]
    ) assertStringIncludes(out, part);
    assertMatch(out, /\n *spline0 .*, (good|narrow|a kink) .*, (good|usual)\n/);
    assertStringIncludes(out, `freeknot train --data ${data} --target y --inputs a,b`);
    const json = JSON.parse((await run("inspect", "--model", model, "--json")).out);
    assertEquals([json.parameters, json.layers.length], [160, 1]);
    const [layer] = json.layers;
    assertEquals([layer.numBasis, layer.functions, layer.uniformInterval], [13, 65, 0.2]);
    assert(layer.smallestInterval > 0 && layer.smallestInterval < 0.2);
    assert(layer.batchSize > 1, "24 rows");
    assert(layer.gramCondition > 1 && layer.statistics.minimum.length === 5);
    await Deno.writeTextFile(`${folder}/one.csv`, "a,b\n0.5,0.5\n");
    const one = await run("inspect", "--model", model, "--data", `${folder}/one.csv`, "--json");
    const [alone] = JSON.parse(one.out).layers;
    assertEquals([alone.deadFunctions, alone.batchSize], [5 * (13 - 4), 1]); // one point wakes 4
  });
});

Deno.test("inspect shows a network that train did not write", async () => {
  await withFolder(async (folder) => {
    const network = createNetwork({ widths: [1, 2, 1], normalisation: "none" }, { seed: 1 });
    await Deno.writeFile(`${folder}/m`, encodeModel(network));
    const { code, out } = await run("inspect", "--model", `${folder}/m`);
    assertEquals(code, 0);
    assertStringIncludes(out, "not written by freeknot train");
    assertStringIncludes(out, "no normalisation");
  });
});

Deno.test("diagnose() passes on what is known of the support", () => {
  const network = createNetwork({
    widths: [1, 1],
    firstLayer: "spline",
    knots: "uniform",
    domain: [0, 10],
    intervals: 10,
  }, { seed: 1 });
  const [layer] = diagnose(network, { deadFunctions: [5], batchSizes: [7] });
  assertEquals([layer.smallestInterval, layer.deadFunctions, layer.batchSize], [1, 5, 7]);
  assertEquals("batchSize" in diagnose(network)[0], false);
});

Deno.test("inspect shows an MLP", async () => {
  await withFolder(async (folder) => {
    const network = createNetwork({ widths: [2, 30, 1], activation: "relu" }, { seed: 1 });
    await Deno.writeFile(`${folder}/m`, encodeModel(network));
    const { code, out } = await run("inspect", "--model", `${folder}/m`);
    assertEquals(code, 0);
    assertStringIncludes(out, "an MLP\n");
    assertMatch(out, /parameters +120\n/);
    assertStringIncludes(out, "linear1.weights  [30, 1]");
    const json = JSON.parse((await run("inspect", "--model", `${folder}/m`, "--json")).out);
    assertEquals([json.config.activation, json.layers], ["relu", []]);
  });
});
