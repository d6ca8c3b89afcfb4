import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { run, smallTable, spawn, withFolder } from "../support.ts";

const SHORT = ["--schedule", "2,1", "--quiet", "--threads", "1"];

function checkSvg(text: string): void {
  assert(text.startsWith("<svg ") && text.endsWith("</svg>\n"), text.slice(0, 80));
  assert(!/NaN|undefined|Infinity/.test(text.replace(/base64,[^"]*/g, "")), "numbers are finite");
}

Deno.test("train draws pictures and draw draws them again from the model", async () => {
  await withFolder(async (folder) => {
    const svg = `${folder}/n.svg`, model = `${folder}/n`, again = `${folder}/again.svg`;
    const trained = await run(
      ...["train", "--problem", "nonsmooth", "--svg", svg, "--model-out", model, ...SHORT],
    );
    assertEquals(trained.code, 0, trained.err);
    assertStringIncludes(trained.out, `pictures: ${svg}`);
    const text = await Deno.readTextFile(svg);
    checkSvg(text);
    for (const title of ["Loss", "Network", "Prediction of nonsmooth", "Absolute error"]) {
      assertStringIncludes(text, title);
    }
    const drawn = await run("draw", "--model", model, "--svg", again, "--json");
    assertEquals([drawn.code, drawn.err], [0, ""]);
    assertEquals(JSON.parse(drawn.out).svg, again);
    const same = await Deno.readTextFile(again);
    checkSvg(same);
    const maps = (each: string) => [...each.matchAll(/base64,[^"]*/g)].map(([map]) => map);
    assertEquals(maps(same), maps(text));
  });
});

Deno.test("a table's network: effects and edges by name, in the order that was asked for", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, svg = `${folder}/t.svg`;
    await Deno.writeTextFile(data, smallTable());
    const { code, err } = await run(
      ...["train", "--data", data, "--target", "y", "--svg", svg, "--pictures", "effects,loss"],
      ...SHORT,
    );
    assertEquals(code, 0, err);
    const text = await Deno.readTextFile(svg);
    checkSvg(text);
    assert(text.indexOf("Effect of a on y") < text.indexOf(">Loss<"));
  });
});

Deno.test("a solution outside its shape stays white, and its error is left out where it is unknown", async () => {
  await withFolder(async (folder) => {
    const problem = {
      name: "disk",
      domain: { x: [-1, 1], y: [-1, 1] },
      shape: { disk: { center: [0, 0], radius: 1 } },
      equations: [{ equation: "u_xx + u_yy = -1" }],
      conditions: [{ equation: "u = 0", on: "boundary" }],
    };
    const file = `${folder}/p.json`, svg = `${folder}/p.svg`;
    await Deno.writeTextFile(file, JSON.stringify(problem));
    const { code, err } = await spawn(
      ["solve", "--file", file, "--svg", svg, "--pictures", "solution,error", "--schedule", "2"],
      folder,
    );
    assert(code < 2, err);
    assertStringIncludes(err, "there is no picture of error here");
    const text = await Deno.readTextFile(svg);
    checkSvg(text);
    assertStringIncludes(text, "Solution u");
  });
});

Deno.test("PNG is drawn where the package is, else refused before the work", async () => {
  await withFolder(async (folder) => {
    const png = `${folder}/n.png`;
    const { code, err } = await spawn(
      [
        ...["train", "--problem", "nonsmooth", "--png", png, "--pictures", "loss"],
        ...["--schedule", "1", "--quiet"],
      ],
      folder,
    );
    if (code === 2) {
      assertStringIncludes(err, "Cannot draw: --png");
      console.warn(`SKIPPED: ${err}`);
      return;
    }
    assertEquals(code, 0, err);
    const bytes = await Deno.readFile(png);
    assertEquals([...bytes.subarray(1, 4)], [...new TextEncoder().encode("PNG")]);
    assertEquals(new DataView(bytes.buffer).getUint32(16), 3 * 460);
  });
});

Deno.test("wrong pictures are refused in a sentence, and nothing is written", async () => {
  const cases: readonly (readonly [string, string])[] = [
    ["train --problem xor --pictures loss", "--pictures must come with --svg or --png"],
    ["train --problem xor --svg a.svg --pictures los", 'current value is "los"'],
    ["train --problem xor --svg a.png", "--svg must be a file FILE.svg"],
    ["train --problem xor --seeds 1,2 --keep mean --svg a.svg", "--svg must come with --keep best"],
    ["draw --model none --svg a.svg", "none"],
    ["draw --model none", "--svg FILE.svg or --png FILE.png must be given"],
    ["solve --problem burgers --svg a.svg --pictures prediction", '"prediction"'],
  ];
  await withFolder(async (folder) => {
    for (const [line, words] of cases) {
      const { code, err } = await spawn(line.split(" "), folder);
      assertEquals(code, 2, `${line}: ${err}`);
      assertStringIncludes(err, words);
    }
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});
