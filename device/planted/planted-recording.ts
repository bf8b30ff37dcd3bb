import type { JobRecord } from "../../common/block-header.ts";
import type { NonceBatch } from "../../common/nonce-batch.ts";
import type { PlantSpec } from "../../twin/planted/spec.ts";

export type PlantedBoardKind = "bitaxe" | "s9";

/** One step of the drive, as the chips were told it. */
export interface DriveStep {
  /** When the host wrote the set-point, ns on the recording's clock. */
  readonly tNs: number;
  /** Core clock from then on, MHz. */
  readonly mhz: number;
  /** The same as a number in [0, 1] of the range that the drive moves in. */
  readonly u: number;
}

/** What a run in virtual time leaves behind: times are ns since the twin was powered up. */
export interface PlantedRecording {
  readonly nonces: NonceBatch;
  readonly jobs: readonly JobRecord[];
  readonly drive: readonly DriveStep[];
}

export interface RunOptions {
  readonly board: PlantedBoardKind;
  readonly chips: number;
  readonly workScale: number;
  /** Length of the driven part, s. */
  readonly seconds: number;
  /** Decides drive, jobs and the twin's differences between chips. */
  readonly secret: string;
  readonly plant: PlantSpec;
}
