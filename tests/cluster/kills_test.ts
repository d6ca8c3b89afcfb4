import { assertEquals } from "@std/assert";
import { MPIRUNS } from "../support/mpi.ts";
import { killRanks } from "./kills.ts";

Deno.test({
  name: "train --cluster mpi: kill -9 of a rank that holds a share, and the checkpoint goes on",
  ignore: MPIRUNS.length === 0,
  async fn() {
    const { kills, same } = await killRanks("held", 1, 1);
    assertEquals([kills, same], [1, true]);
  },
});
