/**
 * A model of the time of a step on many processes, with constants that were measured.
 *
 * @module
 */

/** What was measured of a case, in milliseconds of an evaluation with its gradient. */
export interface Timed {
  readonly name: string;
  readonly n: number;
  readonly rows: number;
  readonly one: number;
  readonly threads: number;
  readonly ranks: number;
  /** The same rows on every rank. */
  readonly weak: number;
  /** A Gauss-Newton matrix of one thread, threads, ranks, and its factorisation; of few parameters. */
  readonly newton?: Readonly<Record<"matrix" | "threads" | "ranks" | "cholesky", number>>;
}

/** Microseconds of a message, and of each number of it one way. */
export interface Link {
  readonly latency: number;
  readonly perNumber: number;
}

/** Steps that are modelled: Adam's sees a mini-batch. */
export const STEPS = ["L-BFGS", "Gauss-Newton", "Adam"] as const;
/** A step. */
export type Step = typeof STEPS[number];

/** Rows of a mini-batch. */
export const BATCH = 4096;
/** Exchanges of an evaluation with its gradient: statistics, their adjoint, loss, sums. */
const EXCHANGES = 4;

/** Milliseconds of a step of rows times a factor by so many processes; NaN where there is none. */
export function modelled(
  { one, n, rows, newton }: Timed,
  factor: number,
  step: Step,
  processes: number,
  { latency, perNumber }: Link,
): number {
  const hops = Math.ceil(Math.log2(processes));
  const exchange = (numbers: number) =>
    processes === 1 ? 0 : (latency * hops + 2 * perNumber * numbers) / 1000;
  const sums = (EXCHANGES - 1) * exchange(10) + exchange(n);
  if (step === "L-BFGS") return factor * one / processes + sums;
  if (step === "Adam") return one * Math.min(1, BATCH / rows) / processes + sums;
  if (newton === undefined) return NaN;
  // the matrix' time has its evaluation; the factorisation is done by every process
  return factor * newton.matrix / processes + sums + exchange(n * n) + newton.cholesky;
}

/** Share of so many processes that is gained. */
export function gainOf(
  timed: Timed,
  factor: number,
  step: Step,
  processes: number,
  link: Link,
): number {
  const [alone, together] = [1, processes].map((p) => modelled(timed, factor, step, p, link));
  return alone / (together * processes);
}

/** The most processes, a power of two up to 2^20, of which half is gained. */
export function mostProcesses(timed: Timed, factor: number, step: Step, link: Link): number {
  let most = 1;
  while (most < 2 ** 20 && gainOf(timed, factor, step, 2 * most, link) >= 0.5) most *= 2;
  return most;
}

const COLOURS: Readonly<Record<Step, string>> = {
  "L-BFGS": "#1f5fa8",
  "Gauss-Newton": "#b8432f",
  "Adam": "#4d7d2c",
};
const WIDTH = 220, HEIGHT = 180, LEFT = 48, TOP = 56, GAP = 28, MOST = 10;

/** The shares that are gained, by processes: a picture with a panel for each case. */
export function modelPicture(all: readonly Timed[], link: Link): string {
  const x = (k: number, panel: number) => LEFT + panel * (WIDTH + GAP) + WIDTH * k / MOST;
  const y = (gain: number) => TOP + HEIGHT * (1 - gain);
  const parts: string[] = [];
  all.forEach((timed, panel) => {
    const left = x(0, panel);
    parts.push(
      `<text x="${left}" y="18" class="title">${timed.name}: ${timed.n} parameters</text>`,
      `<text x="${left}" y="34">${timed.rows.toLocaleString("en")} rows (thin)</text>`,
      `<text x="${left}" y="48">${(100 * timed.rows).toLocaleString("en")} rows (thick)</text>`,
      `<rect x="${left}" y="${TOP}" width="${WIDTH}" height="${HEIGHT}" fill="none" stroke="#aaa"/>`,
      `<line x1="${left}" x2="${left + WIDTH}" y1="${y(0.5)}" y2="${y(0.5)}" stroke="#ddd"/>`,
    );
    for (const k of [0, 2, 4, 6, 8, 10]) {
      parts.push(
        `<text x="${x(k, panel)}" y="${TOP + HEIGHT + 16}" text-anchor="middle">${2 ** k}</text>`,
      );
    }
    if (panel === 0) {
      for (const gain of [0, 0.5, 1]) {
        const at = `x="${left - 6}" y="${y(gain) + 4}"`;
        parts.push(`<text ${at} text-anchor="end">${100 * gain}%</text>`);
      }
    }
    for (const step of STEPS) {
      for (const factor of step === "Adam" ? [1] : [1, 100]) {
        const gains = Array.from(
          { length: MOST + 1 },
          (_, k) => gainOf(timed, factor, step, 2 ** k, link),
        );
        if (gains.some(Number.isNaN)) continue;
        const points = gains.map((gain, k) => `${x(k, panel).toFixed(1)},${y(gain).toFixed(1)}`);
        parts.push(
          `<polyline points="${points.join(" ")}" fill="none" stroke="${COLOURS[step]}" ` +
            `stroke-width="${factor === 1 ? 1 : 2.5}"/>`,
        );
      }
    }
  });
  const width = LEFT + all.length * (WIDTH + GAP), base = TOP + HEIGHT + 40;
  STEPS.forEach((step, k) => {
    const label = step === "Adam" ? `Adam, mini-batches of ${BATCH}` : step;
    parts.push(
      `<line x1="${LEFT + 170 * k}" x2="${LEFT + 170 * k + 24}" y1="${base}" y2="${base}" ` +
        `stroke="${COLOURS[step]}" stroke-width="2"/>`,
      `<text x="${LEFT + 170 * k + 30}" y="${base + 4}">${label}</text>`,
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${base + 16}" role="img">
  <title>Share of the processes that is gained, by their number</title>
  <style>text { font: 11px sans-serif; fill: #444; } .title { font-weight: bold; }</style>
  <rect width="${width}" height="${base + 16}" fill="#fff"/>
  ${parts.join("\n  ")}
</svg>
`;
}
