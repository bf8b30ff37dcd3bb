/** What each chip says of its rate, beside what its nonces say of its work: a BM1387 counts nothing itself. */
import type { ChipCounters } from "./chain-options.ts";
import type { Intake } from "./intake.ts";
import { hashRate, hashRateGhs } from "./registers.ts";
import { responseTimeout, tryReadEach, type Wire } from "./run-step.ts";

/** Of all chips, in chain order; rejects with RESPONSE_TIMEOUT when nothing answers at all. */
export async function pollChipCounters(wire: Wire, tallies: Intake["tallies"]): Promise<readonly ChipCounters[]> {
  const answers = await tryReadEach(hashRate, wire);
  if (answers.every((answer) => answer === null)) throw responseTimeout(hashRate.name, [...wire.addresses.keys()], wire.addresses.length);
  return answers.map((answer, chip) => {
    const tally = answer && tallies[chip];
    return {
      chip,
      address: wire.addresses[chip] as number,
      errorCount: tally?.errors ?? null,
      totalCount: tally?.work ?? null,
      domains: [],
      hashRateGhs: answer && hashRateGhs(answer.value),
    };
  });
}
