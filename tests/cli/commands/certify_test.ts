import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { createNetwork, encodeModel } from "../../../lib/model/mod.ts";
import { classTable, run, trainNetwork, withFolder } from "../support.ts";

/** A table `a,b,y` with `y = 100 + 30 a - 5 b^2`, `a` in [0, 12] and `b` in [0, 1]. */
function plainTable(): string {
  const lines = ["a,b,y"];
  for (let r = 0; r < 150; r++) {
    const a = (r * 7) % 13, b = (r * 5) % 11 / 10;
    lines.push(`${a},${b},${100 + 30 * a - 5 * b * b}`);
  }
  return `${lines.join("\n")}\n`;
}

async function trained(folder: string, table: string, ...flags: string[]): Promise<string> {
  return (await trainNetwork(folder, table, ...flags)).model;
}

Deno.test("certify speaks in the units of the table", async () => {
  await withFolder(async (folder) => {
    const model = await trained(folder, plainTable(), "--target", "y");
    const claims = ["--monotone", "a:+", "--range", "90:470"];
    const { code, out, err } = await run(
      ...["certify", "--model", model, "--json", "--curvature", "--boxes", "2000", ...claims],
    );
    assertEquals([code, err], [0, ""]);
    const { box, outputs: [y], claims: [up, range], status } = JSON.parse(out);
    assertEquals(box, { a: [0, 12], b: [0, 1] });
    assertAlmostEquals(y.value.lower, 95, 1);
    assertAlmostEquals(y.value.upper, 460, 1);
    assert(y.value.lower <= y.value.reached[0] && y.value.reached[1] <= y.value.upper);
    const [a, b] = y.slopes;
    assertAlmostEquals(a.lower, 30, 2);
    assertAlmostEquals(a.upper, 30, 2);
    assertAlmostEquals(b.lower, -10, 5);
    assertEquals([y.bends.length, y.bends[1].input], [2, "b"]);
    assertEquals([up.status, up.input, range.status, status], ["proven", "a", "proven", "proven"]);

    const text = await run(
      ...[
        "certify",
        "--model",
        model,
        "--box",
        "a=3:4,b=0.5",
        "--monotone",
        "a:-",
        "--boxes",
        "200",
      ],
    );
    assertEquals([text.code, text.err], [1, ""]);
    for (
      const part of ["for a from 3 to 4, b = 0.5", "decreasing in a: refuted, the slope is 30"]
    ) assertStringIncludes(text.out, part);
    const fallen = await run(
      "certify",
      "--model",
      model,
      "--range",
      "90:200",
      "--json",
      "--boxes",
      "200",
    );
    const { value, at } = JSON.parse(fallen.out).claims[0].counterexample;
    assert(value > 200 && at[0] > 3);
    assertEquals(fallen.code, 1);
    const few = await run("certify", "--model", model, "--boxes", "1", "--tolerance", "1e-9");
    assertEquals(few.code, 0);
    assertStringIncludes(few.out, "budget");
  });
});

Deno.test("certify bounds the probability of a class, also of columns scaled by quantiles", async () => {
  await withFolder(async (folder) => {
    const model = await trained(
      ...[folder, classTable(), "--target", "kind", "--loss", "cross-entropy"] as const,
      ...["--intervals", "2", "--schedule", "2", "--scale", "quantile"],
    );
    const { code, out } = await run("certify", "--model", model, "--json", "--boxes", "100");
    assertEquals(code, 0);
    for (const { kind, probability: [low, high] } of JSON.parse(out).outputs) {
      assertEquals(kind, "logit");
      assert(0 <= low && low < high && high <= 1);
    }
    const bent = await run("certify", "--model", model, "--convex", "a");
    assertEquals(bent.code, 2);
    assertStringIncludes(bent.err, "scaled by");
  });
});

Deno.test("train holds a network to its flags, and certify proves it, for every seed", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, lines = ["a,b,y"];
    for (let r = 0; r < 80; r++) { // neither monotone nor convex
      const a = (r * 7) % 13, b = (r * 5) % 11 / 10;
      lines.push(`${a},${b},${100 + 20 * Math.sin(a) - 30 * Math.cos(4 * b)}`);
    }
    await Deno.writeTextFile(data, `${lines.join("\n")}\n`);
    const train = ["train", "--data", data, "--target", "y", "--schedule", "2,1", "--quiet"];
    const bent = ["--first-layer", "spline", "--widths", "2,1", "--convex", "b"];
    const hollow = ["--concave", "a", "--monotone", "b:+"];
    for (const claims of [["--monotone", "a:+,b:-", "--range", "80:120"], bent, hollow]) {
      for (const seed of ["1", "2"]) {
        const model = `${folder}/${seed}`, flags = [...claims, "--seed", seed];
        const made = await run(...train, ...flags, "--model-out", model, "--json");
        assertEquals([made.code, made.err], [0, ""]);
        const { command } = JSON.parse(made.out);
        for (const word of claims) assertStringIncludes(command, word);
        const asked = claims === bent ? claims.slice(-2) : claims;
        const wide = ["--box", "a=-20:40,b=-3:3"];
        const proof = await run("certify", "--model", model, ...asked, ...wide, "--boxes", "200");
        assertEquals([proof.code, proof.err], [0, ""], proof.out);
        assertStringIncludes(proof.out, "proven");
      }
    }
    for (
      const [part, ...flags] of [
        ["--monotone must name inputs", "--monotone", "c:+"],
        ["--concave must be left out beside convex", "--convex", "a", "--concave", "b"],
        ["--extrapolation must be clamp", "--range", "0:1", "--extrapolation", "linear"],
        ["--range must be LOW:HIGH", "--range", "0"],
        ["--basis must be bspline", "--monotone", "a:+", "--basis", "relu"],
        ["--range must come with --loss", "--range", "0:1", "--loss", "cross-entropy"],
      ]
    ) {
      const { code, err } = await run(...train, ...flags);
      assertEquals(code, 2, err);
      assertStringIncludes(err, part);
    }
  });
});

