/** Flashers as a person runs them, killed (SIGKILL) at every kind of request that they make, and the command that the journal then names. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { ImageStore, sha256Of } from "../../firmware-images/image-store.ts";
import { FlashJournal } from "../../firmware-images/journal.ts";
import type { FirmwareImage } from "../../firmware-images/manifest.ts";
import { FakeAxeos } from "../../firmware-images/testing/fake-axeos.test-support.ts";
import {
  axeosImage,
  firmwareBytes,
  picImage,
  publish,
  publisherKey,
  serialImage,
} from "../../firmware-images/testing/publisher.test-support.ts";
import { SimulatedRom } from "../../firmware-images/testing/rom-loader.test-support.ts";
import { whatNext } from "../../firmware-images/what-next.ts";
import { startS9Twin, startTwin } from "../../twin/index.ts";
import { native } from "../../twin/native-addon.ts";
import { type Finished, type Program, run, S9_BOARD, start, workshop } from "./program.ts";

const APP = firmwareBytes(11, 12_000);
const PARTITIONS = firmwareBytes(12, 3_000);
const SERIAL = serialImage("1.0.0", [
  { offset: 0x8000, bytes: PARTITIONS },
  { offset: 0x10000, bytes: APP },
]);
const FLASH_BYTES = 0x20000;

const done: (() => unknown)[] = [];
const shop = workshop();
afterEach(async () => {
  for (const end of done.splice(0).reverse()) await end();
});
afterAll(() => shop.remove());

/** A folder of images as a publisher's files and `firmware verify` make it. */
function imageFolder(image: FirmwareImage, files: readonly Uint8Array[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), "images-"));
  done.push(() => rmSync(folder, { recursive: true, force: true }));
  publish(folder, publisherKey(), 1, [image]);
  const store = new ImageStore(folder);
  for (const bytes of files) expect(store.take(image, bytes)).not.toBeNull();
  return folder;
}

/** What `firmware list` says of the only device; null when nothing is unfinished. */
function unfinished(folder: string): string | null {
  const [record] = new FlashJournal(folder).all();
  return record === undefined ? null : (whatNext(record, folder)?.command ?? null);
}

/** Runs what the journal told a person to run. */
async function runAsTold(command: string, also: readonly string[] = []): Promise<Finished> {
  const [name, ...args] = command.split(" ");
  expect(name).toBe("asic-reservoir");
  return run([...args, ...also]);
}

describe("a flasher of an ESP32-S3 on a serial port", () => {
  /** A loader behind a pseudo-terminal; `onRequest` is called before each request is answered. */
  function loaderOnPort(rom: SimulatedRom): { path: string; onRequest: (heard: number) => void } {
    const bench = { path: "", onRequest: (_: number) => {} };
    const pty = new native.Pty(() => {
      for (const { bytes } of pty.take().arrivals)
        for (const byte of bytes) {
          const before = rom.heard.length;
          const said = rom.receive(Uint8Array.of(byte));
          if (rom.heard.length > before) bench.onRequest(before);
          if (said.length > 0) pty.write(said);
        }
    });
    bench.path = pty.path;
    done.push(() => pty.close());
    return bench;
  }

  const flashArgs = (port: string, folder: string) =>
    ["firmware", "flash", "bitaxe-raw", "--port", port, "--board", "bitaxe-ultra-205", "--board-is-off", "--folder", folder] as const;

  it("writes it, and killed at any kind of request it is brought to its end by the command that is named", async () => {
    const whole = new SimulatedRom(FLASH_BYTES);
    const wholePort = loaderOnPort(whole);
    const wholeFolder = imageFolder(SERIAL, [PARTITIONS, APP]);
    const finished = await run(flashArgs(wholePort.path, wholeFolder));
    expect(finished, finished.stderr).toMatchObject({ code: 0 });
    expect(whole.flash.subarray(0x10000, 0x10000 + APP.length)).toEqual(APP);
    expect(unfinished(wholeFolder)).toBeNull();

    // The first of each kind, one in the middle of the writing, and the last.
    const kinds = [...new Set(whole.heard)].map((op) => whole.heard.indexOf(op));
    for (const killAt of [...kinds, Math.floor((2 * whole.heard.length) / 3), whole.heard.length - 1]) {
      const rom = new SimulatedRom(FLASH_BYTES);
      const bench = loaderOnPort(rom);
      const folder = imageFolder(SERIAL, [PARTITIONS, APP]);
      const program: Program = start(flashArgs(bench.path, folder));
      bench.onRequest = (heard) => void (heard === killAt && program.child.kill("SIGKILL"));
      expect((await program.finished).signal, `killed at ${killAt}`).toBe("SIGKILL");
      const left = unfinished(folder);
      expect(left, `killed at ${killAt}`).toMatch(/^asic-reservoir firmware flash bitaxe-raw@1\.0\.0 --port/);
      if (killAt === kinds.at(-1)) {
        const { code, stdout } = await run(["firmware", "list", "--folder", folder]);
        expect([code, stdout]).toEqual([1, expect.stringContaining(`next: ${left}`)]);
      }
      // A person holds BOOT and plugs it in again; here the port keeps its name.
      rom.powerCycle();
      const again = await runAsTold(left ?? "");
      expect(again, `killed at ${killAt}: ${again.stderr}`).toMatchObject({ code: 0 });
      expect(rom.flash.subarray(0x8000, 0x8000 + PARTITIONS.length)).toEqual(PARTITIONS);
      expect(rom.flash.subarray(0x10000, 0x10000 + APP.length)).toEqual(APP);
      expect(unfinished(folder)).toBeNull();
    }
  }, 600_000);

  it("asks nothing of it while a daemon has the board", async () => {
    const twin = await startTwin();
    done.push(() => twin.stop());
    const rom = new SimulatedRom(FLASH_BYTES);
    const bench = loaderOnPort(rom);
    const folder = imageFolder(SERIAL, [PARTITIONS, APP]);
    // A record of its own: what a busy machine has latched once would keep every later attempt off.
    const config = shop.configFor(twin, { store: { path: `flash-${randomUUID()}.db` } });
    const daemon = start(["run", "--config", config]);
    done.push(() => daemon.child.kill("SIGKILL"));
    await daemon.saying(/Mining at the set-point/);
    const args = [
      "firmware",
      "flash",
      "bitaxe-raw",
      "--port",
      bench.path,
      "--board",
      "bitaxe-ultra-205",
      "--config",
      config,
      "--folder",
      folder,
    ];
    const refused = await run(args);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining("PORT_BUSY") });
    expect([rom.heard.length, twin.status().frequencyMhz > 0]).toEqual([0, true]);
    daemon.child.kill("SIGTERM");
    await daemon.finished;
    expect(await run(args)).toMatchObject({ code: 0, stderr: expect.stringContaining("the board is off") });
  }, 120_000);
});

