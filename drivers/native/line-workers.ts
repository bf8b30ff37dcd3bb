import { getSystemErrorName } from "node:util";
import { loadAddon } from "./addon.ts";

interface LineWorkersAddon {
  hurryLineWorkers(): { count: number; errno: number };
  releaseLineWorkers(): void;
}

export interface LineWorkers {
  /** How many of the kernel's workers run at real-time priority now. */
  count(): number;
  /** Why one of them does not, as the system's error name (EPERM); null when all do. Refused all at the first look, no more are looked for. */
  refusal(): string | null;
  /** Makes them ordinary again, unless a capture of this process goes on. */
  release(): void;
}

const loaded = () => loadAddon("#native/drivers") as unknown as LineWorkersAddon;

/**
 * Has the kernel's workers that carry bytes from ports to their readers run under SCHED_FIFO (drivers/native/line_workers.h: why), and looks for new
 * ones once a second, until release(). Every capture does so by itself while it goes on; this is for a process that opens no port. Needs CAP_SYS_NICE.
 * DriverError NATIVE_MISSING.
 */
export function hurryLineWorkers(): LineWorkers {
  const addon = loaded();
  addon.hurryLineWorkers();
  return {
    count: () => addon.hurryLineWorkers().count,
    refusal() {
      const { errno } = addon.hurryLineWorkers();
      return errno === 0 ? null : getSystemErrorName(-errno);
    },
    release: () => addon.releaseLineWorkers(),
  };
}
