/**
 * The steps of `solve`, which alone needs differential equations.
 *
 * @module
 */

import { pdeProblems } from "../../../lib/physics/mod.ts";
import { switchFlag } from "../../flags/values.ts";
import { EXIT, runExitCode } from "../../terminal/errors.ts";
import { textTable } from "../../terminal/text_table.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import type { ClusterRequest } from "../../flags/cluster.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { solveCluster, type SolvedOnCluster, solveOnCluster } from "./cluster.ts";
import { type SolveRequest, solveRequest } from "./request.ts";
import { solveJson, solveText } from "./result.ts";
import { performSolve } from "./run.ts";

/** A problem to solve, or the list of the gallery. */
type Request = {
  readonly json: boolean;
  readonly solve?: SolveRequest;
  /** What the processes of a cluster read and solve together. */
  readonly cluster?: { readonly asked: ClusterRequest; readonly given: GivenFlags };
};

type Result = SolvedOnCluster | undefined;

/** Solves a problem, or lists the gallery. */
export const solveSteps: CommandSteps<Request, Result> = {
  async request(given): Promise<Request> {
    if (switchFlag(given, "list")) return { json: switchFlag(given, "json") ?? false };
    const asked = solveCluster(given);
    if (asked) return { cluster: { asked, given }, json: switchFlag(given, "json") ?? false };
    const solve = await solveRequest(given);
    return { solve, json: solve.json };
  },
  async run({ solve, cluster }, terminal) {
    if (cluster) return await solveOnCluster(cluster.given, cluster.asked, terminal);
    return solve && { request: solve, result: await performSolve(solve, terminal) };
  },
  present(done, { json }, terminal) {
    if (!done) {
      terminal.out(json ? jsonText({ problems: pdeProblems }) : galleryText());
      return EXIT.done;
    }
    const { setup, solution, written, silent } = done.result;
    if (!silent) {
      terminal.out(
        json
          ? solveJson(setup, solution, done.request.epochs, written)
          : solveText(setup, solution, written),
      );
    }
    return runExitCode(solution.finished);
  },
};

function galleryText(): string {
  const rows = pdeProblems.map(({ name, domain, equations, title }) => [
    name,
    Object.keys(domain).join(", "),
    equations.map(({ equation }) => shorten(equation)).join("; "),
    title,
  ]);
  return `${textTable([["name", "coordinates", "equation", "what it is"], ...rows], "llll")}\n`;
}

function shorten(text: string): string {
  return text.length > 44 ? `${text.slice(0, 41)}...` : text;
}
