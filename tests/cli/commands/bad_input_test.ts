import { assert, assertEquals, assertGreaterOrEqual, assertStringIncludes } from "@std/assert";
import { createNetwork, encodeModel } from "../../../lib/model/mod.ts";
import { classTable, listing, ROOT, run, smallTable, spawn, withFolder } from "../support.ts";

/** A request that must fail: arguments, and a part of the line that says why. */
type Case = readonly [why: string, args: string];

/** `$` stands for the folder of the test. */
const GALLERY = "train --problem nonsmooth --rows 50 --schedule 1";
const TABLE = "train --data $/small.csv --target y --schedule 1";
const OUT = "--model-out $/new.model --report $/new.html";

const FLAGS: readonly Case[] = [
  ['did you mean "train"', "trian --problem nonsmooth"],
  ["command must be one of", "frobnicate"],
  ['did you mean "predict"', "help predic"],
  ['did you mean "--schedule"', `${GALLERY} --shedule 1 ${OUT}`],
  ['did you mean "--validation-fraction"', `${GALLERY} --valid 0.1 ${OUT}`],
  ["--frobnicate is not a flag", `${GALLERY} --frobnicate 3 ${OUT}`],
  ["-x is not a flag", `${GALLERY} -x ${OUT}`],
  ["stands alone", `${GALLERY} extra ${OUT}`],
  ["; did you mean --data none.csv?", "train none.csv --target y"],
  ["; did you mean --data $/sub/plain?", "train $/sub/plain --target y"],
  ["; did you mean --model m.safetensors?", "predict m.safetensors --data $/small.csv"],
  ["--epochs is not a flag of this command; --schedule 10 trains", `${TABLE} --epochs 10 ${OUT}`],
  ["--seed must have a value", `${GALLERY} --seed`],
  ["--report must have a value, current value is the next flag", `${GALLERY} --report --json`],
  ["--json must come without a value", `${GALLERY} --json=yes ${OUT}`],
  ["--seed must be given once", `${GALLERY} --seed 1 --seed 2 ${OUT}`],
  ["exclude each other", `${GALLERY} --bias --no-bias ${OUT}`],
  ["one of --problem and --data", `train ${OUT}`],
  ["one of --problem and --data", `${GALLERY} --data $/small.csv ${OUT}`],
  ["--target must name", `train --data $/small.csv ${OUT}`],
  ["--target must come with --data only", `${GALLERY} --target y ${OUT}`],
  ["--rows must come with --problem only", `${TABLE} --rows 5 ${OUT}`],
  ["--huber-delta must come with --loss huber only", `${GALLERY} --huber-delta 0.2 ${OUT}`],
  ["--patience must come with", `${GALLERY} --patience 3 ${OUT}`],
  ["--learning-rate must come with", `${GALLERY} --learning-rate 0.1 ${OUT}`],
  ["--memory must come with", `${GALLERY} --optimizer adam --memory 7 ${OUT}`],
  ["--batch-size must come with --optimizer adam or adamw", `${GALLERY} --batch-size 20 ${OUT}`],
  ["--clip-norm must come with", `${GALLERY} --optimizer lbfgs --clip-norm 1 ${OUT}`],
  [
    "--min-learning-rate must come with --learning-rate-schedule cosine or cyclic",
    `${GALLERY} --optimizer adam --min-learning-rate 0.0001 ${OUT}`,
  ],
  [
    "--warmup must be less than the epochs of --schedule, 1 in all",
    `${GALLERY} --optimizer adam --learning-rate-schedule cosine --warmup 5 ${OUT}`,
  ],
  ["--problem must be one of", `train --problem nonsmoth ${OUT}`],
];

