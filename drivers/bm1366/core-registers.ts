import { coreRegisterControl } from "./registers.ts";

/** A register inside the cores, reached through CORE_REGISTER_CONTROL. Purpose where a source names it. specs/bm1366.md 2.6 */
export interface CoreRegister {
  readonly name: string;
  readonly number: number;
  readonly reset: number;
}

export const clockDelayControl: CoreRegister = { name: "CLOCK_DELAY_CTRL", number: 0, reset: 0x98 };
export const coreRegister2: CoreRegister = { name: "CORE_REG_2", number: 2, reset: 0x55 };
export const hashClockControl: CoreRegister = { name: "HASH_CLOCK_CTRL", number: 5, reset: 0x40 };

export const coreRegisters: readonly CoreRegister[] = [
  clockDelayControl,
  coreRegister2,
  { name: "CORE_ERROR", number: 3, reset: 0 },
  { name: "CORE_ENABLE", number: 4, reset: 0 },
  hashClockControl,
  { name: "HASH_CLOCK_COUNTER", number: 6, reset: 0x08 },
  { name: "SWEEP_CLOCK_CTRL", number: 7, reset: 0x11 },
  { name: "CORE_REG_8", number: 8, reset: 0 },
  { name: "CORE_REG_15", number: 15, reset: 0 },
  { name: "CORE_REG_16", number: 16, reset: 0 },
  { name: "CORE_REG_22", number: 22, reset: 0 },
];

/** The CORE_REGISTER_CONTROL word that writes `value` into a register of every core. specs/bm1366.md 2.6 */
export function writeCoreWord(target: CoreRegister, value: number): number {
  return coreRegisterControl.encode({ execute: true, coreId: 0, write: true, register: target.number, value });
}

/** The word that reads it; the answer then stands in CORE_REGISTER_VALUE (40). specs/bm1366.md 2.6 */
export function readCoreWord(target: CoreRegister): number {
  return coreRegisterControl.encode({ execute: true, coreId: 0, write: false, register: target.number, value: 0xff });
}
