import { DriverError } from "../../common/errors.ts";
import { chipAddresses } from "../bm13xx/addresses.ts";
import { pllMhz, searchPll } from "../bm13xx/pll.ts";
import type { Register } from "../bm13xx/register.ts";
import type { ResponseLength } from "../transport/chip-link.ts";
import { clockDelayControl, coreRegister2, hashClockControl, writeCoreWord } from "./core-registers.ts";
import { hashCountingNumberFor } from "./counting.ts";
import { VERSION_SHIFT } from "./nonce.ts";
import { frequencyRamp, RAMP_STEP_MS } from "./ramp.ts";
import {
  analogMux,
  baudOfDivider,
  coreRegisterControl,
  fastUart,
  hashCountingNumber,
  ioDriverStrength,
  miscControl,
  pll0,
  pllWordFor,
  softResetControl,
  ticketLog2Of,
  ticketMask,
  uartRelay,
  versionRolling,
} from "./registers.ts";

export { chipAddresses } from "../bm13xx/addresses.ts";

/** Core clock after reset. specs/bm1366.md 2, register 08 */
export const RESET_MHZ = 50;
/** The host's rate for a chip fresh from reset (which runs at 115740). specs/bm1366.md 1.1 */
export const RESET_BAUD = 115_200;
/** Mismatch of rates that 8N1 still bears: 1,000,000 against the chip's 1,041,667 works, with little margin. specs/bm1366.md 2.4 */
const BAUD_TOLERANCE = 0.045;

/** One thing to do on the wire; `name` is what a person is told. */
export type Step = { readonly name: string } & (
  | { readonly do: "host-baud"; readonly baud: number }
  | { readonly do: "response-length"; readonly length: ResponseLength }
  | { readonly do: "write"; readonly register: Register; readonly word: number; readonly address: number | null; readonly waitMs: number }
  | { readonly do: "enumerate"; readonly chips: number }
  | { readonly do: "chain-inactive"; readonly waitMs: number }
  | { readonly do: "set-address"; readonly address: number; readonly waitMs: number }
  | { readonly do: "check-addresses"; readonly addresses: readonly number[] }
  | { readonly do: "read-back"; readonly register: Register; readonly word: number }
  | { readonly do: "check-baud"; readonly baud: number }
);

export interface BringUpPlan {
  readonly chips: number;
  readonly frequencyMhz: number;
  readonly ticketDifficulty: number;
  /** null stays at 115200. */
  readonly baud: number | null;
  readonly versionMask: number;
}

function write(register: Register, word: number, options: { name?: string; address?: number; waitMs?: number } = {}): Step {
  const { name = `write ${register.name}`, address = null, waitMs = 0 } = options;
  return { name: address === null ? name : `${name}, chip at ${address}`, do: "write", register, word, address, waitMs };
}

function readBack(register: Register, word: number): Step {
  return { name: `read back ${register.name}`, do: "read-back", register, word };
}

/** VERSION_ROLLING's word for a mask of version bits. specs/bm1366.md 2.9 */
export function versionRollingWord(versionMask: number): number {
  return versionRolling.encode({ automaticMidstates: true, midstateGroup: 1, mask: (versionMask >>> VERSION_SHIFT) & 0xffff });
}

/** FAST_UART's word for the rate nearest `baud`. Throws DriverError SETPOINT_REFUSED when the chip has none near enough. specs/bm1366.md 2.4 */
export function fastUartWord(baud: number): number {
  const divider = Math.round(25e6 / (8 * baud)) - 1;
  const real = baudOfDivider(divider);
  if (!(divider >= 0 && divider <= 0xff && Math.abs(real / baud - 1) < BAUD_TOLERANCE)) {
    throw new DriverError(
      "SETPOINT_REFUSED",
      `The chip has no rate near ${baud} baud.`,
      "Choose 3125000, 1562500, 1041667, 781250, 625000, 520833 or 115200; 1041667 is the proven one.",
      { baud },
    );
  }
  return fastUart.encode({ fast: true, divider });
}

/** One write of the core clock, with the wait a ramp gives it. specs/bm1366.md 3.5 */
export function clockStep(mhz: number): Step {
  return write(pll0, pllWordFor(mhz), { name: `core clock ${mhz} MHz`, waitMs: RAMP_STEP_MS });
}

