import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { buildNpm } from "../../tools/build_npm.ts";
import { findChromium, withPage } from "../support/chromium.ts";

/** The tests fetch packages: they run where the task `packages` asks for them. */
const ignore = Deno.env.get("FREEKNOT_NPM") === undefined;

const SCRIPT = `import { fit, predict, parseTable } from "@freeknot/freeknot";
import { evaluateSpline } from "@freeknot/freeknot/splines";
import { figureSvg } from "@freeknot/freeknot/report";
const inputs = Array.from({ length: 200 }, (_, i) => [i / 100 - 1, Math.sin(i)]);
const targets = inputs.map(([x, y]) => Math.abs(x + y));
const { network } = await fit({ inputs, targets });
const value: number = predict(network, [[0.25, 0.5]])[0][0];
const words = [typeof evaluateSpline, typeof figureSvg, parseTable("a\\n1\\n", { name: "t" }).rows];
const result = [value.toFixed(2), ...words].join(" ");
(globalThis as { result?: string }).result = result;
console.log(result);
`;
const EXPECTED = "0.75 function function 1";

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd })
    .output();
  const text = new TextDecoder(), out = text.decode(stdout);
  assert(success, `${command} ${args.join(" ")}: ${text.decode(stderr)}${out}`);
  return out;
}

/** Installs packages of others; says loudly what is skipped where npm cannot fetch them. */
async function installed(packages: string, cwd: string): Promise<boolean> {
  const { success, stderr } = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", packages],
    cwd,
  }).output();
  if (success) return true;
  const why = new TextDecoder().decode(stderr).trim().split("\n")[0];
  console.warn(`SKIPPED: npm could not install ${packages}: ${why}`);
  return false;
}

Deno.test({
  name: "the npm package works in an empty Node project, with TypeScript, esbuild and Vite",
  ignore,
  async fn(test) {
    const folder = await Deno.makeTempDir();
    try {
      await test.step("npm pack takes the folder", async () => {
        await buildNpm(`${folder}/package`);
        await run("npm", ["pack", "--silent", "--pack-destination", ".."], `${folder}/package`);
        const { exports, sideEffects, dependencies } = JSON.parse(
          await Deno.readTextFile(`${folder}/package/package.json`),
        );
        assertEquals([sideEffects, Object.keys(dependencies)], [false, ["csv-parse"]]);
        assert("./report" in exports && !("./cli" in exports));
      });
      const [{ name: tarball }] = [...Deno.readDirSync(folder)].filter(({ name }) =>
        name.endsWith(".tgz")
      );
      const project = `${folder}/project`;
      await Deno.mkdir(project);
      await Deno.writeTextFile(
        `${project}/package.json`,
        JSON.stringify({ private: true, type: "module" }),
      );
      await Deno.writeTextFile(`${project}/main.ts`, SCRIPT);
      const plain = SCRIPT.replace("value: number", "value")
        .replace("(globalThis as { result?: string })", "globalThis");
      await Deno.writeTextFile(`${project}/main.mjs`, plain);
      if (!await installed(`../${tarball}`, project)) return;
      await test.step("Node runs it", async () => {
        assertEquals((await run("node", ["main.mjs"], project)).trim(), EXPECTED);
      });
      await test.step("TypeScript knows its types, without WebGPU's and with them", async () => {
        if (!await installed("typescript@5.9", project)) return;
        for (const resolution of [["nodenext", "nodenext"], ["esnext", "bundler"]]) {
          await run("npx", [
            ...["tsc", "--noEmit", "--strict", "--target", "es2023", "--lib", "es2023,dom"],
            ...["--module", resolution[0], "--moduleResolution", resolution[1], "main.ts"],
          ], project);
        }
      });
      await test.step("esbuild bundles it for Node", async () => {
        if (!await installed("esbuild@0.28", project)) return;
        await run("npx", [
          ...["esbuild", "main.mjs", "--bundle", "--format=esm", "--minify", "--platform=node"],
          "--outfile=out.mjs",
        ], project);
        assertEquals((await run("node", ["out.mjs"], project)).trim(), EXPECTED);
      });
      await test.step("Vite builds a page of it", async () => {
        if (!await installed("vite@8", project)) return;
        await Deno.writeTextFile(
          `${project}/index.html`,
          `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/main.ts"></script>`,
        );
        const out = await run("npx", ["vite", "build", "--target", "esnext"], project);
        assertStringIncludes(out, "built in");
        await checkPage(`${project}/dist`);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Opens a built page and waits for its result. */
async function checkPage(folder: string): Promise<void> {
  if (findChromium() === undefined) {
    console.warn("SKIPPED: no Chromium on this machine");
    return;
  }
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url), path = pathname === "/" ? "/index.html" : pathname;
    const type = path.endsWith(".js") ? "text/javascript" : "text/html";
    const body = await Deno.readFile(`${folder}${path}`);
    return new Response(body, { headers: { "content-type": type } });
  });
  try {
    const url = `http://127.0.0.1:${server.addr.port}/`;
    await withPage(url, { width: 400, height: 300 }, async (page) => {
      let found: string | undefined;
      for (let wait = 0; wait < 200 && found === undefined; wait++) {
        found = await page.evaluate("globalThis.result");
        if (found === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assertEquals(found, EXPECTED);
      assertEquals(page.faults, []);
    });
  } finally {
    await server.shutdown();
  }
}
