import { assert, assertEquals } from "@std/assert";
import { joinOverPeers, type Peers } from "../../lib/engine/peers.ts";

/** What each of some processes tells, one after the other, and what all get. */
function createTalk(size: number) {
  const told: Float64Array[][] = Array.from({ length: size }, () => []);
  let listens = true, at = 0;
  const peersOf = (rank: number): Peers => ({
    ...{ rank, size },
    gather(part, lengths) {
      if (listens) {
        told[rank].push(part.slice());
        return Float64Array.from(
          { length: size * Math.max(...lengths) },
          (_, i) => part[i % part.length],
        );
      }
      const all = told.flatMap((each) => [...each[at]]);
      assertEquals(lengths.map(Number), told.map((each) => each[at].length));
      at++;
      return Float64Array.from(all);
    },
    trade: () => {
      throw new Error("nothing is traded");
    },
  });
  return {
    peersOf,
    answer() {
      listens = false;
      at = 0;
    },
  };
}

Deno.test("joinOverPeers() gives every process the numbers of each, without rounding", () => {
  const size = 3, length = 40;
  const parts = Array.from({ length: size }, (_, r) =>
    Float64Array.from({ length }, (_, i) => {
      if (i % 7 === 6) return r === 1 ? NaN : 0; // a number that is none
      return Math.floor(i / 4) % size === r ? Math.sin(i + 1) : r === 0 ? -0 : 0;
    }));
  const whole = Float64Array.from({ length }, (_, i) => i % 7 === 6 ? NaN : Math.sin(i + 1));
  const talk = createTalk(size);
  for (const [r, part] of parts.entries()) {
    try {
      joinOverPeers(talk.peersOf(r), part.slice());
    } catch {
      // what comes back while it is listened to is nobody's
    }
  }
  for (const [r, part] of parts.entries()) {
    talk.answer();
    const joined = part.slice();
    joinOverPeers(talk.peersOf(r), joined);
    assert(joined.every((x, i) => Object.is(x, whole[i])), `rank ${r}: ${joined}`);
  }
  const none = new Float64Array(5).fill(-0), alone = createTalk(1);
  joinOverPeers(alone.peersOf(0), none);
  assert(none.every((x) => Object.is(x, 0)), "no sign of 0 is left");
});
