import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parsePde, pdeProblems } from "../../../lib/physics/mod.ts";

const DECAY = {
  domain: { t: [0, 1] },
  equations: [{ equation: "u_t = -k*u" }],
  conditions: [{ at: { t: 0 }, equation: "u = 1" }],
  constants: { k: 2 },
};

/** Refused with the field, the rule and the current value. */
function refused(change: Record<string, unknown>, ...parts: string[]): void {
  const error = assertThrows(() => parsePde({ ...DECAY, ...change }), Error);
  assert(error instanceof RangeError || error instanceof TypeError, String(error));
  for (const part of ["current value is", ...parts]) {
    assert(error.message.includes(part), error.message);
  }
}

Deno.test("parsePde() reads back every problem of the gallery that is data", () => {
  for (const problem of pdeProblems) {
    const { reference: _, ...data } = problem;
    assertEquals(parsePde(JSON.parse(JSON.stringify(data))), JSON.parse(JSON.stringify(data)));
  }
});

Deno.test("parsePde() names the field, the rule and the current value", () => {
  refused({ domain: { t: 5 } }, "domain.t must be two finite numbers", "is 5; cut an unbounded");
  refused({ domain: { t: [0, Infinity] } }, "is [0, Infinity]", "add a condition there");
  refused({ domain: { t: [1, 0] } }, "a < b");
  refused({ domain: {} }, "domain must be an object with a coordinate");
  refused({ domain: { x_1: [0, 1] } }, "domain must be named by letters and digits", '"x_1"');
  refused({ domain: { pi: [0, 1] } }, "named otherwise than what formulas call so");
  refused({ unknowns: ["t"] }, "unknowns must be named otherwise than domain");
  refused({ unknowns: [] }, "a list that is not empty");
  refused({ constants: { k: "2" } }, 'constants.k must be a number, current value is "2"');
  refused({ coefficients: { k: 1 } }, "coefficients must be named otherwise than constants");
  refused({ equations: ["u_t = -u"] }, "equations[0] must be an object of equation");
  refused({ equations: [{}] }, "equations[0].equation must be given, current value is none");
  refused({ equations: [{ equation: "u_t = 0", weigth: 1 }] }, 'did you mean "weight"?');
  refused({ equations: [{ equation: "u_t = 0", weight: 0 }] }, "weight must be a number > 0");
  refused(
    { conditions: [{ equation: "u = 1" }] },
    "one of at (faces), on (the boundary",
    "is none",
  );
  refused(
    { conditions: [{ at: { t: "0" }, equation: "u = 1" }] },
    'at.t must be a number, current value is "0"',
  );
  refused({ conditions: [{ data: { t: [] }, equation: "u = 1" }] }, "data.t must be a list that");
  refused({ ansatz: { v: "N" } }, "ansatz must be of u only");
  refused({ periodic: ["x"] }, "periodic must be of t only");
  refused({ exact: { u: "exp(-q*t)" } }, "exact.u must be a formula of t, k", '"q"');
  refused(
    { exact: { u: "sqrt(t - 2)" } },
    "exact.u must be a formula with finite values in the domain",
  );
  refused({ exact: {} }, "exact must be given for all of u");
  refused({ grid: [10, 10] }, "grid must be a list of integers, one for each of t");
  refused({ grid: [1] }, "grid[0] must be an integer of at least 2");
  refused({ network: { hidden: "5" } }, "network.hidden must be a list", '"5"');
  refused({ epochs: [1.5] }, "epochs[0] must be an integer of at least 0, current value is 1.5");
  refused({ renewal: { points: { count: 9, by: "luck" } } }, "renewal.points.by must be one of");
  refused({ renewal: { every: 0 } }, "renewal.every must be an integer of at least 1");
  refused({ incomplete: "yes" }, "incomplete must be true or false");
  refused({ title: "" }, "title must be text");
  refused({ reference: 1 }, "fields must be of name, title, domain");
});

Deno.test("parsePde() refuses a wrong problem with what to add", () => {
  refused({ equations: ["u_t = -u"] }, 'write { "equation": "u_t = -u" }');
  refused({ conditions: [] }, 'add one such as { "at": { "t": 0 }, "equation": "u = ..." }');
  refused({ equations: [{ equation: "u_t = -q*u" }] }, "add it to constants");
  refused({ equations: [{ equation: "u_y = 0" }] }, "u_y");
  refused(
    { equations: [{ equation: "u_ttttttt = 0" }], incomplete: true },
    "add an unknown for a lower",
  );
  refused({ equations: [{ equation: "u_t = (u" }] }, "a closing bracket at column 9");
});

Deno.test("parsePde() answers any JSON with a problem or an error of its own", () => {
  const field = fc.constantFrom(...Object.keys(DECAY), "exact", "grid", "unknowns", "network");
  fc.assert(
    fc.property(field, fc.jsonValue(), (name, value) => {
      try {
        parsePde({ ...DECAY, [name]: value });
      } catch (error) {
        assert(
          /^Cannot [^:]+: .+ must .+current value/s.test((error as Error).message),
          `${error}`,
        );
      }
    }),
    { seed: 1, numRuns: 300 },
  );
  for (const value of [null, 1, "x", [], undefined]) {
    assertThrows(() => parsePde(value), TypeError, "the whole must be an object of domain");
  }
});
