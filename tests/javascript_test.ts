import { assert, assertEquals, assertMatch } from "@std/assert";
import * as door from "../mod.ts";

/** What a caller from JavaScript may pass by mistake. */
const MISTAKES: readonly (readonly unknown[])[] = [
  [],
  [null],
  ["x"],
  [{}],
  [{ nonsense: 1 }, { nonsense: 1 }],
];

Deno.test("functions of the root door answer mistakes of JavaScript by errors of their own", async () => {
  for (const [name, value] of Object.entries(door)) {
    if (typeof value !== "function") continue;
    for (const mistake of MISTAKES) {
      let message: string | undefined;
      try {
        const result: unknown = await (value as (...args: unknown[]) => unknown)(...mistake);
        if (name === "train") await (result as AsyncGenerator).next();
      } catch (error) {
        message = (error as Error).message;
      }
      if (message === undefined) continue; // defaults may serve
      const what = `${name}(${JSON.stringify(mistake).slice(1, -1)})`;
      assertMatch(message, /^Cannot /, what);
      const raw = /^Cannot (read propert|destructure|convert|mix|use '|access)/.test(message);
      assert(!raw, `${what}: ${message}`);
    }
  }
});

Deno.test("misspelt options are told, with the names that there are", async () => {
  const rows = { inputs: [[0, 1], [1, 0]], targets: [0, 1] };
  const calls: readonly (readonly [() => unknown, string])[] = [
    [() => door.createNetwork({ widths: [2, 5, 1], degre: 3 } as never), "degre"],
    [() => door.createNetwork({ widths: [2, 5, 1] }, { sed: 3 } as never), "seed, breakpoints"],
    [() => door.fit(rows, { sheduel: 1 } as never), "schedule"],
    [() => door.fit({ ...rows, target: [1] } as never), "targets"],
    [() => door.createCpuEngine({ thread: 2 } as never), "threads, dtype"],
    [() => door.lbfgs({ memori: 2 } as never), "memory"],
    [() => door.adam({ rate: 2 } as never), "learningRate"],
    [() => door.gaussNewton({ dampening: 2 } as never), "damping"],
    [() => door.adaptiveSchedule({ epoch: [1] } as never), "epochs"],
    [() => door.galleryDatasets(door.findProblem("xor"), { row: 3 } as never), "testRows"],
  ];
  for (const [call, text] of calls) {
    let message = "nothing was thrown";
    try {
      await call();
    } catch (error) {
      message = (error as Error).message;
    }
    assert(message.startsWith("Cannot ") && message.includes(text), `${text}: ${message}`);
  }
  assertEquals(calls.length, 10);
});
