/** Several boards as one miner, as tools that know cgminer count them: rates and errors add up, the best share is the best of all. */
import { NONCE_STATUSES, type NonceStatus } from "../../../common/nonce-batch.ts";
import type { FleetSource, FleetSources } from "./facts.ts";

export function joined(sources: FleetSources): FleetSource {
  const [first] = sources;
  if (sources.length === 1) return first;
  const { snapshot } = first;
  const hashRateGhs = sumOf(sources.map((source) => source.snapshot.readings?.hashRateGhs ?? null));
  const known = sources.map((source) => source.snapshot.readings).find((readings) => readings !== null) ?? null;
  const nonces = Object.fromEntries(
    NONCE_STATUSES.map((status) => [status, sources.reduce((sum, { tally }) => sum + tally.nonces[status], 0)]),
  ) as Record<NonceStatus, number>;
  const best = sources.map(({ tally }) => tally.bestDifficulty).filter((difficulty) => difficulty !== null);
  return {
    ...first,
    snapshot: { ...snapshot, readings: known === null ? null : { ...known, hashRateGhs } },
    tally: {
      nonces,
      bestDifficulty: best.length === 0 ? null : Math.max(...best),
      meanHashRateGhs: sumOf(sources.map(({ tally }) => tally.meanHashRateGhs)),
    },
  };
}

/** null where nothing is known of any. */
function sumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}
