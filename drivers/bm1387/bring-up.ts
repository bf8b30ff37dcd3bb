import { chipAddresses } from "../bm13xx/addresses.ts";
import type { Register } from "../bm13xx/register.ts";
import type { MidstateCount } from "./job.ts";
import { CORES } from "./nonce.ts";
import { frequencyRamp } from "./ramp.ts";
import {
  baudOfDivider,
  dividerOfBaud,
  hashCountingNumber,
  mhzOfPllWord,
  miscControl,
  pll,
  pllWordFor,
  RESET_BAUD_DIV,
  ticketLog2Of,
  ticketMask,
} from "./registers.ts";
import { workPeriodNs } from "./sweep-model.ts";

/** The host's rate for a chip fresh from reset (which runs at 115740). specs/bm1387.md 3.1 */
export const RESET_BAUD = 115_200;
/** Rest after a change of clock: the PLL locks within 1 ms. specs/bm1387.md 2.1, 3.4 */
const PLL_WAIT_MS = 10;
/** After a gate_block write. specs/bm1387.md 3.3 */
export const GATE_WAIT_MS = 10;
/** After each chain-inactive. specs/bm1387.md 3.2 */
const INACTIVE_WAIT_MS = 100;

/** One thing to do on the wire; `name` is what a person is told. */
export type Step = { readonly name: string } & (
  | { readonly do: "host-baud"; readonly baud: number }
  | { readonly do: "response-length" }
  | { readonly do: "write"; readonly register: Register; readonly word: number; readonly chip: number | null; readonly waitMs: number }
  | { readonly do: "enumerate"; readonly chips: number }
  | { readonly do: "chain-inactive"; readonly waitMs: number }
  | { readonly do: "set-address"; readonly address: number }
  | { readonly do: "check-addresses" }
  /** One word per chip. */
  | { readonly do: "read-back"; readonly register: Register; readonly words: readonly number[] }
  | { readonly do: "check-baud"; readonly baud: number }
  /** Closes all cores, opens them with `works`, `gapMs` apart, and with `check` sees that they work; up to `tries` times. */
  | {
      readonly do: "open-cores";
      readonly gateWord: number;
      readonly works: number;
      readonly gapMs: number;
      readonly check: boolean;
      readonly tries: number;
    }
);

export interface BringUpPlan {
  readonly chips: number;
  /** Core clock asked of each chip. */
  readonly frequenciesMhz: readonly number[];
  readonly ticketDifficulty: number;
  /** null stays at 115200. */
  readonly baud: number | null;
  readonly midstates: MidstateCount;
  readonly checkCores: boolean;
}

/** One write to one chip (by position) or to all. */
export function writeStep(register: Register, word: number, options: { name?: string; chip?: number; waitMs?: number } = {}): Step {
  const { name = `write ${register.name}`, chip = null, waitMs = 0 } = options;
  return { name: chip === null ? name : `${name}, chip ${chip}`, do: "write", register, word, chip, waitMs };
}

/** The same word expected of all chips. */
export function readBackStep(register: Register, words: readonly number[]): Step {
  return { name: `read back ${register.name}`, do: "read-back", register, words };
}

/**
 * Takes the chips from PLL words `now` (null: not known) to `next`: one broadcast where all are to be the same, else a write to each chip that changes;
 * nothing when none does.
 */
export function clockSteps(now: readonly number[] | null, next: readonly number[], waitMs = PLL_WAIT_MS): Step[] {
  const name = (word: number) => `core clock ${mhzOfPllWord(word)} MHz`;
  const changing = next.flatMap((word, chip) => (word === now?.[chip] ? [] : [{ word, chip }]));
  const [first] = next;
  if (first !== undefined && changing.length > 0 && next.every((word) => word === first)) {
    return [writeStep(pll, first, { name: name(first), waitMs })];
  }
  return changing.map(({ word, chip }, at) =>
    writeStep(pll, word, { name: name(word), chip, waitMs: at === changing.length - 1 ? waitMs : 0 }),
  );
}

