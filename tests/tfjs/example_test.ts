import { assert, assertEquals } from "@std/assert";

/** Runs an example and gives what it prints. */
async function outputOf(name: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-lock",
      "--allow-env",
      "--allow-read",
      new URL(`../../examples/tfjs/${name}`, import.meta.url).pathname,
    ],
  }).output();
  const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(code, 0, errors);
  return output;
}

function numbers(output: string, pattern: RegExp): number[] {
  return [...output.matchAll(pattern)].map((match) => Number(match[1]));
}

const ignore = Deno.env.get("FREEKNOT_TFJS") === undefined;

Deno.test({
  name: "examples/tfjs/fit_nonsmooth.ts runs and shows what it claims",
  ignore,
  fn: async () => {
    const output = await outputOf("fit_nonsmooth.ts");
    const losses = numbers(output, /mean squared error (\S+)/g);
    assert(losses.length === 3 && losses[2] < losses[0] && losses[2] < 0.01, output);
    const changes = numbers(output, /(?:largest change|same outputs to) (\S+)/g);
    assert(changes.length === 3 && changes.every((change) => change < 1e-5), output);
  },
});

Deno.test({
  name: "examples/tfjs/save_refine_convert.ts runs and shows what it claims",
  ignore,
  fn: async () => {
    const output = await outputOf("save_refine_convert.ts");
    const [adam, gaussNewton] = numbers(output, /mean squared error (\S+)/g);
    assert(gaussNewton < 0.1 * adam, output);
    const changes = numbers(output, /largest change (\S+)/g);
    assert(changes.length === 4 && changes[0] === 0, output);
    assert(changes.every((change) => change < 1e-4), output);
  },
});
