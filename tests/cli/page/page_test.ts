import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { WEBGPU_FLAGS } from "../../support/browser_page.ts";
import { run, smallTable } from "../support.ts";
import { click, DESK, dropFile, ENDED, fileOf, until, withPlayground } from "./open_page.ts";

const SHORT = "#rows=300&schedule=4%2C3";
const bytesOf = (text: string) => new TextEncoder().encode(text);

Deno.test("the page trains, refines, goes back, and gives the files of freeknot train", async () => {
  await withPlayground(SHORT, async (page, folder) => {
    await until(page, `${ENDED} && /^epoch 7 of 7 · 10 intervals/.test(sum.textContent)`);
    const command = await page.evaluate<string>(`document.getElementById("command").textContent`);
    const model = await fileOf(page, "model"), checkpoint = await fileOf(page, "checkpoint");
    const words = command.split(" ").slice(2);
    const direct = await run("train", ...words, "--model-out", `${folder}/direct`, "--quiet");
    assertEquals(direct.code, 0, direct.err);
    assertEquals(model, await Deno.readFile(`${folder}/direct`));
    assertEquals(checkpoint.length > 1000, true);
    const code = new TextDecoder().decode(await fileOf(page, "js"));
    assertStringIncludes(code, "export function predict");

    await click(page, "#refine"); // one more level than the schedule has
    await until(page, `/ 20 intervals/.test(sum.textContent) && !${ENDED}`);
    await click(page, "#play");
    await until(page, `${ENDED} && /^epoch 10 of 10 · 20 intervals/.test(sum.textContent)`);
    await click(page, "[data-level='0']");
    await until(page, `/^epoch 4 of 7 · 5 intervals/.test(sum.textContent)`);
    await click(page, "[data-level='-1']");
    await until(page, `/^epoch 0 of 7 · 5 intervals/.test(sum.textContent)`);
    await click(page, "#step");
    await until(page, `/^epoch 1 of 7/.test(sum.textContent)`);
  });
});

Deno.test("a run begun in a tab goes on in the command line to the same bits, and back", async () => {
  await withPlayground(SHORT, async (page, folder) => {
    await until(page, ENDED);
    const whole = await fileOf(page, "model");
    await click(page, "[data-level='-1']");
    await until(page, `/^epoch 0 /.test(sum.textContent)`);
    for (let epoch = 1; epoch <= 5; epoch++) {
      await click(page, "#step");
      await until(page, `/^epoch ${epoch} /.test(sum.textContent)`);
    }
    const kept = await fileOf(page, "checkpoint"), file = `${folder}/kept`;
    await Deno.writeFile(file, kept);
    const resumed = await run("train", "--resume", file, "--model-out", `${folder}/m`, "--quiet");
    assertEquals(resumed.code, 0, resumed.err);
    assertEquals(await Deno.readFile(`${folder}/m`), whole);

    await page.evaluate(`set("c-problem", "xor")`); // another run, so that the first is forgotten
    await until(page, `/^epoch 0 of 7 .* 360 parameters/.test(sum.textContent)`);
    await dropFile(page, "kept", kept);
    await until(page, `/^epoch 5 of 7/.test(sum.textContent)`);
    assertEquals(await page.evaluate(`document.getElementById("c-problem").value`), "nonsmooth");
    await click(page, "#play");
    await until(page, `${ENDED} && /^epoch 7 of 7/.test(sum.textContent)`);
    assertEquals(await fileOf(page, "model"), whole);
  });
});

Deno.test("rows of exponentials, sines and Bessel functions have the same bits in a tab", async () => {
  for (const problem of ["exp-sine", "bessel"]) {
    await withPlayground(`${SHORT}&problem=${problem}`, async (page, folder) => {
      await until(page, ENDED);
      const model = await fileOf(page, "model");
      const command = await page.evaluate<string>(`document.getElementById("command").textContent`);
      const words = command.split(" ").slice(2);
      assertEquals(words.includes(problem), true, command);
      const direct = await run("train", ...words, "--model-out", `${folder}/m`, "--quiet");
      assertEquals(direct.code, 0, direct.err);
      assertEquals(model, await Deno.readFile(`${folder}/m`), problem);
    });
  }
});

Deno.test("a dropped table is trained as the command line trains it", async () => {
  await withPlayground("#schedule=3%2C2", async (page, folder) => {
    const text = smallTable(80);
    await until(page, `document.documentElement.dataset.drawn !== undefined`);
    await dropFile(page, "small.csv", bytesOf(text));
    await until(
      page,
      `${ENDED} && document.getElementById("command").textContent.includes("small.csv")`,
    );
    await Deno.writeTextFile(`${folder}/small.csv`, text);
    const words = (await page.evaluate<string>(`document.getElementById("command").textContent`))
      .replace("small.csv", `${folder}/small.csv`).split(" ").slice(2);
    const { code, err } = await run("train", ...words, "--model-out", `${folder}/m`, "--quiet");
    assertEquals(code, 0, err);
    const ours = await fileOf(page, "model"), theirs = await Deno.readFile(`${folder}/m`);
    const tensors = 8 * 160; // the parameters, at the end: what stands before names the table's folder
    assertEquals(ours.slice(-tensors), theirs.slice(-tensors));
  });
});

