import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { decodeModel } from "../../../lib/model/mod.ts";
import { listing, ROOT, run, withFolder } from "../support.ts";

const DECAY = {
  name: "decay",
  domain: { t: [0, 1] },
  equations: [{ equation: "u_t = -k*u" }],
  conditions: [{ at: { t: 0 }, equation: "u = 1" }],
  constants: { k: 2 },
  exact: { u: "exp(-k*t)" },
};

Deno.test("solve solves a problem from a file and writes what it found", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/decay.json`, out = `${folder}/u.csv`, model = `${folder}/u.safetensors`;
    await Deno.writeTextFile(file, JSON.stringify(DECAY));
    const args = ["--hidden", "2", "--schedule", "20,10", "--seed", "1", "--quiet"];
    const { code, out: printed } = await run(
      ...["solve", "--file", file, ...args, "--out", out, "--model-out", model, "--json"],
    );
    assertEquals(code, 0);
    const result = JSON.parse(printed);
    assertEquals([result.problem, result.widths, result.levels.length], ["decay", [1, 2, 1], 2]);
    assertEquals(result.terms.map(({ name }: { name: string }) => name), [
      "equation 1",
      "condition 1",
    ]);
    assert(result.error.relativeL2 < 1e-2, printed);
    const [head, ...rows] = (await Deno.readTextFile(out)).trim().split("\n");
    assertEquals([head, rows.length], ["t,u,u_true", 1001]);
    const [t, u, truth] = rows[500].split(",").map(Number);
    assertEquals([t, truth], [0.5, Math.exp(-1)]);
    assert(Math.abs(u - truth) < 1e-2);
    const { network, metadata } = decodeModel(await Deno.readFile(model));
    assertEquals(network.parameters.length, result.parameters);
    assertEquals((metadata.problem as typeof DECAY).equations, DECAY.equations);
  });
});

Deno.test("solve prints levels, terms and errors for people", async () => {
  const { code, out } = await run(
    ...["solve", "--problem", "lotka-volterra", "--schedule", "1,1", "--quiet"],
    ...["--grid", "20", "--knots", "uniform", "--intervals", "3"],
  );
  assertEquals(code, 1); // two epochs are no solution
  assertMatch(out, /^lotka-volterra: \[1, 2\], unresolved/);
  assertMatch(out, /residual of +size of terms +trained, rms +fresh, rms/);
  assertMatch(out, /prey +\d/);
  assertMatch(out, /relative L2 error +\d/);
});

Deno.test("solve says how losses were measured where points or weights are renewed", async () => {
  const short = ["--problem", "lotka-volterra", "--schedule", "1,1", "--quiet"];
  const small = ["--knots", "uniform", "--intervals", "3"];
  const renewed = await run("solve", ...short, ...small, "--sampler", "slope", "--points", "20");
  assertStringIncludes(renewed.out, "with the points of their last stage");
  const weighted = await run("solve", ...short, ...small, "--weights", "causal", "--grid", "20");
  assertStringIncludes(weighted.out, "with the weights of their last stage");
  const { code, err } = await run("solve", ...short, "--renew", "5");
  assertEquals(code, 2);
  assertStringIncludes(err, "--renew must come with --sampler residual or slope or with --weights");
});

Deno.test("solve --list prints the gallery", async () => {
  const { code, out } = await run("solve", "--list");
  assertEquals(code, 0);
  assertMatch(out, /burgers +t, x +u_t \+ u\*u_x = nu\*u_xx/);
});

Deno.test("solve refuses what cannot be solved before it trains", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/p.json`;
    async function refused(text: string, part: string, ...flags: string[]): Promise<void> {
      await Deno.writeTextFile(file, text);
      const { code, err } = await run("solve", "--file", file, ...flags);
      assertEquals(code, 2, err);
      assert(err.includes(part), err);
      assertEquals(err.trim().split("\n").length, 1, err);
    }
    await refused("{", "it must be JSON");
    await refused("[1]", "the whole must be an object of domain, equations, conditions");
    await refused(JSON.stringify({ ...DECAY, conditions: [] }), "add one such as");
    await refused(
      JSON.stringify({ ...DECAY, equations: [{ equation: "u_t = -k*(u" }] }),
      "a closing bracket at column 12",
    );
    await refused(JSON.stringify(DECAY), "degree must be at least 2", "--degree", "1");
    await refused(JSON.stringify(DECAY), "one for each of 1 coordinates", "--grid", "5,5");
  });
  for (const args of [[], ["--problem", "burgers", "--file", "x"]]) {
    const { code, err } = await run("solve", ...args);
    assertEquals(code, 2);
    assert(err.includes("--problem NAME or --file FILE must be given"), err);
  }
  const { err } = await run("solve", "--problem", "burger");
  assert(err.includes("burgers"), err);
});

