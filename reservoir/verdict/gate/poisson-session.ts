/** What chance alone would have answered to the same log: the mandatory surrogate of CLAIMS A (a), for features of any kind. */
import { gaussian, permutation, type Random, splitmix64 } from "../../../common/random.ts";
import { matrix, takeRows } from "../../matrix.ts";
import { columnsOf } from "../../properties/information-processing.ts";
import { legendreColumns, toUnitRange } from "../../properties/legendre.ts";
import { constantSubspace, joined, removeWithin, spanBeyond } from "../../properties/subspace.ts";
import type { Session } from "./session.ts";

/** Above this mean a Poisson number is normal to within a thousandth of its deviation's skew. */
const NORMAL_FROM = 1000;

/**
 * The session's own log with states that have the same answer to the present drive and no other: each feature's mean is a polynomial of the logged drive, fitted to
 * the session; counts (whole numbers, none negative) are Poisson about it, all else gets the session's own residuals, of steps drawn anew, the same for all features.
 * Steps that do not count stay so. `emitted` must be there (gate refuses a session without).
 */
export function poissonSession(session: Session, degrees: number, seed: number): Session {
  const { states, valid } = session;
  const rows = Uint32Array.from({ length: states.rows }, (_, row) => row).filter((row) => valid?.[row] !== 0);
  const constant = constantSubspace(rows.length);
  const channels = session.emitted === null ? [] : columnsOf(takeRows(session.emitted, rows));
  const drive = spanBeyond(
    constant,
    channels.flatMap((channel) => legendreColumns(toUnitRange(channel), degrees)),
  );
  const base = joined(constant, drive);
  const random = splitmix64(seed);
  const normal = gaussian(splitmix64(seed + 1));
  const from = permutation(rows.length, random);
  const out = matrix(states.rows, states.cols, new Float64Array(states.data.length).fill(Number.NaN));
  columnsOf(takeRows(states, rows)).forEach((feature, column) => {
    const residual = removeWithin(feature.slice(), base);
    const isCount = feature.every((value) => Number.isInteger(value) && value >= 0);
    rows.forEach((row, i) => {
      const mean = (feature[i] as number) - (residual[i] as number);
      out.data[row * states.cols + column] = isCount ? poisson(mean, random, normal) : mean + (residual[from[i] as number] as number);
    });
  });
  return { ...session, states: out };
}

/** A Poisson number: arrivals counted one by one, or the normal law rounded where they are many. */
function poisson(mean: number, random: Random, normal: () => number): number {
  if (mean >= NORMAL_FROM) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
  const wait = () => -Math.log1p(-random.next());
  let arrivals = 0;
  for (let time = wait(); time < mean; time += wait()) arrivals++;
  return arrivals;
}
