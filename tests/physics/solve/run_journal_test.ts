import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CheckpointError } from "../../../lib/train/mod.ts";
import {
  decodeSolveCheckpoint,
  encodeSolveCheckpoint,
  parsePde,
  type PdeProblem,
  type PdeSolution,
  type SolveOptions,
  solvePde,
} from "../../../lib/physics/mod.ts";
import { openJournal } from "../../../lib/physics/solve/run_journal.ts";

/** A run is killed at this stage: what is left of it is its file. */
class Killed extends Error {}

/** The file that a run leaves which is killed at a stage; undefined where it ends before. */
async function killedAt(
  problem: PdeProblem,
  options: SolveOptions,
  stage: number,
): Promise<Uint8Array | undefined> {
  let file: Uint8Array | undefined, stages = 0;
  try {
    await solvePde(problem, {
      ...options,
      onCheckpoint(_, checkpoint) {
        file = encodeSolveCheckpoint(checkpoint());
        if (++stages === stage) throw new Killed();
      },
    });
  } catch (error) {
    if (error instanceof Killed) return file;
    throw error;
  }
  return undefined;
}

function checkAlike(again: PdeSolution, whole: PdeSolution, name: string): void {
  assertEquals(again.network, whole.network, name);
  assertEquals(again.verification, whole.verification, name);
  assertEquals(again.errorEstimate, whole.errorEstimate, name);
  assertEquals(
    [again.finished.status, again.finished.reason, again.notes],
    [whole.finished.status, whole.finished.reason, whole.notes],
    name,
  );
}

/** Kills a run at some of its stages and once more after it went on, and compares the bits. */
async function checkKilled(data: Parameters<typeof parsePde>[0], options: SolveOptions) {
  const problem = parsePde(data), names = new Set<string>();
  let stages = 0;
  const whole = await solvePde(problem, {
    ...options,
    onCheckpoint(_, checkpoint) {
      stages++;
      names.add(checkpoint().stages.at(-1)!.name);
    },
  });
  assert(stages > 1, `${stages} stages`);
  for (const stage of new Set([1, Math.ceil(stages / 2), stages])) {
    const file = await killedAt(problem, options, stage);
    const resume = decodeSolveCheckpoint(file!).checkpoint;
    let told = 0;
    const onCheckpoint = () => void told++;
    const again = await solvePde(problem, { ...options, resume, onCheckpoint });
    checkAlike(again, whole, `killed at stage ${stage} of ${stages}`);
    assertEquals(told, stages - stage); // what was done is not done again
    const later = await killedAt(problem, { ...options, resume }, 1);
    if (!later) continue;
    const second = decodeSolveCheckpoint(later).checkpoint;
    checkAlike(await solvePde(problem, { ...options, resume: second }), whole, "killed twice");
  }
  return names;
}

Deno.test("curves go on from a killed run to the same bits", async () => {
  const march = await checkKilled({
    domain: { t: [0, 10] },
    unknowns: ["y"],
    equations: [{ equation: "y_tt = 2*(1 - y^2)*y_t - y" }],
    conditions: [{ at: { t: 0 }, equation: "y = 2" }, { at: { t: 0 }, equation: "y_t = 0" }],
  }, { tolerance: 1e-6 });
  assert(march.has("march") && march.has("pieces"), [...march].join());
  const path = await checkKilled({
    domain: { x: [0, 1] },
    equations: [{ equation: "-0.01*u_xx + u_x = 1" }],
    conditions: [{ at: { x: [0, 1] }, equation: "u = 0" }],
  }, { tolerance: 1e-6 });
  assert(path.has("path") && path.has("error"), [...path].join());
});

Deno.test("windows of time go on from a killed run to the same bits", async () => {
  const names = await checkKilled({
    domain: { t: [0, 1], x: [-1, 1] },
    equations: [{ equation: "u_t + u*u_x = 0.03*u_xx" }],
    conditions: [
      { at: { t: 0 }, equation: "u = -sin(pi*x)" },
      { at: { x: [-1, 1] }, equation: "u = 0" },
    ],
  }, { tolerance: 1e-2, threads: 1 });
  assert(names.has("window") && names.has("network"), [...names].join());
});

Deno.test("sheets go on from a killed run to the same bits", async () => {
  const names = await checkKilled({
    domain: { x: [-1, 1], y: [-1, 1] },
    equations: [{ equation: "u_xx + u_yy = (40000*(x^2 + y^2) - 400)*exp(-100*(x^2 + y^2))" }],
    conditions: [
      { at: { x: [-1, 1] }, equation: "u = 0" },
      { at: { y: [-1, 1] }, equation: "u = 0" },
    ],
  }, { tolerance: 1e-2, threads: 1 });
  assert(names.has("sheet"), [...names].join());
});

Deno.test("a way that leads nowhere is not gone again", async () => {
  let stages: readonly { readonly name: string; readonly value: unknown }[] = [], went = 0;
  const first = openJournal({});
  const way = async () => {
    went++;
    return await first.stage("some", () => undefined);
  };
  assertEquals(await first.way("nowhere", way), undefined);
  assertEquals(await first.stage("other", () => 7), 7);
  stages = first.stages.slice();
  assertEquals(stages.length, 2);
  const again = openJournal({ done: stages });
  assertEquals(await again.way("nowhere", way), undefined);
  assertEquals(went, 1);
  assertEquals(await again.stage("other", () => 8), 7);
  assertThrows(() => openJournal({ done: stages.slice(1) }).next("window"), RangeError, '"other"');
});

Deno.test("a stage that was stopped on its way is not written down", async () => {
  const controller = new AbortController();
  const journal = openJournal({ signal: controller.signal });
  await journal.stage("whole", () => 1);
  await journal.stage("stopped", () => controller.abort());
  assertEquals(journal.stages.map(({ name }) => name), ["whole"]);
});

Deno.test("a file of stages of another problem or without stages is refused", async () => {
  const data = {
    domain: { t: [0, 1] as [number, number] },
    unknowns: ["y"],
    equations: [{ equation: "y_t = -y" }],
    conditions: [{ at: { t: 0 }, equation: "y = 1" }],
  };
  const file = (await killedAt(parsePde(data), { tolerance: 1e-6 }, 1))!;
  const { checkpoint: resume } = decodeSolveCheckpoint(file);
  const other = parsePde({ ...data, equations: [{ equation: "y_t = -2*y" }] });
  await assertRejects(
    () => solvePde(other, { tolerance: 1e-6, resume }),
    RangeError,
    "the problem must be the checkpoint's",
  );
  await assertRejects(
    () => solvePde(parsePde(data), { tolerance: 1e-7, resume }),
    RangeError,
    "the options must be the checkpoint's",
  );
  const { stages: _, ...rest } = resume;
  assertThrows(
    () => decodeSolveCheckpoint(encodeSolveCheckpoint(rest as typeof resume)),
    CheckpointError,
    "it holds no run",
  );
});
