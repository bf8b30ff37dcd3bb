import { Bitaxe } from "./bitaxe.ts";
import type { BridgeGeneration } from "./board/bridge.ts";
import { S9HashBoard } from "./board/s9-hashboard.ts";
import type { UltraVariant } from "./board/ultra.ts";
import { type FaultSpec, FaultTable } from "./faults.ts";
import type { PtyFrontEnd } from "./front-end-pty.ts";
import { goLive, type LiveTwin, wholeWithin } from "./live-twin.ts";
import { PARAMETERS } from "./parameters.ts";
import { DRIVE_RANGE } from "./planted/memory.ts";
import { type PlantSpec, plantedEffect } from "./planted/spec.ts";

export * from "./faults.ts";
export type { PacedTwin, PortOutput } from "./paced-twin.ts";
export { type S9Twin, type S9TwinOptions, type S9TwinStatus, startS9Twin } from "./s9.ts";

export interface TwinOptions {
  /** 1 to 16; default 1. */
  readonly chips?: number;
  /** Default "205": DS4432U, INA260, EMC2101's own sensor. "207": TPS546, die's diode. */
  readonly variant?: UltraVariant;
  /** One candidate in 2^workScale is hashed, and as many fewer zero bits are asked for. 16 to 32, default 20 (DESIGN section 4). */
  readonly workScale?: number;
  readonly seed?: number;
  /** Default 25. */
  readonly ambientC?: number;
  /** Default "V0", what a Bitaxe has today. */
  readonly bridgeGeneration?: BridgeGeneration;
  readonly faults?: readonly FaultSpec[];
  /** An effect hidden in the timing of its answers: docs/planted-effects.md. */
  readonly plant?: PlantSpec;
  /** Switched on and out of reset from the start, for hosts that use the data port alone; default false. */
  readonly powered?: boolean;
  /** Gets symbolic links `control` and `data`; made when missing. */
  readonly linkDir?: string;
}

export interface TwinStatus {
  /** Twin time since power-up. */
  readonly uptimeMs: number;
  /** Core clock of the chip nearest the host; 0 while it is held in reset or has no supply. */
  readonly frequencyMhz: number;
  readonly coreVoltageMv: number;
  /** The junction, as no sensor shows it. */
  readonly chipTempC: number;
  readonly boardTempC: number;
  readonly fanRpm: number;
  /** Heat of the chips. */
  readonly powerW: number;
  /** At the input connector: with regulator losses and the board itself. */
  readonly inputPowerW: number;
  readonly noncesSent: number;
  /** Nonces and register answers that a chip could not hold while the line was busy. */
  readonly answersLost: number;
  /** Frames from the host that the chips took, and places that began like one and were none. */
  readonly framesReceived: number;
  readonly framesDropped: number;
  /** Bytes from the host at a rate the chips did not have. */
  readonly bytesGarbled: number;
  /** Bytes for the host that no client read in time. */
  readonly bytesLost: number;
  readonly bridgeRequests: number;
  /** How many clients hold each port open; null when the system cannot tell. */
  readonly clients: { readonly control: number | null; readonly data: number | null };
}

export type Twin = LiveTwin<TwinStatus>;

/**
 * Starts a Bitaxe Ultra twin in real time behind two pseudo-terminals (DESIGN section 4, twin). Ports and timer live until
 * `stop`. TwinError: OPTION_OUT_OF_RANGE, FAULT_UNKNOWN and its kin, PLANT_REFUSED, PTY_REFUSED, LINK_DIR.
 */
export async function startTwin(options: TwinOptions = {}): Promise<Twin> {
  const workScale = wholeWithin("workScale", options.workScale ?? 20, 16, 32);
  const chips = wholeWithin("chips", options.chips ?? 1, 1, 128);
  const seed = wholeWithin("seed", options.seed ?? 1, 0, 2 ** 31);
  const ambientC = options.ambientC ?? PARAMETERS.thermal.ambientC;
  return goLive({
    faults: new FaultTable(options.faults, "bitaxe-ultra"),
    workScale,
    wakeOnData: true,
    linkDir: options.linkDir,
    make: (faults) =>
      new Bitaxe({
        chips,
        variant: options.variant ?? "205",
        bridgeGeneration: options.bridgeGeneration ?? "V0",
        workScale,
        seed,
        ambientC,
        faults,
        powered: options.powered ?? false,
        ...(options.plant === undefined ? {} : { planted: plantedEffect(options.plant, { chips, drive: DRIVE_RANGE.bitaxe }) }),
      }),
    makeOther: (faults) =>
      new S9HashBoard({ chips: 63, workScale: 24, seed, ambientC, faults, boardAddress: 0x55, tailShare: 0, sensor: "TMP451" }),
    statusOf,
  });
}

function statusOf(bitaxe: Bitaxe, frontEnd: PtyFrontEnd): TwinStatus {
  const { chain, physics, power } = bitaxe;
  return {
    uptimeMs: bitaxe.nowNs / 1e6,
    frequencyMhz: chain.running ? bitaxe.frequencyMhz : 0,
    coreVoltageMv: physics.coreV * 1000,
    chipTempC: physics.junctionC,
    boardTempC: physics.boardC,
    fanRpm: physics.fanRpm,
    powerW: power.coreW,
    inputPowerW: power.inputW,
    noncesSent: chain.nonces,
    answersLost: chain.framesLost,
    framesReceived: chain.framesReceived,
    framesDropped: chain.framesDropped,
    bytesGarbled: chain.bytesGarbled,
    bytesLost: frontEnd.bytesLost,
    bridgeRequests: bitaxe.bridge.requests,
    clients: frontEnd.clients,
  };
}
