/** All rows of CLAIMS.md section A. One file a group. */
import { ConfigError } from "../../common/errors.ts";
import type { ClaimRow } from "./claim.ts";
import { CHIPS } from "./claims/chips.ts";
import { EDGE } from "./claims/edge.ts";
import { FILTER } from "./claims/filter.ts";
import { NARMA } from "./claims/narma.ts";
import { STATE } from "./claims/state.ts";
import { STATEMENTS } from "./claims/statements.ts";
import { TIMING } from "./claims/timing.ts";

export const CLAIMS: readonly ClaimRow[] = [...TIMING, ...EDGE, ...STATE, ...NARMA, ...FILTER, ...CHIPS, ...STATEMENTS].sort(
  (a, b) => a.row - b.row,
);

/** Rows by name or number, in the order of the registry; all when nothing is asked for. ConfigError UNKNOWN_CLAIM. */
export function claimsNamed(wanted: readonly string[], claims: readonly ClaimRow[] = CLAIMS): ClaimRow[] {
  for (const one of wanted)
    if (!claims.some(({ row, name }) => name === one || String(row) === one))
      throw new ConfigError(
        "UNKNOWN_CLAIM",
        `There is no claim ${one}.`,
        `The claims are ${claims.map(({ row, name }) => `${row} ${name}`).join(", ")}.`,
        {
          claim: one,
        },
      );
  return claims.filter(({ row, name }) => wanted.length === 0 || wanted.some((one) => name === one || String(row) === one));
}
