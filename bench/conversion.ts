/**
 * What conversions cost and regions count: tables of docs/deployment.md.
 *
 * `deno run --allow-read bench/conversion.ts [--only regions|powers|cells]`
 *
 * `--digits digits.csv.gz` trains ReLU networks on the 8 x 8 digits of scikit-learn
 * (sklearn/datasets/data), rewrites them as splines and trains both on.
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { parseArgs } from "@std/cli/parse-args";
import {
  elevateDegree,
  extractPolyhedra,
  regionBounds,
  reluSize,
  reluToSplines,
  splinesToRelu,
} from "../lib/convert/mod.ts";
import {
  classificationScores,
  findProblem,
  galleryDatasets,
  parseTable,
  prepareTable,
} from "../lib/data/mod.ts";
import { createNetwork, forward, type Network } from "../lib/model/mod.ts";
import { coarseSchedule, prolong } from "../lib/multilevel/mod.ts";
import { adam, lbfgs, trainToEnd } from "../lib/train/mod.ts";
import { median } from "./_case.ts";

const { only, digits } = parseArgs(Deno.args, { string: ["only", "digits"] }) as {
  only?: string;
  digits?: string;
};
const wanted = (name: string) => digits === undefined && (only === undefined || only === name);

const UNIT = [[0, 1], [0, 1]] as const;
const SEEDS = [1, 2, 3, 4, 5];

/** Widths of splines on five uniform intervals whose parameters are near 110, 460, 1760. */
const WIDTHS = [6, 25, 97];
const EPOCHS = 20;

function splines(width: number, seed: number): Network {
  return createNetwork({
    ...{ widths: [2, width, 1], firstLayer: "spline", degree: 1, intervals: 5, knots: "uniform" },
    domain: [0, 1],
  }, { seed });
}

async function regionsTable(): Promise<void> {
  const problem = findProblem("nonsmooth");
  const { train } = galleryDatasets(problem, { rows: 1000 });
  console.log(
    "| network | parameters | regions, random | trained | per parameter | mse | at most |",
  );
  for (const width of WIDTHS) {
    const { relu } = regionBounds(splines(width, 1));
    const kinds: [string, (seed: number) => Network][] = [
      [`splines [2, ${width}, 1]`, (seed) => splines(width, seed)],
      [
        `ReLU [${relu!.widths.join(", ")}]`,
        (seed) => createNetwork({ widths: relu!.widths, activation: "relu" }, { seed }),
      ],
    ];
    for (const [name, make] of kinds) {
      const random: number[] = [], trained: number[] = [], errors: number[] = [];
      for (const seed of SEEDS) {
        random.push(extractPolyhedra(make(seed), UNIT).regions);
        const { network } = await trainToEnd(make(seed), train, {
          optimizer: lbfgs(),
          schedule: coarseSchedule(EPOCHS),
        });
        trained.push(extractPolyhedra(network, UNIT).regions);
        const outputs = forward(network, train.inputs);
        errors.push(
          outputs.reduce((sum, y, r) => sum + (y - train.targets[r]) ** 2 / train.rows, 0),
        );
      }
      const { parameters, perNode } = regionBounds(make(1));
      console.log(
        `| ${name} | ${parameters} | ${median(random)} | ${median(trained)} | ` +
          `${(median(trained) / parameters).toFixed(2)} | ${median(errors).toExponential(1)} | ` +
          `10^${perNode.toFixed(1)} |`,
      );
    }
  }
}

/** Numbers of an MLP with full matrices. */
function fullSize(widths: readonly number[]): number {
  return widths.slice(1).reduce((sum, width, i) => sum + (widths[i] + 1) * width, 0);
}

function powersTable(): void {
  console.log(
    "| degree | intervals | splines | ReLU^degree, sparse | in full | sparse / splines | full / splines |",
  );
  for (const degree of [1, 2, 3]) {
    for (let intervals = 5; intervals <= 320; intervals *= 4) {
      const network = createNetwork({
        ...{ widths: [5, 5, 5, 5], firstLayer: "spline", degree, intervals, knots: "uniform" },
      }, { seed: 1 });
      const { numbers, widths } = reluSize(splinesToRelu(network)),
        count = network.parameters.length;
      const full = fullSize(widths);
      console.log(
        `| ${degree} | ${intervals} | ${count} | ${numbers} | ${full} | ` +
          `${(numbers / count).toFixed(2)} | ${(full / count).toFixed(1)} |`,
      );
    }
  }
}

