import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { packMoment, unpackMoment } from "../../../cli/page/first_moment.ts";
import { parseFlags } from "../../../cli/flags/parse.ts";
import { parseArgs } from "../../../cli/page/browser/parse_args.ts";
import { problems } from "../../../lib/data/mod.ts";
import { pdeProblems } from "../../../lib/physics/mod.ts";
import {
  CONTROL_GROUPS,
  FIRST_STATE,
  hasFirstNetwork,
  planOf,
  readState,
  splitWords,
  stateOfFlags,
  writeState,
} from "../../../cli/page/view/state.ts";
import type { OpenRun } from "../../../cli/page/protocol.ts";
import { makeTable } from "../../../cli/page/work/made_table.ts";
import { lookAtTable } from "../../../cli/page/work/table_look.ts";
import { TRAIN_FLAGS } from "../../../cli/commands/train/flags.ts";
import { trainRequest } from "../../../cli/commands/train/request.ts";
import { knotSvg, withMoment } from "../../../cli/page/view/draw/knots.ts";
import { functionPanels } from "../../../cli/page/view/draw/functions.ts";
import { screenInk } from "../../../cli/page/view/draw/ink.ts";
import { losses, lossWords } from "../../../cli/page/view/draw/loss.ts";
import { panelSvg } from "../../../lib/report/inner.ts";

Deno.test("the page offers the gallery's problems of few inputs, and all its equations", () => {
  const offered = (key: string) =>
    CONTROL_GROUPS.flatMap(({ controls }) => controls)
      .find((control) => control.key === key)?.choices?.map(([value]) => value);
  const few = problems.filter(({ nIn }) => nIn <= 4).map(({ name }) => name);
  assertEquals(offered("problem"), few);
  assertEquals(offered("equation"), [...pdeProblems.map(({ name }) => name), "own"]);
});

Deno.test("a look at a table tells columns of words from columns of numbers", () => {
  const look = (text: string) =>
    lookAtTable({ name: "t.csv", bytes: new TextEncoder().encode(text) });
  const columns = ["x", "kind", "y"];
  assertEquals(look("x,kind,y\n1,a,\n2,b,3\n"), { columns, classes: [false, true, false] });
  assertEquals(look('x,y\n1,"2\n'), { columns: [], classes: [] });
});

Deno.test("the address holds what differs from the start, and reads back", () => {
  assertEquals(writeState(FIRST_STATE), "#");
  const state = { ...FIRST_STATE, learn: "formula", formula: "x & y = 1 + 2", degree: "1" };
  assertEquals(readState(writeState(state)), state);
  assertEquals(readState("#degree=17&unknown=1&problem=xor"), { ...FIRST_STATE, problem: "xor" });
  const table = { ...FIRST_STATE, learn: "table", target: "a b", loss: "cross-entropy" };
  assertEquals(readState(writeState(table)), table);
});

Deno.test("the page's start is a request of freeknot train; more flags win", () => {
  const { words } = planOf({ ...FIRST_STATE, more: "--degree 5 --loss huber" }, undefined);
  const request = trainRequest(parseFlags(words, TRAIN_FLAGS).given);
  assertEquals([request.network.degree, request.loss.kind], [5, "huber"]);
  assertEquals(splitWords(`--a 1 --b "x y" --c='p "q"' d`), [
    "--a",
    "1",
    "--b",
    "x y",
    `--c=p "q"`,
    "d",
  ]);
  const shown = stateOfFlags([
    "--problem",
    "xor",
    "--rows",
    "50",
    "--degree",
    "2",
    "--domain=-1,1",
    "--no-bias",
  ]);
  assertEquals([shown.problem, shown.rows, shown.degree], ["xor", "50", "2"]);
  assertEquals(shown.more, "--domain=-1,1 --no-bias");
});

Deno.test("the page's parser of arguments is the program's", () => {
  const args = ["--widths", "2,5,1", "--domain=-1,1", "--no-bias", "--json"];
  const parsed = parseArgs(args, {
    string: ["widths", "domain"],
    boolean: ["bias", "no-bias", "json"],
    unknown: () => true,
  });
  assertEquals(parsed, {
    ...{ _: [], widths: ["2,5,1"], domain: ["-1,1"], bias: [], "no-bias": [true], json: [true] },
  });
  const seen: unknown[] = [];
  parseArgs(["--oops=1", "-h", "word"], {
    string: [],
    boolean: [],
    unknown: (arg, key) => seen.push([arg, key]),
  });
  assertEquals(seen, [["--oops=1", "oops"], ["-h", "h"], ["word", undefined]]);
});