Deno.test("solve --report writes one page, --json one object, and both name the file", async () => {
  await withFolder(async (folder) => {
    const report = `${folder}/decay.html`;
    await Deno.writeTextFile(`${folder}/decay.json`, JSON.stringify(DECAY));
    const args = ["--file", `${folder}/decay.json`, "--hidden", "2", "--schedule", "3,2"];
    args.push("--knots", "free");
    const { code, out, err } = await run("solve", ...args, "--json", "--report", report);
    assertEquals(code, JSON.parse(out).status === "unresolved" ? 1 : 0);
    assertEquals(err.trimEnd().split("\n").map((line) => line.slice(0, 9)), [
      "level 1/2",
      "  epoch 3",
      "level 2/2",
      "  epoch 5",
    ]);
    const result = JSON.parse(out);
    assertEquals([result.report, result.schedule], [report, [3, 2]]);
    const page = await Deno.readTextFile(report);
    for (const part of ["<title>decay", "curve-residuals", 'id="knots"', "condition 1"]) {
      assertStringIncludes(page, part);
    }
    assertEquals(listing(folder).length, 2); // nothing temporary is left
    const [, ...again] = result.command.split(" ");
    const repeated = JSON.parse((await run(...again, "--json", "--quiet")).out);
    assertEquals([repeated.loss, repeated.command], [result.loss, result.command]);
  });
});

Deno.test("solve --report follows coefficients, measurements, periodic inputs and knots", async () => {
  await withFolder(async (folder) => {
    const report = `${folder}/r.html`;
    const page = async (...args: string[]) => {
      const { code, err } = await run("solve", ...args, "--quiet", "--report", report);
      assertEquals([code, err], [1, ""]); // two epochs are no solution
      const html = await Deno.readTextFile(report);
      const data = /id="report-data">(.*?)<\/script>/s.exec(html)![1];
      return { html, data: JSON.parse(data) };
    };
    const short = ["--schedule", "2,1", "--grid", "6,6", "--hidden", "2"];
    const inverse = await page("--problem", "inverse-diffusion", ...short, "--knots", "free");
    assertStringIncludes(inverse.html, "coefficients-chart");
    assertEquals(inverse.data.maps[0].points.length, 100);
    assertEquals(inverse.data.history.series.map(({ label }: { label: string }) => label), [
      "loss",
      "equation",
      "measurements",
    ]);
    const coefficient = inverse.data.profiles.at(-1);
    assertEquals([coefficient.id, coefficient.x], ["coefficients-chart", [1, 2, 3]]);
    const periodic = await page("--problem", "advection", ...short, "--knots", "free");
    for (const name of ["cos x", "sin x"]) assertStringIncludes(periodic.html, `<h4>${name}</h4>`);
    assertEquals(periodic.data.maps[0].panels.map(({ name }: { name: string }) => name), [
      "u",
      "true u",
      "error",
      "residual",
    ]);
  });
});

