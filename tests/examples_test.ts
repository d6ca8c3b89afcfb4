import { assert, assertEquals, assertMatch } from "@std/assert";

/** What each example must print: its claim, not its digits. */
const CLAIMS: Record<string, (output: string) => void> = {
  "fit_a_function.ts": (output) => {
    const [, error] = output.match(/40 intervals: mean squared error (\S+)/)!;
    assert(Number(error) < 1e-5, output);
  },
  "exact_refinement.ts": (output) => {
    const changes = [...output.matchAll(/(\w+) basis.*largest change (\S+)/g)];
    assertEquals(changes.length, 4);
    for (const [, basis, change] of changes) {
      // The ReLU basis loses digits where outer knots move: the bound of docs/mathematics.md is far above 1e-10.
      assert(Number(change) <= (basis === "bspline" ? 1e-12 : 1e-10), `${basis} ${change}`);
    }
  },
  "knots_find_the_kink.ts": (output) => {
    const [uniform, free] = [...output.matchAll(/error (\S+)/g)].map((match) => Number(match[1]));
    assert(free < 1e-12 && uniform > 1e-5, output);
    assertMatch(output, /-0\.550 .*0\.300 .*\(kinks/);
  },
  "basis_as_preconditioner.ts": (output) => {
    const loss = (basis: string) => Number(new RegExp(`${basis}: loss (\\S+)`).exec(output)![1]);
    assert(loss("bspline") < loss("relu"), output);
  },
  "scaling_law.ts": (output) => {
    const errors = [...output.matchAll(/^ +\d+ +(\S+) +(\S+)$/gm)].map((row) => Number(row[2]));
    assertEquals(errors.length, 7);
    errors.forEach((error, level) => assert(level === 0 || error < errors[level - 1], output));
  },
  "own_equation.ts": (output) => {
    assert(Number(/relative error: (\S+)/.exec(output)![1]) < 2e-3, output);
  },
  "invert_diffusion.ts": (output) => {
    const k = Number(/k = (\S+)/.exec(output)![1]);
    assert(Math.abs(k - 0.1) < 0.01, output);
  },
  "export_and_check.ts": (output) => {
    assert(Number(/largest difference (\S+)/.exec(output)![1]) < 1e-13, output);
    assertMatch(output, /^onnx: \d+ bytes\n(.*\n)*lut: \d+ \+ \d+ bytes, proven error/m);
  },
  "find_a_formula.ts": (output) => {
    assertMatch(output, /f\(x, y\) = exp\(sin\(pi\*x\) \+ y\^2\)/);
    assertMatch(output, /is pi/);
    assert(Number(/error at .*: (\S+)/.exec(output)![1]) < 1e-12, output);
  },
  "xy_as_squares.ts": (output) => {
    assertMatch(output, /as squares: \(\(x \+ y\)\^2 - \(x - y\)\^2\)\/4\n/);
    assertMatch(output, /simplified: x\*y\n/);
  },
  "solve_burgers.ts": (output) => {
    assert(Number(/relative error: (\S+)/.exec(output)![1]) < 2e-2, output);
  },
  "prune_breast_cancer.ts": (output) => {
    const [all, left] = [...output.matchAll(/: (\d+) columns, (\d+) parameters, accuracy (\S+)/g)]
      .map(([, ...numbers]) => numbers.map(Number));
    assert(all[0] === 30 && left[0] <= 15 && left[1] < all[1], output);
    assert(left[2] >= all[2] - 0.02, output);
  },
  "relu_to_splines.ts": (output) => {
    const rows = [...output.matchAll(/^(.+): \[.*\], (\d+) parameters, accuracy (\S+), log/gm)];
    const [mlp, splines, small, free] = rows.map(([, , parameters, accuracy]) => ({
      parameters: Number(parameters),
      accuracy: Number(accuracy),
    }));
    assert(mlp.accuracy >= 0.96 && splines.accuracy === mlp.accuracy, output);
    assert(small.parameters < mlp.parameters / 2, output);
    assert(small.accuracy >= mlp.accuracy - 0.02 && free.accuracy >= mlp.accuracy - 0.02, output);
    const differences = [...output.matchAll(/difference of logits: (\S+)/g)];
    assertEquals(differences.length, 2);
    for (const [, value] of differences) assert(Number(value) < 1e-11, output);
  },
  "certify_a_model.ts": (output) => {
    assertMatch(output, /all inside: true/);
    const wider = Number(/is (\S+) times/.exec(output)![1]);
    assert(wider >= 1 && wider < 1.05, output);
    assertMatch(output, /increasing in x: refuted, slope -/);
  },
  "prove_a_residual.ts": (output) => {
    const [, proven, measured] = /error: proven (\S+), measured (\S+)/.exec(output)!;
    assert(Number(measured) <= Number(proven) && Number(proven) < 1e-5, output);
  },
  "monotone_price.ts": (output) => {
    assertEquals([...output.matchAll(/^free, .*rising with size refuted/gm)].length > 0, true);
    const held = /^held, seed \d: rising with size proven, falling with age proven/gm;
    assertEquals([...output.matchAll(held)].length, 3, output);
  },
  "count_claims.ts": (output) => {
    assert(Number(/largest error of a rate: (\d+) %/.exec(output)![1]) < 20, output);
    assert(Number(/D2 (\S+)/.exec(output)![1]) > 0.03, output);
  },
  "classify_a_table.ts": (output) => {
    const accuracy = Number(/accuracy (\d\.\d+)/.exec(output)![1]);
    assert(accuracy >= 0.96, output);
    assertMatch(output, /same bits: true/);
  },
};

const folder = new URL("../examples/", import.meta.url);
const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
  name.endsWith(".ts")
);

Deno.test("every example has a claim that is tested", () => {
  assertEquals(names.toSorted(), Object.keys(CLAIMS).toSorted());
});

for (const name of names) {
  Deno.test(`examples/${name} runs and shows what it claims`, async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-read", new URL(name, folder).pathname],
    }).output();
    const text = new TextDecoder();
    assertEquals(code, 0, text.decode(stderr));
    CLAIMS[name](text.decode(stdout));
  });
}
