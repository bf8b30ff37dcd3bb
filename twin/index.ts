import { mkdir } from "node:fs/promises";
import { TwinError } from "../common/errors.ts";
import { Bitaxe } from "./bitaxe.ts";
import type { BridgeGeneration } from "./board/bridge.ts";
import type { UltraVariant } from "./board/ultra.ts";
import { type FaultName, type FaultSpec, FaultTable } from "./faults.ts";
import { PtyFrontEnd } from "./front-end-pty.ts";
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

export interface Twin {
  readonly controlPath: string;
  readonly dataPath: string;
  readonly workScale: number;
  stop(): Promise<void>;
  status(): TwinStatus;
  /** From now on (or from its `atMs` on). */
  setFault(fault: FaultSpec): void;
  clearFault(name: FaultName): void;
}

/** A whole number in a range, or TwinError OPTION_OUT_OF_RANGE. */
function within(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new TwinError("OPTION_OUT_OF_RANGE", `A twin cannot have ${name} = ${value}.`, `Give a whole number from ${min} to ${max}.`, {
    name,
    value,
  });
}

/**
 * Starts a Bitaxe Ultra twin in real time behind two pseudo-terminals (DESIGN section 4, twin). Ports and timer live until
 * `stop`. TwinError: OPTION_OUT_OF_RANGE, FAULT_UNKNOWN, PLANT_REFUSED, PTY_REFUSED.
 */
export async function startTwin(options: TwinOptions = {}): Promise<Twin> {
  const workScale = within("workScale", options.workScale ?? 20, 16, 32);
  const faults = new FaultTable(options.faults);
  const chips = within("chips", options.chips ?? 1, 1, 128);
  const bitaxe = new Bitaxe({
    chips,
    variant: options.variant ?? "205",
    bridgeGeneration: options.bridgeGeneration ?? "V0",
    workScale,
    seed: within("seed", options.seed ?? 1, 0, 2 ** 31),
    ambientC: options.ambientC ?? PARAMETERS.thermal.ambientC,
    faults,
    ...(options.plant === undefined ? {} : { planted: plantedEffect(options.plant, { chips, drive: DRIVE_RANGE.bitaxe }) }),
  });
  const frontEnd = new PtyFrontEnd(bitaxe);
  let paths = { controlPath: frontEnd.controlPath, dataPath: frontEnd.dataPath };
  if (options.linkDir !== undefined) {
    try {
      await mkdir(options.linkDir, { recursive: true });
      paths = await frontEnd.link(options.linkDir);
    } catch (cause) {
      await frontEnd.close();
      throw new TwinError("LINK_DIR", `Cannot make links in ${options.linkDir}.`, "Give a folder that may be written.", {}, cause);
    }
  }
  return {
    ...paths,
    workScale,
    stop: () => frontEnd.close(),
    status: () => statusOf(bitaxe, frontEnd),
    setFault: (fault) => faults.set(fault),
    clearFault: (name) => faults.clear(name),
  };
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
