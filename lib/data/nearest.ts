/**
 * Finds the known name that a misspelt or cut off name was meant to be.
 *
 * @module
 */

/**
 * Makes the end of an error message about an unknown name: `; did you mean "x"?` with the nearest
 * candidate, or nothing where none is near.
 *
 * Case and leading dashes do not count. Candidates that begin with the name (of two letters or
 * more) come first, then those within a small edit distance: at most a third of the letters, or
 * two, may be inserted, deleted, replaced or swapped with a neighbour.
 */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const word = bare(name);
  if (word.length > MOST_LETTERS) return "";
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const other = bare(candidate);
    const begins = word.length >= 2 && other.startsWith(word);
    const limit = Math.max(2, Math.floor(Math.max(word.length, other.length) / 3));
    if (!begins && Math.abs(word.length - other.length) > limit) continue;
    const distance = editDistance(word, other);
    if (!begins && !(distance <= limit && distance < Math.min(word.length, other.length))) continue;
    const rank = begins ? distance / 1000 : distance; // a name that is only cut off comes first
    if (rank < least) {
      best = candidate;
      least = rank;
    }
  }
  return best === undefined ? "" : `; did you mean ${JSON.stringify(best)}?`;
}

/** No name that somebody typed is longer. */
const MOST_LETTERS = 200;

function bare(name: string): string {
  return name.replace(/^-+/, "").toLowerCase();
}

/** Insertions, deletions, replacements and swaps of neighbours (restricted Damerau). */
function editDistance(a: string, b: string): number {
  let previous: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        next[j] = Math.min(next[j], previous[j - 2] + 1);
      }
    }
    previous = row;
    row = next;
  }
  return row[b.length];
}