Deno.test("a formula becomes a table: the same for the same seed, refused where it has no value", () => {
  const plan = { formula: "abs(x) + y", low: -1, high: 1, rows: 50, noise: 0, seed: 0 };
  const { text, truth, target, name } = makeTable(plan);
  assertEquals([name, target, text.split("\n")[0]], ["function.csv", "f", "x,y,f"]);
  assertEquals(text, makeTable(plan).text);
  for (const line of text.trim().split("\n").slice(1)) {
    const [x, y, f] = line.split(",").map(Number);
    assertEquals(f, truth([x, y]));
  }
  assert(makeTable({ ...plan, noise: 0.1 }).text !== text);
  assertThrows(
    () => makeTable({ ...plan, formula: "log(x)" }),
    Error,
    "log(x) must be a finite number",
  );
  assertThrows(() => makeTable({ ...plan, formula: "2" }), Error, "must have a variable");
  const wide = Array.from({ length: 30 }, (_, i) => `x${i}`).join("+");
  assertEquals(makeTable({ ...plan, formula: wide }).text.split("\n")[0].split(",").length, 31);
  assertThrows(() => makeTable({ ...plan, rows: 1e9 }), Error, "from 2 to 8134407, as many as");
  assertThrows(() => makeTable({ ...plan, low: 2 }), Error, "from a smaller to a larger number");
  assertThrows(() => makeTable({ ...plan, rows: 1.5 }), Error, "rows must be an integer");
});

Deno.test("pictures hold their words and survive losses that are not finite", () => {
  const node = (count: number) => ({
    name: "z1",
    positions: Array.from({ length: count }, (_, k) => k / (count - 1)),
  });
  let moments = withMoment([], { epoch: 0, nodes: [node(6)] });
  for (let epoch = 1; epoch < 1000; epoch++) {
    moments = withMoment(moments, { epoch, nodes: [node(epoch < 500 ? 6 : 11)] });
  }
  assert(moments.length <= 241);
  assertEquals(moments.at(-1)!.epoch, 999);
  const knots = knotSvg(moments, { width: 300, height: 200 });
  assert(knots.includes("z1: 9 inner knots, 4 at first"));
  const points = [0.1, Infinity, NaN, 1e-3].map((loss, k) => ({
    ...{ epoch: k + 1, work: k + 1, loss, intervals: k < 2 ? 5 : 10 },
  }));
  const draw = (panel: Parameters<typeof panelSvg>[0], label: string) =>
    panelSvg(panel, { width: 300, height: 200, ink: screenInk("dark"), id: "loss", label });
  const svg = draw(losses({ points, before: [] }), lossWords(points));
  assert(svg.includes("refined to 10 intervals") && svg.includes(">10 intervals<"));
  assert(!/NaN|Infinity/.test(svg.replace(/aria-label="[^"]*"/, "")), svg);
  draw(losses({ points: [], before: [] }), lossWords([]));
  const [learned, truth, difference] = functionPanels(
    {
      ...{ kind: "map", names: ["x", "y"], target: "f", x: [0, 1], y: [0, 1], size: 2 },
      ...{ prediction: [0, 1, 2, NaN], truth: [0, 1, 2, 3] },
      lines: {
        x: [0, 1],
        y: [0, 1],
        names: ["x", "y"],
        nodes: [{ name: "z", lines: [[0, 0, 1, 1]] }],
      },
    } as unknown as Parameters<typeof functionPanels>[0],
  );
  assertEquals([learned, truth, difference].map(({ panel }) => panel.title), [
    "Learned, with the lines of its knots",
    "The true function",
    "Difference, up to ±0",
  ]);
  assert(/stroke="var\(--n0\)" stroke-opacity="0.85"/.test(draw(learned.panel, learned.label)));
});

Deno.test("what the page shows at once is read back: colours' steps, four digits", () => {
  const values = Array.from({ length: 2000 }, (_, k) => k / 7 - 100);
  const snapshot = {
    picture: { kind: "map", names: ["x", "y"], prediction: values, x: [-1, 1 / 3] },
    ...{ knots: [{ name: "z1", positions: [-1, 0.123456, 1] }], parameters: 123456, intervals: 5 },
  } as unknown as Parameters<typeof packMoment>[0]["snapshot"];
  const run = { kind: "train", epochs: 48, notes: ["a note"] } as unknown as OpenRun;
  const text = packMoment({ snapshot, run }), read = unpackMoment(text);
  assert(text.length < 3500, `${text.length} characters`);
  const { prediction, x } = read.snapshot.picture as unknown as Record<string, number[]>;
  const step = (values[1999] - values[0]) / 255;
  values.forEach((value, k) => assertAlmostEquals(prediction[k], value, 0.6 * step));
  assertEquals([x, read.snapshot.knots[0].positions], [[-1, 0.3333], [-1, 0.1235, 1]]);
  assertEquals([read.run, read.snapshot.parameters], [run, 123456]);
  const states = ["", "#schedule=3&optimizer=adam", "#rows=300", "#learn=equation", "#degree=2"];
  assertEquals(states.map((hash) => hasFirstNetwork(readState(hash))), [
    ...[true, true, false, false, false],
  ]);
});