Deno.test("a faulty table gets the sentence of the command line", async () => {
  const faults = {
    "cells.csv": "a,b,y\n1,2,3\n4,5\n",
    "twice.csv": "a,a,y\n1,2,3\n4,5,6\n",
    "quote.csv": 'a,b,y\n1,"2,3\n4,5,6\n',
    "empty.csv": "",
    "words.csv": `a,y\n${
      Array.from({ length: 30 }, (_, k) => `${k},${k === 7 ? "x" : k}`).join("\n")
    }\n`,
  };
  await withPlayground("#schedule=2", async (page, folder) => {
    await until(page, ENDED);
    await page.evaluate(`window.command_ = document.getElementById("command")`);
    for (const [name, text] of Object.entries(faults)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
      await dropFile(page, name, bytesOf(text));
      await until(page, `!fault.hidden && fault.textContent.includes(${JSON.stringify(name)})`);
      const loss = await page.evaluate<string>(`document.getElementById("loss-kind").value`);
      const { code, err } = await run(
        ...[
          "train",
          "--form",
          "network",
          "--data",
          `${folder}/${name}`,
          "--target",
          "y",
          "--quiet",
        ],
        ...["--schedule", "2", ...(loss === "" ? [] : ["--loss", loss])],
      );
      const said = err.replaceAll(`${folder}/`, "").replace(/^freeknot: /, "")
        .replace(/ \(freeknot train --help tells more\)\n$/, "");
      assertEquals(await page.evaluate("fault.textContent"), said);
      assertEquals(code, 2);
    }
    const hostile = "<b>a</b>,</svg><script>x</script>\n1,2\n3,4\n2,6\n5,1\n0,0\n";
    await dropFile(page, "<i>.csv", bytesOf(hostile));
    await until(page, `fault.hidden && ${ENDED} && /script/.test(command_.textContent)`);
    assertEquals(
      await page.evaluate("document.querySelectorAll('b:not(#sum b), i, main script').length"),
      0,
    );
    await page.evaluate(`set("c-learn", "formula"); set("c-formula", "sin(")`);
    await until(page, `fault.textContent.startsWith("Cannot read formula")`);
    await page.evaluate(`set("c-more", "--engine auto")`);
    await until(page, `/Cannot read formula|engine must be cpu/.test(fault.textContent)`);
    await page.evaluate(`set("c-more", "")`);
    await page.evaluate(`set("c-formula", "abs(x - 0.3)")`);
    await until(page, `fault.hidden && ${ENDED}`);
    assert(await page.evaluate(`location.hash.includes("formula=abs%28x")`));
  });
});

Deno.test("the page fits a phone and a dark screen, has words for its pictures, and keys", async () => {
  await withPlayground(SHORT, async (page) => {
    await until(page, ENDED);
    const labels = await page.evaluate<string[]>(
      `[...document.querySelectorAll(".pictures svg[role=img]")].map((svg) => svg.getAttribute("aria-label"))`,
    );
    assertEquals(labels.length, 6); // three maps, knots, loss, network
    for (const label of labels) assert(label.length > 20, label);
    assertMatch(
      labels[4],
      /^Loss over work: .* after the first epoch, .* refined to 10 intervals$/,
    );
    assertMatch(await page.evaluate("said.textContent"), /^completed: .*RMSE/);
    const unnamed = await page.evaluate(
      `[...document.querySelectorAll("button, input, select, textarea")]
      .filter((field) => field.checkVisibility() && !field.textContent && !field.labels?.length &&
        !field.ariaLabel).map((field) => field.outerHTML)`,
    );
    assertEquals(unnamed, []);
    await page.show({ ...DESK, scheme: "dark" });
    assertEquals(
      await page.evaluate("getComputedStyle(document.body).backgroundColor"),
      "rgb(20, 23, 27)",
    );
    await page.show({ width: 390, height: 812, ratio: 2, mobile: true });
    assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 390);
    await page.evaluate(`document.activeElement.blur(); document.body.dispatchEvent(
      new KeyboardEvent("keydown", { key: "b", bubbles: true }))`);
    await until(page, `/^epoch 0 of 7/.test(sum.textContent)`);
    await page.evaluate(
      `document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "s", bubbles: true }))`,
    );
    await until(page, `/^epoch 1 of 7/.test(sum.textContent)`);
    await page.evaluate(
      `savedBefore = blobs.length; document.querySelector("[data-save=loss][data-as=svg]").click();
      document.querySelector("[data-save=knots][data-as=png]").click()`,
    );
    await until(page, "blobs.length === savedBefore + 2");
    const types = await page.evaluate<string[]>("blobs.slice(savedBefore).map(({ type }) => type)");
    assertEquals(types, ["image/svg+xml", "image/png"]);
  });
});

