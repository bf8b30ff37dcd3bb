/** Updates over the network against a miner whose plug is pulled, or whose updater is killed, at any of its requests. */
import { rmSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../../common/clock.ts";
import { hostClock } from "../../common/clock.ts";
import { sha256Of } from "../image-store.ts";
import { FlashJournal } from "../journal.ts";
import { FakeAxeos, type FakeAxeosOptions } from "../testing/fake-axeos.test-support.ts";
import { axeosImage, firmwareBytes, stocked } from "../testing/publisher.test-support.ts";
import { whatNext } from "../what-next.ts";
import { type AxeosFlashOptions, flashAxeos, rollBackAxeos } from "./flash-axeos.ts";
import { AxeosMiner } from "./miner.ts";

const FIRMWARE = firmwareBytes(3, 300_000);
const WWW = firmwareBytes(4, 20_000);
const NEW = "v2.9.0";
const OPTIONS: AxeosFlashOptions = { allowDowngrade: false, abandon: false, whileMining: false };
const IMAGES = new Map([[sha256Of(FIRMWARE), NEW]]);

/** A second is a fiftieth of one, for the updater and for the miner, so that a restart is soon seen. */
const HURRY = 50;
const beganNs = hostClock().nowNs();
const hurried: Clock = {
  ...hostClock(),
  nowNs: () => beganNs + (hostClock().nowNs() - beganNs) * BigInt(HURRY),
  sleep: (ms, signal) => hostClock().sleep(ms / HURRY, signal),
};

const done: (() => void)[] = [];
afterEach(() => {
  for (const end of done.splice(0)) end();
});

async function bench(options: Partial<FakeAxeosOptions> = {}, { www = false, image = axeosImage(NEW, FIRMWARE, www ? WWW : null) } = {}) {
  const miner = new FakeAxeos({ images: IMAGES, hurry: HURRY, ...options });
  await miner.powerOn();
  const store = stocked([image], [FIRMWARE, WWW]);
  done.push(
    () => miner.powerOff(),
    () => rmSync(store.folder, { recursive: true, force: true }),
  );
  const journal = new FlashJournal(store.folder);
  const shares: number[] = [];
  const steps: string[] = [];
  const parts = {
    clock: hurried,
    journal,
    onProgress({ step, share }: { step: string; share: number | null }) {
      steps.push(step);
      if (share !== null) shares.push(share);
    },
  };
  const flash = (chosen: Partial<AxeosFlashOptions> = {}) =>
    flashAxeos(new AxeosMiner(miner.address), image, store.parts(image), parts, { ...OPTIONS, ...chosen });
  return { miner, flash, journal, shares, steps };
}

describe("an update over the network", () => {
  it("pauses the miner, sends the image, waits for the restart and looks what runs", async () => {
    const { miner, flash, journal, shares, steps } = await bench();
    await expect(flash()).resolves.toMatchObject({ step: "done", formerVersion: "v2.8.0", formerPartition: "ota_0" });
    expect(miner.version).toBe(NEW);
    const posts = miner.requests.filter((request) => request.startsWith("POST"));
    expect(posts).toEqual(["POST /api/system/pause", "POST /api/system/OTA"]);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect([shares[0], shares.at(-1)]).toEqual([0, 1]);
    expect(steps.filter((step, i) => step !== steps[i - 1])).toEqual([
      "stopped",
      "connected",
      "writing",
      "restarting",
      "verifying",
      "done",
    ]);
    expect(journal.read(miner.address)?.step).toBe("done");
  });

  it("is recovered by the same command, whichever event the miner lost its power at", async () => {
    const whole = await bench({}, { www: true });
    // How many pieces a body comes in differs from time to time: some of them stand for all.
    const nth = (counts: Map<string, number>, event: string) => {
      const count = (counts.get(event) ?? 0) + 1;
      counts.set(event, count);
      return `${event} ${count}`;
    };
    const counts = new Map<string, number>();
    const events: string[] = [];
    whole.miner.onEvent = (event) => events.push(nth(counts, event)) > 0;
    await whole.flash();
    expect([whole.miner.version, whole.miner.www]).toEqual([NEW, sha256Of(WWW)]);
    const looks = events.filter((event) => !/ body \d+$/.test(event) || / body [13]$/.test(event));
    expect(looks).toContain("POST /api/system/OTA body 3");
    for (const pullAt of looks) {
      const { miner, flash, journal } = await bench({}, { www: true });
      const seen = new Map<string, number>();
      miner.onEvent = (event) => nth(seen, event) !== pullAt;
      const failed = flash().then(
        () => null,
        (error) => error,
      );
      // It is looked for until somebody gives up, or puts the plug back.
      const error = await Promise.race([
        failed,
        hostClock()
          .sleep(600)
          .then(() => "waits for it"),
      ]);
      const left = journal.read(miner.address);
      if (left !== null && left.step !== "done")
        expect(whatNext(left, null)?.command).toContain("firmware flash esp-miner@v2.9.0 --address");
      expect(["v2.8.0", NEW], `pulled at ${pullAt}`).toContain(miner.version);
      miner.onEvent = () => true;
      await miner.powerOn();
      if (error === "waits for it") await failed;
      await flash();
      expect([miner.version, miner.www, journal.read(miner.address)?.step], `pulled at ${pullAt}`).toEqual([NEW, sha256Of(WWW), "done"]);
    }
  }, 120_000);

  it("sees each restart of a miner that is back at once, and was started a moment before", async () => {
    const { miner, flash } = await bench({ restartsUnseen: true }, { www: true });
    await flash();
    const posts = miner.requests.filter((request) => request.startsWith("POST"));
    expect(posts).toEqual(["POST /api/system/pause", "POST /api/system/OTA", "POST /api/system/OTAWWW"]);
    expect([miner.version, miner.www]).toEqual([NEW, sha256Of(WWW)]);
  });

  it("that a miner refuses leaves it mining what it ran", async () => {
    const { miner, flash, journal } = await bench({ images: new Map() });
    await expect(flash()).rejects.toMatchObject({ code: "MINER_REFUSED", context: { status: 500 } });
    expect([miner.version, miner.paused, journal.read(miner.address)?.step]).toEqual(["v2.8.0", false, "writing"]);
  });

  it("that does not start is told of: the miner went back", async () => {
    const { flash, journal, miner } = await bench({ failsToStart: true });
    await expect(flash()).rejects.toMatchObject({ code: "FIRMWARE_NOT_RUNNING", context: { runs: "v2.8.0", expected: NEW } });
    expect(journal.read(miner.address)?.step).toBe("verifying");
  });

  it.each([
    ["FIRMWARE_WRONG_BOARD", { boardVersion: "401" }],
    ["FIRMWARE_WRONG_BOARD", { boardVersion: "207" }],
    ["FIRMWARE_DOWNGRADE", { version: "v2.10.0" }],
    ["FIRMWARE_DOWNGRADE", { version: "somebody's own" }],
    ["FIRMWARE_ACCESS_POINT", { accessPoint: true }],
    ["FIRMWARE_NOT_PAUSED", { knowsPause: false }],
  ])("is refused with %s by a miner with %o, before a byte of it is sent", async (code, options) => {
    const { flash, miner } = await bench(options);
    await expect(flash()).rejects.toMatchObject({ code });
    expect(miner.requests.filter((request) => request.includes("OTA"))).toEqual([]);
  });

  it("goes to a miner that knows no pause only when that is said", async () => {
    const { flash, miner } = await bench({ knowsPause: false });
    await flash({ whileMining: true });
    expect(miner.version).toBe(NEW);
  });

  it("is rolled back to the slot that ran before", async () => {
    const { flash, miner, journal } = await bench();
    const record = await flash();
    await rollBackAxeos(new AxeosMiner(miner.address), record, hurried);
    expect(miner.version).toBe("v2.8.0");
    const former = journal.read(miner.address);
    await expect(rollBackAxeos(new AxeosMiner(miner.address), former ?? record, hurried)).rejects.toMatchObject({
      code: "FIRMWARE_NO_WAY_BACK",
    });
  });
});

describe("an address", () => {
  it.each(["192.168.1.2", "https://192.168.1.2", "http://user@host", "http://host/path", "file:///etc/passwd"])(
    "%s is refused",
    (address) => {
      expect(() => new AxeosMiner(address)).toThrow(expect.objectContaining({ code: "FIRMWARE_ADDRESS" }));
    },
  );
});