describe("an update of a miner over the network", () => {
  const FIRMWARE = firmwareBytes(13, 200_000);
  const IMAGE = axeosImage("v2.9.0", FIRMWARE);

  async function miner(): Promise<FakeAxeos> {
    const made = new FakeAxeos({ images: new Map([[sha256Of(FIRMWARE), "v2.9.0"]]) });
    await made.powerOn();
    done.push(() => made.powerOff());
    return made;
  }

  it("killed at any request is brought to its end by the command that is named; the miner never stops having firmware", async () => {
    const seen: string[] = [];
    const whole = await miner();
    whole.onEvent = (event) => seen.push(event) > 0;
    const wholeFolder = imageFolder(IMAGE, [FIRMWARE]);
    const finished = await run(["firmware", "flash", "esp-miner", "--address", whole.address, "--folder", wholeFolder]);
    expect(finished, finished.stderr).toMatchObject({ code: 0 });
    const last = seen.length - 1;
    const kinds = [...new Set(seen)].map((event) => seen.indexOf(event)).filter((at) => at > 1);
    for (const killAt of [...kinds, last]) {
      const fake = await miner();
      const folder = imageFolder(IMAGE, [FIRMWARE]);
      const program = start(["firmware", "flash", "esp-miner", "--address", fake.address, "--folder", folder]);
      let count = 0;
      // The look for what runs may come more or less often: after the update was taken, any of them is one.
      fake.onEvent = (event) => {
        const now = count++;
        if (now === killAt || (killAt === last && fake.version === "v2.9.0" && event.startsWith("GET"))) program.child.kill("SIGKILL");
        return true;
      };
      expect((await program.finished).signal, `killed at ${seen[killAt]}`).toBe("SIGKILL");
      fake.onEvent = () => true;
      expect(["v2.8.0", "v2.9.0"]).toContain(fake.version);
      const left = unfinished(folder);
      expect(left, `killed at ${seen[killAt]}`).toContain(`firmware flash esp-miner@v2.9.0 --address ${fake.address}`);
      const again = await runAsTold(left ?? "");
      expect(again, `killed at ${seen[killAt]}: ${again.stderr}`).toMatchObject({ code: 0 });
      expect([fake.version, unfinished(folder)]).toEqual(["v2.9.0", null]);
    }
  }, 600_000);
});

describe("a look into the PIC of an S9", () => {
  it("tells what it holds from what an image says, and killed while it reads it leaves a board that is off and can be read again", async () => {
    const twin = await startS9Twin({ chips: 1 });
    done.push(() => twin.stop());
    const config = shop.configFor(twin, { board: { ...S9_BOARD, chips: 1 } });
    const copy = shop.file("pic.bin");
    expect(await run(["firmware", "read", "--config", config, "--out", copy])).toMatchObject({ code: 0 });
    const requests = twin.status().bridgeRequests;

    // The factory's part of it: application words of a twin are all the same.
    const held = readFileSync(copy).subarray(2 * (0xf80 - 0x300), 2 * (0xfe0 - 0x300));
    const right = picImage("3", 0xf80, held);
    const folder = imageFolder(right, [held]);
    const verify = ["firmware", "verify", "s9-pic", "--config", config, "--folder", folder];
    expect(await run(verify)).toMatchObject({ code: 0 });
    const perLook = twin.status().bridgeRequests - requests;

    const changed = Uint8Array.from(held);
    changed[101] = (changed[101] as number) ^ 1;
    const wrongFolder = imageFolder(picImage("4", 0xf80, changed), [changed]);
    const wrong = await run(["firmware", "verify", "s9-pic", "--config", config, "--folder", wrongFolder]);
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("1 of 96 words differ, the first at 0xfb2") });

    for (const share of [0.3, 0.9]) {
      const from = twin.status().bridgeRequests;
      const program = start(verify);
      const look = setInterval(() => void (twin.status().bridgeRequests - from > share * perLook && program.child.kill("SIGKILL")), 1);
      const { signal } = await program.finished;
      clearInterval(look);
      expect(signal, `killed at ${share}`).toBe("SIGKILL");
      expect(twin.status().running).toBe(false);
      const left = unfinished(folder);
      expect(left).toContain("firmware verify s9-pic@3 --config");
      expect(await runAsTold(left ?? ""), `killed at ${share}`).toMatchObject({ code: 0 });
      expect([unfinished(folder), twin.status().picInApplication]).toEqual([null, true]);
    }
  }, 600_000);
});