Deno.test("a curve that is drawn by hand becomes the table that is learned", async () => {
  await withPlayground("#learn=drawn&schedule=3", async (page) => {
    await until(page, ENDED);
    await page.evaluate(`(() => {
      const pad = document.getElementById("pad"), { left, top, width, height } = pad.getBoundingClientRect();
      pad.setPointerCapture = () => {};
      pad.hasPointerCapture = () => true;
      const send = (type, x, y) => pad.dispatchEvent(new PointerEvent(type, {
        pointerId: 1, bubbles: true, clientX: left + x * width, clientY: top + y * height,
      }));
      send("pointerdown", 0, 1);
      for (let k = 1; k <= 20; k++) send("pointermove", k / 20, 1 - k / 20);
      send("pointerup", 1, 0);
    })()`);
    await until(page, `${ENDED} && document.querySelectorAll(".runs tbody tr").length === 2`);
    const table = new TextDecoder().decode(await fileOf(page, "data"));
    const rows = table.trim().split("\n").slice(1).map((line) => line.split(",").map(Number));
    assertEquals(table.split("\n")[0], "x,y");
    for (const [x, y] of rows) assert(Math.abs(x - y) < 0.02, `${x}, ${y}`);
  });
});

Deno.test("the page finds the formula of freeknot formula, and writes reports", async () => {
  const hash = "#learn=formula&formula=x%5E2%20%2B%20y&rows=200&schedule=8&widths=2,1&first=spline";
  await withPlayground(hash, async (page, folder) => {
    await until(page, ENDED);
    for (const kind of ["model", "data", "formula"]) {
      const bytes = await fileOf(page, kind);
      const name = { model: "model.safetensors", data: "function.csv" }[kind] ?? "found.json";
      await Deno.writeFile(`${folder}/${name}`, bytes);
    }
    const found = JSON.parse(await Deno.readTextFile(`${folder}/found.json`));
    const shown = await page.evaluate<string>("found.textContent");
    assertStringIncludes(shown, `= ${found.targets[0].text}\n`);
    const [, , ...words] = found.command.split(" "), at = `${folder}/`;
    const here = words.map((word: string) => /\.(safetensors|csv)$/.test(word) ? at + word : word);
    const out = `${folder}/formula.json`;
    here[here.indexOf("--model-out") + 1] = out;
    const direct = await run("formula", ...here, "--quiet");
    assertEquals(direct.code, 0, direct.err);
    const theirs = JSON.parse(await Deno.readTextFile(out));
    assertEquals({ ...found, command: "" }, { ...theirs, command: "" });
    const report = new TextDecoder().decode(await fileOf(page, "report"));
    assertStringIncludes(report, "<!DOCTYPE html>");
    assertStringIncludes(report, "freeknot train");
  });
});

Deno.test("where nothing is to move, nothing trains before it is asked to", async () => {
  await withPlayground(SHORT, async (page) => {
    await until(page, `document.documentElement.dataset.drawn === "0"`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assertMatch(await page.evaluate("sum.textContent"), /^epoch 0 of 7/);
    await click(page, "#play");
    await until(page, ENDED);
  }, { ...DESK, calm: true });
});

Deno.test("a long run keeps the page's memory and its frames", async () => {
  await withPlayground("#optimizer=adam&rows=100&schedule=1200", async (page) => {
    await until(page, `/^epoch [3-9]\\d\\d of/.test(sum.textContent)`);
    const nodes = () => page.evaluate<number>("document.querySelectorAll('*').length");
    const before = await nodes();
    await page.evaluate(`window.frames_ = []; window.watch = setInterval(() =>
      frames_.push(Number(document.documentElement.dataset.frame)), 50)`);
    await until(page, ENDED);
    assert(await nodes() < before + 200, "the page holds no more than it shows");
    const frames = await page.evaluate<number[]>(
      "clearInterval(watch), frames_.sort((a, b) => a - b)",
    );
    // on a busy machine others' turns are in it: a frame's own work is what the quick ones take
    assert(frames[Math.floor(frames.length / 10)] < 50, `frames take ${frames} ms`);
    const points = await page.evaluate<number>(
      `Math.max(...[...document.querySelectorAll("#loss path")].map((path) =>
        path.getAttribute("d").split("L").length))`,
    );
    assert(points > 100 && points <= 700, `the curve of the loss is thinned: ${points} points`);
  });
});

Deno.test("the page trains by WebGPU where there is an adapter, and says where there is none", async () => {
  const hash = "#rows=100&schedule=3%2C2&engine=webgpu&widths=2%2C3%2C1";
  await withPlayground(hash, async (page) => {
    await until(page, `${ENDED} && /^epoch 5 of 5/.test(sum.textContent)`, 120_000);
    assertMatch(await page.evaluate("notes.textContent"), /engine: webgpu, float32, on /);
    assertMatch(await page.evaluate(`document.getElementById("command").textContent`), /webgpu/);
    await page.evaluate(`set("c-engine", "")`);
    await until(page, `${ENDED} && document.querySelectorAll(".runs tbody tr").length === 2`);
  }, { ...DESK, flags: WEBGPU_FLAGS });
  await withPlayground(hash, async (page) => {
    await until(page, "!fault.hidden");
    assertMatch(await page.evaluate("fault.textContent"), /^Cannot train: --engine must be cpu/);
    page.faults.splice(0); // the browser itself tells of an adapter that it lacks
  });
});