/** Frequencies to write, to get from one clock to another. specs/bm1366.md 3.5 */
export function rampSteps(fromMhz: number, toMhz: number): Step[] {
  return frequencyRamp(fromMhz, toMhz).map(clockStep);
}

/** What follows a ramp: HASH_COUNTING_NUMBER from the clock the dividers really give, and both read back. specs/bm1366.md 3.5, 4.6 */
export function countingSteps(frequencyMhz: number, chips: number): Step[] {
  const dividers = searchPll(frequencyMhz);
  const count = hashCountingNumber.encode({ count: hashCountingNumberFor(pllMhz(dividers), chips) });
  return [readBack(pll0, pllWordFor(frequencyMhz)), write(hashCountingNumber, count), readBack(hashCountingNumber, count)];
}

/**
 * The order of specs/bm1366.md 3.1 from step 3 on (power and reset are the board's), with read-backs where the chip offers them. Throws
 * DriverError SETPOINT_REFUSED when clock or rate are out of reach: nothing has been written then.
 */
export function bringUpSteps(plan: BringUpPlan): Step[] {
  const { chips, frequencyMhz, baud } = plan;
  const addresses = chipAddresses(chips);
  const rolling = versionRollingWord(plan.versionMask);
  const hashClock = writeCoreWord(hashClockControl, 0x40);
  const clockDelay = writeCoreWord(clockDelayControl, 0x20);
  const ticket = ticketMask.encode({ log2Difficulty: ticketLog2Of(plan.ticketDifficulty) });
  const allGroups = { coreReturnNonce: 0xf, group27: 3, group25: 3, group19: 0xf };
  const steps: Step[] = [
    { name: `host at ${RESET_BAUD} baud`, do: "host-baud", baud: RESET_BAUD },
    { name: "take responses of any length", do: "response-length", length: "either" },
    write(versionRolling, rolling, { waitMs: 5 }),
    write(versionRolling, rolling, { waitMs: 5 }),
    write(versionRolling, rolling, { waitMs: 10 }),
    { name: "count chips", do: "enumerate", chips },
    { name: "take responses of 11 bytes", do: "response-length", length: 11 },
    write(softResetControl, softResetControl.encode({})),
    write(miscControl, miscControl.encode(allGroups)),
    { name: "chain inactive", do: "chain-inactive", waitMs: 0 },
    ...addresses.map((address): Step => ({ name: `set address ${address}`, do: "set-address", address, waitMs: 10 })),
    { name: "check addresses", do: "check-addresses", addresses },
    write(coreRegisterControl, hashClock),
    write(coreRegisterControl, clockDelay),
    write(ticketMask, ticket),
    readBack(ticketMask, ticket),
    write(analogMux, analogMux.encode({ select: 3 })),
    write(ioDriverStrength, ioDriverStrength.encode({ rf: 2, rs: 1, ro: 1, clko: 1, nrsto: 1, bo: 1, co: 1 })),
    write(uartRelay, uartRelay.encode({ gapCount: 0x7c, responseRelay: true, commandRelay: true }), { address: 0 }),
  ];
  for (const address of addresses) {
    steps.push(
      write(softResetControl, softResetControl.encode({ bit8: true, groupB: 0xf }), { address }),
      write(miscControl, miscControl.encode({ coreReturnNonce: 0xf }), { address }),
      write(coreRegisterControl, hashClock, { address }),
      write(coreRegisterControl, clockDelay, { address }),
      write(coreRegisterControl, writeCoreWord(coreRegister2, 0xaa), { address }),
    );
  }
  const ramp = rampSteps(RESET_MHZ, frequencyMhz);
  // The reset value of PLL0 reaches 50 MHz by other dividers: written even then, so that the read-back knows what to expect.
  steps.push(
    ...(ramp.length > 0 ? ramp : [clockStep(frequencyMhz)]),
    ...countingSteps(frequencyMhz, chips),
    write(versionRolling, rolling),
  );
  if (baud !== null) {
    steps.push(
      write(fastUart, fastUartWord(baud), { name: `chips to ${baud} baud`, waitMs: 20 }),
      { name: `host at ${baud} baud`, do: "host-baud", baud },
      { name: "check the new rate", do: "check-baud", baud },
    );
  }
  return steps;
}
