import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { decodeRelu, reluOutputs } from "../../../lib/convert/mod.ts";
import { createNetwork, decodeModel, encodeModel, forward } from "../../../lib/model/mod.ts";
import { listing, run, smallTable, withFolder } from "../support.ts";

async function trained(folder: string): Promise<string> {
  const data = `${folder}/t.csv`, model = `${folder}/m`;
  await Deno.writeTextFile(data, smallTable());
  const flags = ["--target", "y", "--schedule", "2,1", "--degree", "1", "--threads", "1"];
  await run("train", "--data", data, ...flags, "--quiet", "--model-out", model);
  return model;
}

Deno.test("convert: splines to ReLU and back predict the same rows, whatever the file", async () => {
  await withFolder(async (folder) => {
    const model = await trained(folder), data = `${folder}/t.csv`;
    const predictions = async (file: string) => {
      const { out, err } = await run("predict", "--model", file, "--data", data, "--quiet");
      assertEquals(err, "");
      return out.trim().split("\n").slice(1).map((line) => Number(line.split(",").at(-1)));
    };
    const before = await predictions(model);
    const convert = async (from: string, to: string, name: string, ...more: string[]) => {
      const file = `${folder}/${name}`;
      const flags = ["--model", from, "--to", to, "--model-out", file, "--json", ...more];
      const { code, out, err } = await run("convert", ...flags);
      assertEquals(code, 0, err);
      const { check, relu } = JSON.parse(out);
      assert(check.near.difference <= 1e-12, "near");
      assert(relu.depth >= 2);
      (await predictions(file)).forEach((value, r) => assert(Math.abs(value - before[r]) < 1e-10));
      return file;
    };
    const sparse = await convert(model, "relu", "r");
    const json = await convert(model, "relu", "r.json");
    const full = await convert(model, "relu", "full", "--full");
    await convert(sparse, "relu", "again.json");
    await convert(json, "splines", "s");
    await convert(full, "splines", "cubic", "--degree", "3");
    const free = await convert(full, "splines", "free", "--knots", "free");
    assertEquals(decodeModel(Deno.readFileSync(free)).network.config.knots, "free");
    assertEquals(
      decodeRelu(Deno.readFileSync(json)).network,
      decodeRelu(Deno.readFileSync(sparse)).network,
    );
    const least = ["--model", model, "--to", "splines", "--minimal", "--model-out", `${folder}/l`];
    const small = JSON.parse((await run("convert", ...least, "--json")).out);
    assert(small.proof.value < 1e-12 && small.proof.cells > 5);
    assertStringIncludes((await run("convert", ...least)).out, "compared at their vertices");
    const inspected = await run("inspect", "--model", json);
    assertStringIncludes(inspected.out, "degree 1");
    const text = await run(
      "convert",
      "--model",
      model,
      "--to",
      "relu",
      "--model-out",
      `${folder}/q`,
    );
    assertMatch(text.out, /from +splines \[2, 5, 1\].*\nto +a ReLU network \[2, 50, 1\], depth 2/);
    assertMatch(text.out, /units for every edge its widths would be \[2, 55, 1\]/);
  });
});

