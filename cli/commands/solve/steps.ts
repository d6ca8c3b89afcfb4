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
import { type ClusterRequest, readCluster } from "../../flags/cluster.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { type SolvedOnCluster, solveOnCluster } from "./cluster.ts";
import {
  eigenJson,
  type EigenRequest,
  eigenRequest,
  type EigenSolved,
  eigenText,
  performEigen,
} from "./eigen.ts";
import { askedProblem, type SolveRequest, solveRequest } from "./request.ts";
import { solveJson, solveText } from "./result.ts";
import { withResumedSolve } from "./keeping.ts";
import { performSolve } from "./run.ts";
import { performSeeds, seedRequests, seedsFields, type SeedsResult, seedsText } from "./seeds.ts";

/** A problem to solve, or the list of the gallery. */
type Request = {
  readonly json: boolean;
  readonly solve?: SolveRequest;
  /** What the processes of a cluster read and solve together. */
  readonly cluster?: { readonly asked: ClusterRequest; readonly given: GivenFlags };
  /** One for each of several seeds. */
  readonly seeds?: readonly SolveRequest[];
  readonly eigen?: EigenRequest;
};

type Result =
  | (SolvedOnCluster & { readonly all?: SeedsResult })
  | { readonly eigen: EigenSolved }
  | undefined;

/** Solves a problem, or lists the gallery. */
export const solveSteps: CommandSteps<Request, Result> = {
  async request(given): Promise<Request> {
    if (switchFlag(given, "list")) return { json: switchFlag(given, "json") ?? false };
    // ranks join before they read files: a rank that ended before would leave the others waiting
    const asked = readCluster(given);
    if (asked) return { cluster: { asked, given }, json: switchFlag(given, "json") ?? false };
    const problem = given.has("resume") ? undefined : await askedProblem(given);
    const eigen = problem && await eigenRequest(given, problem);
    if (eigen) return { eigen, json: eigen.json };
    if (given.has("seeds")) {
      const seeds = await seedRequests(given, problem);
      return { seeds, solve: seeds[0], json: seeds[0].json };
    }
    const solve = await solveRequest(await withResumedSolve(given), { problem });
    return { solve, json: solve.json };
  },
  async run({ solve, cluster, seeds, eigen }, terminal): Promise<Result> {
    if (eigen) return { eigen: await performEigen(eigen) };
    if (cluster) return await solveOnCluster(cluster.given, cluster.asked, terminal);
    if (!solve) return undefined;
    if (!seeds) return { request: solve, result: await performSolve(solve, terminal) };
    const all = await performSeeds(seeds, terminal);
    return { request: solve, result: all.result, all };
  },
  present(done, { json, eigen }, terminal) {
    if (!done) {
      terminal.out(json ? jsonText({ problems: pdeProblems }) : galleryText());
      return EXIT.done;
    }
    if ("eigen" in done) {
      terminal.out((json ? eigenJson : eigenText)(eigen!, done.eigen));
      return EXIT.done;
    }
    const { request, all, result: { setup, solution, written, silent, checkpointFault } } = done;
    const more = { ...(all && seedsFields(all)), checkpointFault };
    if (!silent) {
      terminal.out(
        json
          ? solveJson(setup, solution, request.epochs, written, more)
          : (all ? seedsText(all) : "") + solveText(setup, solution, written),
      );
    }
    if (checkpointFault !== undefined && !json) {
      terminal.err(`the checkpoint is not up to date: ${checkpointFault}\n`);
    }
    if (all?.runs.some(({ solution }) => solution.finished.status === "stopped")) {
      return EXIT.interrupted;
    }
    return checkpointFault === undefined ? runExitCode(solution.finished) : EXIT.failed;
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
