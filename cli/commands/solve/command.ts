/**
 * The command `solve`.
 *
 * @module
 */

import { type Command, command } from "../command.ts";
import { SOLVE_FLAGS } from "./flags.ts";

/** Solves a differential equation. */
export const solveCommand: Command = command({
  name: "solve",
  purpose: "Solve a differential equation of the gallery, or your own, by a network of splines.",
  synopsis: [
    "freeknot solve --problem NAME [FLAGS]",
    "freeknot solve --file PROBLEM.json [FLAGS]",
    "freeknot solve --list",
  ],
  flags: SOLVE_FLAGS,
  notes: [
    'A problem of your own is a JSON file: {"name": "decay", "domain": {"t": [0, 1]}, "equations": ' +
    '[{"equation": "u_t = -k*u"}], "conditions": [{"at": {"t": 0}, "equation": "u = 1"}], ' +
    '"constants": {"k": 2}, "exact": {"u": "exp(-k*t)"}}. A condition lies on a face ' +
    '("at": {"x": [-1, 1]} is both ends) or, with "data": {"t": [...], "value": [...]}, at ' +
    "measurements, whose columns its equation may name " +
    '("data": {"file": "measured.csv"} reads them from a table). With a shape in the domain it lies ' +
    'on a part of the boundary: "shape": {"not": {"name": "hole", "disk": {"center": [0, 0], ' +
    '"radius": 0.3}}} and "on": "hole", where u_n is the derivative along the normal. ' +
    "Equations and conditions may have a name " +
    "and a weight: in an inverse problem, give measurements a larger one where their own loss stays " +
    "above the square of their noise, or coefficients run to 0.",
    "Further fields, all optional: title, source; unknowns (default u), grid, network, epochs; " +
    'coefficients (numbers to find, and where the search begins: {"k": 1}); ansatz (conditions ' +
    'that hold by construction, N is the network: {"u": "1 + t*N"}); periodic (["x"]); exact (the ' +
    "true solution, to measure the error); incomplete (true: a condition is left out on purpose); " +
    "renewal (what --sampler, --points, --renew and --weights say, and constants that begin at a " +
    'multiple: {"every": 15, "points": {"count": 5000, "by": "slope"}, "weights": "causal", ' +
    '"continuation": {"nu": [8, 4, 2]}}). A network is such as {"hidden": [5], "degree": 5, ' +
    '"firstLayer": "spline"}.',
    "Formulas have numbers, pi, + - * / ^, brackets, comparisons, if(c, a, b), min, max, sin, cos, " +
    "tan, asin, acos, atan, atan2, exp, log, log10, sqrt, sinh, cosh, tanh, erf, abs, sign, floor, " +
    "mod, heaviside, step. u_t, u_xx, u_xt are derivatives, d(k*u_x, x) is that of a formula; " +
    "at(u, x, 0) is a value elsewhere, integral(u, x, 0, 1) an integral. A condition that is missing, " +
    "a name that is not known, a domain without end and a degree too low are refused before " +
    "training, with what to add. docs/problems.md has all of the language.",
    "Without --schedule (and without epochs in the problem) points, grids and epochs are found on the " +
    "way: grids are refined while that lowers the residuals at fresh points, until --tolerance is " +
    "kept or the work of about a minute on two cores is done (the same on every machine; " +
    "--time-limit instead sets seconds). Residuals are relative: a residual counts in units of the " +
    "largest summand of its equation, so units do not matter.",
    "Where residuals keep the tolerance, the error is estimated: one solution of the linearised " +
    "equations on twice the pieces at fresh points. Statuses: converged (residuals and the estimate " +
    "keep the tolerance), completed (the schedule is done), " +
    "budget (work or time is used up), stalled, stopped, and, with exit code 1, diverged and " +
    "unresolved: at fresh points the residuals are above 3 %, or above 1e-5 and more than 3 times " +
    "those of training. Then try more points, a longer --time-limit, larger --hidden or --intervals.",
    "--checkpoint keeps the run in a file: the same command line, given again after the program was " +
    "killed, goes on to the same result, bit for bit, and --resume FILE does so with no flags but " +
    "those of output. --seeds 1..5 solves from five first guesses and tells how far apart the " +
    "solutions are; checkpoints are then FILE.SEED.",
    "The loss is the sum of the mean squared relative residuals of equations and conditions, each " +
    "times its weight. Ctrl-C ends training; the best network so far is kept. Exit codes: 0 done, 1 unresolved, " +
    "diverged or failed, 2 wrong request (nothing is written), 130 stopped.",
  ],
  examples: {
    "Go on from the solution of a neighbour":
      "freeknot solve --file near.json --from solved.safetensors",
    "A long run that may be killed: give the same line again, or only --resume":
      "freeknot solve --problem wave --tolerance 1e-8 --time-limit 3600 --checkpoint wave.checkpoint",
    "Two modes of heat in seconds, with a report to look at":
      "freeknot solve --problem heat --report heat.html",
    "The Burgers equation, whose knots move to its shock (minutes)":
      "freeknot solve --problem burgers --report burgers.html --out burgers.csv",
    "Find a diffusion coefficient from measurements": "freeknot solve --problem inverse-diffusion",
    "An equation of your own, with a wider network of smoother splines":
      "freeknot solve --file fisher.json --hidden 8 --degree 5 --report fisher.html",
  },
}, async () => (await import("./steps.ts")).solveSteps);