const NUMBERS: readonly Case[] = [
  ["--seed must be an integer", `${GALLERY} --seed 1.5 ${OUT}`],
  ["--seed must be an integer", `${GALLERY} --seed abc ${OUT}`],
  ["--rows must be an integer", `${GALLERY.replace("50", "0")} ${OUT}`],
  ["--degree must be an integer", `${GALLERY} --degree 10 ${OUT}`],
  ["--degree must be an integer", `${GALLERY} --degree 0 ${OUT}`],
  ["--intervals must be an integer", `${GALLERY} --intervals 0x10 ${OUT}`],
  ["--intervals must be", `${GALLERY} --intervals 9999999 ${OUT}`],
  ["--weight-decay must be a number", `${GALLERY} --weight-decay=-1 ${OUT}`],
  ["--weight-decay must be a number", `${GALLERY} --weight-decay Infinity ${OUT}`],
  ["--huber-delta must be a number", `${GALLERY} --loss huber --huber-delta 0 ${OUT}`],
  ["--learning-rate must be a number", `${GALLERY} --optimizer adam --learning-rate nan ${OUT}`],
  ["--memory must be an integer", `${GALLERY} --memory 0 ${OUT}`],
  ["--batch-size must be an integer", `${GALLERY} --optimizer adam --batch-size 0 ${OUT}`],
  ["--test-fraction must be a number", `${TABLE} --test-fraction 1 ${OUT}`],
  ["must sum to less than 1", `${TABLE} --test-fraction 0.5 --validation-fraction 0.5 ${OUT}`],
  ["--domain must be two numbers", `${GALLERY} --domain 1,-1 ${OUT}`],
  ["--domain must be two numbers", `${GALLERY} --domain 1 ${OUT}`],
];

const CONFIGURATIONS: readonly Case[] = [
  ["--widths must be integers", `${GALLERY} --widths 2,x,1 ${OUT}`],
  ["--widths must be integers", `${GALLERY} --widths 2,0,1 ${OUT}`],
  [
    "--widths must be at least 3 entries, inputs and outputs included, such as 3,5,1 (2 are " +
    "enough with --first-layer spline), current value is 2,1",
    `${GALLERY} --widths 2,1 ${OUT}`,
  ],
  [
    "--widths must be at least 2 entries, inputs and outputs included, such as 3,1, current",
    `${GALLERY} --first-layer spline --widths 2 ${OUT}`,
  ],
  ["--widths must begin with 2", `${GALLERY} --widths 3,5,1 ${OUT}`],
  ["--widths must begin with 2 (inputs a, b) and end with 1 (y)", `${TABLE} --widths 2,5,2 ${OUT}`],
  ["parameters", `${GALLERY} --widths 2,90000,90000,1 ${OUT}`],
  ["--knots must be one of uniform, free", `${GALLERY} --knots fixed ${OUT}`],
  ['did you mean "bspline"', `${GALLERY} --basis bsplin ${OUT}`],
  ["--outer-knots must be", `${GALLERY} --knots uniform --outer-knots free ${OUT}`],
  ["--outer-knots must be", `${GALLERY} --basis relu --outer-knots clamped ${OUT}`],
  ["--bias must be false", `${GALLERY} --first-layer spline --bias ${OUT}`],
  ["--engine must be one of cpu, webgpu, reference, auto", `${GALLERY} --engine gpu ${OUT}`],
  ["--threads must be", `${GALLERY} --threads 0 ${OUT}`],
  ["--threads must be", `${GALLERY} --threads two ${OUT}`],
  ["--threads must come with --engine cpu", `${GALLERY} --engine reference --threads 2 ${OUT}`],
  ["--optimizer must be one of", `${GALLERY} --optimizer newton ${OUT}`],
  ["--loss must be one of", `${GALLERY} --loss mae ${OUT}`],
  ["--loss must be mse or huber", `${GALLERY} --loss cross-entropy ${OUT}`],
  ["--line-search must be one of", `${GALLERY} --line-search armijo ${OUT}`],
  ["--schedule must be integers", `${GALLERY.replace("1", "4,,2")} ${OUT}`],
  ["--schedule must be integers", "train --problem xor --schedule -1,2"],
  ["--schedule must hold a number above 0", `train --problem xor --schedule 0,0 ${OUT}`],
  ["--intervals must be", `train --problem xor --schedule 0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1`],
];

