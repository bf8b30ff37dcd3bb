/** A chip is about to report a nonce: what an effect may look at. */
export interface Emission {
  /** When the sweep reached the nonce, ns on the twin's clock. */
  readonly tNs: number;
  /** Position of the chip in the chain, from the host. */
  readonly chip: number;
  /** Core number as the nonce carries it. */
  readonly core: number;
  /** Zero bits of the hash beyond those asked for. Geometric: k or more with probability 2^-k. */
  readonly excessBits: number;
}

/**
 * Something planted in the timing of a twin: it decides when a nonce leaves its chip, or that it does not, and never what the nonce is.
 * Calls for one chip come in order of time; how calls for several chips interleave changes nothing.
 */
export interface PlantedEffect {
  /** A chip's core clock from `tNs` on: the drive, as a chip feels it. */
  setPoint(chip: number, tNs: number, mhz: number): void;
  /** ns from the find to the answer, 0 or more; null: the nonce is withheld. */
  delayNs(emission: Emission): number | null;
}
