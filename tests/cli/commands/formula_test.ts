import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { listing, program, run, smallTable, withFolder } from "../support.ts";

/** A table of `exp(sin(pi x) + y^2)`, as text of a file. */
function expSine(rows = 300): string {
  const lines = ["x,y,f"];
  for (let r = 0; r < rows; r++) {
    const x = 2 * ((r * 0.6180339887) % 1) - 1, y = 2 * ((r * 0.4142135624) % 1) - 1;
    lines.push(`${x},${y},${Math.exp(Math.sin(Math.PI * x) + y * y)}`);
  }
  return `${lines.join("\n")}\n`;
}

async function trained(folder: string, text: string, target: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/t.csv`, text);
  const model = `${folder}/m.safetensors`;
  const words = ["--data", `${folder}/t.csv`, "--target", target, "--model-out", model, "--quiet"];
  const { code, err } = await run("train", "--form", "network", ...words);
  assertEquals(code, 0, err);
}

Deno.test("formula finds the formula, keeps it, and predict, evaluate and inspect take it", async () => {
  await withFolder(async (folder) => {
    await trained(folder, expSine(), "f");
    const model = ["--model", `${folder}/m.safetensors`, "--data", `${folder}/t.csv`];
    const kept = `${folder}/f.json`;
    const first = await run("formula", ...model, "--model-out", kept, "--quiet");
    assertEquals([first.code, first.err], [0, ""]);
    assertStringIncludes(first.out, "\nf = exp(sin(pi*x) + y^2)\n");
    assertStringIncludes(first.out, "is pi");
    const { targets: [{ formula, status, scores, printedRmse }] } = JSON.parse(
      (await run("formula", ...model, "--json", "--quiet")).out,
    );
    assertEquals([formula.plain, status], ["exp(sin(pi*x) + y^2)", "exact"]);
    assert(scores.test.rmse < 1e-12 && scores.test.r2 > 1 - 1e-15);
    for (const style of ["plain", "latex", "javascript", "python", "json"]) {
      assert(printedRmse[style] < 1e-12, style);
    }
    const predicted = await run("predict", "--model", kept, "--data", `${folder}/t.csv`);
    const [head, row] = predicted.out.split("\n");
    assertEquals(head, "x,y,f,f_prediction");
    const [, , f, said] = row.split(",").map(Number);
    assert(Math.abs(f - said) < 1e-12);
    const evaluated = await run("evaluate", "--model", kept, "--data", `${folder}/t.csv`, "--json");
    assert(JSON.parse(evaluated.out).scores.rmse < 1e-12);
    assertStringIncludes((await run("inspect", "--model", kept)).out, "f = exp(sin(pi*x) + y^2)");
    for (
      const [style, text] of [
        ["latex", "e^{\\sin\\left(\\pi \\, x\\right) + y^{2}}\n"],
        ["javascript", "return Math.exp(Math.sin(Math.PI*x) + Math.pow(y, 2));"],
        ["python", "return math.exp(math.sin(math.pi*x) + y**2)"],
      ]
    ) {
      const { out } = await run("formula", ...model, "--print", style, "--quiet");
      assertStringIncludes(out, text);
    }
  });
});

Deno.test("--fix makes edges symbols; the model file stays, and one can go on from the formula", async () => {
  await withFolder(async (folder) => {
    await trained(folder, smallTable(), "y");
    const model = `${folder}/m.safetensors`, data = ["--data", `${folder}/t.csv`];
    const before = await Deno.readFile(model), half = `${folder}/half.json`;
    const fixed = await run(
      ...[
        "formula",
        "--model",
        model,
        ...data,
        "--fix",
        "0.0.0=x^2",
        "--model-out",
        half,
        "--quiet",
      ],
    );
    assertEquals([fixed.code, fixed.err], [0, ""]);
    assertStringIncludes(fixed.out, "after training the rest");
    assertEquals(await Deno.readFile(model), before);
    const again = await run("formula", "--model", half, ...data, "--fix", "0.1.0=x", "--quiet");
    assertEquals([again.code, again.err], [0, ""]);
    assertEquals((await run("evaluate", "--model", half, ...data)).code, 0);
    const twice = await run("formula", "--model", half, ...data, "--fix", "0.0.0=sin", "--quiet");
    assertEquals(twice.code, 2);
    assertStringIncludes(twice.err, "the edge must be one of 0.1.0");

    const picture = ["--svg", `${folder}/net.svg`, "--quiet"], given = ["--model", model, ...data];
    const drawn = await run("explain", ...given, ...picture, "--symbols", half);
    assertEquals([drawn.code, drawn.err], [0, ""]);
    const svg = await Deno.readTextFile(`${folder}/net.svg`);
    assertEquals(svg.match(/class="net-locked"/g)!.length, 1);
    assertStringIncludes(svg, ">x^2</text>");
    assertEquals((await run("explain", ...given, ...picture, "--symbols", "auto")).code, 0);
    for (
      const [flags, text] of [
        [[...picture, "--symbols", model], "in which no edge is fixed"],
        [["--symbols", "auto"], "--symbols must come with --svg or --report"],
      ] as const
    ) {
      const { code, err } = await run("explain", ...given, ...flags);
      assertEquals(code, 2);
      assertStringIncludes(err, text);
    }
  });
});

Deno.test("wrong requests of formula end with 2, one sentence, and nothing written", async () => {
  await withFolder(async (folder) => {
    await trained(folder, smallTable(), "y");
    await Deno.writeTextFile(`${folder}/short.csv`, "a,y\n1,2\n2,3\n");
    await Deno.writeTextFile(`${folder}/broken.json`, '{"format": "freeknot formula"');
    await Deno.writeTextFile(`${folder}/other.json`, '{"format": "something else"}');
    const wide = [
      "--widths",
      "2,200,1",
      "--schedule",
      "1",
      "--model-out",
      `${folder}/wide`,
      "--quiet",
    ];
    await run("train", "--data", `${folder}/t.csv`, "--target", "y", ...wide);
    const files = listing(folder);
    const model = ["--model", `${folder}/m.safetensors`], data = ["--data", `${folder}/t.csv`];
    const out = ["--model-out", `${folder}/out.json`];
    const cases: readonly (readonly [readonly string[], string])[] = [
      [[...model, "--data", `${folder}/short.csv`], 'must have a column "b"'],
      [[...model, ...data, "--library", "sinn"], "did you mean"],
      [[...model, ...data, "--fix", "0.0=sin"], "--fix must be EDGE=NAME"],
      [[...model, ...data, "--fix", "7.0.0=sin"], "the edge must be one of 0.0.0"],
      [[...model, ...data, "--fix", "0.0.0=sin", "--complexity", "3"], "--fix must come without"],
      [[...model, ...data, "--complexity", "0"], "--complexity"],
      [[...model, ...data, "--print", "latx"], "did you mean"],
      [model, "--data must be a table"],
      [["--model", `${folder}/wide`, ...data], "prune it first"],
      [["--model", `${folder}/broken.json`, ...data], "it must be JSON"],
      [["--model", `${folder}/other.json`, ...data], "format must be"],
    ];
    for (const [words, text] of cases) {
      const { code, out: printed, err } = await run("formula", ...words, ...out, "--quiet");
      assertEquals([code, printed], [2, ""], `${words.join(" ")}: ${err}`);
      assertStringIncludes(err, text);
      assertEquals(err.trim().split("\n").length, 1);
    }
    assertEquals(listing(folder), files);
  });
});

Deno.test("Ctrl-C prints the front found so far", async () => {
  await withFolder(async (folder) => {
    const noise = (r: number) => Math.sin(12.9898 * r) * 43758.5453 % 1;
    const lines = Array.from({ length: 300 }, (_, r) => {
      const [a, b, c] = [1, 2, 3].map((k) => noise(k * 1000 + r));
      return `${a},${b},${c},${Math.sin(3 * a * b + c) + Math.abs(a - c) + 0.1 * noise(r)}`;
    });
    await trained(folder, `a,b,c,y\n${lines.join("\n")}\n`, "y");
    const child = program(
      ["formula", "--model", "m.safetensors", "--data", "t.csv", "--model-out", "f.json"],
      folder,
    ).spawn();
    const reader = child.stderr.getReader(), { value } = await reader.read(); // "trying ..."
    assertStringIncludes(new TextDecoder().decode(value), "trying");
    child.kill("SIGINT");
    reader.releaseLock();
    const [out, , { code }] = await Promise.all([
      new Response(child.stdout).text(),
      child.stderr.pipeTo(new WritableStream()),
      child.status,
    ]);
    assertEquals(code, 130);
    assertStringIncludes(out, "complexity");
    assertStringIncludes(out, "stopped");
  });
});

Deno.test("units in the header: formulas of the right dimension come first", async () => {
  await withFolder(async (folder) => {
    const lines = Array.from({ length: 120 }, (_, r) => {
      const l = 0.5 + (r * 0.618) % 1, g = 2 + 8 * ((r * 0.414) % 1);
      return `${l},${g},${2 * Math.PI * Math.sqrt(l / g)}`;
    });
    await trained(folder, `length [m],g [m/s^2],period [s]\n${lines.join("\n")}\n`, "period [s]");
    const model = ["--model", `${folder}/m.safetensors`, "--data", `${folder}/t.csv`];
    const { code, out } = await run("formula", ...model, "--quiet");
    assertEquals(code, 0);
    assertStringIncludes(out, "period [s] = 2*pi*sqrt(length)/sqrt(g)");
    assertStringIncludes(out, "units: ");
  });
});

Deno.test("formulas of classes are logits: they predict classes, and constants get values", async () => {
  await withFolder(async (folder) => {
    const lines = ["x,y,kind"];
    for (let r = 0; r < 300; r++) {
      const x = 2 * ((r * 0.6180339887) % 1) - 1, y = 2 * ((r * 0.4142135624) % 1) - 1;
      lines.push(`${x},${y},${x + y + 0.4 * Math.sin(77 * r) > 0 ? "yes" : "no"}`);
    }
    await Deno.writeTextFile(`${folder}/t.csv`, `${lines.join("\n")}\n`);
    const data = ["--data", `${folder}/t.csv`], model = ["--model", `${folder}/m.safetensors`];
    const words = ["--target", "kind", "--loss", "cross-entropy", "--weight-decay", "0.01"];
    const short = ["--schedule", "4", "--intervals", "2"], kept = `${folder}/f.json`;
    const start = await run(
      "train",
      ...data,
      ...words,
      ...short,
      "--model-out",
      model[1],
      "--quiet",
    );
    assertEquals(start.code, 0, start.err);
    const limits = ["--library", "x,x^2", "--complexity", "12"];
    const found = await run("formula", ...model, ...data, ...limits, "--model-out", kept, "--json");
    const { targets: [{ name }], classes: [{ formula, network }] } = JSON.parse(found.out);
    assertEquals(name, "logit(kind = yes)");
    assert(formula.accuracy > network.accuracy - 0.05);
    const predicted = await run("predict", "--model", kept, ...data);
    const [head] = predicted.out.split("\n");
    assertEquals(head, "x,y,kind,kind_prediction,kind_probability_no,kind_probability_yes");
    const evaluated = await run("evaluate", "--model", kept, ...data, "--json");
    assert(JSON.parse(evaluated.out).scores.accuracy > 0.8);
    const refused = await run("formula", "--model", kept, ...data, "--fix", "c1=1");
    assertEquals(refused.code, 2);
  });
});
