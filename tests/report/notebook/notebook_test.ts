import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import {
  createNetwork,
  findProblem,
  galleryDatasets,
  multilevelSchedule,
  trainToEnd,
} from "../../../mod.ts";
import {
  collectReport,
  liveLine,
  show,
  type Showable,
  type Shown,
} from "../../../lib/report/mod.ts";
import type { TrainEvent } from "../../../lib/train/mod.ts";

/** What the kernel gets of a value. */
function displayOf(value: Shown): Record<string, string> {
  return (value as unknown as Record<symbol, () => Record<string, string>>)[
    Symbol.for("Jupyter.display")
  ]();
}

Deno.test("networks, runs, schedules, reports and figures have a display of text and picture", async () => {
  const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 100, testRows: 10 });
  const start = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  const events: TrainEvent[] = [];
  const schedule = multilevelSchedule([2, 1]);
  const finished = await trainToEnd(start, train, { schedule, onEvent: (e) => events.push(e) });
  const data = collectReport({
    ...{ title: "nonsmooth", events, train, losses: { train: 1 }, scores: { train: {} } },
    ...{ network: finished.network, reproduce: "", version: "" },
  });
  const cases: readonly (readonly [Showable, string, string])[] = [
    [finished.network, "[2, 3, 1] network of", "<svg"],
    [schedule, "multilevel [2, 1]", "<pre>"],
    [events, "3 epochs", "<svg"],
    [finished, "completed: ", "<table"],
    [data, "nonsmooth: ", "<iframe"],
    [{ panels: [] }, "figure: ", "<svg"],
  ];
  for (const [value, text, html] of cases) {
    const shown = show(value), display = displayOf(shown);
    assertStringIncludes(display["text/plain"], text);
    assertStringIncludes(display["text/html"], html);
    assertEquals(String(shown), display["text/plain"]);
    const { "image/svg+xml": svg } = display;
    if (svg !== undefined) assert(svg.startsWith("<svg xmlns") && !svg.includes("NaN"), text);
  }
  assertThrows(() => show(3 as never), TypeError, "Cannot show: value must be a network");
  const inputs = train.inputs;
  assertStringIncludes(
    displayOf(show(finished.network, { inputs, inputNames: ["a", "b"] }))["text/html"],
    ">a<",
  );
});

Deno.test("the live line takes itself back and ends with how the run ended", () => {
  let text = "";
  const line = liveLine((part) => void (text += part));
  const record = {
    ...{ stage: 0, intervals: 5, epoch: 1, work: 1, loss: 0.5, objective: 0.5, gradientNorm: 1 },
    ...{ evaluations: 2, seconds: 0.1 },
  };
  line({ type: "epoch", record });
  line({ type: "epoch", record: { ...record, epoch: 2 } }); // too soon
  const network = createNetwork({ widths: [1, 2, 1] }, { seed: 1 });
  line({
    ...{ type: "finished", status: "completed", reason: "", network, loss: 0.25 },
    ...{ evaluations: 4, seconds: 0.2, levels: [] },
  });
  assertMatch(text, /^\repoch 1, 5 intervals, loss 0\.500, 0\.10 s\rcompleted: loss 0\.250, .*\n$/);
});

Deno.test("the notebook of the examples runs through Deno's kernel", async () => {
  const path = (name: string) => decodeURIComponent(new URL(name, import.meta.url).pathname);
  const python = (args: string[]) => new Deno.Command("/usr/bin/python3", { args }).output();
  const there = await python(["-c", "import jupyter_client"]).catch(() => undefined);
  if (!there?.success) {
    console.warn("SKIPPED: no python3-jupyter-client on this machine");
    return;
  }
  const { success, stdout, stderr } = await python([
    ...[path("run_notebook.py"), path("../../../examples/notebook.ipynb"), Deno.execPath()],
  ]);
  const text = new TextDecoder();
  assert(success, text.decode(stderr).slice(-2000));
  const cells: { name?: string; text?: string; data?: Record<string, string> }[][] = JSON.parse(
    text.decode(stdout),
  );
  const all = (k: number) => JSON.stringify(cells[k]);
  assertStringIncludes(all(0), "multilevel [16, 8, 4]");
  assertStringIncludes(all(1), "loss");
  for (const k of [2, 3, 4]) assertStringIncludes(all(k), "<svg");
});
