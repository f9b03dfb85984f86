// Covering arrays: few combinations in which every two values of different factors meet.

export type Factors = Readonly<Record<string, readonly unknown[]>>;
export type Combination<F extends Factors> = { [K in keyof F]: F[K][number] };

/** One value of each factor, by its place in it. */
type Places = number[];

/**
 * Rows in which every pair of values of two factors stands at least once, as far as `allowed` lets
 * it. Greedy, without chance: the same factors give the same rows.
 */
export function pairwise<F extends Factors>(
  factors: F,
  allowed: (combination: Combination<F>) => boolean = () => true,
): Combination<F>[] {
  const names = Object.keys(factors);
  const sizes = names.map((name) => factors[name]!.length);
  const combination = (places: Places) =>
    Object.fromEntries(
      names.map((name, n) => [name, factors[name]![places[n]!]]),
    ) as Combination<F>;
  const every = product(sizes).filter((places) => allowed(combination(places)));
  const open = new Set(every.flatMap(pairsOf));
  const used = sizes.map((size) => new Array<number>(size).fill(0));
  const rows: Combination<F>[] = [];
  while (open.size > 0) {
    // Whichever covers most of what is open; of equals the one whose values were used least, so
    // that no value fills up all that need not be another one.
    let best: Places = every[0]!;
    let [most, least] = [0, Infinity];
    for (const places of every) {
      const fresh = pairsOf(places).filter((pair) => open.has(pair)).length;
      const uses = places.reduce((sum, place, n) => sum + used[n]![place]! / every.length, 0);
      if (fresh > most || (fresh === most && fresh > 0 && uses < least)) {
        [best, most, least] = [places, fresh, uses];
      }
    }
    for (const pair of pairsOf(best)) open.delete(pair);
    best.forEach((place, n) => (used[n]![place]! += 1));
    rows.push(combination(best));
  }
  return rows;
}

function product(sizes: number[]): Places[] {
  return sizes.reduce<Places[]>(
    (rows, size) => rows.flatMap((row) => Array.from({ length: size }, (_, n) => [...row, n])),
    [[]],
  );
}

function pairsOf(places: Places): string[] {
  const pairs: string[] = [];
  for (let a = 0; a < places.length; a += 1) {
    for (let b = a + 1; b < places.length; b += 1) pairs.push(`${a}:${places[a]},${b}:${places[b]}`);
  }
  return pairs;
}
