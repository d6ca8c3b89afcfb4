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
import { type SolveRequest, solveRequest } from "./request.ts";
import { solveJson, solveText } from "./result.ts";
import { performSolve } from "./run.ts";

/** A problem to solve, or the list of the gallery. */
type Request = { readonly json: boolean; readonly solve?: SolveRequest };

type Result = Awaited<ReturnType<typeof performSolve>> | undefined;

/** Solves a problem, or lists the gallery. */
export const solveSteps: CommandSteps<Request, Result> = {
  async request(given): Promise<Request> {
    if (switchFlag(given, "list")) return { json: switchFlag(given, "json") ?? false };
    const solve = await solveRequest(given);
    return { solve, json: solve.json };
  },
  run: ({ solve }, terminal) => solve && performSolve(solve, terminal),
  present(result, { json, solve }, terminal) {
    if (!result) {
      terminal.out(json ? jsonText({ problems: pdeProblems }) : galleryText());
      return EXIT.done;
    }
    const { setup, solution, written } = result;
    terminal.out(
      json
        ? solveJson(setup, solution, solve?.epochs, written)
        : solveText(setup, solution, written),
    );
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
