/** What each chip says that it has done. specs/bm1366.md 2.8, 3.7 */
import type { Register } from "../bm13xx/register.ts";
import type { RegisterReads } from "./register-reads.ts";
import { domainCounts, errorCount, totalCount } from "./registers.ts";
import { READ_TIMEOUT_MS, responseTimeout } from "./run-step.ts";

/** Counters of one chip, in units of 2^32 hashes, 32 bits wrapping; null when the chip did not answer that read. */
export interface ChipCounters {
  readonly chip: number;
  readonly address: number;
  readonly errorCount: number | null;
  readonly totalCount: number | null;
  readonly domains: readonly (number | null)[];
}

const POLLED: readonly Register[] = [errorCount, ...domainCounts, totalCount];

/** Of all chips, in chain order; rejects with RESPONSE_TIMEOUT when nothing answers at all. */
export async function pollChipCounters(
  reads: RegisterReads,
  addresses: readonly number[],
  signal: AbortSignal | undefined,
): Promise<readonly ChipCounters[]> {
  const columns: ReadonlyMap<number, number>[] = [];
  for (const { address: register } of POLLED) {
    const answers = await reads.read({ register, to: null, from: addresses, timeoutMs: READ_TIMEOUT_MS, signal });
    columns.push(new Map(answers.map(({ address, value }) => [address, value])));
  }
  if (columns.every((column) => column.size === 0)) throw responseTimeout("the counters", addresses, []);
  return addresses.map((address, chip) => {
    const [errors = null, ...rest] = columns.map((column) => column.get(address) ?? null);
    return { chip, address, errorCount: errors, totalCount: rest.at(-1) ?? null, domains: rest.slice(0, -1) };
  });
}
