/**
 * Is a larger house never cheaper? A network that is held to it, and the proof.
 *
 * `deno run examples/monotone_price.ts`
 */

import { fit, type Network, predict } from "@freeknot/freeknot";
import { certify } from "@freeknot/freeknot/certify";
import { createRandom } from "@freeknot/freeknot/model";

// 120 houses: size in square metres, age in years; the price is noisy, in thousands.
const random = createRandom(7);
const price = (size: number, age: number) => 60 + 2.2 * size - 40 * Math.log1p(age / 10);
const houses = (count: number) =>
  Array.from({ length: count }, () => [40 + 160 * random.uniform() ** 2, 80 * random.uniform()]);
const inputs = houses(120), fresh = houses(2000);
const targets = inputs.map(([size, age]) => price(size, age) + 40 * random.normal());

const box = [[40, 200], [0, 80]] as const;
const claims = [{ kind: "increasing", input: 0 }, { kind: "decreasing", input: 1 }] as const;
const constraints = { monotone: [1, -1] } as const; // never falls with size, never rises with age

for (const [name, held] of [["free", {}], ["held", { constraints }]] as const) {
  for (const seed of [1, 2, 3]) {
    const { network } = await fit({ inputs, targets }, { ...held, seed });
    const { claims: [bySize, byAge] } = certify(network, { box, claims, derivatives: 0 });
    console.log(
      `${name}, seed ${seed}: rising with size ${bySize.status}, falling with age ${byAge.status}; ` +
        `error on fresh houses ${error(network).toFixed(1)}`,
    );
    const { counterexample } = bySize;
    if (counterexample && seed === 1) {
      const [size, age] = counterexample.at;
      console.log(
        `  a house of ${size.toFixed(0)} square metres and ${
          age.toFixed(0)
        } years: a square metre ` +
          `more costs ${counterexample.value.toFixed(2)} thousand`,
      );
    }
  }
}

function error(network: Network): number {
  const squares = predict(network, fresh).map(([y], r) =>
    (y - price(fresh[r][0], fresh[r][1])) ** 2
  );
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}