Deno.test("convert: a network without columns; bad requests write nothing", async () => {
  await withFolder(async (folder) => {
    const file = (name: string) => `${folder}/${name}`;
    const write = (name: string, options: Parameters<typeof createNetwork>[0]) => {
      const network = createNetwork(options, { seed: 1 });
      Deno.writeFileSync(file(name), encodeModel(network));
      return network;
    };
    const mlp = write("mlp", { widths: [2, 6, 6, 1], activation: "relu" });
    write("tanh", { widths: [2, 6, 1], activation: "tanh" });
    write("silu", { widths: [2, 6, 1], degree: 1, base: "silu" });
    write("cubic", { widths: [2, 6, 1] });
    const out = ["--model-out", file("s")];
    assertEquals((await run("convert", "--model", file("mlp"), "--to", "splines", ...out)).code, 0);
    const x = Float64Array.of(0.3, 50);
    const { network } = decodeModel(Deno.readFileSync(file("s")));
    assert(Math.abs(forward(network, x)[0] - forward(mlp, x)[0]) < 1e-12);
    await run("convert", "--model", file("cubic"), "--to", "relu", "--model-out", file("p.json"));
    const powers = decodeRelu(Deno.readFileSync(file("p.json"))).network;
    assertEquals(powers.layers[1].power, 3);
    assert(Number.isFinite(reluOutputs(powers, Float64Array.of(0.1, 0.1))[0]));

    const before = listing(folder);
    const refused: [string[], string][] = [
      [["--model", file("tanh"), "--to", "splines"], "an MLP with tanh"],
      [["--model", file("silu"), "--to", "relu"], "base silu"],
      [["--model", file("cubic"), "--to", "splines"], "splines of degree 3"],
      [["--model", file("mlp"), "--to", "onnx"], "one of relu, splines"],
      [["--model", file("mlp")], "--to must be relu or splines"],
      [["--model", file("mlp"), "--to", "splines", "--full"], "--to relu only"],
      [["--model", file("mlp"), "--to", "relu", "--degree", "2"], "--to splines only"],
      [["--model", file("mlp"), "--to", "splines", "--degree", "3", "--knots", "fixed"], "free"],
      [["--model", file("none"), "--to", "relu"], "there is no such file"],
    ];
    for (const [flags, text] of refused) {
      const { code, err } = await run("convert", ...flags, "--model-out", file("new"));
      assertEquals([code, err.trim().split("\n").length], [2, 1], err);
      assertStringIncludes(err, text);
    }
    const none = await run("convert", "--model", file("mlp"), "--to", "relu");
    assertStringIncludes(none.err, "--model-out must be");
    const over = await run(
      ...["convert", "--model", file("mlp"), "--to", "relu", "--model-out", file("mlp")],
    );
    assertStringIncludes(over.err, "a file that is read");
    assertEquals(listing(folder), before);
  });
});

Deno.test("regions: planes and lines in the columns' units, pictures, cells as JSON", async () => {
  await withFolder(async (folder) => {
    const model = await trained(folder), file = (name: string) => `${folder}/${name}`;
    const files = ["--svg", file("r.svg"), "--out", file("r.json"), "--report", file("r.html")];
    const plane = await run("regions", "--model", model, ...files, "--json");
    const found = JSON.parse(plane.out);
    assertEquals(found.place.inputs, ["a", "b"]);
    assert(found.regions > 3 && found.regions <= found.cells);
    const [, a] = found.place.box[0], [, b] = found.place.box[1];
    assert(Math.abs(found.volume - a * b) < 1e-12); // both columns begin at 0
    assert(Deno.readTextFileSync(file("r.svg")).startsWith("<svg"));
    const page = Deno.readTextFileSync(file("r.html"));
    for (const part of ["The largest regions", "slope by a", 'class="cell"', "least y"]) {
      assertStringIncludes(page, part);
    }
    const again = await run(...found.command.split(" ").slice(1), "--json");
    const { seconds: _, ...same } = JSON.parse(again.out), { seconds: __, ...first } = found;
    assertEquals(same, first);
    const complex = JSON.parse(Deno.readTextFileSync(file("r.json")));
    assertEquals([complex.cells.length, complex.inputs], [found.cells, ["a", "b"]]);
    assert(complex.neighbours.length > 0 && complex.cells[0].halfSpaces[0].length === 3);
    const line = await run("regions", "--model", model, "--line", "a=0:0.9", "--at", "b=0.5");
    assertMatch(line.out, /line +a from 0 to 0.900\ncells/);
    const bent = JSON.parse(
      (await run(
        "regions",
        "--model",
        model,
        "--line",
        "a=0:0.9,b=0:0.9",
        "--json",
        "--out",
        file("l.json"),
      )).out,
    );
    assertEquals(JSON.parse(Deno.readTextFileSync(file("l.json"))).pieces.length, bent.regions);
    assert(bent.kinks.every((t: number) => t > 0 && t < 1));
    const text = (await run("regions", "--model", model)).out;
    for (const part of ["plane", "per parameter", "at most", "of a ReLU MLP"]) {
      assertStringIncludes(text, part);
    }
    const before = listing(folder);
    const refused: [string[], string][] = [
      [["--plane", "a"], "two or three different inputs"],
      [["--plane", "a,c"], 'must name inputs (a, b), current value is "c"'],
      [["--line", "a=1:1"], "A and B different"],
      [["--line", "a=0:1", "--plane", "a,b"], "exclude each other"],
      [["--plane", "a,b", "--box", "a=2:1"], "COL=A:B with A < B"],
      [["--plane", "a,b", "--at", "a=1"], "must name other inputs"],
      [["--line", "a=0:1", "--at", "b=x"], "COL=X"],
      [["--line", "a=0:1", "--svg", file("x.svg")], "a plane of two inputs"],
      [["--output", "z"], "one of y"],
    ];
    for (const [flags, part] of refused) {
      const { code, err } = await run("regions", "--model", model, ...flags);
      assertEquals([code, err.trim().split("\n").length], [2, 1], err);
      assertStringIncludes(err, part);
    }
    assertEquals(listing(folder), before);
  });
});

