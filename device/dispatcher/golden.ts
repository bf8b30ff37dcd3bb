/**
 * Golden jobs: the set of nonces that a job yields is fixed. Enrol a short job at a safe operating point until its set is known, replay it under stress, and
 * each golden nonce is hit or missed, each hit has a residual, and whatever does not verify is an error: a state vector without luck. DESIGN section 1.3
 */
import { ScienceError } from "../../common/errors.ts";
import { type NonceBatch, STATUS } from "../../common/nonce-batch.ts";

export interface GoldenNonce {
  readonly nonce: number;
  readonly versionBits: number;
  readonly chip: number;
  readonly core: number;
  /** Share of the enrolment's replays in which it was found. */
  readonly hitRate: number;
  /** Mean and standard deviation of its residual over those, ns; NaN where the sweep model does not apply, sd NaN below two. */
  readonly residualNs: number;
  readonly residualSdNs: number;
}

export interface GoldenSet {
  /** In order of nonce and version. */
  readonly nonces: readonly GoldenNonce[];
  /** Found in less than the share demanded: at the end of the job, where it is cut off, or from cores at their edge. Not part of the set. */
  readonly doubtful: number;
  readonly replays: number;
  /** A nonce that is found every second time is missing from the set with at most this probability: 2^-replays. */
  readonly missedAtHalf: number;
}

/** Share of replays in which a nonce must be found to be golden. */
const GOLDEN_SHARE = 0.9;

interface Tally {
  hits: number;
  readonly chip: number;
  readonly core: number;
  sum: number;
  square: number;
  timed: number;
}

const keyOf = (batch: NonceBatch, row: number) => `${batch.nonce[row]} ${batch.versionBits[row]}`;

/** Whether a row verified: duplicates within a replay are an epoch's repeats and say nothing new. */
const verified = (batch: NonceBatch, row: number) => batch.status[row] === STATUS.valid || batch.status[row] === STATUS.stale;

/** Replays of one job at one safe operating point. */
export class Enrolment {
  readonly #tallies = new Map<string, Tally>();
  #replays = 0;
  #fresh = 0;

  get replays(): number {
    return this.#replays;
  }

  /** Replays since a nonce turned up that none before had: when this goes on, the set is known. */
  get replaysWithoutNews(): number {
    return this.#fresh;
  }

  /** One replay: everything that came back for it. */
  add(batch: NonceBatch): void {
    this.#replays++;
    const seen = new Set<string>();
    let news = false;
    for (let row = 0; row < batch.length; row++) {
      const key = keyOf(batch, row);
      if (!verified(batch, row) || seen.has(key)) continue;
      seen.add(key);
      let tally = this.#tallies.get(key);
      if (!tally) {
        tally = { hits: 0, chip: batch.chip[row] as number, core: batch.core[row] as number, sum: 0, square: 0, timed: 0 };
        this.#tallies.set(key, tally);
        news = true;
      }
      tally.hits++;
      const residual = batch.residualNs[row] as number;
      if (!Number.isFinite(residual)) continue;
      tally.timed++;
      tally.sum += residual;
      tally.square += residual * residual;
    }
    this.#fresh = news ? 0 : this.#fresh + 1;
  }

  /** ScienceError GOLDEN_EMPTY before any nonce was found often enough. */
  set(): GoldenSet {
    const replays = this.#replays;
    const nonces: GoldenNonce[] = [];
    let doubtful = 0;
    for (const [key, { hits, chip, core, sum, square, timed }] of this.#tallies) {
      if (hits < GOLDEN_SHARE * replays) {
        doubtful++;
        continue;
      }
      const [nonce, versionBits] = key.split(" ").map(Number) as [number, number];
      const mean = timed > 0 ? sum / timed : Number.NaN;
      const variance = timed > 1 ? Math.max(0, square - timed * mean * mean) / (timed - 1) : Number.NaN;
      nonces.push({ nonce, versionBits, chip, core, hitRate: hits / replays, residualNs: mean, residualSdNs: Math.sqrt(variance) });
    }
    if (nonces.length === 0)
      throw new ScienceError(
        "GOLDEN_EMPTY",
        `No nonce came back in ${GOLDEN_SHARE * 100} % of ${replays} replays.`,
        "Lower the ticket difficulty, make the job longer, or choose a safer operating point.",
        { replays, doubtful },
      );
    nonces.sort((a, b) => a.nonce - b.nonce || a.versionBits - b.versionBits);
    return { nonces, doubtful, replays, missedAtHalf: 2 ** -replays };
  }
}

export interface Replay {
  /** One entry per golden nonce, in the set's order: 1 where it was hit. */
  readonly hit: Uint8Array;
  /** Residual of each hit less its mean at enrolment, ns; NaN for misses. */
  readonly shiftNs: Float64Array;
  readonly hits: number;
  readonly misses: number;
  /** Answers that do not verify: hardware errors. */
  readonly invalid: number;
  /** Verified, and not golden: of the doubtful ones, or found by a chip that ran on. */
  readonly others: number;
}

/** What a replay under stress did with each golden nonce. */
export function scoreReplay({ nonces }: GoldenSet, batch: NonceBatch): Replay {
  const index = new Map(nonces.map(({ nonce, versionBits }, at) => [`${nonce} ${versionBits}`, at]));
  const hit = new Uint8Array(nonces.length);
  const shiftNs = new Float64Array(nonces.length).fill(Number.NaN);
  let [invalid, others] = [0, 0];
  for (let row = 0; row < batch.length; row++) {
    if (batch.status[row] === STATUS.invalid) invalid++;
    if (!verified(batch, row)) continue;
    const at = index.get(keyOf(batch, row));
    if (at === undefined) others++;
    else if (hit[at] === 0) {
      hit[at] = 1;
      shiftNs[at] = (batch.residualNs[row] as number) - (nonces[at] as GoldenNonce).residualNs;
    }
  }
  const hits = hit.reduce((sum, one) => sum + one, 0);
  return { hit, shiftNs, hits, misses: nonces.length - hits, invalid, others };
}
