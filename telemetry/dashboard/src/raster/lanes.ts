/** Where a nonce lies on the raster's vertical axis. */
import { type Lanes, rows } from "../../../lanes.ts";

/** Share of a chip's band that stays empty at its top and at its bottom, so that neighbours can be told apart. */
const MARGIN = 0.12;

/**
 * Height of a nonce's mark on a plot `height` pixels high, number 0 at the bottom. A chip or core that the board does not have (a damaged
 * reply names any) lies on the upper edge of the plot, or of its chip's band: never in the lane of another.
 */
export function laneOf(lanes: Lanes, chip: number, core: number, height: number): number {
  const inBand = Math.min(1, (core + 0.5) / lanes.cores);
  if (lanes.axis === "core") return height * (1 - inBand);
  if (chip >= lanes.chips) return 0;
  return height * (1 - (chip + MARGIN + (1 - 2 * MARGIN) * inBand) / lanes.chips);
}

/** From this many rows on, labels and grid lines stand at the quarters. */
const EACH_UP_TO = 8;

/** Equal parts into which grid lines divide the axis. */
export function divisions(lanes: Lanes): number {
  const count = rows(lanes);
  return count <= EACH_UP_TO ? count : 4;
}

/** Labelled numbers, ascending: all of a few; of many the first, the last and those at the quarters. */
export function laneTicks(lanes: Lanes): number[] {
  const count = rows(lanes);
  if (count <= EACH_UP_TO) return Array.from({ length: count }, (_, row) => row);
  return [0, 1, 2, 3, 4].map((quarter) => Math.min(count - 1, Math.floor((quarter * count) / 4)));
}

/** The tallest dot that still leaves a band readable as a band, as a share of a plot's height; no bound where a lane is one core. */
export function tallestDot(lanes: Lanes, height: number): number {
  return lanes.axis === "core" ? Number.POSITIVE_INFINITY : (0.6 * height) / lanes.chips;
}