Deno.test("regions: many inputs are bounded, cubic splines refused, files of convert read", async () => {
  await withFolder(async (folder) => {
    const mlp = createNetwork({ widths: [5, 6, 1], activation: "relu" }, { seed: 1 });
    Deno.writeFileSync(`${folder}/mlp`, encodeModel(mlp));
    const { out } = await run("regions", "--model", `${folder}/mlp`);
    assertMatch(out, /at least \d+ \(patterns at 100000 random points\)\nat most +63 /);
    await run("convert", "--model", `${folder}/mlp`, "--to", "relu", "--model-out", `${folder}/r`);
    const line = await run("regions", "--model", `${folder}/r`, "--line", "x1=-9:9");
    assertMatch(line.out, /cells +\d/);
    const cubic = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
    Deno.writeFileSync(`${folder}/cubic`, encodeModel(cubic));
    const refused = await run("regions", "--model", `${folder}/cubic`);
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.err, "splines of degree 3");
  });
});

Deno.test("train --activation relu: an MLP, the same bits again, then splines that predict the same", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/mlp`;
    await Deno.writeTextFile(data, smallTable());
    const mlp = ["train", "--data", data, "--target", "y", "--activation", "relu"];
    const flags = ["--widths", "2,6,6,1", "--schedule", "20", "--threads", "1", "--quiet"];
    const { code, out, err } = await run(...mlp, ...flags, "--model-out", model, "--json");
    assertEquals(code, 0, err);
    const { command, options, scores } = JSON.parse(out);
    assertEquals([options.activation, options.degree, options.starts], [
      "relu",
      undefined,
      undefined,
    ]);
    assert(scores.test.r2 > 0.9);
    const words = command.split(" ").slice(1);
    await run(...words, "--model-out", `${folder}/again`, "--quiet");
    const [first, again] = [model, `${folder}/again`].map((file) =>
      decodeModel(Deno.readFileSync(file)).network
    );
    assertEquals(again.parameters, first.parameters);
    const splines = `${folder}/s`;
    await run("convert", "--model", model, "--to", "splines", "--model-out", splines);
    const [a, b] = await Promise.all([model, splines].map(async (file) => {
      const shown = await run("evaluate", "--model", file, "--data", data, "--json", "--quiet");
      return JSON.parse(shown.out).loss;
    }));
    assert(Math.abs(a - b) <= 1e-12 * a);
    assertMatch((await run(...mlp, "--schedule", "1", "--quiet")).out, /an MLP with ReLU: 20 /);
    for (
      const [more, text] of [
        [["--degree", "3"], "--degree must come with --activation spline only"],
        [["--schedule", "4,2"], 'has no grid to refine), current value is "4,2"'],
        [["--widths", "2,1"], "at least 3 entries"],
      ] as const
    ) {
      const refused = await run(...mlp, ...more);
      assertEquals(refused.code, 2);
      assertStringIncludes(refused.err, text);
    }
  });
});
