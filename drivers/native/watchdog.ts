/** A thread that switches a board off when this one does not come back in time, or comes back with what no board may go on with (drivers/native/watchdog.h). */
import { getSystemErrorName } from "node:util";
import { DriverError } from "../../common/errors.ts";
import { loadAddon } from "./addon.ts";

/** One step of the safe sequence, as bytes. */
export type SafeStep = PortSafeStep | (SafeStepBase & (FileStep | I2cStep));
export type PortSafeStep = SafeStepBase & PortStep;

interface SafeStepBase {
  /** For a person: "hold the chips in reset". */
  readonly what: string;
  readonly write: Uint8Array;
  /** What must come back: an answer's first bytes, a file's content, what a bus reads. Empty: nothing is waited for. */
  readonly expect: Uint8Array;
  readonly settleMs?: number;
  readonly tries?: number;
  /** false: the board counts as off without it. */
  readonly required?: boolean;
}
interface PortStep {
  readonly way: "port";
  readonly timeoutMs: number;
}
interface FileStep {
  readonly way: "file";
  readonly path: string;
}
interface I2cStep {
  readonly way: "i2c";
  /** Such as /dev/i2c-0. */
  readonly path: string;
  readonly address: number;
}

/** Order of device/sentinel/limits.ts, CONDITIONS; `caps`: pairs of frequency and voltage, highest frequency first. Infinity: no limit. */
export interface TableLimits {
  readonly numbers: readonly number[];
  readonly debounceMs: readonly number[];
  readonly caps: readonly (readonly [number, number])[];
}

/** What a pass goes by. null is unknown. `readings`: null when nothing was read since the last pass. */
export interface Passing {
  readonly nowNs: bigint;
  readonly energisedNs: bigint | null;
  readonly readings: PassedReadings | null;
  readonly coreVoltageSet: { readonly mv: number; readonly atNs: bigint } | null;
  readonly frequencyMhz: number | null;
  readonly fanPercent: number | null;
}
interface PassedReadings {
  readonly atNs: bigint;
  readonly coreVoltageMv: number | null;
  readonly inputCurrentMa: number | null;
  readonly powerMw: number | null;
  readonly chipTempC: number | null;
  readonly boardTempC: number | null;
  readonly regulatorTempC: number | null;
  readonly fanRpm: number | null;
}

/** `action` 0 none, 1 fan-full, 2 power-off; `rule` an index: the conditions, then ok, temperature-unknown, readings-stale, temperature-missing, fan-slow-to-start. */
export interface TableDecision {
  readonly action: number;
  readonly rule: number;
}

export interface WatchdogReport {
  readonly cause: "none" | "lease-expired" | "refused" | "environment-ended";
  readonly rule: number;
  /** From the last renewal to the trip, and from there to the board's last answer, ms. */
  readonly sinceRenewalMs: number;
  readonly toOffMs: number;
  readonly rounds: number;
  /** Every required step was answered as it must be. */
  readonly off: boolean;
  /** What failed in the last round. */
  readonly failed: string;
}

export interface WatchdogOptions {
  /** The descriptor of the port that `port` steps go to; null when there are none. It is copied. */
  readonly fd: number | null;
  readonly steps: readonly SafeStep[];
  readonly limits: TableLimits;
  /** Up to a minute; it begins now. */
  readonly leaseMs: number;
  /** Called when it trips and when the board is off, as soon as this thread can be called. */
  readonly onChange: (report: WatchdogReport) => void;
}

export interface NativeWatchdog {
  /** Looks at it again: false when the native table would not pass it, the lease has run out, or it has tripped. */
  renew(leaseMs: number, passing: Passing): { readonly renewed: boolean } & TableDecision;
  /** This thread switches the board off by itself; if that takes longer, the watchdog does. */
  defer(ms: number): void;
  /** null once disarmed. */
  report(): WatchdogReport | null;
  /** Before the port is closed, and when the board is off: a watchdog that goes while armed switches the board off. */
  disarm(): void;
  /** Whether the thread runs under SCHED_FIFO. */
  readonly realtime: boolean;
}

