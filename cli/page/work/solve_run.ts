/**
 * A differential equation that the page solves, as `freeknot solve` does: the same request, the same
 * search, the same bits.
 *
 * @module
 */

import type { PdeLevel, PdeSolution } from "../../../lib/physics/mod.ts";
import { createNetwork, type Network, withStatistics } from "../../../lib/model/mod.ts";
import { pdeInputs, solutionPoints } from "../../../lib/physics/inner.ts";
import { pdeNetwork } from "../../../lib/physics/mod.ts";
import type { EpochRecord, TrainEvent } from "../../../lib/train/mod.ts";
import { setupOf, solutionModel, solveAsked } from "../../commands/solve/asked.ts";
import { SOLVE_FLAGS } from "../../commands/solve/flags.ts";
import { type SolveLog, solveLog } from "../../commands/solve/log.ts";
import { readProblem } from "../../commands/solve/problem_file.ts";
import { requestOf, type SolveRequest } from "../../commands/solve/request.ts";
import { errorLines, levelText, planText, solutionTable } from "../../commands/solve/result.ts";
import { findPde } from "../../../lib/physics/mod.ts";
import { parseFlags } from "../../flags/parse.ts";
import { textFlag } from "../../flags/values.ts";
import { UsageError } from "../../terminal/errors.ts";
import { shellWord } from "../../terminal/shell_word.ts";
import { shortNumber } from "../../terminal/text_table.ts";
import type { FileKind, GivenFile, LossPoint, OpenRun, RunPlan } from "../protocol.ts";
import { type PageRun, PICTURE_TIME, type RunListener } from "./page_run.ts";
import { layOutSolution, type SolutionPictures } from "./solution_pictures.ts";

/** A problem that is read, with what is asked for. */
export interface PreparedSolve {
  readonly request: SolveRequest;
  /** The command line as the controls give it. */
  readonly command: string;
}

/** Flags that only a program with files has a use for. */
const REFUSED = [
  ...["out", "model-out", "report", "from", "list", "json", "quiet", "cluster"],
  ...["checkpoint", "checkpoint-every", "resume", "svg", "png", "text", "pictures"],
];

/**
 * Reads flags and problem.
 *
 * @throws Whatever `freeknot solve` would say of the same flags and the same problem.
 */
export function prepareSolve({ words, solves }: RunPlan): PreparedSolve {
  const { given } = parseFlags(words, SOLVE_FLAGS), file = solves?.file;
  const refused = REFUSED.find((name) => given.has(name));
  if (refused !== undefined) {
    throw new UsageError(
      `Cannot solve here: --${refused} must be given to freeknot solve; the page leaves it out`,
    );
  }
  const problem = file
    ? readProblem(file.bytes, file.name)
    : findPde(textFlag(given, "problem") ?? "");
  return {
    request: requestOf(given, problem, { files: [], start: undefined, pictures: undefined }),
    command: ["freeknot", "solve", ...words.map(shellWord)].join(" "),
  };
}

/** A problem that is open: solved from its start in one go. */
export class SolveRun implements PageRun {
  readonly #pictures: SolutionPictures;
  readonly #log: SolveLog = solveLog();
  readonly #abort = new AbortController();
  #solving: Promise<void> | undefined;
  #solution: PdeSolution | undefined;
  #points: LossPoint[] = [];
  #drawn = 0;
  /** There is nothing between two epochs to wait for. */
  pace = 0;

  constructor(readonly prepared: PreparedSolve, readonly tell: RunListener) {
    this.#pictures = layOutSolution(prepared.request.problem);
  }

  /** What the page shows of the problem. */
  describe(): OpenRun {
    const { request: { problem, optimizer, points, schedule, tolerance, timeLimit } } =
      this.prepared;
    const { title, name, equations, conditions } = problem;
    const texts = [...equations, ...conditions].map(({ equation }) => equation).join("; ");
    return {
      kind: "solve",
      files: ["model", "data", "report"],
      ...{ rows: 0, testRows: 0, nIn: Object.keys(problem.domain).length },
      widths: this.#first().config.widths,
      ...{ optimizer, command: this.prepared.command },
      epochs: schedule?.stages.reduce((sum, { epochs }) => sum + epochs, 0) ?? 0,
      notes: [
        `${title === name ? name : `${name}: ${title}`}. ${texts}.`,
        `Asked for at ${points.text}${
          schedule ? "" : `; ${planText(tolerance, timeLimit)}`
        }; optimizer ${optimizer}.`,
      ],
    };
  }

  /** Shows the first guess. */
  begin(): Promise<void> {
    this.#draw(this.#first(), {}, undefined);
    return Promise.resolve();
  }

