/** p by drawing again what chance could have given, no longer than the answer needs (Besag, Clifford 1991): once as many draws as this reach the observed, it is no finding. */
const ENOUGH = 25;

/** `reaches` draws once and says whether that is at least as much as was observed. */
export function pByDraws(most: number, reaches: () => boolean): number {
  let as = 0;
  for (let draw = 1; draw <= most; draw++) {
    if (reaches()) as++;
    if (as === ENOUGH) return as / draw;
  }
  return (1 + as) / (1 + most);
}
