/**
 * The word that a misspelt or cut off one was meant to be.
 *
 * @module
 */

/**
 * Ends an error message: `; did you mean "--schedule"?`, or nothing where no candidate is near.
 *
 * A candidate that begins with the word counts first, then the one with the smallest edit
 * distance, if at most a third of the letters (at least two) differ.
 */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const nearest = nearestWord(word.toLowerCase(), candidates);
  return nearest === undefined ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
}

function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  const bare = word.replace(/^-+/, "");
  if (bare.length >= 2) {
    const longer = candidates.find((candidate) => candidate.replace(/^-+/, "").startsWith(bare));
    if (longer !== undefined) return longer;
  }
  let nearest: string | undefined, least = Math.max(2, Math.floor(bare.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(bare, candidate.replace(/^-+/, ""));
    if (distance < least && distance < bare.length) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

/** Insertions, deletions and replacements that turn `a` into `b` (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(replaced, row[j] + 1, next[j - 1] + 1);
    }
    row = next;
  }
  return row[b.length];
}
