import {
  assert,
  assertEquals,
  assertLess,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { createNetwork } from "../../lib/model/mod.ts";
import { multilevelSchedule } from "../../lib/multilevel/mod.ts";
import { findProblem, galleryDatasets } from "../../lib/data/mod.ts";
import { createCpuEngine } from "../../lib/engine/mod.ts";
import {
  type Checkpoint,
  createTournament,
  gaussNewton,
  type TournamentEvent,
  type TrainEvent,
  trainToEnd,
} from "../../lib/train/mod.ts";

const PRODUCT = { widths: [2, 2, 1], firstLayer: "spline" } as const;

function rowsOf(name: string, rows: number) {
  return galleryDatasets(findProblem(name), { rows }).train;
}

function tournamentOf(events: readonly TrainEvent[]): TournamentEvent {
  return events.find((event) => event.type === "tournament")!;
}

Deno.test("createTournament(): polynomials where all layers are splines, else the given grid", () => {
  const polynomials = createTournament(PRODUCT, { seed: 3, starts: 5 });
  assertEquals(polynomials.entrants.map(({ config }) => config.intervals), [1, 1, 1, 1, 1]);
  const ridges = createTournament({ widths: [2, 3, 1] }, { seed: 3 });
  assertEquals(ridges.entrants.length, 8);
  assertEquals(createTournament(PRODUCT, { seed: 3 }).entrants.length, 24);
  assertEquals(ridges.entrants[0], createNetwork({ widths: [2, 3, 1] }, { seed: 3 }));
  assertNotEquals(ridges.entrants[1].parameters, ridges.entrants[0].parameters);
  assertThrows(() => createTournament(PRODUCT, { seed: 1, starts: 0 }), RangeError, "starts");
});

Deno.test("a tournament finds the product from any seed, and tells what it cost", async () => {
  const train = rowsOf("product", 400);
  for (const seed of [1, 2, 4, 7]) {
    const events: TrainEvent[] = [];
    const { loss, evaluations } = await trainToEnd(createNetwork(PRODUCT, { seed }), train, {
      tournament: createTournament(PRODUCT, { seed }),
      optimizer: gaussNewton(),
      schedule: multilevelSchedule([12]),
      onEvent: (event) => events.push(event),
    });
    assertLess(loss, 1e-9);
    const told = tournamentOf(events);
    assertEquals(told.intervals, 1);
    assertEquals(told.objectives.length, told.epochs.length);
    assertEquals(Math.min(...told.objectives), told.objectives[told.winner]);
    assert(told.evaluations > 0 && told.evaluations < evaluations);
    assertEquals(events[0].type, "tournament");
  }
});

Deno.test("a tournament stops early where starts are alike, and where one stands out", async () => {
  // One spline is linear in its coefficients: all starts come to the same.
  const bessel = { widths: [1, 1], firstLayer: "spline", knots: "uniform" } as const;
  const counts: number[] = [];
  for (const [options, name] of [[bessel, "bessel"], [PRODUCT, "product"]] as const) {
    await trainToEnd(createNetwork(options, { seed: 1 }), rowsOf(name, 300), {
      tournament: createTournament(options, { seed: 1 }),
      optimizer: gaussNewton(),
      schedule: multilevelSchedule([1]),
      onEvent: (event) => event.type === "tournament" && counts.push(event.objectives.length),
    });
  }
  assertEquals(counts, [8, 8]);
});

Deno.test("training with a tournament and smoothing gives the same bits on 1, 2 and 3 threads, and after a resume", async () => {
  const train = rowsOf("nonsmooth", 2500), options = { widths: [2, 5, 1] };
  const network = createNetwork(options, { seed: 5 });
  const run = {
    tournament: createTournament(options, { seed: 5, starts: 9 }),
    optimizer: gaussNewton(),
    smoothing: 1e-3,
    schedule: multilevelSchedule([4, 3]),
  };
  const whole = await Promise.all(
    [1, 2, 3].map((threads) =>
      trainToEnd(network, train, { ...run, engine: createCpuEngine({ threads }) })
    ),
  );
  assertEquals(whole[1].network, whole[0].network);
  assertEquals(whole[2].network, whole[0].network);
  for (const epoch of [2, 6]) {
    let resume: Checkpoint | undefined;
    await trainToEnd(network, train, {
      ...run,
      onEvent(event) {
        if (event.type === "epoch" && event.record.epoch === epoch) resume = event.checkpoint!();
      },
    });
    const events: TrainEvent[] = [];
    const resumed = await trainToEnd(network, train, {
      ...run,
      resume: structuredClone(resume!),
      onEvent: (event) => events.push(event),
    });
    assertEquals(resumed.network, whole[0].network);
    assertEquals(resumed.evaluations, whole[0].evaluations);
    assertEquals(events.filter(({ type }) => type === "tournament").length, 1);
    await assertRejects(
      () => trainToEnd(network, train, { ...run, smoothing: 0.1, resume: resume! }),
      RangeError,
      "smoothing must be the checkpoint's",
    );
    await assertRejects(
      () =>
        trainToEnd(network, train, {
          ...run,
          tournament: createTournament(options, { seed: 6 }),
          resume: resume!,
        }),
      RangeError,
      "tournament must be the checkpoint's",
    );
  }
});

Deno.test("a tournament that is stopped ends with a loss and status stopped", async () => {
  const train = rowsOf("nonsmooth", 500), options = { widths: [2, 5, 1] };
  const stop = new AbortController();
  stop.abort();
  const finished = await trainToEnd(createNetwork(options, { seed: 1 }), train, {
    tournament: createTournament(options, { seed: 1 }),
    optimizer: gaussNewton(),
    signal: stop.signal,
  });
  assertEquals(finished.status, "stopped");
  assert(Number.isFinite(finished.loss));
});

Deno.test("train() refuses a tournament of other networks and smoothing that is no number", async () => {
  const train = rowsOf("product", 50), network = createNetwork(PRODUCT, { seed: 1 });
  const other = createTournament({ ...PRODUCT, degree: 2 }, { seed: 1 });
  const finer = { entrants: [createNetwork({ ...PRODUCT, intervals: 10 }, { seed: 1 })] };
  for (const tournament of [other, finer, { entrants: [] }, { ...other, rounds: [0] }]) {
    await assertRejects(() => trainToEnd(network, train, { tournament }), RangeError, "tournament");
  }
  await assertRejects(() => trainToEnd(network, train, { smoothing: -1 }), RangeError, "smoothing");
});
