/**
 * Runs the commands of the gallery, and keeps what they find and draw in docs/gallery/.
 *
 * `deno task gallery` runs those that are not there yet, `deno task gallery NAME ...` those named.
 *
 * @module
 */

import { problems } from "../lib/data/mod.ts";
import { pdeProblems } from "../lib/physics/mod.ts";
import type { GalleryCard } from "./site/gallery.ts";

const root = new URL("../", import.meta.url), folder = new URL("docs/gallery/", root);
const listed = new URL("cards.json", folder);

/** A card that is to be made. */
interface Plan extends Pick<GalleryCard, "name" | "title" | "what" | "command"> {
  /** What its picture shows. */
  readonly picture: string;
}

const plans: readonly Plan[] = [
  ...problems.filter(({ nIn }) => nIn <= 2).map(({ name, title, nIn }) => ({
    ...{
      name,
      title,
      what: `a function of ${nIn === 1 ? "one input" : "two inputs"}`,
    },
    command: `freeknot train --problem ${name} --rows 1000 --schedule 16,12,10,10`,
    picture: "prediction",
  })),
  ...pdeProblems.filter(({ incomplete }) => !incomplete).map(({ name, title, equations }) => ({
    ...{ name, title, what: equations.map(({ equation }) => equation).join("; ") },
    command: `freeknot solve --problem ${name}`,
    picture: "solution",
  })),
];

const before: GalleryCard[] = await Deno.readTextFile(listed).then(JSON.parse, () => []);
const cards = new Map(before.map((card) => [card.name, card]));
await Deno.mkdir(folder, { recursive: true });
for (const plan of plans) {
  const wanted = Deno.args.length > 0 ? Deno.args.includes(plan.name) : !cards.has(plan.name);
  if (!wanted) continue;
  const words = plan.command.split(" ").slice(1);
  const picture = new URL(`${plan.name}.svg`, folder).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "cli.ts", ...words, "--svg", picture, "--pictures", plan.picture],
      ...["--json", "--quiet"],
    ],
    cwd: root,
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (text === "") throw new Error(`${plan.command}: ${new TextDecoder().decode(stderr)}`);
  const { error, scores, seconds, status } = JSON.parse(text);
  const { picture: _, ...card } = plan;
  cards.set(plan.name, {
    ...card,
    error: error ? ["relative L2 error", error.relativeL2] : ["test RMSE", scores.test.rmse],
    ...{ seconds: Number(seconds.toFixed(2)), status },
  });
  const sorted = plans.flatMap(({ name }) => cards.get(name) ?? []);
  await Deno.writeTextFile(listed, `${JSON.stringify(sorted, null, 2)}\n`);
  console.log(`${plan.name}: ${JSON.stringify(cards.get(plan.name)!.error)} ${seconds} s`);
}
