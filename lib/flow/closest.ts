/** The candidate that `word` is most likely a slip of the pen for: at most a third of its letters away (Levenshtein 1966); else undefined. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter((found) => found.distance <= Math.ceil(found.candidate.length / 3))
    .sort((a, b) => a.distance - b.distance);
  return best?.candidate;
}

/** How many letters must be put in, taken out or replaced to make `b` of `a`. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [above, letter] of [...a].entries()) {
    let diagonal = above;
    const next = [above + 1];
    for (const [column, other] of [...b].entries()) {
      const up = row[column + 1] ?? 0;
      next.push(Math.min((next[column] ?? 0) + 1, up + 1, diagonal + (letter === other ? 0 : 1)));
      diagonal = up;
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
