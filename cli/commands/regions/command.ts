/**
 * The command `regions`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** Counts the linear regions of a network. */
export const regionsCommand: Command = command({
  name: "regions",
  purpose: "Count the linear regions of a ReLU network or of splines of degree 1.",
  synopsis: [
    "freeknot regions --model FILE [--plane COL,COL] [--svg FILE] [--report FILE] [--json]",
    "freeknot regions --model FILE --line COL=A:B,... [--json]",
  ],
  flags: [{
    title: "Flags",
    flags: [
      sharedFlag("model", { text: "A network that train or convert kept." }),
      flag(
        "line COL=A:B,...",
        "Along a line: these inputs go from A to B together, the others stay.",
        "of one input, its range",
      ),
      flag(
        "plane COL,COL",
        "In the plane of two inputs, or the space of three; the others stay.",
        "of two or three inputs, all of them",
      ),
      flag("box COL=A:B,...", "Ends of inputs of --plane.", "the training range"),
      flag("at COL=X,...", "Where the other inputs stay.", "the middle of the range"),
      flag("output NAME", "The output that colours the picture.", "the first"),
      flag("svg FILE.svg", "Write a picture of the plane."),
      sharedFlag("report", { text: "Write picture, regions and extremes of a plane as a page." }),
      flag(
        "out FILE.json",
        "Write the cells: vertices, half-spaces, affine maps; of a line, pieces.",
      ),
      sharedFlag("json"),
      sharedFlag("quiet"),
    ],
  }],
  notes: [
    "A cell is where no unit of the network changes between on and off; neighbouring cells with the " +
    "same affine map are one region. Along a line the count is exact: what floating point cannot " +
    "decide is decided in whole numbers. In a plane or in space, cells thinner than about 1e-11 of a " +
    "node's range are not cut off.",
    "Columns are in their own units where they are scaled by their range, else on their scale from 0 " +
    "to 1; outputs are the network's own: scaled targets, or logits.",
    "Without --line and --plane a network of more than three inputs is not counted but bounded: from " +
    "below by the patterns at 100,000 random points, from above by formulas.",
  ],
  examples: {
    "A picture": "freeknot regions --model houses.safetensors --plane size,year --svg regions.svg",
    "Along a line": "freeknot regions --model houses.safetensors --line size=50:250,rooms=2:8",
  },
}, async () => (await import("./steps.ts")).regionsSteps);
