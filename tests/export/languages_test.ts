import { assertEquals } from "@std/assert";
import { exportModel } from "../../lib/export/mod.ts";
import { casesFor, checkOutputsOf, ROWS } from "../support/export_cases.ts";
import { programRows } from "../support/programs.ts";
import {
  cMain,
  flat,
  hasTool,
  putFiles,
  rowsOf,
  runC,
  runTool,
} from "../support/export_runners.ts";
import { withFolder } from "../support/folder.ts";
import { PYTHON } from "../support/python.ts";

const nameOf = (index: number) => `model${index}`;

for (const dtype of ["float64", "float32"] as const) {
  const single = dtype === "float32";

  Deno.test(`exported JavaScript says what the model says, ${dtype}`, () =>
    withFolder(async (folder) => {
      for (const [i, each] of casesFor(dtype).entries()) {
        const { files } = exportModel(each.program, { to: "js", dtype, name: nameOf(i) });
        putFiles(folder, nameOf(i), files);
        const module = await import(`file://${folder}/${nameOf(i)}.js`);
        const rows = programRows(each, ROWS, 3, single);
        checkOutputsOf(each, dtype, rows.map((row) => [...module.predict(row)]), rows);
        assertEquals(module.columns, each.program.columns.map(({ name }) => name));
        if (each.program.result.kind !== "classes") continue;
        const [first] = rows, values = [...module.predict(first)];
        const label = each.program.result.labels[values.indexOf(Math.max(...values))];
        assertEquals(module.classify(first), label);
      }
    }));

  Deno.test({
    name: `exported C says what the model says, ${dtype}`,
    ignore: !hasTool("cc", ["--version"], "exported C"),
    fn: () =>
      withFolder(async (folder) => {
        for (const [i, each] of casesFor(dtype).entries()) {
          const name = nameOf(i), { result } = each.program;
          putFiles(folder, name, exportModel(each.program, { to: "c", dtype, name }).files);
          const main = cMain(name, single ? "float" : "double", result.kind === "classes");
          const rows = programRows(each, ROWS, 4, single);
          const width = result.kind === "classes" ? result.labels.length : result.names.length;
          const out = await runC(folder, name, main, rows);
          checkOutputsOf(each, dtype, rowsOf(out, width), rows);
        }
      }),
  });

  Deno.test({
    name: `exported Python says what the model says, ${dtype}`,
    ignore: !hasTool(PYTHON, ["-c", "import numpy"], "exported Python with numpy"),
    fn: () =>
      withFolder(async (folder) => {
        const script = `${folder}/main.py`;
        await Deno.writeTextFile(
          script,
          "import importlib.util, sys\nimport numpy as np\n" +
            "spec = importlib.util.spec_from_file_location('model', sys.argv[1])\n" +
            "model = importlib.util.module_from_spec(spec)\nspec.loader.exec_module(model)\n" +
            "rows = np.frombuffer(sys.stdin.buffer.read()).reshape(-1, len(model.COLUMNS))\n" +
            "out = model.predict(rows)\n" +
            "named = model.predict({name: rows[:, p] for p, name in enumerate(model.COLUMNS)})\n" +
            "assert np.array_equal(out, named, equal_nan=True)\n" +
            "assert not hasattr(model, 'LABELS') or len(model.classify(rows)) == len(rows)\n" +
            "sys.stdout.buffer.write(out.astype(np.float64).tobytes())\n",
        );
        for (const [i, each] of casesFor(dtype).entries()) {
          const name = nameOf(i), { result } = each.program;
          putFiles(folder, name, exportModel(each.program, { to: "python", dtype, name }).files);
          const rows = programRows(each, ROWS, 5, single);
          const width = result.kind === "classes" ? result.labels.length : result.names.length;
          const out = await runTool(PYTHON, [script, `${folder}/${name}.py`], flat(rows));
          checkOutputsOf(each, dtype, rowsOf(out, width), rows);
        }
      }),
  });
}
