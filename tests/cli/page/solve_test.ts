import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FIRST_STATE, planOf, readState, writeState } from "../../../cli/page/view/state.ts";
import { layOutSolution } from "../../../cli/page/work/solution_pictures.ts";
import { prepareSolve } from "../../../cli/page/work/solve_run.ts";
import { createNetwork } from "../../../lib/model/mod.ts";
import { findPde, pdeNetwork, pdeProblems, solvePde } from "../../../lib/physics/mod.ts";
import { run } from "../support.ts";
import { click, ENDED, fileOf, until, withPlayground } from "./open_page.ts";

const COMMAND = `document.getElementById("command").textContent`;

Deno.test("an equation of the page is a request of freeknot solve, and its address reads back", () => {
  const state = { ...FIRST_STATE, learn: "equation", order: "4", levels: "3,2" };
  assertEquals(readState(writeState(state)), state);
  const plan = planOf(state, undefined);
  assertEquals(plan.words.slice(0, 6), ["--problem", "heat", "--degree", "4", "--schedule", "3,2"]);
  const { request, command } = prepareSolve(plan);
  assertEquals([request.problem.name, request.network.degree, request.epochs], ["heat", 4, [3, 2]]);
  assertStringIncludes(command, "freeknot solve --problem heat --degree 4");
  const text = planOf({ ...state, equation: "own" }, undefined);
  assertEquals(prepareSolve(text).request.problem.title, "logistic growth");
  assertEquals(
    readState(writeState({ ...state, equation: "own" })).pde,
    FIRST_STATE.pde,
  );
});

Deno.test("every equation of the gallery has its pictures", () => {
  for (const { name } of pdeProblems) {
    const problem = findPde(name);
    const network = createNetwork(pdeNetwork(problem), { seed: 1 });
    const { picture, error } = layOutSolution(problem).of(network, problem.coefficients ?? {});
    assertEquals(picture.panels.length, problem.unknowns?.length ?? 1);
    assertEquals(
      error !== undefined,
      problem.exact !== undefined || problem.reference !== undefined,
    );
  }
});

Deno.test("a listener that asks for the solution leaves the run as it is", async () => {
  for (const name of ["heat", "inverse-diffusion", "lotka-volterra"]) {
    const problem = findPde(name), network = { hidden: [2] };
    const schedule = { name: "short", startFactor: 1, stages: [{ epochs: 6 }] };
    const plain = await solvePde(problem, { network, schedule });
    let last: Float64Array | undefined, asked = 0;
    const heard = await solvePde(problem, {
      ...{ network, schedule },
      onEvent(event, _terms, _coefficients, solution) {
        last = solution().parameters;
        if (event.type === "epoch") asked++;
      },
    });
    assertEquals(heard.network, plain.network, name);
    assertEquals(heard.coefficients, plain.coefficients, name);
    assertEquals(last, plain.network.parameters, name);
    assert(asked > 0, name);
  }
});

Deno.test("an equation solved in the page is the file that freeknot solve writes", async () => {
  const decay = {
    ...{ title: "decay", domain: { t: [0, 1] } },
    equations: [{ equation: "u_t = -u*cos(t) + (tanh(u) - tanh(exp(-sin(t))))*sinh(t)^3" }],
    ...{ conditions: [{ at: { t: 0 }, equation: "u = 1" }], exact: { u: "exp(-sin(t))" } },
  };
  const pde = encodeURIComponent(JSON.stringify(decay));
  const hash = `#learn=equation&equation=own&pieces=4&levels=12,8&pde=${pde}`;
  await withPlayground(hash, async (page, folder) => {
    await until(page, ENDED);
    const model = await fileOf(page, "model");
    const text = await page.evaluate<string>(`document.getElementById("c-pde").value`);
    await Deno.writeTextFile(`${folder}/problem.json`, text);
    const command = await page.evaluate<string>(COMMAND);
    const words = command.replace("problem.json", `${folder}/problem.json`).split(" ").slice(2);
    const table = `${folder}/table.csv`;
    const direct = await run("solve", ...words, "--model-out", `${folder}/m`, "--out", table);
    assertEquals(direct.code, 0, direct.err);
    assertEquals(model, await Deno.readFile(`${folder}/m`));
    assertEquals(
      new TextDecoder().decode(await fileOf(page, "data")),
      await Deno.readTextFile(table),
    );
    assertMatch(
      await page.evaluate<string>("said.textContent"),
      /^converged: .*Relative residual over work: .*; relative L2 error /,
    );
    assertMatch(await page.evaluate<string>("notes.textContent"), /decay/);
    const report = new TextDecoder().decode(await fileOf(page, "report"));
    assertStringIncludes(report, "--file problem.json");
    assertEquals(
      await page.evaluate<string[]>(
        `[...document.querySelectorAll(".pictures svg[role=img]")].map((svg) => svg.ariaLabel.slice(0, 12))`,
      ),
      ["u over t: th", "Paths of kno", "Relative res", "Network with"].map((label) =>
        label.slice(0, 12)
      ),
    );
  });
});

Deno.test("a faulty equation gets the sentence of freeknot solve", async () => {
  const faults = [
    "{",
    "[]",
    `{"domain": {"t": [0, 1]}, "equations": [{"equation": "u_t = -k*u"}], "conditions": []}`,
    `{"domain": {"t": [0, 1]}, "equations": [{"equation": "u_t = -u"}], "conditions": []}`,
    `{"domain": {"t": [1, 0]}, "equations": [{"equation": "u_t = -u"}], "conditions": []}`,
  ];
  await withPlayground("#learn=equation&equation=own&levels=2", async (page, folder) => {
    await until(page, ENDED);
    const file = `${folder}/problem.json`;
    let before = "";
    for (const text of faults) {
      await page.evaluate(`set("c-pde", ${JSON.stringify(text)})`);
      await until(page, `!fault.hidden && fault.textContent !== ${JSON.stringify(before)}`);
      await Deno.writeTextFile(file, text);
      const { code, err } = await run("solve", "--file", file, "--schedule", "2", "--quiet");
      assertEquals(code, 2);
      before = await page.evaluate<string>("fault.textContent");
      const said = err.replaceAll(`${folder}/`, "").replace(/^freeknot: /, "")
        .replace(/ \(freeknot solve --help tells more\)\n$/, "");
      assertEquals(before, said);
    }
  });
});

Deno.test("solving stops when asked to, with the best network so far", async () => {
  await withPlayground("#learn=equation&equation=inverse-diffusion", async (page) => {
    await until(page, `/^epoch [3-9]/.test(sum.textContent)`);
    await click(page, "#play");
    await until(page, ENDED);
    assertMatch(await page.evaluate<string>("said.textContent"), /^stopped/);
    const model = await fileOf(page, "model");
    assert(model.length > 1000);
  });
});