Deno.test("certify takes a network alone, and refuses what it cannot prove", async () => {
  await withFolder(async (folder) => {
    const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 }), alone = `${folder}/alone`;
    await Deno.writeFile(alone, encodeModel(network));
    const whole = await run("certify", "--model", alone, "--box", "x1=-1:1,x2=0:1");
    assertEquals([whole.code, whole.err], [0, ""]);
    const solution = `${folder}/solution`;
    await Deno.writeFile(solution, encodeModel(network, { problem: {} }));
    const strict = `${folder}/strict`, options = { widths: [2, 1], firstLayer: "spline" } as const;
    await Deno.writeFile(
      strict,
      encodeModel(createNetwork({ ...options, extrapolation: "error" }, { seed: 1 })),
    );
    const box = ["--box", "x1=0:1,x2=0:1"];
    for (
      const [part, ...args] of [
        ["--model must be a file that", ...box],
        ["current value is none", ...box],
        ["must hold a problem", "--model", solution, ...box],
        ["--residual must come with the solution", "--model", alone, ...box, "--residual"],
        ["extrapolation is error", "--model", strict, "--box", "x1=0:1,x2=0:2"],
        ["lacks x2", "--model", alone, "--box", "x1=0:1"],
        ["lacks x1", "--model", alone],
        ["LOW <= HIGH", "--model", alone, "--box", "x1=1:0,x2=0:1"],
        ["LOW <= HIGH", "--model", alone, "--box", "x1=1:2:3,x2=0:1"],
        ["x1 twice", "--model", alone, "--box", "x1=0:1,x1=0:1"],
        ['current value is "x3"', "--model", alone, "--box", "x3=0:1"],
        ["COLUMN:+ or COLUMN:-", "--model", alone, ...box, "--monotone", "x1"],
        ['current value is "q"', "--model", alone, ...box, "--convex", "q"],
        ["--range must be", "--model", alone, ...box, "--range", "2:1"],
        ["--output must be one of y", "--model", alone, ...box, "--output", "z"],
        ["--tolerance must be", "--model", alone, ...box, "--tolerance", "0"],
      ]
    ) {
      const { code, out, err } = await run("certify", ...args);
      assertEquals([code, out], [2, ""], `${args.join(" ")}: ${err}`);
      assertStringIncludes(err, part);
      assertEquals(err.trim().split("\n").length <= 2, true, err);
    }
  });
});

