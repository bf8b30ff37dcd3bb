/** What a board's sensors say. null is unknown: never 0, never the last value. */
export interface BoardReadings {
  /** CLOCK_MONOTONIC_RAW when the last of these was read. */
  readonly atNs: bigint;
  readonly coreVoltageMv: number | null;
  readonly inputVoltageMv: number | null;
  readonly inputCurrentMa: number | null;
  readonly powerMw: number | null;
  readonly chipTempC: number | null;
  readonly boardTempC: number | null;
  readonly regulatorTempC: number | null;
  readonly fanRpm: number | null;
}

/**
 * What a set-point may be on this board, and when to switch it off. Source: specs/bm1366.md 5.2, 5.5; specs/bm1387.md 4.2, 7.
 * coreVoltageMv is one chip's, except on an S9 hash board: there it is the whole chain's, which 21 domains in series share.
 */
export interface BoardLimits {
  readonly coreVoltageMv: { readonly min: number; readonly max: number };
  readonly frequencyMhz: { readonly min: number; readonly max: number };
  readonly maxPowerMw: number;
  readonly maxChipTempC: number;
  readonly maxRegulatorTempC: number;
  /** Where the board itself has a limit of its own. */
  readonly maxBoardTempC?: number;
  /** From this frequency on, no more than this voltage, for the sake of power; highest frequency first. */
  readonly coreVoltageCaps?: readonly { readonly fromMhz: number; readonly maxMv: number }[];
}

/** What probing found, never what a name promised. */
export interface BoardIdentity {
  readonly model: string;
  readonly regulator: string;
  /** I2C addresses that answered, 7 bit. */
  readonly i2cAddresses: readonly number[];
}

/** What switching the core off came to. Not every board lets the host cut the supply: say so rather than claim it. */
export interface CoreOff {
  /** true only when a read-back shows that the core supply is gone. */
  readonly supplyOff: boolean;
  /** What was done and what was read back, in words. */
  readonly how: string;
}

/** The board around the chips: power, reset, fan, sensors. */
export interface Board {
  readonly limits: BoardLimits;
  /** Scans the bus and finds out what is there. DriverError BOARD_UNKNOWN when it is no board we know. */
  probe(): Promise<BoardIdentity>;
  /** Applies and reads back; resolves with the voltage the regulator says it was set to. Outside the limits: DriverError SETPOINT_REFUSED, nothing written. */
  setCoreVoltageMv(coreVoltageMv: number): Promise<number>;
  /** Core supply off, or as low as the board allows with the chips in reset; verified by read-back where the board can. */
  coreOff(): Promise<CoreOff>;
  /** true holds the chips in reset (NRST low). */
  setReset(asserted: boolean): Promise<void>;
  setFanPercent(percent: number): Promise<void>;
  /** Reads every sensor; a sensor that fails reads null and is named in `failed`. */
  read(): Promise<{ readings: BoardReadings; failed: readonly string[] }>;
  close(): Promise<void>;
}