const TABLES: readonly Case[] = [
  ["no such file", `train --data $/none.csv --target y ${OUT}`],
  ["it is a folder", `train --data $ --target y ${OUT}`],
  ['did you mean "y"', `train --data $/small.csv --target Y ${OUT}`],
  ["used once, current value is target and input", `${TABLE} --inputs a,y ${OUT}`],
  ["names of columns with commas", `train --data $/small.csv --target y, ${OUT}`],
  ["line 3", `train --data $/words.csv --target a ${OUT}`],
  ["line 3", `train --data $/words.csv --target y --missing error ${OUT}`],
  ["line 3", `train --data $/missing.csv --target y --missing error ${OUT}`],
  ["types number, boolean", `train --data $/small.csv --target y --types a=nubmer ${OUT}`],
  ["--types must be COLUMN=TYPE", `train --data $/small.csv --target y --types a ${OUT}`],
  ["be an input to have a type", `train --data $/small.csv --target y --types y=number ${OUT}`],
  ["hold dates such as", `train --data $/words.csv --target y --types a=date ${OUT}`],
  ["--missing must be one of", `train --data $/small.csv --target y --missing drop ${OUT}`],
  ["line 2 must have 2 cells", `train --data $/ragged.csv --target y ${OUT}`],
  ["rows below the header", `train --data $/header.csv --target y ${OUT}`],
  ["column names", `train --data $/empty.csv --target y ${OUT}`],
  [
    'bytes that are not; save it as UTF-8 ("CSV UTF-8" in a spreadsheet)',
    `train --data $/binary.csv --target y ${OUT}`,
  ],
  ["; add a first line such as x,y", `train --data $/headless.csv --target y ${OUT}`],
  ["at least", `train --data $/two.csv --target y ${OUT}`],
  ["weight of at least 0", `train --data $/signed.csv --target y --weight w ${OUT}`],
  ["hold at least 2 classes", `train --data $/one.csv --target kind --loss cross-entropy ${OUT}`],
  [
    "--target must be one column",
    `train --data $/small.csv --target y,a --loss cross-entropy ${OUT}`,
  ],
];

const FILES: readonly Case[] = [
  ["--model-out must be a file of its own", `${TABLE} --model-out $/small.csv`],
  ["--report must be a file of its own", `${TABLE} --report $/../$name/small.csv`],
  ["--report must be a file of its own", `${GALLERY} --model-out $/same --report $/same`],
  ["--model-out must lie in a folder that exists", `${GALLERY} --model-out $/none/m.model`],
  ["--report must lie in a folder", `${GALLERY} --report $/small.csv/r.html`],
  ["--report must be a file, current value is a folder", `${GALLERY} --report $/sub`],
];

const MODELS: readonly Case[] = [
  ["--model must be a file", "predict --data $/small.csv"],
  ["--data must be a table", "predict --model $/good.model"],
  ["no such file", "predict --model $/none.model --data $/small.csv --out $/new.csv"],
  ["bytes", "predict --model $/short.model --data $/small.csv --out $/new.csv"],
  ["truncated", "predict --model $/cut.model --data $/small.csv --out $/new.csv"],
  ["checksum", "inspect --model $/damaged.model"],
  ["it is not a safetensors file (freeknot", "evaluate --model $/small.csv --data $/small.csv"],
  ["a network alone", "predict --model $/alone.model --data $/small.csv --out $/new.csv"],
  [
    'two.csv: the table must have a column "b"; it has "a", "y"',
    "predict --model $/good.model --data $/two.csv --out $/new.csv",
  ],
  [
    'the table must have the columns "b", "y"; it has "a", "kind"',
    "evaluate --model $/good.model --data $/one.csv",
  ],
  [
    'bytes that are not; save it as UTF-8 ("CSV UTF-8" in a spreadsheet)',
    "predict --model $/good.model --data $/binary.csv --out $/new.csv",
  ],
  [
    "--out must be a file of its own",
    "predict --model $/good.model --data $/small.csv --out $/small.csv",
  ],
  [
    "--out must be a file of its own",
    "predict --model $/good.model --data $/small.csv --out $/good.model",
  ],
  [
    "trained on to have a test part",
    "evaluate --model $/good.model --data $/other.csv --part test",
  ],
  ["have a validation part", "evaluate --model $/good.model --data $/small.csv --part validation"],
  ["--part must be one of", "evaluate --model $/good.model --data $/small.csv --part tests"],
  ["--data must be a table", "evaluate --model $/good.model"],
  ["one of the labels", "evaluate --model $/classes.model --data $/other_classes.csv"],
  ["input columns x, y", "predict --model $/gallery.model --data $/small.csv --out $/new.csv"],
  ["name must be one of", "problems nonsmoth"],
];

