import { assert, assertEquals } from "@std/assert";

Deno.test({
  name: "examples/tfjs/fit_nonsmooth.ts runs and shows what it claims",
  ignore: Deno.env.get("FREEKNOT_TFJS") === undefined,
  fn: async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-lock",
        "--allow-env",
        "--allow-read",
        new URL("../../examples/tfjs/fit_nonsmooth.ts", import.meta.url).pathname,
      ],
    }).output();
    const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals(code, 0, errors);
    const numbers = (pattern: RegExp) =>
      [...output.matchAll(pattern)].map((match) => Number(match[1]));
    const losses = numbers(/mean squared error (\S+)/g);
    assert(losses.length === 3 && losses[2] < losses[0] && losses[2] < 0.01, output);
    const changes = numbers(/(?:largest change|same outputs to) (\S+)/g);
    assert(changes.length === 3 && changes.every((change) => change < 1e-5), output);
  },
});
