/** Where each chip (or each core of the only chip) lies on the map: as on the board, where that is known. */
import { type Lanes, rows } from "../../../lanes.ts";

export interface MapGrid {
  readonly columns: number;
  readonly rows: number;
  readonly lanes: number;
  /** What a row is, in words; null where the rows mean nothing but a line break. */
  readonly columnWord: string | null;
}

/** An S9 board is a string of voltage domains with three chips each (specs/bm1387.md 8, 10): a column is a domain. */
const CHIPS_PER_DOMAIN = 3;
const ONE_ROW_UP_TO = 12;
const CORE_ROWS = 4;

export function gridFor(lanes: Lanes): MapGrid {
  const count = rows(lanes);
  if (count <= ONE_ROW_UP_TO) return { columns: count, rows: 1, lanes: count, columnWord: null };
  if (lanes.axis === "core") return { columns: Math.ceil(count / CORE_ROWS), rows: CORE_ROWS, lanes: count, columnWord: null };
  return { columns: Math.ceil(count / CHIPS_PER_DOMAIN), rows: CHIPS_PER_DOMAIN, lanes: count, columnWord: "domain" };
}

/** Lanes run down a column first: neighbours on the chain share a domain. */
export function placeOf({ rows: high }: MapGrid, lane: number): { column: number; row: number } {
  return { column: Math.floor(lane / high), row: lane % high };
}

/** The lane at a place, null where the last column has none. */
export function laneAt({ rows: high, columns, lanes }: MapGrid, column: number, row: number): number | null {
  if (column < 0 || row < 0 || column >= columns || row >= high) return null;
  const lane = column * high + row;
  return lane < lanes ? lane : null;
}

/** Where a key leads; null for keys that move nothing. */
export function moveTo(grid: MapGrid, lane: number, key: string): number | null {
  const { column, row } = placeOf(grid, lane);
  switch (key) {
    case "ArrowLeft":
      return laneAt(grid, column - 1, row) ?? lane;
    case "ArrowRight":
      return laneAt(grid, column + 1, row) ?? lane;
    case "ArrowUp":
      return laneAt(grid, column, row - 1) ?? lane;
    case "ArrowDown":
      return laneAt(grid, column, row + 1) ?? lane;
    case "Home":
      return 0;
    case "End":
      return grid.lanes - 1;
    default:
      return null;
  }
}
