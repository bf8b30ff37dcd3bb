import { TwinError } from "../common/errors.ts";

/** What can be made to go wrong. `value` of a FaultSpec means what the table says; without it the default holds. */
export const FAULTS = {
  "chip-dead": {
    value: "index of the chip that says nothing; on an S9, whose chips pass everything on, nor do those behind it",
    default: 0,
  },
  "chip-wrong-id": { value: "chip id that every chip claims", default: 0x1397 },
  "chips-missing": { value: "how many chips at the far end say nothing", default: 1 },
  "chain-cut": { value: "S9: index of the first chip behind a broken trace", default: 1 },
  "bad-cores": { value: "S9: how many cores of one chip (`chip` of the specification) find nothing", default: 10 },
  "address-collision": { value: "S9: index of the chip that takes the address meant for the one before it", default: 1 },
  "baud-mismatch": { value: "S9: index of the chip that misses every change of the line rate", default: 1 },
  "pic-in-loader": { value: "not used: the voltage controller's application does not start", default: 0 },
  "pic-silent": { value: "not used: the voltage controller does not acknowledge", default: 0 },
  "voltage-readback": { value: "added to the voltage code that the controller says it has", default: 20 },
  "bridge-error": { value: "code that the bridge answers to every I2C request", default: 0x10 },
  "i2c-nak": { value: "7-bit I2C address that does not acknowledge", default: 0x40 },
  "drop-byte": { value: "probability that a byte to the host is lost", default: 0.001 },
  "flip-bit": { value: "probability that a byte to the host has one bit wrong", default: 0.001 },
  "insert-byte": { value: "probability that a byte nobody sent comes before one to the host", default: 0.001 },
  "link-cut": { value: "not used: both ports hang up", default: 0 },
  "sensor-open": {
    value: "not used: the die's diode reads open (207, S9); the EMC2101, which has no other sensor, does not acknowledge (205)",
    default: 0,
  },
  "over-temperature": { value: "degrees by which the air around gets hotter", default: 60 },
  "fan-stall": { value: "not used: the fan stands still whatever it is told", default: 0 },
} as const satisfies Record<string, { value: string; default: number }>;

export type FaultName = keyof typeof FAULTS;

/** One fault. It holds from `atMs` on the twin's clock (0: from the start, or at once) until `untilMs` (never). */
export interface FaultSpec {
  readonly name: FaultName;
  readonly value?: number;
  /** Index of the chip that is hit, for faults of one chip that have another value; default 0. */
  readonly chip?: number;
  readonly atMs?: number;
  readonly untilMs?: number;
}

export function faultNames(): FaultName[] {
  return Object.keys(FAULTS) as FaultName[];
}

/** Throws TwinError FAULT_UNKNOWN when a specification read from outside names no fault or has a value that is no number. */
export function checkFault(spec: FaultSpec): FaultSpec {
  const numbers = [spec.value ?? 0, spec.chip ?? 0, spec.atMs ?? 0, spec.untilMs ?? 0];
  if (!Object.hasOwn(FAULTS, spec.name) || !numbers.every(Number.isFinite))
    throw new TwinError("FAULT_UNKNOWN", `The twin has no fault "${spec.name}" of that form.`, `Faults are: ${faultNames().join(", ")}.`, {
      spec,
    });
  return spec;
}

/** Which faults hold when. Setting one again replaces it. */
export class FaultTable {
  #specs = new Map<FaultName, FaultSpec>();

  constructor(specs: readonly FaultSpec[] = []) {
    for (const spec of specs) this.set(spec);
  }

  set(spec: FaultSpec): void {
    this.#specs.set(spec.name, checkFault(spec));
  }

  clear(name: FaultName): void {
    this.#specs.delete(name);
  }

  /** The fault's value while it holds, else null. */
  value(name: FaultName, tNs: number): number | null {
    const spec = this.#specs.get(name);
    if (spec === undefined) return null;
    const tMs = tNs / 1e6;
    if (tMs < (spec.atMs ?? 0) || tMs >= (spec.untilMs ?? Number.POSITIVE_INFINITY)) return null;
    return spec.value ?? FAULTS[spec.name].default;
  }

  /** The chip that a fault hits. */
  chip(name: FaultName): number {
    return this.#specs.get(name)?.chip ?? 0;
  }
}