function cellsTable(): void {
  console.log("| network | cells | vertices | seconds of a core | volumes sum to 1 within |");
  const cases: [string, Network, readonly (readonly [number, number])[]][] = [
    [
      "splines [2, 10, 10, 1], 8 intervals",
      createNetwork(
        { widths: [2, 10, 10, 1], firstLayer: "spline", degree: 1, intervals: 8 },
        { seed: 1 },
      ),
      [[-1, 1], [-1, 1]],
    ],
    [
      "ReLU [2, 64, 64, 64, 1]",
      createNetwork({ widths: [2, 64, 64, 64, 1], activation: "relu" }, { seed: 1 }),
      [[-3, 3], [-3, 3]],
    ],
    [
      "splines [3, 8, 1], 8 intervals",
      createNetwork(
        { widths: [3, 8, 1], firstLayer: "spline", degree: 1, intervals: 8 },
        { seed: 1 },
      ),
      [[-1, 1], [-1, 1], [-1, 1]],
    ],
  ];
  for (const [name, network, box] of cases) {
    const begin = cpuUsage(), { cells, vertices } = extractPolyhedra(network, box);
    const used = cpuUsage(begin), seconds = (used.user + used.system) / 1e6;
    const whole = box.reduce((product, [a, b]) => product * (b - a), 1);
    const volume = cells.reduce((sum, cell) => sum + cell.volume, 0) / whole;
    console.log(
      `| ${name} | ${cells.length} | ${vertices.length / box.length} | ${seconds.toFixed(2)} | ` +
        `${Math.abs(volume - 1).toExponential(1)} |`,
    );
  }
}

/** Accuracy and log loss on the test rows, before and after rewriting, after training on. */
async function digitsTable(path: string): Promise<void> {
  const packed = new Blob([await Deno.readFile(path)]).stream();
  const text = await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).text();
  const columns = Array.from({ length: 64 }, (_, i) => `p${i}`);
  const table = parseTable(`${[...columns, "digit"].join()}\n${text}`, { name: "digits" });
  const loss = { kind: "crossEntropy" } as const;
  console.log("| network | parameters | accuracy | log loss | largest change of a logit |");
  const lines = new Map<string, number[][]>();
  for (const seed of SEEDS) {
    const { train, test } = prepareTable(table, {
      ...{ targets: ["digit"], task: "classification", seed, testFraction: 0.2 },
      validationFraction: 0,
    });
    const note = (name: string, network: Network, change = NaN) => {
      const outputs = forward(network, test!.inputs, test!.rows);
      const { accuracy, logLoss } = classificationScores(outputs, test!.targets, 10);
      const list = lines.get(name) ?? [];
      lines.set(name, [...list, [network.parameters.length, accuracy, logLoss, change]]);
      return outputs;
    };
    const go = async (network: Network, epochs: number) => {
      const optimizer = adam({ learningRate: 1e-3, batchSize: 64, batchSeed: seed });
      const schedule = coarseSchedule(epochs);
      return (await trainToEnd(network, train, { loss, optimizer, schedule })).network;
    };
    const start = createNetwork({ widths: [64, 32, 32, 10], activation: "relu" }, { seed });
    const mlp = await go(start, 50), splines = reluToSplines(mlp, { inputs: train.inputs });
    const logits = note("ReLU, 50 epochs", mlp);
    const others = forward(splines, test!.inputs, test!.rows);
    note(
      "the same as splines",
      splines,
      Math.max(...others.map((y, i) => Math.abs(y - logits[i]))),
    );
    note("ReLU, 10 epochs more", await go(mlp, 10));
    note("splines, free knots, 10 epochs more", await go(elevateDegree(splines, 1), 10));
    note("splines, 4 pieces, 10 epochs more", await go(prolong(elevateDegree(splines, 1)), 10));
  }
  for (const [name, runs] of lines) {
    const mean = (k: number) => runs.reduce((sum, run) => sum + run[k] / runs.length, 0);
    const change = Math.max(...runs.map((run) => run[3]));
    console.log(
      `| ${name} | ${runs[0][0]} | ${mean(1).toFixed(4)} | ${mean(2).toFixed(3)} | ` +
        `${Number.isNaN(change) ? "" : change.toExponential(1)} |`,
    );
  }
}

if (digits !== undefined) await digitsTable(digits);
if (wanted("regions")) await regionsTable();
if (wanted("powers")) powersTable();
if (wanted("cells")) cellsTable();
