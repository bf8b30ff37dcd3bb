/** What can be wrong with a miner behind AxeOS and its network, by name. */
import { TwinError } from "../../common/errors.ts";

export const AXEOS_FAULTS = {
  "ignore-settings": "answers 200 to settings and keeps what it has",
  "lying-read-back": "repeats the settings asked for, and changes neither supply nor clock",
  "no-measurement": "older firmware: says its settings, and measures neither clock nor core voltage",
  "needs-restart": "older firmware: takes up its settings when it starts",
  "fork-keys": "a fork: knows volts and fanspeed, not coreVoltage and manualFanSpeed",
  "stale-telemetry": "answers with one old state, its uptime included",
  "reboot-on-set": "restarts when frequency or voltage is set",
  "no-restart": "answers that it will restart, and does not",
  garbage: "cuts its answers in half",
  denied: "answers 401, as to a host of another network",
  silent: "takes connections and says nothing",
} as const;
export type AxeOsFault = keyof typeof AXEOS_FAULTS;

/** TwinError FAULT_UNKNOWN. */
export function parseAxeOsFault(name: string): AxeOsFault {
  if (Object.hasOwn(AXEOS_FAULTS, name)) return name as AxeOsFault;
  throw new TwinError(
    "FAULT_UNKNOWN",
    `A twin of an AxeOS miner has no fault "${name}".`,
    `Choose from ${Object.keys(AXEOS_FAULTS).join(", ")}.`,
    {
      name,
    },
  );
}
