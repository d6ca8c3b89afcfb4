import { assert, assertEquals, assertLessOrEqual, assertStringIncludes } from "@std/assert";
import { createNetwork, createRandom, encodeModel } from "../../../lib/model/mod.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../../lib/train/mod.ts";
import { listing, type Outcome, program, run, smallTable, withFolder } from "../support.ts";

const RUN = ["train", "--problem", "nonsmooth", "--rows", "400", "--schedule", "6,4,2"];
const KILLS = 20;

/** What a run gave: the whole model file, and what is printed, without times. */
async function results(folder: string, { code, out, err }: Outcome): Promise<unknown> {
  assertEquals(code, 0, err);
  const printed = JSON.parse(out, (key, value) => key === "seconds" ? undefined : value);
  const report = await Deno.readTextFile(`${folder}/r.html`).catch(() => "");
  const model = new TextDecoder("ascii").decode(await Deno.readFile(`${folder}/m`));
  return [model, { ...printed, model: "" }, timeless(report)];
}

function timeless(report: string): string {
  return report.replace(/"seconds":\[[^\]]*\]/g, "").replace(/\b[\d.]+\s(s|ms)\b/g, "");
}

/** Files of a run in a folder, the checkpoint written after every epoch. */
function files(folder: string): string[] {
  return [
    ...["--model-out", `${folder}/m`, "--checkpoint", `${folder}/c`, "--checkpoint-every", "1"],
    "--json",
  ];
}

Deno.test("train --checkpoint: 20 kills at random moments, 20 identical results", async () => {
  await withFolder(async (folder) => {
    const whole = `${folder}/whole`, chain = `${folder}/chain`, copy = `${folder}/copy`;
    for (const each of [whole, chain, copy]) await Deno.mkdir(each);
    const expected = await results(
      whole,
      await run(...RUN, "--model-out", `${whole}/m`, "--json"),
    );
    const random = createRandom(20, "kills");
    const progressed = new Set<number>();
    let whileMs = Infinity; // the first one is left alone, to know how long a run is
    for (let kills = 0, starts = 0; kills < KILLS; starts++) {
      assert(starts < 4 * KILLS, "the runs end before they are killed");
      const process = program([...RUN, ...files(chain)], folder).spawn();
      const reader = process.stderr.getReader();
      await reader.read(); // training has begun
      const begun = performance.now();
      if (whileMs < Infinity) {
        await new Promise((resolve) => setTimeout(resolve, whileMs * random.uniform()));
        try {
          process.kill("SIGKILL");
        } catch {
          // it was done
        }
      }
      while (!(await reader.read()).done);
      const [out, { code, signal }] = await Promise.all([
        new Response(process.stdout).text(),
        process.status,
      ]);
      if (signal === null) { // done before the kill: the next one begins anew
        whileMs = Math.min(whileMs, performance.now() - begun);
        assertEquals(await results(chain, { code, out, err: "" }), expected);
        for (const name of ["c", "m"]) await Deno.remove(`${chain}/${name}`);
        continue;
      }
      kills++;
      const bytes = await Deno.readFile(`${chain}/c`).catch(() => undefined);
      await Deno.remove(`${copy}/c`).catch(() => {});
      if (bytes !== undefined) {
        await Deno.writeFile(`${copy}/c`, bytes);
        progressed.add(decodeCheckpoint(bytes).checkpoint.epochs); // it is whole
      }
      const resumed = await run(...RUN, ...files(copy));
      assertEquals(await results(copy, resumed), expected);
      assertEquals(resumed.err.includes("going on from"), bytes !== undefined);
      // of the checkpoint; a kill while the model is written may leave one of that, too
      assertLessOrEqual(listing(chain).filter((line) => line.includes(".c.part")).length, 1);
    }
    assert(progressed.size >= 2, `kills met epochs ${[...progressed]}`);
  });
});

