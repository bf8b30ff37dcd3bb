/** Chips in words: "chip 7", "chips 3, 40-62". */
export function chipList(chips: readonly number[]): string {
  const runs: { from: number; to: number }[] = [];
  for (const chip of chips.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.to === chip - 1) last.to = chip;
    else runs.push({ from: chip, to: chip });
  }
  const texts = runs.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  return `${chips.length === 1 ? "chip" : "chips"} ${texts.join(", ")}`;
}
