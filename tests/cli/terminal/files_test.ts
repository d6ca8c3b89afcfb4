import { assert, assertEquals, assertRejects } from "@std/assert";
import { RunError, UsageError } from "../../../cli/terminal/errors.ts";
import { checkOutputs, readText, writeFile } from "../../../cli/terminal/files.ts";
import { listing, withFolder } from "../support.ts";

Deno.test("writeFile() replaces a file whole, keeps its mode and follows links", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.txt`, link = `${folder}/link`;
    await writeFile(path, "one");
    if (Deno.build.os !== "windows") await Deno.chmod(path, 0o640);
    await Deno.symlink(path, link);
    await writeFile(link, "two");
    assertEquals(await Deno.readTextFile(path), "two");
    assert((await Deno.lstat(link)).isSymlink);
    if (Deno.build.os !== "windows") assertEquals((await Deno.stat(path)).mode! & 0o777, 0o640);
    assertEquals(listing(folder).length, 2);
    await assertRejects(() => writeFile(`${folder}/none/b`, "x"), RunError);
    assertEquals(listing(folder).length, 2);
  });
});

Deno.test("writeFile() writes to a device without replacing it", async () => {
  if (Deno.build.os === "windows") return;
  await checkOutputs([{ flag: "out", path: "/dev/null" }], []);
  await writeFile("/dev/null", "gone");
  assert((await Deno.stat("/dev/null")).isCharDevice);
});

Deno.test("checkOutputs() refuses inputs however they are spelt, and leaves no trace", async () => {
  await withFolder(async (folder) => {
    const input = `${folder}/in.csv`;
    await Deno.writeTextFile(input, "x");
    await Deno.symlink(input, `${folder}/other`);
    for (const path of [input, `${folder}/./in.csv`, `${folder}/other`]) {
      await assertRejects(() => checkOutputs([{ flag: "out", path }], [input]), UsageError);
    }
    const before = listing(folder);
    await checkOutputs([{ flag: "out", path: `${folder}/new` }], [input]);
    assertEquals(listing(folder), before);
  });
});

Deno.test("readText() keeps a byte order mark and refuses what is not UTF-8", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a`, "\ufeffx\n");
    assertEquals(await readText(`${folder}/a`), "\ufeffx\n");
    await Deno.writeFile(`${folder}/b`, new Uint8Array([0xc3, 0x28]));
    await assertRejects(() => readText(`${folder}/b`), UsageError);
  });
});
