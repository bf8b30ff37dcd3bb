import { Bitaxe } from "./bitaxe.ts";
import { S9HashBoard, type S9SensorKind, sensorChips } from "./board/s9-hashboard.ts";
import { chipVoltage } from "./board/s9-physics.ts";
import { type FaultSpec, FaultTable } from "./faults.ts";
import type { PtyFrontEnd } from "./front-end-pty.ts";
import { goLive, type LiveTwin, refusal, wholeWithin } from "./live-twin.ts";
import { S9_PARAMETERS } from "./parameters.ts";
import { DRIVE_RANGE } from "./planted/memory.ts";
import { type PlantSpec, plantedEffect } from "./planted/spec.ts";

export interface S9TwinOptions {
  /** 1 to 63; default 63. */
  readonly chips?: number;
  /** One candidate in 2^workScale is hashed, and as many fewer zero bits are asked for. 16 to 32, default 24 (DESIGN section 4). */
  readonly workScale?: number;
  readonly seed?: number;
  /** Default 25. */
  readonly ambientC?: number;
  readonly faults?: readonly FaultSpec[];
  /** An effect hidden in the timing of its answers: docs/planted-effects.md. */
  readonly plant?: PlantSpec;
  /** Switched on and out of reset from the start, for hosts that use the data port alone; default false. */
  readonly powered?: boolean;
  /** Gets symbolic links `control` and `data`; made when missing. */
  readonly linkDir?: string;
  /** 7-bit address of the PIC: 0x55 (J6, default), 0x56 (J7), 0x57 (J8). */
  readonly boardAddress?: number;
  /** How probable it is that a chip is a weak one, with a lower factory bin and perhaps bad cores; default 0, real boards 0.15. */
  readonly tailShare?: number;
  /** Default "TMP451". */
  readonly sensor?: S9SensorKind;
}

export interface S9TwinStatus {
  /** Twin time since power-up. */
  readonly uptimeMs: number;
  /** RST is high and the chips have supply. */
  readonly running: boolean;
  /** Chips that the host reaches. */
  readonly chipsReachable: number;
  /** Core clock, the same for all chips or their mean; 0 while they are held in reset. */
  readonly frequencyMhz: number;
  readonly lineBaud: number;
  /** Rail to rail, and one chip's share. */
  readonly stringVoltageV: number;
  readonly chipVoltageMv: number;
  readonly picInApplication: boolean;
  /** Beside and in the chip with the bottom sensor, as no sensor shows it. */
  readonly boardTempC: number;
  readonly chipTempC: number;
  readonly fanRpm: number;
  /** Heat of the chips, and what the 12 V plugs deliver. */
  readonly powerW: number;
  readonly inputPowerW: number;
  readonly openCores: number;
  /** Computed by all chips since reset. */
  readonly hashes: number;
  readonly noncesSent: number;
  readonly answersLost: number;
  readonly framesReceived: number;
  readonly framesDropped: number;
  readonly bytesGarbled: number;
  readonly bytesLost: number;
  readonly bridgeRequests: number;
  readonly clients: { readonly control: number | null; readonly data: number | null };
}

export type S9Twin = LiveTwin<S9TwinStatus>;

const BOARD_ADDRESSES: readonly number[] = [0x55, 0x56, 0x57];

/**
 * Starts the twin of one S9 hash board in real time behind two pseudo-terminals (DESIGN section 4, twin). A miner of three
 * boards is three twins. Ports and timer live until `stop`. TwinError: OPTION_OUT_OF_RANGE, FAULT_UNKNOWN and its kin,
 * PLANT_REFUSED, PTY_REFUSED, LINK_DIR.
 */
export async function startS9Twin(options: S9TwinOptions = {}): Promise<S9Twin> {
  const chips = wholeWithin("chips", options.chips ?? 63, 1, 63);
  const workScale = wholeWithin("workScale", options.workScale ?? 24, 16, 32);
  const seed = wholeWithin("seed", options.seed ?? 1, 0, 2 ** 31);
  const ambientC = options.ambientC ?? S9_PARAMETERS.thermal.ambientC;
  const boardAddress = options.boardAddress ?? 0x55;
  if (!BOARD_ADDRESSES.includes(boardAddress)) throw refusal("boardAddress", boardAddress, "Give 0x55 (J6), 0x56 (J7) or 0x57 (J8).");
  const tailShare = options.tailShare ?? 0;
  if (!(tailShare >= 0 && tailShare <= 1)) throw refusal("tailShare", tailShare, "Give a number from 0 to 1.");
  return goLive({
    faults: new FaultTable(options.faults, "s9"),
    workScale,
    wakeOnData: false,
    linkDir: options.linkDir,
    make: (faults) =>
      new S9HashBoard({
        chips,
        workScale,
        seed,
        ambientC,
        faults,
        powered: options.powered ?? false,
        boardAddress,
        tailShare,
        sensor: options.sensor ?? "TMP451",
        ...(options.plant === undefined ? {} : { planted: plantedEffect(options.plant, { chips, drive: DRIVE_RANGE.s9 }) }),
      }),
    makeOther: (faults) => new Bitaxe({ chips: 1, variant: "205", bridgeGeneration: "V0", workScale: 20, seed, ambientC, faults }),
    statusOf,
  });
}

function statusOf(board: S9HashBoard, frontEnd: PtyFrontEnd): S9TwinStatus {
  const { chain, state, power } = board;
  const { boardC, junctionC } = board.temperatures(sensorChips(chain.chips.length).bottom);
  const meanMhz = chain.chips.reduce((sum, chip) => sum + chip.frequencyMhz, 0) / chain.chips.length;
  return {
    uptimeMs: board.nowNs / 1e6,
    running: chain.running,
    chipsReachable: chain.reachable,
    frequencyMhz: chain.running ? meanMhz : 0,
    lineBaud: chain.lineRate,
    stringVoltageV: state.stringV,
    chipVoltageMv: chipVoltage(state) * 1000,
    picInApplication: board.pic.inApplication,
    boardTempC: boardC,
    chipTempC: junctionC,
    fanRpm: state.fanRpm,
    powerW: power.chipsW,
    inputPowerW: power.inputW,
    openCores: chain.chips.reduce((sum, chip) => sum + board.openCores(chip.index), 0),
    hashes: board.hashes,
    noncesSent: chain.nonces,
    answersLost: chain.framesLost,
    framesReceived: chain.framesReceived,
    framesDropped: chain.framesDropped,
    bytesGarbled: chain.bytesGarbled,
    bytesLost: frontEnd.bytesLost,
    bridgeRequests: board.bridge.requests,
    clients: frontEnd.clients,
  };
}
