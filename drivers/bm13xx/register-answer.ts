/** What a chip answered to a read. */
export interface RegisterAnswer {
  /** CLOCK_MONOTONIC_RAW of the frame's first byte. */
  readonly tNs: bigint;
  readonly address: number;
  readonly register: number;
  readonly value: number;
}
