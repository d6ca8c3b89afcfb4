import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { createNetwork, encodeEnsemble, encodeModel } from "../../../lib/model/mod.ts";
import { classTable, run, withFolder } from "../support.ts";

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
  const data = `${folder}/t.csv`, model = `${folder}/m`;
  await Deno.writeTextFile(data, table);
  const { code, err } = await run(
    ...[
      "train",
      "--form",
      "network",
      "--data",
      data,
      "--model-out",
      model,
      "--quiet",
      "--threads",
      "1",
      ...flags,
    ],
  );
  assertEquals(code, 0, err);
  return model;
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
    for (const claims of [["--monotone", "a:+,b:-", "--range", "80:120"], bent]) {
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
        ["--knots must be uniform", "--convex", "a", "--knots", "free"],
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
    const several = `${folder}/several`, solution = `${folder}/solution`;
    await Deno.writeFile(several, encodeEnsemble([network, network]));
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
        ["of one network", "--model", several, ...box],
        ["solution of an equation", "--model", solution, ...box],
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
