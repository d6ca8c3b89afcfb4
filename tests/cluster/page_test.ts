import { assert, assertEquals, assertMatch } from "@std/assert";
import { click, dropFile, ENDED, fileOf, until, withPlayground } from "../cli/page/open_page.ts";
import { findChromium } from "../support/chromium.ts";
import { jobResult, killRank, MPIRUNS, startJob } from "../support/mpi.ts";

const CLI = new URL("../../cli.ts", import.meta.url).pathname;
const [mpirun] = MPIRUNS, lastMpirun = MPIRUNS.at(-1)!;
const ignore = !mpirun || findChromium() === undefined;

Deno.test({
  name: "a checkpoint of ranks goes on in a tab to the bits of one process",
  ignore,
  async fn() {
    await withPlayground("#rows=300&schedule=2", async (page, folder) => {
      const kept = `${folder}/kept`, whole = `${folder}/whole`;
      const train = [
        ...[CLI, "train", "--problem", "nonsmooth", "--rows", "6000", "--schedule", "30,10"],
        ...["--optimizer", "lbfgs", "--quiet", "--model-out"],
      ];
      const keeping = ["--checkpoint", kept, "--checkpoint-every", "1", "--cluster", "mpi"];
      const ended = jobResult(startJob(mpirun, 3, [...train, `${folder}/none`, ...keeping]));
      assert(await killRank(kept));
      assert((await ended).code !== 0);
      const single = await jobResult(startJob(mpirun, 1, [...train, whole]));
      assertEquals(single.code, 0, single.err);

      await until(page, ENDED);
      await dropFile(page, "kept", await Deno.readFile(kept));
      await until(page, `/^epoch [1-9]\\d* of 40/.test(sum.textContent)`);
      assert(!await page.evaluate<boolean>(ENDED), "the checkpoint is of the middle of a run");
      await click(page, "#play");
      await until(page, `${ENDED} && /^epoch 40 of 40/.test(sum.textContent)`);
      assertEquals(await fileOf(page, "model"), await Deno.readFile(whole));
    });
  },
});

Deno.test({
  name: "a run begun in a tab goes on by ranks to the bits of the tab",
  ignore,
  async fn() {
    await withPlayground("#rows=3000&schedule=4%2C3", async (page, folder) => {
      await until(page, ENDED);
      const whole = await fileOf(page, "model");
      await click(page, "[data-level='-1']");
      for (let epoch = 0; epoch <= 3; epoch++) {
        if (epoch > 0) await click(page, "#step");
        await until(page, `/^epoch ${epoch} of 7/.test(sum.textContent)`);
      }
      const kept = `${folder}/kept`, model = `${folder}/m`;
      await Deno.writeFile(kept, await fileOf(page, "checkpoint"));
      const resumed = [CLI, "train", "--resume", kept, "--cluster", "mpi", "--model-out", model];
      const { code, err } = await jobResult(startJob(lastMpirun, 3, resumed));
      assertEquals(code, 0, err);
      assertMatch(err, /going on from .*kept, after 3 of 7 epochs/);
      assertEquals(await Deno.readFile(model), whole);
    });
  },
});
