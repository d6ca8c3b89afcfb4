/**
 * The command `draw`.
 *
 * @module
 */

import { flag } from "../../flags/parse.ts";
import { DRAW_PICTURES, pictureFlags } from "../../flags/pictures.ts";
import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** Draws a model for a paper. */
export const drawCommand: Command = command({
  name: "draw",
  purpose:
    "Draw a model for a paper: network, prediction, solution, error, effects, as SVG or PNG.",
  synopsis: [
    "freeknot draw --model FILE [--data FILE.csv] --svg FILE.svg [--pictures NAME,NAME]",
  ],
  flags: [
    {
      title: "Flags",
      flags: [
        sharedFlag("model", { text: "A network that train kept, or a solution that solve kept." }),
        flag(
          "data FILE.csv",
          "A table with the model's columns, usually the one it was trained on. A network of the " +
            "gallery and a solution need none.",
        ),
        ...pictureFlags(
          DRAW_PICTURES,
          "network, prediction, error; of a solution network, solution, error; of several " +
            "networks effects",
        ),
        sharedFlag("json"),
        sharedFlag("quiet"),
      ],
    },
  ],
  notes: [
    "Pictures are vector graphics on white paper, in fonts of the system, with colours that stay " +
    "apart for the colour-blind; maps are bitmaps within them. The loss of a run is not in its " +
    "model: train and solve draw it by --svg, too. Pictures without --pictures are those that there " +
    "are; one that was named and does not exist, as the error where no true solution is known, is " +
    "told and left out.",
  ],
  examples: {
    "The network and its error, as one picture":
      "freeknot draw --model nonsmooth.safetensors --svg nonsmooth.svg",
    "A solution alone, as a bitmap":
      "freeknot draw --model burgers.safetensors --png burgers.png --pictures solution",
    "What single columns do":
      "freeknot draw --model houses.safetensors --data houses.csv --svg houses.svg \\\n" +
      "  --pictures effects",
  },
}, async () => (await import("./steps.ts")).drawSteps);
