import { assert, assertEquals, assertThrows } from "@std/assert";
import { createRowFile, openStore } from "../../../cli/runs/row_file.ts";

Deno.test("a store gives back the bytes that were written, over the end of a part, too", () => {
  const store = openStore(), length = (1 << 20) + 77;
  const bytes = Uint8Array.from({ length }, (_, i) => i * 7 % 251);
  store.write(3, bytes);
  store.write(10, new Uint8Array([1, 2]));
  const back = new Uint8Array(new SharedArrayBuffer(length)); // memory that threads share
  store.read(3, back);
  bytes.set([1, 2], 7);
  assertEquals(back.findIndex((each, i) => each !== bytes[i]), -1);
  assertThrows(() => store.read(length, new Uint8Array(4)), Error, "never been written");
  store.close();
});

Deno.test("a file of rows gives back any of them", () => {
  const numbers = (from: number, count: number) =>
    Float64Array.from({ length: count }, (_, i) => Math.sin(from + i));
  const part = (rows: number, from: number) => ({
    ...{ rows, nIn: 2, nOut: 1, inputs: numbers(from, 2 * rows) },
    ...{ targets: numbers(from + 50, rows), weights: numbers(from + 99, rows) },
  });
  const file = createRowFile({ nIn: 2, nOut: 1, weighted: true, atOnce: 4 });
  const [first, second] = [part(5, 0), part(7, 1000)];
  file.add(first, 1, 5);
  file.add(second, 0, 6);
  const { rows, inputs, targets, weights } = file.stored.read(3, 6);
  assertEquals(rows, 3);
  assertEquals([...inputs], [...first.inputs.slice(8, 10), ...second.inputs.slice(0, 4)]);
  assertEquals([...targets], [first.targets[4], ...second.targets.slice(0, 2)]);
  assertEquals([...weights!], [first.weights[4], ...second.weights.slice(0, 2)]);
  file.close();
});

Deno.test({
  name: "a folder for temporary files that is not there is told in a sentence",
  ignore: Deno.build.os === "windows",
  async fn() {
    const program = `import { openStore } from ${
      JSON.stringify(new URL("../../../cli/runs/row_file.ts", import.meta.url).href)
    }; openStore();`;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      env: { TMPDIR: "/nowhere" },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert(!success && text.includes("the folder for temporary files must be there"), text);
  },
});
