/**
 * Writes lib/report/html/chart_js.ts: Chart.js's UMD build and its licence as text.
 *
 * The package's `exports` hide the UMD file, so its folder is asked of `deno info`. The
 * version is the one that deno.json pins. Run it after changing that version:
 * `deno run --allow-read --allow-write --allow-run tools/generate_chart_js.ts`.
 *
 * @module
 */

const root = new URL("../", import.meta.url);

/** Reads the pinned version, `4.6.1`, of chart.js from deno.json. */
export async function pinnedChartJsVersion(): Promise<string> {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const version = /^npm:chart\.js@(\d+\.\d+\.\d+)$/.exec(imports["chart.js"] ?? "")?.[1];
  if (version === undefined) {
    throw new TypeError(
      "Cannot find chart.js: deno.json must pin npm:chart.js@<exact version>, " +
        `current value is ${imports["chart.js"]}`,
    );
  }
  return version;
}

/** The folder of a cached npm package; fetches it into Deno's cache where it is missing. */
async function packageFolder(name: string, version: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", `npm:${name}@${version}`],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(success ? stdout : stderr);
  if (!success) throw new Error(`Cannot find ${name}@${version}: deno info failed: ${text}`);
  return JSON.parse(text).npmPackages[`${name}@${version}`].localPath;
}

/**
 * Builds the text of the module from the package in Deno's cache.
 *
 * @returns TypeScript source that exports `CHART_JS_VERSION`, `CHART_JS_LICENCE` and
 * `CHART_JS_SOURCE`.
 * @throws {Error} If the source cannot stand inside a script element.
 */
export async function generateChartJsModule(): Promise<string> {
  const version = await pinnedChartJsVersion();
  const folder = await packageFolder("chart.js", version);
  const umd = await Deno.readTextFile(`${folder}/dist/chart.umd.min.js`);
  const licence = await Deno.readTextFile(`${folder}/LICENSE.md`);
  const source = umd.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n");
  if (/<\/script|<!--/i.test(source)) {
    throw new Error("Cannot embed chart.js: source must hold neither </script nor <!--");
  }
  return `// deno-fmt-ignore-file
// deno-lint-ignore-file
/**
 * Chart.js ${version}, UMD build. Written by tools/generate_chart_js.ts: do not edit.
 *
 * @module
 */

/** Version of Chart.js in {@linkcode CHART_JS_SOURCE}. */
export const CHART_JS_VERSION = ${JSON.stringify(version)};

/** Licence of Chart.js (MIT). */
export const CHART_JS_LICENCE: string = ${JSON.stringify(licence.trim())};

/** JavaScript that sets the global \`Chart\`; safe inside a script element. */
export const CHART_JS_SOURCE: string = ${JSON.stringify(source)};
`;
}

if (import.meta.main) {
  await Deno.writeTextFile(
    new URL("lib/report/html/chart_js.ts", root),
    await generateChartJsModule(),
  );
}