Deno.test("solve answers outputs and problems that cannot be before any training", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/p.json`, JSON.stringify(DECAY));
    const before = listing(folder);
    const own = ["--file", `${folder}/p.json`];
    const cases: [string, ...string[]][] = [
      ["--report must be a file, current value is a folder", ...own, "--report", folder],
      ["--report must lie in a folder that exists", ...own, "--report", `${folder}/no/r.html`],
      ["--report must be a file of its own", ...own, "--report", `${folder}/p.json`],
      [
        "--report must be a file of its own",
        ...own,
        "--out",
        `${folder}/r`,
        "--report",
        `${folder}/r`,
      ],
      ["--report must have a value", ...own, "--report"],
      ['did you mean "burgers"?', "--problem", "burgerz", "--report", `${folder}/r.html`],
      ["did you mean --file p.json?", "--problem", "p.json", "--report", `${folder}/r.html`],
      ["--degree must be at least 4 for derivatives of order 3", "--problem", "kdv", "--degree=3"],
      [
        "--grid must be integers",
        "--problem",
        "heat",
        "--grid",
        "9,9,9",
        "--report",
        `${folder}/r`,
      ],
      ["there is no such file", "--file", `${folder}/none.json`, "--report", `${folder}/r.html`],
    ];
    for (const [part, ...args] of cases) {
      const { code, out, err } = await run("solve", ...args);
      assertEquals([code, out], [2, ""], part);
      assertStringIncludes(err, part);
      assertEquals(err.trim().split("\n").length, 1, err);
    }
    assertEquals(listing(folder), before);
  });
});

Deno.test("solve refuses a wrong equation with a line that says what to add", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/p.json`;
    const cases: [Record<string, unknown>, string][] = [
      [{ conditions: [] }, 'add one such as { "at": { "t": 0 }, "equation": "u = ..." }'],
      [{ domain: { t: [0, null] } }, "cut an unbounded domain off where the solution is known"],
      [{ equations: [{ equation: "u_t = -q*u" }] }, "add it to constants, or to coefficients"],
      [{ equations: [{ equation: "u_y = -u" }] }, 'did you mean "u_t"?'],
      [
        { network: { hidden: [2], degree: 1 } },
        "degree must be at least 2 for derivatives of order 1",
      ],
    ];
    for (const [change, part] of cases) {
      await Deno.writeTextFile(file, JSON.stringify({ ...DECAY, ...change }));
      const { code, out, err } = await run("solve", "--file", file, "--report", `${folder}/r.html`);
      assertEquals([code, out], [2, ""], err);
      assertStringIncludes(err, part);
      assertEquals([...Deno.readDirSync(folder)].length, 1);
    }
  });
});

Deno.test("the problem in the README's words is one", async () => {
  await withFolder(async (folder) => {
    const readme = await Deno.readTextFile(new URL("README.md", ROOT));
    const [, text] = /```json\n(\{\n {2}"name": "fisher".*?)```/s.exec(readme)!;
    await Deno.writeTextFile(`${folder}/fisher.json`, text);
    const short = ["--schedule", "1", "--grid", "6,6", "--hidden", "2", "--quiet", "--json"];
    const { code, out } = await run("solve", "--file", `${folder}/fisher.json`, ...short);
    assertEquals(code, 1); // one epoch is no solution
    assertEquals(JSON.parse(out).problem, "fisher");
  });
});

