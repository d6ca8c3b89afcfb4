import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { appendColumns, numericColumn, parseTable, unscaleColumns } from "../../../lib/data/mod.ts";
import { createNetwork, encodeModel, forward, withStatistics } from "../../../lib/model/mod.ts";
import { listing, program, run, withFolder } from "../support.ts";

const ROWS = 10_000; // three parts

/** Rows of the problem `xor` with a note of two lines each; begins with a byte order mark. */
function longTable(rows = ROWS): string {
  const lines = ["\ufeffy;note;x"];
  for (let r = 0; r < rows; r++) lines.push(`${(r % 97) / 97};"é\r\n""${r}""";${(r % 89) / 89}`);
  return `${lines.join("\r\n")}\r\n`;
}

/** Writes a model file of an untrained network and gives the copy of a table, made at once. */
async function untrained(folder: string, text: string): Promise<string> {
  const random = createNetwork({ widths: [2, 5, 1] }, { seed: 2 });
  const network = withStatistics(random, new Float64Array([0, 0, 0.6, 0.1, 0.9, 0.8]));
  const target = { name: "xor", minimum: -1, maximum: 3 };
  const encoding = { kind: "gallery", problem: "xor", rows: 3, dataSeed: 0, target };
  const metadata = { encoding, loss: { kind: "mse" }, options: {}, deadFunctions: [0] };
  await Deno.writeFile(`${folder}/m`, encodeModel(network, metadata));
  const table = parseTable(text, { name: "t" });
  const x = numericColumn(table, "x"), y = numericColumn(table, "y");
  const inputs = Float64Array.from({ length: 2 * table.rows }, (_, i) => (i % 2 ? y : x)[i >> 1]);
  const values = unscaleColumns(forward(network, inputs), [target]);
  return appendColumns(table, [{ name: "xor_prediction", values }]);
}

Deno.test("predict writes a long table in parts, as if it were written at once", async () => {
  await withFolder(async (folder) => {
    const text = longTable();
    const expected = await untrained(folder, text);
    await Deno.writeTextFile(`${folder}/t.csv`, text);
    const args = ["predict", "--model", `${folder}/m`, "--data", `${folder}/t.csv`];
    const { code, err } = await run(...args, "--out", `${folder}/p.csv`);
    assertEquals([code, err], [0, ""]);
    assert(await Deno.readTextFile(`${folder}/p.csv`) === expected);
    for (const more of [[], ["--out", "-"]]) {
      assert((await run(...args, ...more)).out === expected);
    }
  });
});

Deno.test("predict reads stdin and writes stdout", async () => {
  await withFolder(async (folder) => {
    const text = longTable();
    const expected = await untrained(folder, text);
    const process = program(["predict", "--model", "m", "--data", "-"], folder, "piped").spawn();
    const [, { code, stdout, stderr }] = await Promise.all([
      new Blob([text]).stream().pipeTo(process.stdin),
      process.output(),
    ]);
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    assert(new TextDecoder("utf-8", { ignoreBOM: true }).decode(stdout) === expected);
  });
});

Deno.test("predict ends at a bad row far behind: code 2, its line, the old file kept", async () => {
  await withFolder(async (folder) => {
    await untrained(folder, longTable(3));
    await Deno.writeTextFile(`${folder}/p.csv`, "old\n");
    const faults: [string, string][] = [
      ["0.5;z;half", `line ${2 * ROWS + 2}, column "x" must be a number, current value is "half"`],
      ["0.5;z", `line ${2 * ROWS + 2} must have 3 cells, as many as the header`],
      ['0.5;"z;0.5', `line ${2 * ROWS + 2} must close its quote`],
      ['0.5;z "z" z;0.5', `line ${2 * ROWS + 2} must have quotes (") around whole cells only`],
    ];
    for (const [row, message] of faults) {
      await Deno.writeTextFile(`${folder}/t.csv`, `${longTable()}${row}\r\n`);
      const before = listing(folder);
      const { code, out, err } = await run(
        ...["predict", "--model", `${folder}/m`, "--data", `${folder}/t.csv`],
        ...["--out", `${folder}/p.csv`],
      );
      assertEquals([code, out], [2, ""]);
      assertStringIncludes(err, message);
      assertEquals(listing(folder), before);
    }
  });
});

Deno.test("predict names stdin where it is at fault", async () => {
  await withFolder(async (folder) => {
    await untrained(folder, longTable(3));
    const args = ["predict", "--model", "m", "--data", "-", "--out", "p.csv"];
    const process = program(args, folder, "piped").spawn();
    const [, { code, stderr }] = await Promise.all([
      new Blob(["x,y\n1,2\n3\n"]).stream().pipeTo(process.stdin),
      process.output(),
    ]);
    assertEquals(code, 2);
    assertStringIncludes(
      new TextDecoder().decode(stderr),
      "Cannot read stdin: line 3 must have 2 cells",
    );
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["m"]);
  });
});

Deno.test({
  name: "predict stops at Ctrl-C without a trace, and where nobody reads on",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withFolder(async (folder) => {
      await untrained(folder, longTable(3));
      const rows = new TextEncoder().encode("0.25,0.5\n".repeat(10_000));

      const args = ["predict", "--model", "m", "--data", "-"];
      const saving = program([...args, "--out", "p.csv"], folder, "piped").spawn();
      const writer = saving.stdin.getWriter();
      await writer.write(new TextEncoder().encode("x,y\n"));
      for (let k = 0; k < 5; k++) await writer.write(rows);
      const names = (): string[] => [...Deno.readDirSync(folder)].map(({ name }) => name);
      while (names().length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
      saving.kill("SIGINT");
      const { code } = await saving.output();
      await writer.close().catch(() => {});
      assertEquals([code, names()], [130, ["m"]]);

      const printing = program(args, folder, "piped").spawn();
      const endless = printing.stdin.getWriter();
      const reader = printing.stdout.getReader();
      const reading = reader.read().then(() => reader.cancel());
      let blocks = 0;
      try {
        await endless.write(new TextEncoder().encode("x,y\n"));
        for (; blocks < 1000; blocks++) await endless.write(rows);
      } catch {
        // The program has left, as it must.
      }
      await reading;
      await printing.stderr.cancel();
      assertEquals((await printing.status).code, 0);
      assertLess(blocks, 1000);
      await endless.close().catch(() => {});
    });
  },
});
