/** What stands behind a serial port, and how it hands over what arrives: what a time-stamp's correction and uncertainty follow from. Linux. */
import { readFile, readlink, realpath } from "node:fs/promises";
import path from "node:path";
import { AT_ONCE, type PortDelivery } from "../native/index.ts";
import { isPseudoTerminal } from "./open-port.ts";

/** GUESS "unknown" behaves as a full-speed USB adapter without a timer: the commonest, and nearer the truth than nothing at all. */
export interface PortKind {
  readonly kind: "pseudo-terminal" | "uart" | "usb" | "unknown";
  /** The kernel's driver, such as ftdi_sio or cdc_acm; null when there is none to be seen. */
  readonly driver: string | null;
  /** An FTDI adapter's latency timer, whole milliseconds in a file of sysfs; null without one. */
  readonly latencyTimerFile: string | null;
  /** Of the USB device, Mbit/s: 12 full speed, 480 high speed. Null where there is none. */
  readonly usbMbps: number | null;
}

const SYSFS = "/sys/class/tty";
/** USB 2.0, 8.4.3: a host schedules a full-speed bus in frames of 1 ms, a high-speed one in eighths of them. */
const FRAME_NS = 1_000_000;
const MICROFRAME_NS = 125_000;
const HIGH_SPEED_MBPS = 480;
/** FTDI AN232B-04: a packet carries two bytes of status; it leaves when full, or when the timer has run. */
const FTDI_FULL_SPEED_BYTES = 62;
const FTDI_HIGH_SPEED_BYTES = 510;
/** 16550 and its kin interrupt for a queue that is not full after four byte times without another byte. */
const UART_QUEUE_BYTE_TIMES = 4;

const trimmed = (file: string): Promise<string | null> =>
  readFile(file, "utf8").then(
    (text) => text.trim(),
    () => null,
  );

/** Looks behind a port's path, links followed. Never fails: what cannot be seen is "unknown". */
export async function portKind(port: string, sysfs = SYSFS): Promise<PortKind> {
  const target = await realpath(port).catch(() => port);
  const nothing = { driver: null, latencyTimerFile: null, usbMbps: null };
  if (await isPseudoTerminal(port)) return { kind: "pseudo-terminal", ...nothing };
  const device = path.join(sysfs, path.basename(target), "device");
  const folder = await realpath(device).catch(() => null);
  if (folder === null) return { kind: "unknown", ...nothing };
  const driver = await readlink(path.join(device, "driver")).then(path.basename, () => null);
  const usbMbps = await usbSpeed(folder);
  const timer = path.join(device, "latency_timer");
  const latencyTimerFile = (await trimmed(timer)) === null ? null : timer;
  return { kind: usbMbps === null ? "uart" : "usb", driver, latencyTimerFile, usbMbps };
}

/** The nearest folder above that is a USB device says its speed; null when none is. */
async function usbSpeed(folder: string): Promise<number | null> {
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) {
    if ((await trimmed(path.join(at, "busnum"))) === null) continue;
    const speed = Number(await trimmed(path.join(at, "speed")));
    return speed > 0 ? speed : 0;
  }
  return null;
}

/** The latency timer as it runs now, ms; null when there is none. */
export async function latencyTimerMs({ latencyTimerFile }: PortKind): Promise<number | null> {
  if (latencyTimerFile === null) return null;
  const ms = Number(await trimmed(latencyTimerFile));
  return Number.isInteger(ms) && ms >= 1 && ms <= 255 ? ms : null;
}

/** `timerMs`: the adapter's latency timer, null without one. */
export function deliveryOf({ kind, usbMbps }: PortKind, timerMs: number | null): PortDelivery {
  if (kind === "pseudo-terminal") return AT_ONCE;
  if (kind === "uart") return { ...AT_ONCE, fifoBytes: UART_QUEUE_BYTE_TIMES };
  const highSpeed = usbMbps !== null && usbMbps >= HIGH_SPEED_MBPS;
  return {
    frameNs: highSpeed ? MICROFRAME_NS : FRAME_NS,
    timerNs: (timerMs ?? 0) * 1_000_000,
    timerBytes: timerMs === null ? 0 : highSpeed ? FTDI_HIGH_SPEED_BYTES : FTDI_FULL_SPEED_BYTES,
    fifoBytes: 0,
  };
}