  /** Solves, to the end. */
  play(): void {
    if (this.#solution) return this.tell.state(false);
    this.tell.state(true);
    this.#solving ??= this.#solve()
      .catch((error) => this.tell.fault(error))
      .finally(() => this.tell.state(false));
  }

  /** Ends the search with the best network so far. */
  async pause(): Promise<void> {
    if (!this.#solving || this.#solution) return this.tell.state(false);
    this.#abort.abort();
    await this.#solving;
  }

  /** The search refines by itself. */
  refine(): Promise<void> {
    return Promise.reject(
      new UsageError("Cannot refine: solving finds its grids itself; give a schedule instead"),
    );
  }

  /** There is one level to go back to: the start. */
  undo(): Promise<void> {
    return Promise.reject(
      new UsageError("Cannot go back: solving goes on to its end; press Start over"),
    );
  }

  /** A file of the solution. */
  async file(kind: FileKind): Promise<GivenFile> {
    const { request: { problem } } = this.prepared;
    await this.#solving;
    if (!this.#solution) {
      throw new UsageError("Cannot write a file: there must be a solution; press Solve first");
    }
    if (kind === "model") {
      const bytes = new Uint8Array(solutionModel(problem, this.#solution));
      return { name: "solved.safetensors", bytes };
    }
    if (kind === "report") {
      const { solvedReport } = await import("../late/main.ts");
      const { request } = this.prepared;
      return solvedReport(setupOf(request, this.#solution), this.#solution, this.#log);
    }
    const bytes = new TextEncoder().encode(solutionTable(problem, this.#solution));
    return { name: "solution.csv", bytes };
  }

  /** Nothing is searched for here but the solution. */
  interrupt(): void {}

  /** Ends the run. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#solving;
  }

  /** The network that the page shows before anything is solved. */
  #first(): Network {
    const { problem, network, seed } = this.prepared.request;
    const first = createNetwork(pdeNetwork(problem, network), { seed });
    const { inputs, rows } = pdeInputs(problem, solutionPoints(problem), []);
    return withStatistics(first, inputs, rows);
  }

  async #solve(): Promise<void> {
    const { request } = this.prepared;
    const solution = await solveAsked(request, {
      signal: this.#abort.signal,
      onLevel: (level) => this.#hearLevel(level),
      onEvent: (event, terms, coefficients, network) => {
        this.#log.take(event, terms, coefficients);
        if (event.type !== "finished") this.#hear(event, coefficients, network);
      },
    });
    this.#solution = solution;
    const { network, coefficients, finished, verification, error, errorEstimate } = solution;
    for (const note of solution.notes) this.tell.note(note, false);
    this.#draw(network, coefficients, verification.fresh);
    this.tell.changed(setupOf(request, solution).command, this.#points.at(-1)?.epoch ?? 0);
    const facts = [
      ...Object.entries(coefficients).map(([name, value]) => `${name} = ${+value.toPrecision(7)}`),
      ...errorLines(error).map(([name, size]) => `${name} ${shortNumber(size)}`),
      ...errorEstimate === undefined ? [] : [`estimate of it ${shortNumber(errorEstimate)}`],
    ];
    this.tell.note(`${finished.status}: ${finished.reason}; ${facts.join(", ")}`, true);
    this.tell.end({
      ...{ status: finished.status, reason: finished.reason },
      loss: { train: verification.trained, test: verification.fresh },
      score: facts.slice(0, Math.max(1, Object.keys(coefficients).length)).join(", "),
    });
  }

  #hear(
    event: TrainEvent,
    coefficients: Readonly<Record<string, number>>,
    solution: () => Network,
  ): void {
    if (event.type === "epoch") this.#points.push(pointOf(event.record));
    if (event.type === "stage") return;
    const isDue = performance.now() - this.#drawn >= PICTURE_TIME;
    if (isDue || event.type === "refined") this.#draw(solution(), coefficients, undefined);
    else this.tell.history(this.#points.slice(-1));
  }

  #hearLevel(level: PdeLevel): void {
    const last = this.#points.at(-1);
    this.tell.note(levelText(level), true);
    if (!last) return;
    this.#points[this.#points.length - 1] = { ...last, fresh: level.fresh };
    this.tell.history(this.#points);
  }

  #draw(
    network: Network,
    coefficients: Readonly<Record<string, number>>,
    fresh: number | undefined,
  ): void {
    const { error, ...shown } = this.#pictures.of(network, coefficients);
    const last = this.#points.at(-1);
    if (last) {
      const point = {
        ...last,
        ...error === undefined ? {} : { error },
        ...fresh === undefined ? {} : { fresh },
      };
      this.#points[this.#points.length - 1] = point;
      this.tell.history(fresh === undefined ? [point] : this.#points);
    }
    const point = this.#points.at(-1);
    this.tell.snapshot({ ...(point ? { point } : {}), ...shown }, []);
    this.#drawn = performance.now();
  }
}

/** Residuals instead of the loss, which is a sum of their squares. */
function pointOf({ epoch, work, loss, intervals }: EpochRecord): LossPoint {
  return { epoch, work, loss: Math.sqrt(loss), intervals };
}