async function prepare(folder: string): Promise<void> {
  const files: Record<string, string> = {
    "small.csv": smallTable(),
    "other.csv": smallTable(61),
    "words.csv": "a,y\n1,2\nx,3\n4,5\n",
    "missing.csv": "a,y\n1,2\n,3\n4,5\n",
    "ragged.csv": "a,y\n1,2,3\n4,5\n",
    "header.csv": "a,y\n",
    "empty.csv": "",
    "headless.csv": "1,2\n3,4\n",
    "two.csv": "a,y\n1,2\n3,4\n",
    "signed.csv": "a,y,w\n1,2,1\n2,3,1\n3,3,-1\n4,5,0\n",
    "one.csv": "a,kind\n1,x\n2,x\n3,x\n4,x\n5,x\n6,x\n",
    "classes.csv": classTable(),
    "other_classes.csv": "a,b,kind\n0.1,0.2,huge\n",
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  await Deno.writeFile(`${folder}/binary.csv`, new Uint8Array([255, 254, 200, 10]));
  await Deno.mkdir(`${folder}/sub`);
  await Deno.writeTextFile(`${folder}/sub/plain`, "a,y\n1,2\n");
  const quick = ["--schedule", "1", "--quiet", "--model-out"];
  for (
    const args of [
      ["--data", `${folder}/small.csv`, "--target", "y", ...quick, `${folder}/good.model`],
      ["--problem", "xor", "--rows", "50", ...quick, `${folder}/gallery.model`],
      ["--data", `${folder}/classes.csv`, "--target", "kind", "--loss", "cross-entropy", ...quick]
        .concat(`${folder}/classes.model`),
    ]
  ) {
    const { code, err } = await run("train", ...args);
    assertEquals(code, 0, err);
  }
  const good = await Deno.readFile(`${folder}/good.model`);
  await Deno.writeFile(`${folder}/short.model`, good.slice(0, 5));
  await Deno.writeFile(`${folder}/cut.model`, good.slice(0, good.length - 9));
  const damaged = good.slice();
  damaged[damaged.length - 20] ^= 1;
  await Deno.writeFile(`${folder}/damaged.model`, damaged);
  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
  await Deno.writeFile(`${folder}/alone.model`, encodeModel(network));
}

const GROUPS = { FLAGS, NUMBERS, CONFIGURATIONS, TABLES, FILES, MODELS };

Deno.test("main() answers bad input with code 2, one line, and writes nothing", async (t) => {
  await withFolder(async (folder) => {
    await prepare(folder);
    const before = listing(folder);
    let count = 0;
    for (const [group, cases] of Object.entries(GROUPS)) {
      await t.step(group.toLowerCase(), async () => {
        for (const [why, line] of cases) {
          const args = line.replace("$name", folder.split("/").pop()!).split(" ")
            .map((word) => word.replace("$", folder));
          const { code, out, err } = await run(...args);
          assertEquals(code, 2, `${line}: ${err}`);
          assertEquals(out, "", line);
          assertEquals(err.split("\n").length, 2, `${line}: ${err}`);
          assert(err.startsWith("freeknot: ") && err.endsWith("--help tells more)\n"), err);
          assertStringIncludes(err, why.replace("$", folder), line);
          assertEquals(listing(folder), before, line);
          count++;
        }
      });
    }
    assertGreaterOrEqual(count, 35);
  });
});

Deno.test("a missing permission is told with its remedy, without pointing at the help", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/t.csv`, smallTable());
    const script = decodeURIComponent(new URL("cli.ts", ROOT).pathname);
    for (const allowed of [[], ["--allow-read"]]) {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", ...allowed, script, "train", "--data", "t.csv", "--target"]
          .concat("y", "--schedule", "1", ...(allowed.length === 0 ? [] : ["--report", "r.html"])),
        cwd: folder,
        stdout: "null",
        stderr: "piped",
      }).output();
      const err = new TextDecoder().decode(stderr);
      assertEquals(code, 2, err);
      assert(err.endsWith("deno run --allow-read --allow-write gives it\n"), err);
    }
  });
});

Deno.test("the program exits with code 2, and shows no stack", async () => {
  await withFolder(async (folder) => {
    const { code, out, err } = await spawn(
      ["train", "--problem", "nonsmooth", "--sead", "1"],
      folder,
    );
    assertEquals([code, out], [2, ""]);
    assertEquals(
      err,
      "freeknot: Cannot read flags: --sead is not a flag of this command; " +
        'did you mean "--seed"? (freeknot train --help tells more)\n',
    );
    assertEquals(listing(folder), []);
  });
});
