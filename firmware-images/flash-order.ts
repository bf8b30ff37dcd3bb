/** What every flasher is given, and how it goes through its steps. */
import type { Clock } from "../common/clock.ts";
import type { FlashJournal, FlashRecord, FlashStep } from "./journal.ts";

export interface FlashParts {
  readonly clock: Clock;
  readonly journal: FlashJournal;
  /** Hears of each step, and of the share of a part that is written. */
  readonly onProgress: (progress: FlashProgress) => void;
}

export interface FlashProgress {
  readonly step: FlashStep;
  readonly part: string | null;
  /** 0 to 1; null where there is nothing to measure. */
  readonly share: number | null;
}

/** A record that is on disk before the step it names is begun. */
export class FlashOrder {
  #record: FlashRecord;
  readonly #parts: FlashParts;

  constructor(record: FlashRecord, parts: FlashParts) {
    this.#record = record;
    this.#parts = parts;
  }

  begin(step: Exclude<FlashStep, "done">, part: string | null = null): void {
    this.#record = this.#parts.journal.advance(this.#record, step, part);
    this.#parts.onProgress({ step, part, share: step === "writing" ? 0 : null });
  }

  wrote(share: number): void {
    this.#parts.onProgress({ step: "writing", part: this.#record.part, share });
  }

  /** `put`: the image is on the device now, and stays in its history. */
  done(put: boolean): FlashRecord {
    const at = put ? new Date(this.#parts.clock.wallMs()).toISOString() : null;
    this.#record = this.#parts.journal.finish(this.#record, at);
    this.#parts.onProgress({ step: "done", part: null, share: null });
    return this.#record;
  }
}