interface AddonWatchdog {
  renew(leaseMs: number, numbers: Float64Array, times: BigInt64Array): { renewed: boolean } & TableDecision;
  defer(ms: number): void;
  report(): WatchdogReport | null;
  disarm(): void;
  readonly realtime: boolean;
}
interface WatchdogAddon {
  readonly Watchdog: new (options: object, wake: () => void) => AddonWatchdog;
  readonly SentinelTable: new (limits: Float64Array) => { pass(numbers: Float64Array, times: BigInt64Array): TableDecision };
}
const addon = () => loadAddon("#native/drivers") as WatchdogAddon;

const WAYS = ["port", "file", "i2c"] as const;
const UNKNOWN_TIME = -(2n ** 63n);
/** Of a table: maxPowerMw to frequencyTolerance (drivers/native/sentinel_table.h). */
const LIMIT_NUMBERS = 17;

/** Starts the thread. DriverError WATCHDOG_REFUSED: no board is to be energised without. */
export function startWatchdog({ fd, steps, limits, leaseMs, onChange }: WatchdogOptions): NativeWatchdog {
  const ports = fd === null ? [] : [fd];
  const files = [...new Set(steps.flatMap((step) => (step.way === "port" ? [] : [step.path])))];
  const given = steps.map((step) => ({
    what: step.what,
    way: WAYS.indexOf(step.way),
    descriptor: step.way === "port" ? 0 : ports.length + files.indexOf(step.path),
    i2cAddress: step.way === "i2c" ? step.address : 0,
    write: step.write,
    expect: step.expect,
    readBytes: step.way === "i2c" ? step.expect.length : 0,
    timeoutMs: step.way === "port" ? step.timeoutMs : 0,
    settleMs: step.settleMs ?? 0,
    tries: step.tries ?? 1,
    required: step.required ?? true,
  }));
  const change = () => {
    const report = native.report();
    if (report !== null) onChange(report);
  };
  const native = started({ ports, files, steps: given, limits: limitNumbers(limits), leaseMs }, change);
  return {
    renew: (ms, passing) => native.renew(ms, lookNumbers(passing), lookTimes(passing)),
    defer: (ms) => native.defer(ms),
    report: () => native.report(),
    disarm: () => native.disarm(),
    get realtime() {
      return native.realtime;
    },
  };
}

function started(options: object, wake: () => void): AddonWatchdog {
  try {
    return new (addon().Watchdog)(options, wake);
  } catch (error) {
    if (error instanceof DriverError) throw error;
    const errno = error instanceof Error && "errno" in error ? Number(error.errno) : null;
    const why = errno === null ? (error as Error).message : getSystemErrorName(-errno);
    const hint = "Without it nothing would switch the board off if this program hung: the board is not energised.";
    throw new DriverError("WATCHDOG_REFUSED", `The native watchdog cannot be armed: ${why}.`, hint, { errno }, error);
  }
}

/** The native table alone: what the watchdog would decide, pass after pass. */
export function nativeTable(limits: TableLimits): (passing: Passing) => TableDecision {
  const table = new (addon().SentinelTable)(limitNumbers(limits));
  return (passing) => table.pass(lookNumbers(passing), lookTimes(passing));
}

function limitNumbers({ numbers, debounceMs, caps }: TableLimits): Float64Array {
  if (numbers.length !== LIMIT_NUMBERS) throw new RangeError(`${numbers.length} limits, not ${LIMIT_NUMBERS}`);
  return Float64Array.from([...numbers, ...debounceMs, ...caps.flat()]);
}

function lookNumbers({ readings, coreVoltageSet, frequencyMhz, fanPercent }: Passing): Float64Array {
  const numbers = [
    readings?.coreVoltageMv,
    readings?.inputCurrentMa,
    readings?.powerMw,
    readings?.chipTempC,
    readings?.boardTempC,
    readings?.regulatorTempC,
    readings?.fanRpm,
    coreVoltageSet?.mv,
    frequencyMhz,
    fanPercent,
  ];
  return Float64Array.from(numbers, (value) => value ?? Number.NaN);
}

function lookTimes({ nowNs, energisedNs, readings, coreVoltageSet }: Passing): BigInt64Array {
  return BigInt64Array.from([nowNs, energisedNs ?? UNKNOWN_TIME, readings?.atNs ?? UNKNOWN_TIME, coreVoltageSet?.atNs ?? UNKNOWN_TIME]);
}