Deno.test("certify bounds the solution of an equation, and its residuals", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/decay.json`, model = `${folder}/m`;
    await Deno.writeTextFile(
      file,
      JSON.stringify({
        domain: { t: [0, 2] },
        coefficients: { k: 1 },
        equations: [{ name: "decay", equation: "u_t = -k*u" }],
        conditions: [
          { name: "start", at: { t: 0 }, equation: "u = 1" },
          { name: "end", at: { t: 2 }, equation: "u = exp(-1)" },
        ],
      }),
    );
    const flags = ["--schedule", "10", "--intervals", "4", "--quiet", "--model-out", model];
    const solved = await run("solve", "--file", file, ...flags);
    assertEquals([solved.code, solved.err], [0, ""]);
    const { code, out, err } = await run("certify", "--model", model, "--residual", "--json");
    assertEquals([code, err], [0, ""]);
    const { unknowns: [u], residuals, coefficients, status, box } = JSON.parse(out);
    assertAlmostEquals(coefficients.k, 0.5, 1e-3);
    assertAlmostEquals(u.upper, 1, 0.01);
    assertAlmostEquals(u.lower, Math.exp(-1), 0.01);
    assertEquals(residuals.map(({ name }: { name: string }) => name), ["decay", "start", "end"]);
    for (const { bound, reached } of residuals) {
      assert(reached <= bound && bound < 0.01, `${reached} ${bound}`);
    }
    assertEquals([status, box], ["bounded", { t: [0, 2] }]);
    const part = await run("certify", "--model", model, "--residual", "--box", "t=0.5:1");
    assertEquals([part.code, part.err], [0, ""]);
    assertStringIncludes(part.out, "for t from 0.5 to 1");
    assertStringIncludes(part.out, "residual of");
    assert(!part.out.includes("start"), "its face is not in the box");
    const above = await run("certify", "--model", model, "--range", "0:2");
    assertEquals([above.code, above.err], [0, ""]);
    assertStringIncludes(above.out, "u between 0 and 2: proven, it is at least 0.36");
    const below = await run("certify", "--model", model, "--range", "0:0.5", "--json");
    assertEquals(below.code, 1);
    const { claims: [{ status: refuted, counterexample }] } = JSON.parse(below.out);
    assertEquals(refuted, "refuted");
    assert(counterexample.value > 0.99 && counterexample.at.t < 0.01);
    for (
      const [message, ...args] of [
        ["--output of a solution must come with --range", "--output", "u"],
        ["--output must be one of u", "--output", "w", "--range", "0:1"],
        ["--monotone must come with the model of a table", "--monotone", "t:+"],
        ["box of t must lie in the domain", "--box", "t=-1:1"],
        ["--box must name inputs of the network (t)", "--box", "x=0:1"],
      ]
    ) {
      const wrong = await run("certify", "--model", model, ...args);
      assertEquals([wrong.code, wrong.out], [2, ""]);
      assertStringIncludes(wrong.err, message);
    }
  });
});

Deno.test("certify bounds the mean of an ensemble: of numbers, of the probability of a class", async () => {
  await withFolder(async (folder) => {
    const flags = ["--seeds", "1..2", "--keep", "mean", "--schedule", "2"];
    const numbers = await trained(folder, plainTable(), "--target", "y", ...flags);
    const asked = ["--monotone", "a:+", "--boxes", "1000"];
    const { code, out, err } = await run("certify", "--model", numbers, ...asked, "--json");
    assertEquals([code, err], [0, ""]);
    const { outputs: [y], status } = JSON.parse(out);
    assertAlmostEquals(y.value.upper, 460, 5);
    assertEquals([y.name, status], ["y", "proven"]);
    const lines = ["a,b,kind"];
    for (let r = 0; r < 120; r++) {
      const a = (r * 7) % 13, b = (r * 5) % 11;
      lines.push(`${a},${b},${a + b > 11 + 3 * Math.sin(r) ? "yes" : "no"}`);
    }
    const loss = ["--target", "kind", "--loss", "cross-entropy"];
    const two = await trained(folder, `${lines.join("\n")}\n`, ...loss, ...flags);
    const classes = await run("certify", "--model", two, "--range", "0:1", "--boxes", "200");
    assertEquals([classes.code, classes.err], [0, ""], classes.out);
    assertStringIncludes(classes.out, "probability of yes");
    assertStringIncludes(classes.out, "between 0 and 1: proven");
    const three = await trained(folder, classTable(), ...loss, ...flags);
    const many = await run("certify", "--model", three);
    assertEquals([many.code, many.out], [2, ""]);
    assertStringIncludes(many.err, "classes; train --keep best keeps one network");
  });
});

Deno.test("shapes are kept by checkpoints, means and two classes, and refused where they are lost", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, lines = ["a,b,kind,many"];
    for (let r = 0; r < 90; r++) {
      const a = (r * 7) % 13, b = (r * 5) % 11 / 10, wave = Math.sin(a) + Math.cos(4 * b);
      lines.push(`${a},${b},${wave > 0 ? "yes" : "no"},${"xyz"[r % 3]}`);
    }
    await Deno.writeTextFile(data, `${lines.join("\n")}\n`);
    const classes = [
      "--data",
      data,
      "--drop",
      "many",
      "--target",
      "kind",
      "--loss",
      "cross-entropy",
    ];
    const shape = ["--monotone", "a:+,b:-", "--quiet", "--threads", "1"];
    const mean = `${folder}/mean`, resumed = `${folder}/resumed`;
    const both = ["--seeds", "1..2", "--keep", "mean", "--schedule", "2", "--model-out", mean];
    const made = await run("train", ...classes, ...shape, ...both);
    assertEquals([made.code, made.err], [0, ""]);
    const kept = ["--checkpoint", `${folder}/c`, "--schedule", "2,1", "--model-out", resumed];
    assertEquals((await run("train", ...classes, ...shape, ...kept)).code, 0);
    await Deno.remove(resumed);
    const again = ["--resume", `${folder}/c`, "--model-out", resumed, "--quiet"];
    assertEquals((await run("train", ...again)).code, 0);
    for (const model of [mean, resumed]) {
      const claims = ["--monotone", "a:+,b:-", "--boxes", "500"];
      const proof = await run("certify", "--model", model, ...claims);
      assertEquals([proof.code, proof.err], [0, ""], proof.out);
    }
    for (
      const [part, ...args] of [
        [
          "current value is one of --monotone",
          ...["prune", "--model", resumed, "--data", data, "--model-out", `${folder}/p`],
        ],
        [
          "one of 3 classes",
          ...["train", "--data", data, "--target", "many", "--drop", "kind", "--monotone", "a:+"],
          ...["--loss", "cross-entropy"],
        ],
        ["must come with --keep best", "train", ...classes, ...both, "--convex", "a"],
      ]
    ) {
      const { code, err } = await run(...args);
      assertEquals(code, 2, err);
      assertStringIncludes(err, part);
    }
  });
});
