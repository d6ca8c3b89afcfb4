import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { programName } from "../../../cli/terminal/program_name.ts";

const folder = Deno.cwd();

function named(path: string, standalone = false): string {
  return programName({ mainModule: pathToFileURL(path).href, standalone, folder });
}

Deno.test("programName() is what was typed: a local file, or freeknot", () => {
  const deno = "deno run --allow-read --allow-write";
  assertEquals(named(`${folder}/cli.ts`), `${deno} cli.ts`);
  assertEquals(named(`${folder}/a b/cli.ts`).replace("\\", "/"), `${deno} 'a b/cli.ts'`);
  assertEquals(named(`${folder}/cli.ts`, true), "freeknot");
  const mainModule = "jsr:@freeknot/freeknot/cli";
  assertEquals(programName({ mainModule, standalone: false, folder }), "freeknot");
  assertEquals(programName(), "freeknot"); // the test runner's
});
