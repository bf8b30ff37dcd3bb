/** The fault matrix as a list: every fault on every kind of board in every state it can strike in. docs/fault-matrix.md */
import type { DeviceState } from "../../../telemetry/messages.ts";
import { FAULT_LAYERS, type FaultName, faultOf, faultsOf } from "../../../twin/index.ts";
import type { Scenario } from "../scenario.ts";

export const KINDS = {
  "bitaxe-207": { board: "bitaxe-ultra", variant: "207", chips: 1 },
  "bitaxe-205": { board: "bitaxe-ultra", variant: "205", chips: 1 },
  s9: { board: "s9", variant: "207", chips: 3 },
} as const satisfies Record<string, Pick<Scenario, "board" | "variant" | "chips">>;
export type Kind = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** `limits-verified` is not among them: the board is armed at the same moment, and nothing can strike in between. */
export const STRUCK = ["cold", "identified", "armed", "energised", "running", "cooling"] as const satisfies readonly DeviceState[];
export type StruckState = (typeof STRUCK)[number];

/** How long after a state was entered the fault strikes, ms: amid what is done there. `identified` lasts a millisecond on an S9. */
export const STRIKES_AFTER_MS: Readonly<Record<StruckState, number>> = {
  cold: 0,
  identified: 0,
  armed: 300,
  energised: 2_000,
  running: 2_000,
  cooling: 100,
};

export interface Cell {
  readonly kind: Kind;
  readonly fault: FaultName;
  readonly value: number;
  readonly state: StruckState;
  /** How long the fault holds, ms. */
  readonly holdMs: number;
}

/** Instead of the default, where that is meant to be survived. */
const HARDER: Partial<Record<FaultName, number>> = {
  "event-loop-blocked": 30_000,
  killed: 10_000,
  "over-temperature": 120,
  "regulator-overshoot": 20,
  "regulator-undershoot": 30,
  "hot-chip": 80,
};
const I2C_ADDRESS: Readonly<Record<Kind, number>> = { "bitaxe-207": 0x24, "bitaxe-205": 0x40, s9: 0x55 };

const HOLD_MS = 15_000;
/** A sensor may be unknown for so long before an S9 is switched off (docs/safety.md: 40 s); a hot board needs its time. */
const SLOW_MS = 60_000;
const SLOW: readonly FaultName[] = [
  "sensor-open",
  "sensor-short",
  "sensor-stuck",
  "fan-stall",
  "fan-slow",
  "tachometer-dead",
  "over-temperature",
  "regulator-drift",
];
/** One that takes its own time, from its value. */
const OWN_TIME: readonly FaultName[] = ["event-loop-blocked", "killed"];

export function cellKey({ kind, fault, state }: Pick<Cell, "kind" | "fault" | "state">): string {
  return `${kind}/${fault}/${state}`;
}

/** In the order of the table. A fault that needs a second chip is not on a board of one. */
export function cellsOf(kind: Kind): Cell[] {
  const { board, chips } = KINDS[kind];
  return faultsOf(board, FAULT_LAYERS)
    .filter((fault) => chips > 1 || fault !== "address-collision")
    .flatMap((fault) => STRUCK.map((state) => cellOf(kind, fault, state)));
}

export function cellOf(kind: Kind, fault: FaultName, state: StruckState): Cell {
  const value = strengthOf(kind, fault);
  const holdMs = OWN_TIME.includes(fault) ? value + HOLD_MS : SLOW.includes(fault) ? SLOW_MS : HOLD_MS;
  return { kind, fault, value, state, holdMs };
}

function strengthOf(kind: Kind, fault: FaultName): number {
  if (fault === "i2c-nak") return I2C_ADDRESS[kind];
  const { unit, default: usual } = faultOf(fault).value;
  if (unit === "chip" && KINDS[kind].chips === 1) return 0;
  return HARDER[fault] ?? usual;
}
