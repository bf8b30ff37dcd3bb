/** Boards that an image can be for, and how AxeOS on them names itself in /api/system/info. specs/bm1366.md 5.9, 6.3 */

export interface AxeosIdentity {
  readonly asicModel: string;
  readonly boardVersion: string;
}

export const FIRMWARE_BOARDS = {
  "bitaxe-ultra-204": { asicModel: "BM1366", boardVersion: "204" },
  "bitaxe-ultra-205": { asicModel: "BM1366", boardVersion: "205" },
  "bitaxe-ultra-207": { asicModel: "BM1366", boardVersion: "207" },
  /** Flashed as an Ultra 0.11: firmware cannot tell it from one. */
  "lucky-miner-lv06": { asicModel: "BM1366", boardVersion: "0.11" },
  "s9-hashboard": null,
} as const satisfies Readonly<Record<string, AxeosIdentity | null>>;

export type FirmwareBoard = keyof typeof FIRMWARE_BOARDS;

export const FIRMWARE_BOARD_NAMES = Object.keys(FIRMWARE_BOARDS) as [FirmwareBoard, ...FirmwareBoard[]];

/** Which board says this of itself; null when none that is known. */
export function boardOfAxeos({ asicModel, boardVersion }: AxeosIdentity): FirmwareBoard | null {
  const known = FIRMWARE_BOARD_NAMES.find((name) => {
    const identity: AxeosIdentity | null = FIRMWARE_BOARDS[name];
    return identity !== null && identity.asicModel === asicModel && identity.boardVersion === boardVersion;
  });
  return known ?? null;
}