/** The PLL words on the way from `now` to the clocks nearest `toMhz`, in turns of one word per chip. Throws SETPOINT_REFUSED. specs/bm1387.md 2.1, 3.4 */
export function rampWords(now: readonly number[], toMhz: readonly number[]): readonly (readonly number[])[] {
  const ramps = toMhz.map((mhz, chip) => {
    const target = pllWordFor(mhz);
    if (now[chip] === target) return [];
    const between = frequencyRamp(mhzOfPllWord(now[chip] as number), mhz).slice(0, -1);
    return [...between.map(pllWordFor), target];
  });
  const turns = Math.max(...ramps.map((ramp) => ramp.length));
  return Array.from({ length: turns }, (_, at) => ramps.map((ramp, chip) => ramp[at] ?? ramp.at(-1) ?? (now[chip] as number)));
}

/** MISC_CONTROL as all chips get it; a rate is taken on only with `switchBaud`. specs/bm1387.md 2.3 */
export function miscWord(options: { baudDiv: number; gateBlock: boolean; switchBaud: boolean }): number {
  return miscControl.encode({
    notSetBaud: !options.switchBaud,
    invertClko: true,
    i2cBus: 0,
    gateBlock: options.gateBlock,
    rfsSda0: false,
    baudDiv: options.baudDiv,
    multiMidstate: true,
    tfs: 0,
  });
}

/** Steps that open the cores of all chips at clocks in force. specs/bm1387.md 3.2, 3.3, 3.5 */
export function openCoresStep(plan: Pick<BringUpPlan, "midstates" | "checkCores">, clocksMhz: readonly number[], baudDiv: number): Step {
  return {
    name: "open the cores",
    do: "open-cores",
    gateWord: miscWord({ baudDiv, gateBlock: true, switchBaud: false }),
    works: CORES,
    gapMs: workPeriodNs({ frequenciesMhz: clocksMhz, midstates: plan.midstates }) / 1e6,
    check: plan.checkCores,
    tries: 3,
  };
}

/**
 * The order of specs/bm1387.md 3.2 from step 10 on (power, voltage and reset are the board's), with read-backs where the chip offers them. The cores
 * are opened and looked at with difficulty 1. Throws DriverError SETPOINT_REFUSED when clock or rate are out of reach: nothing has been written then.
 */
export function bringUpSteps(plan: BringUpPlan): Step[] {
  const { chips, frequenciesMhz, baud } = plan;
  const addresses = chipAddresses(chips);
  const words = frequenciesMhz.map(pllWordFor);
  const clocksMhz = words.map(mhzOfPllWord);
  const same = (word: number) => Array<number>(chips).fill(word);
  const easiest = ticketMask.encode({ log2Difficulty: 0 });
  const ticket = ticketMask.encode({ log2Difficulty: ticketLog2Of(plan.ticketDifficulty) });
  const baudDiv = baud === null ? RESET_BAUD_DIV : dividerOfBaud(baud);
  const gate = miscWord({ baudDiv, gateBlock: true, switchBaud: false });
  const inactive: Step = { name: "chain inactive", do: "chain-inactive", waitMs: INACTIVE_WAIT_MS };
  const steps: Step[] = [
    { name: `host at ${RESET_BAUD} baud`, do: "host-baud", baud: RESET_BAUD },
    { name: "take responses of 7 bytes", do: "response-length" },
    { name: "count chips", do: "enumerate", chips },
    inactive,
    inactive,
    inactive,
    ...addresses.map((address): Step => ({ name: `set address ${address}`, do: "set-address", address })),
    { name: "check addresses", do: "check-addresses" },
    ...clockSteps(null, words),
    readBackStep(pll, words),
    writeStep(hashCountingNumber, hashCountingNumber.encode({ count: 0 })),
  ];
  if (baud !== null) {
    const real = Math.round(baudOfDivider(baudDiv));
    steps.push(
      writeStep(miscControl, miscWord({ baudDiv, gateBlock: true, switchBaud: true }), { name: `chips to ${real} baud` }),
      { name: `host at ${baud} baud`, do: "host-baud", baud },
      { name: "check the new rate", do: "check-baud", baud },
    );
  }
  steps.push(
    writeStep(miscControl, gate, { name: "close the cores", waitMs: GATE_WAIT_MS }),
    readBackStep(miscControl, same(gate)),
    writeStep(ticketMask, easiest, { name: "ticket of difficulty 1" }),
    readBackStep(ticketMask, same(easiest)),
    openCoresStep(plan, clocksMhz, baudDiv),
    writeStep(ticketMask, ticket),
    readBackStep(ticketMask, same(ticket)),
  );
  return steps;
}
