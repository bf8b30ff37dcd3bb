/** An ESP32-S3 in its loader, over a line that may be cut at any request. */
import { rmSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { hostClock } from "../../common/clock.ts";
import { FlashJournal } from "../journal.ts";
import { firmwareBytes, serialImage, stocked } from "../testing/publisher.test-support.ts";
import { SimulatedRom } from "../testing/rom-loader.test-support.ts";
import { whatNext } from "../what-next.ts";
import type { EspPort } from "./esp-port.ts";
import { flashEsp32 } from "./flash-esp32.ts";

const PATH = "/dev/ttyACM0";
const BOOT = firmwareBytes(1, 3_000);
const APP = firmwareBytes(2, 9_001);
const IMAGE = serialImage("1.2.0", [
  { offset: 0x0, bytes: BOOT },
  { offset: 0x10000, bytes: APP },
]);
const FLASH_BYTES = 0x20000;

/** The line is cut when as many requests have been answered as it is told. */
function portOf(rom: SimulatedRom, cutAfter = Number.POSITIVE_INFINITY, usb: EspPort["usb"] = null): EspPort {
  let hear: (bytes: Uint8Array) => void = () => {};
  const before = rom.heard.length;
  return {
    usb,
    open: async () => {},
    async write(bytes) {
      if (rom.heard.length - before >= cutAfter) throw new Error("cut");
      const answer = rom.receive(bytes);
      // An answer comes later, never within the write.
      if (answer.length > 0) setImmediate(() => hear(answer));
    },
    setSignals: async (lines) => rom.setLines(lines),
    onData: (listener) => {
      hear = listener;
    },
    close: async () => {},
  };
}

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function bench(image = IMAGE, files = [BOOT, APP]) {
  const store = stocked([image], files);
  folders.push(store.folder);
  const journal = new FlashJournal(store.folder);
  const steps: string[] = [];
  const parts = { clock: hostClock(), journal, onProgress: ({ step }: { step: string }) => void steps.push(step) };
  const flash = (port: EspPort, options: { allowDowngrade?: boolean; abandon?: boolean } = {}, switchOff = async () => {}) =>
    flashEsp32({ path: PATH, board: "bitaxe-ultra-205", port, switchOff }, image, store.parts(image), parts, {
      said: ["--board-is-off"],
      allowDowngrade: false,
      abandon: false,
      ...options,
    });
  return { flash, journal, steps, store };
}

const holds = (rom: SimulatedRom, offset: number, bytes: Uint8Array) =>
  expect(rom.flash.subarray(offset, offset + bytes.length)).toEqual(bytes);

describe("an ESP32-S3 in its loader", () => {
  it("is written, read back and restarted; what it holds already is not written again", async () => {
    const rom = new SimulatedRom(FLASH_BYTES);
    const { flash, journal, steps } = bench();
    await expect(flash(portOf(rom))).resolves.toMatchObject({ step: "done", image: "bitaxe-raw@1.2.0" });
    holds(rom, 0, BOOT);
    holds(rom, 0x10000, APP);
    expect(rom.starts).toBe(1);
    expect(steps.filter((step, i) => step !== steps[i - 1])).toEqual([
      "stopped",
      "connected",
      "writing",
      "verifying",
      "restarting",
      "done",
    ]);
    expect(journal.read(PATH)?.history).toMatchObject([{ image: "bitaxe-raw@1.2.0" }]);

    rom.powerCycle();
    const written = rom.heard.filter((op) => op === 0x10).length;
    await flash(portOf(rom));
    expect(rom.heard.filter((op) => op === 0x10)).toHaveLength(written);
  });

  it("is brought into its loader by DTR and RTS when it runs", async () => {
    const rom = new SimulatedRom(FLASH_BYTES, { loading: false });
    await bench().flash(portOf(rom));
    holds(rom, 0x10000, APP);
  });

  it("is recovered by the same command, whichever request it was cut off after", async () => {
    const whole = new SimulatedRom(FLASH_BYTES);
    await bench().flash(portOf(whole));
    const requests = whole.heard.length;
    expect(requests).toBeGreaterThan(15);
    for (let cutAfter = 0; cutAfter < requests; cutAfter++) {
      const rom = new SimulatedRom(FLASH_BYTES);
      const { flash, journal } = bench();
      await expect(flash(portOf(rom, cutAfter)), `cut after ${cutAfter}`).rejects.toMatchObject({
        code: expect.stringMatching(/^ESP_(SILENT|LOST)$/),
      });
      const left = journal.read(PATH);
      expect(left?.step).not.toBe("done");
      expect(left && whatNext(left, null)?.command).toBe(
        `asic-reservoir firmware flash bitaxe-raw@1.2.0 --port ${PATH} --board bitaxe-ultra-205 --board-is-off`,
      );
      rom.powerCycle();
      await flash(portOf(rom));
      holds(rom, 0, BOOT);
      holds(rom, 0x10000, APP);
      expect(journal.read(PATH)?.step).toBe("done");
    }
  }, 120_000);

  it("whose flash does not keep a byte is not called done, nor restarted", async () => {
    const rom = new SimulatedRom(FLASH_BYTES, { stuckAt: 0x10005 });
    const { flash, journal } = bench();
    await expect(flash(portOf(rom))).rejects.toMatchObject({ code: "FIRMWARE_READBACK", context: { file: "part-1.bin" } });
    expect([rom.starts, journal.read(PATH)?.step]).toEqual([0, "verifying"]);
  });

  it("on its own USB port has its watchdogs held, which would restart it while it is written", async () => {
    const bitten = new SimulatedRom(FLASH_BYTES, { ownUsb: true, loading: false, watchdogsBiteAfter: 2 });
    const own = { vendorId: 0x303a, productId: 0x1001 };
    await bench().flash(portOf(bitten, Number.POSITIVE_INFINITY, own));
    holds(bitten, 0x10000, APP);
    // It ran, was reset into its loader, and runs again.
    expect([bitten.starts, bitten.loading]).toEqual([1, false]);
    const behindAdapter = new SimulatedRom(FLASH_BYTES);
    await bench().flash(portOf(behindAdapter, Number.POSITIVE_INFINITY, { vendorId: 0x10c4, productId: 0xea60 }));
    expect(behindAdapter.heard).not.toContain(0x09);
  });

  it("that is another chip is left as it is", async () => {
    const rom = new SimulatedRom(FLASH_BYTES, { chipId: 5 });
    await expect(bench().flash(portOf(rom))).rejects.toMatchObject({ code: "ESP_WRONG_CHIP", context: { chip: "ESP32-C3" } });
    expect(rom.flash.every((byte) => byte === 0xff)).toBe(true);
  });

  it("is not asked for anything before its chips are off", async () => {
    const rom = new SimulatedRom(FLASH_BYTES);
    const { flash, journal } = bench();
    const refused = flash(portOf(rom), {}, async () => {
      throw new Error("still on");
    });
    await expect(refused).rejects.toThrow("still on");
    expect([rom.heard, journal.read(PATH)?.step]).toEqual([[], "stopped"]);
  });

  it("does not go back to an older image unless that is meant, nor to another while one is unfinished", async () => {
    const rom = new SimulatedRom(FLASH_BYTES);
    const old = serialImage("1.1.0", [{ offset: 0, bytes: BOOT }]);
    const { flash, journal, store } = bench();
    await flash(portOf(rom));
    store.take(old, BOOT);
    const parts = { clock: hostClock(), journal, onProgress: () => {} };
    const flashOld = (options: { allowDowngrade: boolean; abandon: boolean }) =>
      flashEsp32({ path: PATH, board: "bitaxe-ultra-205", port: portOf(rom), switchOff: async () => {} }, old, store.parts(old), parts, {
        said: ["--config", "/rig.yaml"],
        ...options,
      });
    rom.powerCycle();
    await expect(flashOld({ allowDowngrade: false, abandon: false })).rejects.toMatchObject({ code: "FIRMWARE_DOWNGRADE" });
    rom.flash.fill(0xff);
    await expect(flash(portOf(rom, 12))).rejects.toMatchObject({ code: "ESP_LOST" });
    await expect(flashOld({ allowDowngrade: true, abandon: false })).rejects.toMatchObject({ code: "FIRMWARE_UNFINISHED" });
    rom.powerCycle();
    await expect(flashOld({ allowDowngrade: true, abandon: true })).resolves.toMatchObject({ step: "done" });
  });

  it("cut off on its way back to an older image is recovered by the command that is named, without asking again whether that is meant", async () => {
    const rom = new SimulatedRom(FLASH_BYTES);
    const { flash, store, journal } = bench();
    await flash(portOf(rom));
    const old = serialImage("1.1.0", [{ offset: 0, bytes: firmwareBytes(3, 3_000) }]);
    store.take(old, firmwareBytes(3, 3_000));
    const parts = { clock: hostClock(), journal, onProgress: () => {} };
    const back = (port: EspPort, allowDowngrade: boolean, switchOff = async () => {}) =>
      flashEsp32({ path: PATH, board: "bitaxe-ultra-205", port, switchOff }, old, store.parts(old), parts, {
        said: ["--config", "/rig.yaml"],
        allowDowngrade,
        abandon: false,
      });
    const interrupted = async () => {
      throw new Error("killed");
    };
    await expect(back(portOf(rom), true, interrupted)).rejects.toThrow("killed");
    const left = journal.read(PATH);
    expect(left && whatNext(left, null)).toEqual({
      state: "Nothing was written. Whether the chips are off was not seen.",
      command: `asic-reservoir firmware flash bitaxe-raw@1.1.0 --port ${PATH} --board bitaxe-ultra-205 --config /rig.yaml`,
    });
    rom.powerCycle();
    await expect(back(portOf(rom), false)).resolves.toMatchObject({ step: "done", image: "bitaxe-raw@1.1.0" });
  });
});
