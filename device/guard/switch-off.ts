/** Switching a board off from outside of the daemon that had it: ports opened, chips in reset, supply off, read back. */
import { type Clock, elapsedMs } from "../../common/clock.ts";
import { DriverError, explain } from "../../common/errors.ts";
import type { CoreOff } from "../../drivers/boards/board.ts";
import { Lease } from "../../drivers/boards/lease.ts";
import type { Config } from "../config/schema.ts";
import { openHardware, type Ports } from "../hardware/open.ts";

export interface SwitchOffParts {
  readonly clock: Clock;
  readonly ports: Ports;
  readonly log: (text: string) => void;
}

const RETRY_MS = 1_000;
/** It is never acquired: nothing here may switch anything on. */
const NO_LEASE_MS = 1;

/** Once. Rejects with what kept it from being done, or from being seen to be done. */
export async function switchOff(config: Config, { clock, ports, log }: SwitchOffParts): Promise<CoreOff> {
  const hardware = await openHardware(config, { clock, ports, lease: new Lease(clock, NO_LEASE_MS), say: log });
  try {
    // Before anything that could fail: chips in reset draw next to nothing. A reset line that does not obey makes it the supply that matters.
    const notReset = await hardware.board.setReset(true).then(
      () => null,
      (error: unknown) => error,
    );
    await hardware.board.probe();
    const off = await hardware.powerDown();
    if (notReset !== null) throw notReset;
    return off;
  } finally {
    await hardware.close().catch(() => {});
  }
}

/** A twin's pseudo-terminal that is gone does not come back, and its name may soon be another's. */
export function isGoneForGood(error: unknown): boolean {
  const path = error instanceof DriverError && error.code === "PORT_MISSING" ? error.context.path : null;
  return typeof path === "string" && path.startsWith("/dev/pts/");
}

/** What is to be said of a board that could not be switched off. */
export function lastWord({ origin }: Pick<Config, "origin">, error: unknown): { readonly text: string; readonly exitCode: number } {
  if (origin === "twin" && isGoneForGood(error)) return { text: "the twin is gone as well: there is nothing to switch off", exitCode: 0 };
  return { text: `could not switch the board off: ${explain(error)} Cut its supply by hand, now.`, exitCode: 1 };
}

/** Again and again, until it is done or `patienceMs` are over; each new reason is told. Rejects with the last one. */
export async function insistOnSwitchOff(config: Config, parts: SwitchOffParts, patienceMs: number): Promise<CoreOff> {
  const { clock, log } = parts;
  const startNs = clock.nowNs();
  let said = "";
  for (;;) {
    try {
      return await switchOff(config, parts);
    } catch (error) {
      const why = explain(error);
      if (why !== said) log(why);
      said = why;
      if (isGoneForGood(error) || elapsedMs(clock, startNs) + RETRY_MS > patienceMs) throw error;
      await clock.sleep(RETRY_MS);
    }
  }
}
