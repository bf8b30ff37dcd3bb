/** Which cores find nothing: counted over a run, from verified nonces alone. */
import { type NonceBatch, STATUS } from "../common/nonce-batch.ts";

/** A working core stays silent this improbably when so many nonces were to be expected of it: e^-20, for all 7182 cores of an S9 board 1 in 70 000. */
const EXPECTED_PER_CORE = 20;

export interface SilentCores {
  readonly chip: number;
  readonly cores: readonly number[];
}

export class CoreSurvey {
  readonly #counts = new Map<number, number>();
  #total = 0;

  add(batch: NonceBatch): void {
    for (let row = 0; row < batch.length; row++) {
      if (batch.status[row] !== STATUS.valid) continue;
      const key = (batch.chip[row] as number) * 256 + (batch.core[row] as number);
      this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
      this.#total++;
    }
  }

  /**
   * Chips with cores that found nothing, where the mean core found enough for silence to mean something; null before that. Chips of one
   * chain are taken to run at about one clock.
   */
  silent(chips: number, cores: readonly number[]): SilentCores[] | null {
    if (this.#total < EXPECTED_PER_CORE * chips * cores.length) return null;
    return Array.from({ length: chips }, (_, chip) => ({
      chip,
      cores: cores.filter((core) => !this.#counts.has(chip * 256 + core)),
    })).filter((found) => found.cores.length > 0);
  }
}

/** For the log: which cores of which chips. */
export function silentCoresText(found: readonly SilentCores[]): string {
  const chips = found.map(({ chip, cores }) => `chip ${chip}: ${cores.length > 8 ? `${cores.length} cores` : `core ${cores.join(", ")}`}`);
  return `BAD_CORES: no nonce from ${chips.join("; ")}, where ${EXPECTED_PER_CORE} or more were to be expected of each. Leave them out of comparisons between cores.`;
}
