import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requestLowLatency } from "./low-latency.ts";
import { deliveryOf, latencyTimerMs, portKind } from "./port-kind.ts";
import { Pty } from "./testing/pty.test-support.ts";

let sysfs: string;
beforeEach(() => {
  sysfs = mkdtempSync(path.join(tmpdir(), "sysfs-"));
});
afterEach(() => rmSync(sysfs, { recursive: true, force: true }));

/** /sys/class/tty as Linux lays it out: `device` points into the bus, whose folders above are the hub and the USB device. */
function port(name: string, driver: string, device: { speed?: string; latencyTimer?: string } = {}): void {
  const bus = path.join(sysfs, "devices", device.speed === undefined ? "platform" : "usb1/1-2");
  const here = path.join(bus, "1-2:1.0", name);
  mkdirSync(path.join(sysfs, name), { recursive: true });
  mkdirSync(here, { recursive: true });
  mkdirSync(path.join(sysfs, "drivers", driver), { recursive: true });
  symlinkSync(here, path.join(sysfs, name, "device"));
  symlinkSync(path.join(sysfs, "drivers", driver), path.join(here, "driver"));
  if (device.speed !== undefined) {
    writeFileSync(path.join(bus, "busnum"), "1\n");
    writeFileSync(path.join(bus, "speed"), `${device.speed}\n`);
    // The root hub is a USB device too, and a faster one.
    writeFileSync(path.join(bus, "..", "busnum"), "1\n");
    writeFileSync(path.join(bus, "..", "speed"), "10000\n");
  }
  if (device.latencyTimer !== undefined) writeFileSync(path.join(here, "latency_timer"), `${device.latencyTimer}\n`);
}

const none = { frameNs: 0, timerNs: 0, timerBytes: 0, fifoBytes: 0 };

describe("what stands behind a port", () => {
  it("is an FTDI adapter with its latency timer", async () => {
    port("ttyUSB0", "ftdi_sio", { speed: "12", latencyTimer: "16" });
    const kind = await portKind("/dev/ttyUSB0", sysfs);
    expect(kind).toMatchObject({ kind: "usb", driver: "ftdi_sio", usbMbps: 12 });
    expect(await latencyTimerMs(kind)).toBe(16);
    expect(deliveryOf(kind, 16)).toEqual({ frameNs: 1_000_000, timerNs: 16_000_000, timerBytes: 62, fifoBytes: 0 });
  });

  it("is a bridge without a timer, at full or high speed", async () => {
    port("ttyACM0", "cdc_acm", { speed: "12" });
    port("ttyACM1", "cdc_acm", { speed: "12" });
    const full = await portKind("/dev/ttyACM0", sysfs);
    expect(full).toMatchObject({ kind: "usb", latencyTimerFile: null });
    expect(deliveryOf(full, null)).toEqual({ ...none, frameNs: 1_000_000 });
    expect(deliveryOf({ ...full, usbMbps: 480 }, null)).toEqual({ ...none, frameNs: 125_000 });
    expect(deliveryOf({ ...full, usbMbps: 480 }, 1)).toEqual({ frameNs: 125_000, timerNs: 1_000_000, timerBytes: 510, fifoBytes: 0 });
  });

  it("is a UART of the machine's own, whose queue waits in byte times", async () => {
    port("ttyS0", "serial8250");
    const kind = await portKind("/dev/ttyS0", sysfs);
    expect(kind).toEqual({ kind: "uart", driver: "serial8250", latencyTimerFile: null, usbMbps: null });
    expect(deliveryOf(kind, null)).toEqual({ ...none, fifoBytes: 4 });
  });

  it("is a pseudo-terminal, by whatever link it is reached", async () => {
    const pty = await Pty.open();
    const link = path.join(sysfs, "board");
    symlinkSync(pty.path, link);
    const kind = await portKind(link, sysfs);
    await pty.end();
    expect(kind.kind).toBe("pseudo-terminal");
    expect(deliveryOf(kind, null)).toEqual(none);
  });

  it("is unknown where sysfs says nothing, and then taken for a full-speed adapter", async () => {
    const kind = await portKind("/dev/ttyNONE0", sysfs);
    expect(kind.kind).toBe("unknown");
    expect(deliveryOf(kind, null)).toEqual({ ...none, frameNs: 1_000_000 });
  });

  it.each(["", "soon", "-1", "256", "1.5"])("has no timer to reckon with when its file says %j", async (latencyTimer) => {
    port("ttyUSB0", "ftdi_sio", { speed: "12", latencyTimer });
    expect(await latencyTimerMs(await portKind("/dev/ttyUSB0", sysfs))).toBeNull();
  });
});