Deno.test("train --resume needs no other flags, and the report is whole", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/t.csv`, smallTable());
    const args = [
      ...["train", "--data", `${folder}/t.csv`, "--target", "y", "--schedule", "2,2"],
      ...["--domain=-2,2", "--loss", "huber", "--validation-fraction", "0.2", "--seed", "5"],
    ];
    const out = ["--model-out", `${folder}/m`, "--report", `${folder}/r.html`, "--json"];
    const whole = await results(
      folder,
      await run(...args, ...out, "--checkpoint", `${folder}/c`, "--checkpoint-every", "3"),
    );
    const { checkpoint } = decodeCheckpoint(await Deno.readFile(`${folder}/c`));
    assertEquals([checkpoint.epochs, checkpoint.stage, checkpoint.events.length], [3, 1, 6]);
    const again = await run("train", "--resume", `${folder}/c`, ...out);
    assertStringIncludes(again.err, "c, after 3 of 4 epochs");
    assertEquals(await results(folder, again), whole);
    // The table may have been moved; what is in it must be the same.
    await Deno.rename(`${folder}/t.csv`, `${folder}/u.csv`);
    const moved = ["--data", `${folder}/u.csv`];
    assertEquals((await run("train", "--resume", `${folder}/c`, ...moved, "--quiet")).code, 0);
    await Deno.writeTextFile(`${folder}/u.csv`, smallTable().replace("\n0,0,3\n", "\n0,0,3.5\n"));
    const { code, err } = await run("train", "--resume", `${folder}/c`, ...moved, "--quiet");
    assertEquals(code, 2);
    assertStringIncludes(err, "the table must be the one with fingerprint");
  });
});

Deno.test("train --checkpoint refuses other runs, versions and files: code 2, file untouched", async () => {
  await withFolder(async (folder) => {
    const c = `${folder}/c`,
      quick = [...RUN.slice(0, 5), "--schedule", "2", "--optimizer", "lbfgs"];
    const kept = ["--checkpoint", c, "--checkpoint-every", "1"];
    assertEquals((await run(...quick, ...kept, "--quiet")).code, 0);
    const bytes = await Deno.readFile(c);
    const refused = async (words: string, ...args: string[]): Promise<void> => {
      const before = listing(folder);
      const { code, out, err } = await run(...args, "--quiet");
      assertEquals([code, out], [2, ""], err);
      assertStringIncludes(err, words);
      assertEquals(err.trimEnd().split("\n").length, 1);
      assertEquals(listing(folder), before);
    };
    await refused("--problem must be nonsmooth as in the", "train", "--problem", "xor", ...kept);
    await refused("--rows must be 400 as in", "train", "--resume", c, "--rows", "300");
    await refused("--data-seed must be 0 as in", ...quick, ...kept, "--data-seed", "4");
    await refused("--seed must be 1234 as in", "train", "--resume", c, "--seed", "4");
    await refused("--schedule must be 2 as in", "train", "--resume", c, "--schedule", "2,1");
    await refused("--memory must be 100 as in", "train", "--resume", c, "--memory", "9");
    await refused("--resume must come without", ...quick, ...kept, "--resume", c);
    await refused("must come with --checkpoint or", ...quick, "--checkpoint-every", "2");
    await refused("no such file", "train", "--resume", `${folder}/none`);
    await refused("must be a file of its own", ...quick, ...kept, "--model-out", c);
    await refused("folder that exists", ...quick, "--checkpoint", `${folder}/sub/c`);

    await Deno.writeFile(c, bytes.subarray(0, bytes.length - 100));
    await refused(`Cannot read checkpoint ${c}: it is truncated`, ...quick, ...kept);
    await Deno.writeFile(c, bytes.map((byte, i) => i === bytes.length - 9 ? byte ^ 4 : byte));
    await refused("its checksum does not match: the file is damaged", ...quick, ...kept);
    await Deno.writeFile(c, encodeModel(createNetwork({ widths: [2, 5, 1] }, { seed: 1 })));
    await refused("its format is freeknot, not freeknot-checkpoint", ...quick, ...kept);
    const { checkpoint, metadata } = decodeCheckpoint(bytes);
    await Deno.writeFile(c, encodeCheckpoint(checkpoint, { ...metadata, version: "0.0.1" }));
    await refused("the program must be freeknot 0.0.1, which wrote it", ...quick, ...kept);
    await Deno.writeFile(c, encodeCheckpoint(checkpoint));
    await refused("it must be one that freeknot train wrote", ...quick, ...kept);
    await refused("it must be one that freeknot train wrote", "train", "--resume", c);

    await Deno.writeFile(c, bytes);
    assertEquals((await run(...quick, ...kept, "--threads", "1", "--quiet")).code, 0);
  });
});

Deno.test("train goes on where a checkpoint cannot be written, says so, and ends with code 1", async () => {
  if (Deno.build.os !== "linux") return;
  const full = [...RUN.slice(0, 5), "--schedule", "2", "--checkpoint", "/dev/full"];
  for (const more of [[], ["--quiet"], ["--json"], ["--checkpoint-every", "1"]]) {
    const { code, err, out } = await run(...full, ...more);
    assertEquals(code, 1);
    assertEquals(err.split("Cannot write /dev/full").length, 2, `said once: ${err}`);
    assertStringIncludes(err, "training goes on");
    assertStringIncludes(out, "Cannot write /dev/full");
  }
});

Deno.test("train loses nothing when the checkpoint's folder goes away", async () => {
  await withFolder(async (folder) => {
    const gone = `${folder}/gone`;
    await Deno.mkdir(gone);
    const process = program(
      [
        ...RUN,
        "--checkpoint",
        `${gone}/c`,
        "--checkpoint-every",
        "1",
        "--model-out",
        `${folder}/m`,
      ],
      folder,
    ).spawn();
    const reader = process.stderr.getReader();
    await reader.read(); // training has begun
    await Deno.remove(gone, { recursive: true });
    let err = "";
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      err += new TextDecoder().decode(part.value);
    }
    await process.stdout.cancel();
    assertEquals((await process.status).code, 1, err);
    assertStringIncludes(err, "training goes on");
    assert((await Deno.stat(`${folder}/m`)).size > 0);
  });
});

Deno.test("a second run on a checkpoint that is in use is refused", async () => {
  await withFolder(async (folder) => {
    const long = [...RUN.slice(0, 5), "--schedule", "100000", "--checkpoint", `${folder}/c`];
    const first = program(long, folder).spawn();
    const reader = first.stderr.getReader();
    await reader.read();
    while (!(await Deno.stat(`${folder}/c`).catch(() => undefined))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const before = names(folder);
    const second = await run(...long);
    assertEquals(second.code, 2);
    assertStringIncludes(second.err, "that of one run at a time");
    assertEquals(names(folder), before);
    first.kill("SIGKILL"); // the system gives its lock back
    while (!(await reader.read()).done);
    await first.stdout.cancel();
    await first.status;
    const short = [...RUN.slice(0, 5), "--schedule", "2", "--checkpoint", `${folder}/d`];
    assertEquals((await run(...short)).code, 0);
    assertEquals((await run(...long.slice(0, 5), "--resume", `${folder}/c`, "--help")).code, 0);
    assert(!names(folder).includes(".d.lock"));
  });
});

/** Names in a folder, those of half-written files left out. */
function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => !name.endsWith(".part")).sort();
}
