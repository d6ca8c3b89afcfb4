import { assert, assertEquals, assertRejects } from "@std/assert";
import { multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import { lbfgs } from "../../../lib/train/mod.ts";
import {
  decodeSolveCheckpoint,
  encodeSolveCheckpoint,
  parsePde,
  type PdeProblem,
  type SolveOptions,
  solvePde,
} from "../../../lib/physics/mod.ts";

const WAVE = parsePde({
  name: "wave with damping",
  domain: { t: [0, 1], x: [0, 1] },
  coefficients: { k: 0.5 },
  equations: [{ equation: "u_t = k*u_xx" }],
  conditions: [
    { at: { t: 0 }, equation: "u = sin(pi*x)" },
    { at: { x: [0, 1] }, equation: "u = 0" },
    { data: { t: [0.5, 1], x: [0.5, 0.5], value: [0.6, 0.36] }, equation: "u = value" },
  ],
});
const PENDULUM = parsePde({
  name: "pendulum",
  domain: { t: [0, 6] },
  equations: [{ equation: "u_tt = -sin(u)" }],
  conditions: [{ at: { t: 0 }, equation: "u = 1" }, { at: { t: 0 }, equation: "u_t = 0" }],
});

/** Resumes a run from some of its epochs, through the file, and compares the bits. */
async function checkResumed(problem: PdeProblem, options: SolveOptions, share: number) {
  const files: Uint8Array[] = [];
  const whole = await solvePde(problem, {
    ...options,
    onCheckpoint: (_, checkpoint) => void files.push(encodeSolveCheckpoint(checkpoint())),
  });
  const every = Math.max(1, Math.ceil(files.length / share));
  let resumed = 0;
  for (let i = files.length - 1; i >= 0; i -= every, resumed++) {
    let told = 0;
    const again = await solvePde(problem, {
      ...options,
      resume: decodeSolveCheckpoint(files[i]).checkpoint,
      onEvent: ({ type }) => void (told += type === "epoch" ? 1 : 0),
    });
    assertEquals(again.network, whole.network);
    assertEquals(again.coefficients, whole.coefficients);
    assertEquals(again.verification, whole.verification);
    assertEquals(again.errorEstimate, whole.errorEstimate);
    assertEquals(
      [again.finished.status, again.finished.reason, again.finished.evaluations],
      [whole.finished.status, whole.finished.reason, whole.finished.evaluations],
    );
    assertEquals(told, files.length - 1 - i);
  }
  assert(resumed > 1);
}

Deno.test("a run to a tolerance goes on from a checkpoint to the same bits", async () => {
  await checkResumed(PENDULUM, { tolerance: 1e-6, network: { intervals: 8 } }, 6);
  await checkResumed(WAVE, { tolerance: 5e-3, threads: 1 }, 3);
});

Deno.test("a run that tries several guesses goes on to the same bits", async () => {
  const problem = parsePde({
    name: "steep",
    domain: { x: [0, 1] },
    equations: [{ equation: "u_xx = exp(u) - 6*exp(-80*(x - 0.4)^2)" }],
    conditions: [{ at: { x: [0, 1] }, equation: "u = 0" }],
    network: { hidden: [2], degree: 4, intervals: 2, firstLayer: "spline" },
  });
  await checkResumed(problem, { tolerance: 3e-2, threads: 1 }, 2);
});

Deno.test("the epochs of a schedule go on from a checkpoint to the same bits", async () => {
  const network = { hidden: [3], intervals: 3 }, schedule = multilevelSchedule([3, 2]);
  await checkResumed(WAVE, { network, schedule, threads: 1 }, 99);
  await checkResumed(WAVE, { network, schedule, threads: 1, optimizer: lbfgs() }, 5);
  const renewal = { points: { count: 100, by: "residual" }, weights: "gradients" } as const;
  await checkResumed(WAVE, { network, schedule, threads: 1, renewal }, 5);
});

Deno.test("a checkpoint of another problem or seed is refused", async () => {
  let file: Uint8Array | undefined;
  const options = { tolerance: 1e-4, network: { intervals: 8 } };
  await solvePde(PENDULUM, {
    ...options,
    onCheckpoint: (_, checkpoint) => void (file ??= encodeSolveCheckpoint(checkpoint())),
  });
  const { checkpoint: resume } = decodeSolveCheckpoint(file!);
  await assertRejects(
    () => solvePde({ ...PENDULUM, constants: { g: 1 } }, { ...options, resume }),
    RangeError,
    "the problem must be the checkpoint's",
  );
  await assertRejects(
    () => solvePde(PENDULUM, { ...options, resume, seed: 2 }),
    RangeError,
    "the options must be the checkpoint's",
  );
});
