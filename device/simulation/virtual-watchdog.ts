/** The native watchdog in virtual time: the same lease, the same bytes, outside of the process that it watches (drivers/native/watchdog.cc). */

import { nativeTable } from "../../drivers/native/watchdog.ts";
import { inWords, passing, tableLimits } from "../sentinel/native-table.ts";
import type { ArmWatchdog, Watchdog } from "../watchdog.ts";
import type { VirtualProcess } from "./virtual-process.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** From one request to the next: a bridge answers within some milliseconds. GUESS. */
const STEP_MS = 5;
const BETWEEN_ROUNDS_MS = 1_000;

export interface VirtualWatchdogParts {
  readonly time: VirtualTime;
  readonly process: VirtualProcess;
  /** Writes to a bridge's control port, whatever the process does. */
  readonly write: (path: string, bytes: Uint8Array) => void;
}

export function armVirtualWatchdog({ time, process, write }: VirtualWatchdogParts): ArmWatchdog {
  return ({ sequence, limits, blindMs, leaseMs, tripped }): Watchdog => {
    // The real one's own table.
    const table = nativeTable(tableLimits(limits, blindMs));
    let seenNs: bigint | null = null;
    let armed = true;
    let dueNs = time.nowNs + leaseMs * 1e6;
    let said = false;
    process.onEnd(() => {
      armed = false;
    });
    const path = sequence.port?.path ?? "";
    const round = () => {
      for (const [at, step] of sequence.steps.entries()) time.after(at * STEP_MS, () => armed && write(path, step.write));
    };
    const look = () => {
      if (!armed) return;
      if (time.nowNs < dueNs) {
        time.at(dueNs, look);
        return;
      }
      if (!said) process.soon("io", 0, () => tripped("nothing was heard of the main loop"));
      said = true;
      round();
      dueNs = time.nowNs + BETWEEN_ROUNDS_MS * 1e6;
      time.at(dueNs, look);
    };
    time.at(dueNs, look);
    return {
      pass(state, nowNs, ttlMs) {
        const atNs = state.readings?.atNs ?? null;
        const { action, rule } = inWords(table(passing(state, atNs !== seenNs, nowNs)));
        seenNs = atNs;
        if (said || time.nowNs >= dueNs) return "lease-expired";
        if (action === "power-off") {
          dueNs = time.nowNs;
          look();
          return rule;
        }
        dueNs = time.nowNs + ttlMs * 1e6;
        return null;
      },
      defer: (ms) => {
        dueNs = time.nowNs + ms * 1e6;
      },
      disarm: () => {
        armed = false;
      },
    };
  };
}
