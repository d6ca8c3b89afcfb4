/**
 * What can a network do at worst? Proven bounds beside a million samples.
 *
 * `deno run examples/certify_a_model.ts`
 */

import { fit, forward } from "@freeknot/freeknot";
import { certify } from "@freeknot/freeknot/certify";
import { createRandom } from "@freeknot/freeknot/model";

const random = createRandom(1);
const inputs = Array.from({ length: 400 }, () => [random.uniform(), random.uniform()]);
const targets = inputs.map(([x, y]) => Math.exp(Math.sin(Math.PI * x) + y * y));
const { network } = await fit({ inputs, targets });

const box = [[0, 1], [0, 1]] as const;
const { outputs: [{ value, slopes, steepness }], boxes } = certify(network, { box });

const points = Float64Array.from({ length: 2_000_000 }, () => random.uniform());
const outputs = forward(network, points);
let low = Infinity, high = -Infinity;
for (const y of outputs) {
  low = Math.min(low, y);
  high = Math.max(high, y);
}
const inside = value.lower <= low && high <= value.upper;
console.log(`proven:  ${value.lower.toFixed(6)} to ${value.upper.toFixed(6)} (${boxes} boxes)`);
console.log(`sampled: ${low.toFixed(6)} to ${high.toFixed(6)}, all inside: ${inside}`);
const wider = (value.upper - value.lower) / (high - low);
console.log(`the proven range is ${wider.toFixed(4)} times the sampled one`);
slopes!.forEach(({ lower, upper }, i) => {
  console.log(`slope by ${"xy"[i]}: ${lower.toFixed(3)} to ${upper.toFixed(3)}`);
});
console.log(
  `no two points differ by more than ${steepness!.upper.toFixed(3)} per unit of distance`,
);

// A claim that does not hold comes back with a point.
const { claims: [claim] } = certify(network, { box, claims: [{ kind: "increasing", input: 0 }] });
const { at: [x, y], value: slope } = claim.counterexample!;
console.log(
  `increasing in x: ${claim.status}, slope ${slope.toFixed(3)} at ${x.toFixed(3)}, ${y.toFixed(3)}`,
);
