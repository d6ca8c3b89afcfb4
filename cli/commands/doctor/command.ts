/**
 * The command `doctor`.
 *
 * @module
 */

import { sharedFlag } from "../../flags/shared.ts";
import { type Command, command } from "../command.ts";

/** Says what this machine offers. */
export const doctorCommand: Command = command({
  name: "doctor",
  purpose: "Say what this machine offers to the program, and what each of it means.",
  synopsis: ["freeknot doctor [--json]"],
  flags: [{ title: "Flags", flags: [sharedFlag("json"), sharedFlag("quiet")] }],
  notes: [
    "Nothing is changed, nothing is fetched. What the program may not look at, as it runs without the " +
    "permission, is said so; deno run --allow-read --allow-env --allow-sys shows all of it. devices " +
    "says more about GPUs.",
  ],
  examples: {
    "What is here": "freeknot doctor",
    "For a bug report": "freeknot doctor --json",
  },
}, async () => (await import("./steps.ts")).doctorSteps);
