import { parsePde, solvePde } from "../../../lib/physics/mod.ts";
import { assert, assertEquals } from "@std/assert";

type Data = Parameters<typeof parsePde>[0];

/** Sensitive, or with layers that points of an even grid miss, but determined by all that is given. */
const DETERMINED: Record<string, Data> = {
  "growth by e^20": {
    domain: { t: [0, 20] },
    unknowns: ["y"],
    equations: [{ equation: "y_t = y" }],
    conditions: [{ at: { t: 0 }, equation: "y = 1" }],
  },
  "growth by e^30": {
    domain: { t: [0, 30] },
    unknowns: ["y"],
    equations: [{ equation: "y_t = y" }],
    conditions: [{ at: { t: 0 }, equation: "y = 1" }],
  },
  "a stiff layer": {
    domain: { t: [0, 10] },
    unknowns: ["y"],
    equations: [{ equation: "y_t = -1000*(y - cos(t))" }],
    conditions: [{ at: { t: 0 }, equation: "y = 0" }],
  },
  "van der Pol": {
    domain: { t: [0, 20] },
    unknowns: ["y"],
    equations: [{ equation: "y_tt = 5*(1 - y^2)*y_t - y" }],
    conditions: [{ at: { t: 0 }, equation: "y = 2" }, { at: { t: 0 }, equation: "y_t = 0" }],
  },
  "what grows on its way": {
    domain: { x: [0, 1], t: [0, 2] },
    periodic: ["x"],
    equations: [{ equation: "u_t = -u_x + 10*u" }],
    conditions: [{ at: { t: 0 }, equation: "u = 2 + sin(2*pi*x)" }],
  },
  "an unknown without derivatives": {
    domain: { t: [0, 20] },
    unknowns: ["y", "z"],
    equations: [{ equation: "y_t = y + z" }, { equation: "z = y^2/(1 + y^2)" }],
    conditions: [{ at: { t: 0 }, equation: "y = 1" }],
  },
};

Deno.test("what conditions see at their place is determined, however sensitive it is", async () => {
  for (const [name, data] of Object.entries(DETERMINED)) {
    const { finished, notes } = await solvePde(parsePde(data), { tolerance: 1e-2 });
    assertEquals([finished.status, notes], ["converged", []], name);
  }
});

/** Each leaves a function open. */
const OPEN: Record<string, { readonly data: Data; readonly note: string }> = {
  "one equation of two, from a beginning": {
    data: {
      domain: { t: [0, 5] },
      unknowns: ["y", "z"],
      equations: [{ equation: "y_t = -y + z" }],
      conditions: [{ at: { t: 0 }, equation: "y = 1" }],
    },
    note: "y and z are not determined",
  },
  "the same condition twice": {
    data: {
      domain: { t: [0, 5] },
      unknowns: ["y"],
      equations: [{ equation: "y_tt = -y" }],
      conditions: [{ at: { t: 0 }, equation: "y = 1" }, { at: { t: 0 }, equation: "2*y = 2" }],
    },
    note: "leave the solution open",
  },
  "slopes on all sides": {
    data: {
      domain: { x: [0, 1], y: [0, 1] },
      equations: [{ equation: "u_xx + u_yy = -2*pi^2*cos(pi*x)*cos(pi*y)" }],
      conditions: [
        { at: { x: [0, 1] }, equation: "u_x = 0" },
        { at: { y: [0, 1] }, equation: "u_y = 0" },
      ],
    },
    note: "u is determined only up to a constant",
  },
  "a factor of time that begins at 0": {
    data: {
      domain: { x: [0, 1], t: [0, 1] },
      unknowns: ["u", "v"],
      equations: [{ equation: "u_t = 0.1*u_xx + v" }, { equation: "v_x = 0" }],
      conditions: [
        { at: { t: 0 }, equation: "u = sin(pi*x)" },
        { at: { x: [0, 1] }, equation: "u = 0" },
        { at: { t: 0 }, equation: "v = 0" },
      ],
    },
    note: "u and v are not determined",
  },
};

Deno.test("what equations and conditions leave open is told", async () => {
  for (const [name, { data, note }] of Object.entries(OPEN)) {
    const { notes } = await solvePde(parsePde(data), { tolerance: 1e-4 });
    assert(notes.some((each) => each.includes(note)), `${name}: ${notes}`);
  }
});
