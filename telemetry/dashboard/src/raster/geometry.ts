/** Where a moment lies on a canvas that is used as a loop in time. All times on one clock, ms; all lengths in device pixels. */
export interface Loop {
  /** Pixels shown, and pixels kept off screen: shown, plus room on both sides for marks that reach over the edge. */
  shown: number;
  kept: number;
  pxPerMs: number;
}

export function loopFor(shown: number, windowMs: number, reach: number): Loop {
  return { shown, kept: shown + 2 * reach + 2, pxPerMs: shown / windowMs };
}

/** Absolute column of a time: grows for ever, one per pixel. */
export function columnOf(loop: Loop, tMs: number): number {
  return Math.floor(tMs * loop.pxPerMs);
}

/** Column on the kept canvas. */
export function wrap(loop: Loop, column: number): number {
  return ((column % loop.kept) + loop.kept) % loop.kept;
}

/** Pieces [from, width] of the kept canvas that cover columns [first, first + width), in order; one piece, or two around the seam. */
export function pieces(loop: Loop, first: number, width: number): [number, number][] {
  const from = wrap(loop, first);
  const head = Math.min(width, loop.kept - from);
  return head === width
    ? [[from, width]]
    : [
        [from, head],
        [0, width - head],
      ];
}

/** Share of the plot that dots may cover before single nonces can no longer be told apart. */
const COVERAGE = 0.18;
const SMALLEST_CSS = 1.5;
const LARGEST_CSS = 4;

/** Side of a dot, CSS pixels, for this many on a plot of this area; the current one while it is near enough (no flicker). */
export function dotSide(count: number, areaCss: number, current: number, largestCss = LARGEST_CSS): number {
  const fitting = Math.min(LARGEST_CSS, largestCss, Math.sqrt((COVERAGE * areaCss) / Math.max(1, count)));
  const ideal = Math.max(SMALLEST_CSS, fitting);
  return Math.abs(ideal - current) < 0.5 ? current : ideal;
}