describe("asking for low latency", () => {
  const FD = 7;
  const refused = { ask: () => ({ state: "refused" as const, errno: 1 }), end: () => 0 };
  const absent = { ask: () => ({ state: "absent" as const, errno: 0 }), end: () => 0 };

  async function adapter(latencyTimer: string) {
    port("ttyUSB0", "ftdi_sio", { speed: "12", latencyTimer });
    const kind = await portKind("/dev/ttyUSB0", sysfs);
    const warnings: string[] = [];
    return { kind, warnings, onWarning: (text: string) => warnings.push(text) };
  }

  it("shortens the adapter's timer, and puts it back", async () => {
    const { kind, warnings, onWarning } = await adapter("16");
    const low = await requestLowLatency(FD, "/dev/ttyUSB0", kind, onWarning, absent);
    expect(low.timerMs).toBe(1);
    expect(await latencyTimerMs(kind)).toBe(1);
    await low.restore();
    expect(await latencyTimerMs(kind)).toBe(16);
    expect(warnings).toEqual([]);
  });

  it("leaves a timer alone that is as short as can be, and one that somebody else set meanwhile", async () => {
    const { kind, onWarning } = await adapter("1");
    await (await requestLowLatency(FD, "/dev/ttyUSB0", kind, onWarning, absent)).restore();
    expect(await latencyTimerMs(kind)).toBe(1);
    writeFileSync(kind.latencyTimerFile as string, "16\n");
    const low = await requestLowLatency(FD, "/dev/ttyUSB0", kind, onWarning, absent);
    writeFileSync(kind.latencyTimerFile as string, "4\n");
    await low.restore();
    expect(await latencyTimerMs(kind)).toBe(4);
  });

  it("says what was refused, and reckons with the timer as it is", async () => {
    const { kind, warnings, onWarning } = await adapter("16");
    chmodSync(kind.latencyTimerFile as string, 0o444);
    const low = await unprivileged(() => requestLowLatency(FD, "/dev/ttyUSB0", kind, onWarning, refused));
    expect(low.timerMs).toBe(16);
    expect(warnings).toEqual([
      expect.stringMatching(/ttyUSB0: the driver refused low latency \(EPERM\)/),
      expect.stringMatching(/stays at 16 ms \(EACCES\)/),
    ]);
    await low.restore();
    expect(await latencyTimerMs(kind)).toBe(16);
  });

  it.each([
    ["granted", 1],
    ["already", 0],
    ["ignored", 0],
    ["absent", 0],
  ] as const)("clears the flag afterwards only when it set it: %s", async (state, cleared) => {
    const ended: number[] = [];
    const flag = { ask: () => ({ state, errno: 0 }), end: (fd: number) => ended.push(fd) };
    const { kind, warnings, onWarning } = await adapter("1");
    await (await requestLowLatency(FD, "/dev/ttyUSB0", kind, onWarning, flag)).restore();
    expect(ended).toHaveLength(cleared);
    expect(warnings).toEqual([]);
  });
});

/** Runs as a user who may not write everything; root may. */
async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
  const { geteuid, seteuid } = process;
  if (geteuid?.() !== 0 || seteuid === undefined) return work();
  chmodSync(sysfs, 0o755);
  seteuid(65_534);
  try {
    return await work();
  } finally {
    seteuid(0);
  }
}
