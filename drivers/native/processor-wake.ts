import { getSystemErrorName } from "node:util";
import { loadAddon } from "./addon.ts";

interface ProcessorWakeAddon {
  keepProcessorsAwake(): number;
  letProcessorsSleep(): void;
}

export interface ProcessorWake {
  /** Why processors may sleep as ever, as the system's error name (EACCES); null when they may not. */
  readonly refusal: string | null;
  /** Lets them sleep again, unless a capture of this process goes on. */
  release(): void;
}

/**
 * Keeps idle processors from sleeping deeper than they can wake from in about a microsecond (drivers/native/processor_wake.h: why), until release().
 * Every capture does so by itself while it goes on; this is for a process that opens no port. Needs the right to write to /dev/cpu_dma_latency.
 * DriverError NATIVE_MISSING.
 */
export function keepProcessorsAwake(): ProcessorWake {
  const addon = loadAddon("#native/drivers") as unknown as ProcessorWakeAddon;
  const errno = addon.keepProcessorsAwake();
  return { refusal: errno === 0 ? null : getSystemErrorName(-errno), release: () => addon.letProcessorsSleep() };
}