Deno.test("solve takes an MLP from a file, and its command names no splines", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/decay.json`;
    const network = { hidden: [3], activation: "tanh" };
    await Deno.writeTextFile(file, JSON.stringify({ ...DECAY, network, epochs: [2] }));
    const { code, out } = await run("solve", "--file", file, "--quiet", "--json");
    assert(code <= 1);
    const { widths, activation, command } = JSON.parse(out);
    assertEquals([widths, activation], [[1, 3, 1], "tanh"]);
    assertStringIncludes(command, "--hidden 3 --schedule 2 --optimizer auto");
  });
});

Deno.test("solve and train answer within seconds where a network is too large", async () => {
  for (
    const args of [
      ["solve", "--problem", "poisson", "--hidden", "100000", "--schedule", "1"],
      ["train", "--problem", "nonsmooth", "--widths", "2,50000,50000,1", "--rows", "9"],
      ["train", "--problem", "nonsmooth", "--widths", "2,100000,1", "--rows", "50000"],
    ]
  ) {
    const begun = performance.now();
    const { code, err } = await run(...args);
    assertEquals(code, 2, err);
    assert(performance.now() - begun < 10_000, args.join(" "));
    assert(/small enough/.test(err), err);
  }
});

/** An evolution that goes window after window in time, without epochs. */
const COOLING = {
  domain: { x: [0, 1], t: [0, 1] },
  equations: [{ equation: "u_t = 0.1*u_xx - u^3" }],
  conditions: [
    { at: { t: 0 }, equation: "u = sin(pi*x)" },
    { at: { x: [0, 1] }, equation: "u = 0" },
  ],
};

Deno.test("solve --checkpoint: a run that is killed goes on to the same file", async () => {
  // bytes of the checkpoint at which the run is killed: an epoch, and some windows
  for (const [problem, bytes] of [[ROD, 1], [COOLING, 12_000]] as const) {
    await withFolder(async (folder) => {
      const file = `${folder}/problem.json`, kept = `${folder}/c`;
      await Deno.writeTextFile(file, JSON.stringify(problem));
      const asked = ["solve", "--file", file, "--tolerance", "1e-3", "--quiet"];
      await run(...asked, "--model-out", `${folder}/whole`);
      const killed = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", `${ROOT}/cli.ts`, ...asked, "--checkpoint", kept].concat(
          ["--checkpoint-every", "1"],
        ),
        cwd: ROOT,
        stdout: "null",
        stderr: "null",
      }).spawn();
      while (!((await Deno.stat(kept).catch(() => undefined))?.size! >= bytes)) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      killed.kill("SIGKILL");
      await killed.status;
      const { code } = await run(
        "solve",
        "--resume",
        kept,
        "--model-out",
        `${folder}/m`,
        "--quiet",
      );
      assertEquals(code, 0);
      assertEquals(await Deno.readFile(`${folder}/m`), await Deno.readFile(`${folder}/whole`));
      const other = await run(...asked.slice(0, 4), "1e-2", "--checkpoint", kept);
      assertEquals(other.code, 2);
      assertStringIncludes(other.err, "--tolerance must be 1e-3 as in the checkpoint");
    });
  }
});

Deno.test("solve --seeds keeps the best of several and tells how far they spread", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/rod.json`;
    await Deno.writeTextFile(file, JSON.stringify(ROD));
    const { code, out } = await run(
      ...["solve", "--file", file, "--tolerance", "1e-2", "--seeds", "1,2", "--quiet", "--json"],
    );
    assertEquals(code, 0);
    const { best, runs, spread, seed } = JSON.parse(out);
    assertEquals([runs.length, seed], [2, best]);
    assert(spread.coefficients.k.deviation < 1e-2 && spread.distance < 0.1, out);
    const both = await run("solve", "--file", file, "--seeds", "1,2", "--seed", "3");
    assertEquals(both.code, 2);
    assertStringIncludes(both.err, "--seed must come without --seeds");
  });
});

const ROD = {
  name: "rod",
  domain: { t: [0, 1], x: [0, 1] },
  coefficients: { k: 0.5 },
  equations: [{ equation: "u_t = k*u_xx" }],
  conditions: [
    { at: { t: 0 }, equation: "u = sin(pi*x)" },
    { at: { x: [0, 1] }, equation: "u = 0" },
    {
      data: { t: [0.5, 1], x: [0.5, 0.5], value: [0.60653066, 0.367879441] },
      equation: "u = value",
    },
  ],
};

Deno.test("solve prints eigenvalues with their errors, and refuses flags that mean nothing there", async () => {
  await withFolder(async (folder) => {
    const file = `${folder}/string.json`, out = `${folder}/modes.csv`;
    const ends = { x: [0, Math.PI] };
    await Deno.writeTextFile(
      file,
      JSON.stringify({
        domain: ends,
        eigenvalue: "lambda",
        equations: [{ equation: "-u_xx = lambda*u" }],
        conditions: [{ at: ends, equation: "u = 0" }],
      }),
    );
    const { code, out: printed } = await run(
      ...["solve", "--file", file, "--modes", "2", "--out", out],
    );
    assertEquals(code, 0);
    assertMatch(printed, /2 values of lambda, the lowest; converged/);
    assertMatch(printed, /1 +1\.0000000+/);
    const [head] = (await Deno.readTextFile(out)).split("\n");
    assertEquals(head, "x,u_1,u_2");
    const wrong = await run("solve", "--file", file, "--schedule", "3");
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.err, "--schedule must not come with an eigenvalue problem");
    const none = await run("solve", "--problem", "heat", "--modes", "2");
    assertEquals(none.code, 2);
    assertStringIncludes(
      none.err,
      '--modes must come with a problem that has the field "eigenvalue"',
    );
  });
});
