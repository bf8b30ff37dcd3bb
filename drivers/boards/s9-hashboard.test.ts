import { describe, expect, it } from "vitest";
import { DriverError } from "../../common/errors.ts";
import type { Fans } from "./fans.ts";
import { Lease } from "./lease.ts";
import type { PicAddress } from "./pic16f1704.ts";
import { S9Hashboard, type S9HashboardOptions } from "./s9-hashboard.ts";
import { powerUpS9 } from "./s9-power-sequence.ts";
import { FakePic, FakePicBus } from "./testing/fake-pic.test-support.ts";
import { RegisterBus } from "./testing/register-bus.test-support.ts";
import { VirtualClock } from "./testing/virtual-clock.test-support.ts";

interface Wanted {
  readonly addresses?: readonly PicAddress[];
  readonly options?: Partial<S9HashboardOptions>;
}

function setUp({ addresses = [0x56], options = {} }: Wanted = {}) {
  const clock = new VirtualClock();
  const pics = addresses.map((address) => [address, new FakePic(clock)] as const);
  const bus = new FakePicBus(pics);
  const lease = new Lease(clock, 5000);
  const log: string[] = [];
  const resets: boolean[] = [];
  const lost: DriverError[] = [];
  const board = new S9Hashboard({
    bus,
    clock,
    picAddress: null,
    reset: { set: async (asserted) => void resets.push(asserted) },
    fans: null,
    lease,
    onHeartbeatLost: (reason) => lost.push(reason),
    log: (text) => log.push(text),
    ...options,
  });
  return {
    board,
    clock,
    bus,
    lease,
    log,
    resets,
    lost,
    pic: pics[0]?.[1] as FakePic,
    run: <T>(promise: Promise<T>) => clock.settle(promise),
  };
}

async function probed(wanted?: Wanted) {
  const set = setUp(wanted);
  await set.run(set.board.probe());
  set.pic.commands.length = 0;
  set.lease.acquire();
  return set;
}

async function powered(wanted?: Wanted) {
  const set = await probed(wanted);
  await set.run(set.board.setCoreVoltageMv(9400));
  return set;
}

const code = (name: string, more: object = {}) => expect.objectContaining({ code: name, ...more });

describe("probing an S9 hash board", () => {
  it.each([
    ["the only one there is", null],
    ["the one named", 0x57],
  ] as const)("waits for a PIC that is deaf because it was just reset: %s", async (_, picAddress) => {
    const { board, run, pic } = setUp({ addresses: [0x57], options: { picAddress } });
    pic.deafFor = 5;
    expect(await run(board.probe())).toMatchObject({ model: "Antminer S9 hash board" });
  });

  it("takes the only PIC there is, and starts it", async () => {
    const { board, run, pic } = setUp({ addresses: [0x57] });
    expect(await run(board.probe())).toEqual({
      model: "Antminer S9 hash board",
      regulator: "PIC16F1704 application 3",
      i2cAddresses: [0x57],
    });
    expect(pic.mode).toBe("application");
    expect(board.factory).toEqual({ frequencies: null, badCores: null });
  });

  it("among several boards goes by the connector, and asks for it", async () => {
    const several = { addresses: [0x55, 0x57] as const };
    const unnamed = setUp(several);
    await expect(unnamed.run(unnamed.board.probe())).rejects.toMatchObject({
      code: "BOARD_AMBIGUOUS",
      context: { i2cAddresses: [0x55, 0x57] },
    });
    expect(unnamed.pic.commands).toEqual([]);
    const named = setUp({ ...several, options: { picAddress: 0x55 } });
    expect(await named.run(named.board.probe())).toMatchObject({ i2cAddresses: [0x55] });
    const absent = setUp({ ...several, options: { picAddress: 0x56 } });
    await expect(absent.run(absent.board.probe())).rejects.toMatchObject({
      code: "PIC_MISSING",
      hint: expect.stringContaining("0x55, 0x57"),
    });
  });

  it("without any PIC is BOARD_UNKNOWN", async () => {
    const { board, run } = setUp({ addresses: [] });
    await expect(run(board.probe())).rejects.toMatchObject({ code: "BOARD_UNKNOWN", context: { i2cAddresses: [] } });
  });

  it("a second time only asks whether the application still runs, and does not take the power away", async () => {
    const { board, run, pic } = await powered();
    pic.commands.length = 0;
    await run(board.probe());
    expect(pic.commands.filter((text) => text !== "16")).toEqual(["17"]);
    expect(pic.output).toBe(true);
    pic.mode = "loader";
    await expect(run(board.probe())).rejects.toMatchObject({ code: "PIC_IN_LOADER" });
  });

  it("comes before everything that needs the PIC", async () => {
    const { board, lease, run, pic } = setUp();
    lease.acquire();
    await expect(board.setCoreVoltageMv(8800)).rejects.toMatchObject({ code: "BOARD_NOT_PROBED" });
    await expect(board.read()).rejects.toMatchObject({ code: "BOARD_NOT_PROBED" });
    await expect(board.attachSensor(61, new RegisterBus([]))).rejects.toMatchObject({ code: "BOARD_NOT_PROBED" });
    expect(() => board.factory).toThrow(code("BOARD_NOT_PROBED"));
    expect(await run(board.coreOff())).toMatchObject({ supplyOff: false, how: expect.stringContaining("left alone") });
    expect(pic.commands).toEqual([]);
  });

  it("a chain of another length may be another board's, with another voltage scale", () => {
    const { board } = setUp();
    for (const chips of [57, 54, 18]) expect(() => board.requireChips(chips)).toThrow(code("BOARD_UNKNOWN"));
    for (const chips of [63, 62, 61, 1]) board.requireChips(chips);
  });
});

describe("chain voltage", () => {
  it("is set before the output is switched on, read back, and kept alive", async () => {
    const { board, run, pic, clock } = await probed();
    expect(await run(board.setCoreVoltageMv(9400))).toBe(9403);
    expect(pic.commands.slice(0, 3)).toEqual(["1006", "18", "1501"]);
    await clock.advance(1500);
    expect(pic.commands.slice(3)).toEqual(["16", "16"]);
    expect(pic.output).toBe(true);
  });

  it("goes down and up in steps of a tenth of a volt", async () => {
    const { board, run, pic } = await powered();
    const steps = () => pic.commands.filter((text) => text.startsWith("10")).map((text) => Number.parseInt(text.slice(2), 16));
    pic.commands.length = 0;
    expect(await run(board.setCoreVoltageMv(8800))).toBe(8798);
    // 9300, 9200, ... 8800 mV.
    expect(steps()).toEqual([23, 41, 58, 75, 92, 109]);
    expect(pic.commands).not.toContain("1501");
    pic.commands.length = 0;
    await run(board.setCoreVoltageMv(9000));
    expect(steps()).toEqual([92, 75]);
  });

  it.each([0, 880, 7949, 9401, 12_000, Number.NaN])(
    "of %d mV is refused by name of the limit, and nothing is written",
    async (millivolts) => {
      const { board, pic } = await probed();
      await expect(board.setCoreVoltageMv(millivolts)).rejects.toMatchObject({
        code: "SETPOINT_REFUSED",
        message: expect.stringContaining("7950 to 9400 mV"),
      });
      expect(pic.commands).toEqual([]);
    },
  );

  it.each([
    [580, 9400, true],
    [581, 9400, false],
    [606, 9100, true],
    [631, 9100, false],
    [650, 8800, true],
    [650, 8801, false],
    [675, 8700, true],
    [900, 8701, false],
    [901, 8000, false],
    [199, 8000, false],
    [null, 9400, true],
  ])("with the fastest chip at %s MHz, %i mV: %s", async (frequencyMhz, millivolts, allowed) => {
    const { board, run } = await probed({ options: { frequencyMhz: () => frequencyMhz } });
    const set = run(board.setCoreVoltageMv(millivolts));
    if (allowed) await set;
    else await expect(set).rejects.toMatchObject({ code: "SETPOINT_REFUSED", message: expect.stringContaining("MHz") });
  });

  it("is not written without a lease, nor stepped on when it runs out on the way", async () => {
    const { board, run, pic, lease } = await probed();
    lease.release();
    await expect(run(board.setCoreVoltageMv(8800))).rejects.toMatchObject({ code: "LEASE_EXPIRED" });
    expect(pic.commands).toEqual([]);
    lease.acquire();
    await run(board.setCoreVoltageMv(9400));
    lease.release();
    await expect(run(board.setCoreVoltageMv(8800))).rejects.toMatchObject({ code: "LEASE_EXPIRED" });
    expect(pic.code).toBe(6);
  });

  it("that reads back as another is VOLTAGE_READBACK, and the output stays off", async () => {
    const { board, run, pic } = await probed();
    pic.codeSays = 0;
    await expect(run(board.setCoreVoltageMv(8800))).rejects.toMatchObject({ code: "VOLTAGE_READBACK" });
    expect(pic.commands).toEqual(["106d", "18"]);
  });

  it("does not come back when the board is switched off while it is being set", async () => {
    const { board, run, pic } = await probed();
    const setting = board.setCoreVoltageMv(9400);
    const off = board.coreOff();
    await expect(run(setting)).rejects.toMatchObject({ code: "SWITCHED_OFF" });
    await run(off);
    expect(pic.output).toBe(false);
    // From off it is switched on anew, not stepped.
    await run(board.setCoreVoltageMv(9400));
    expect(pic.output).toBe(true);
  });

  it("does not go on stepping after the board was switched off", async () => {
    const { board, run, pic, clock } = await powered();
    const stepping = board.setCoreVoltageMv(8000).catch((error: unknown) => error);
    await clock.advance(500);
    await run(board.coreOff());
    expect(await run(stepping)).toEqual(code("SWITCHED_OFF"));
    await clock.advance(5000);
    expect(pic.output).toBe(false);
    expect(pic.commands.at(-1)).toBe("17");
  });
});

describe("a lost heartbeat", () => {
  it("is reported, powers the board down by itself, and blocks the voltage until the board was switched off", async () => {
    const { board, run, pic, clock, lost, lease } = await powered();
    await clock.advance(6000);
    expect(lost).toMatchObject([{ code: "HEARTBEAT_LOST" }]);
    await clock.advance(10_000);
    expect(pic.output).toBe(false);
    lease.acquire();
    await expect(run(board.setCoreVoltageMv(9400))).rejects.toMatchObject({ code: "HEARTBEAT_LOST" });
    await run(board.coreOff());
    await run(board.setCoreVoltageMv(9400));
    expect(pic.output).toBe(true);
  });

  it("follows from closing the board, without a report", async () => {
    let released = 0;
    const { board, pic, clock, lost } = await powered({ options: { release: async () => void released++ } });
    await board.close();
    await clock.advance(11_000);
    expect([pic.output, lost, released]).toEqual([false, [], 1]);
  });
});

describe("core off", () => {
  it("is reset, disable, and the PIC's application still there; no claim about the supply", async () => {
    const { board, run, pic, resets, clock } = await powered();
    const off = await run(board.coreOff());
    expect(pic.output).toBe(false);
    expect(pic.commands.slice(-2)).toEqual(["1500", "17"]);
    expect(resets).toEqual([true]);
    expect(off).toMatchObject({
      supplyOff: false,
      how: expect.stringMatching(/held in reset.*told to disable.*nothing on this board measures/),
    });
    pic.commands.length = 0;
    await clock.advance(5000);
    expect(pic.commands).toEqual([]);
  });

  it("is off when something else shows it, and not when that shows power or fails", async () => {
    const seen: (() => Promise<boolean>)[] = [
      async () => true,
      async () => false,
      () => Promise.reject(new DriverError("LINK_LOST", "gone", "")),
    ];
    const set = await powered({ options: { supplyIsGone: () => (seen.shift() as () => Promise<boolean>)() } });
    expect(await set.run(set.board.coreOff())).toMatchObject({ supplyOff: true });
    expect(await set.run(set.board.coreOff())).toMatchObject({ supplyOff: false, how: expect.stringContaining("STILL shows power") });
    expect(await set.run(set.board.coreOff())).toMatchObject({ supplyOff: false, how: expect.stringContaining("LINK_LOST") });
  });

  it("needs neither a lease nor a PIC that answers nor a reset that obeys: the heartbeat stops, and what failed is said", async () => {
    const { board, run, pic, lease, bus, clock } = await powered({
      options: { reset: { set: () => Promise.reject(new DriverError("RESET_READBACK", "reads high", "")) } },
    });
    lease.release();
    bus.pics.clear();
    const { supplyOff, how } = await run(board.coreOff());
    expect(supplyOff).toBe(false);
    expect(how).toMatch(/NOT held in reset \(RESET_READBACK.*PIC NOT disabled \(PIC_MISSING.*within 10 s/);
    await clock.advance(10_000);
    expect(pic.output).toBe(false);
  });

  it("by a PIC that fell back into its loader is not called done", async () => {
    const { board, run, pic } = await powered();
    pic.mode = "loader";
    expect(await run(board.coreOff())).toMatchObject({ supplyOff: false, how: expect.stringContaining("PIC NOT disabled (PIC_IN_LOADER") });
  });
});

describe("power-on order", () => {
  it("off, a second, 9.4 V, two seconds, out of reset, a second", async () => {
    const { board, run, pic, clock, resets, lease } = await probed();
    const startMs = clock.nowMs;
    const up = powerUpS9(board, clock);
    const renewing = setInterval(() => lease.renew(), 0);
    expect(await run(up)).toBe(9403);
    clearInterval(renewing);
    expect(pic.commands.filter((text) => text !== "16")).toEqual(["1500", "17", "1006", "18", "1501"]);
    expect(resets).toEqual([true, true, false]);
    expect(clock.slept.filter((ms) => ms > 500).slice(0, 1)).toEqual([1000]);
    expect(clock.nowMs - startMs).toBe(100 + 1000 + 100 + 100 + 2000 + 1000);
  });

  it("a step that fails switches everything off, and its error is the one that is seen", async () => {
    const { board, run, pic, clock, lease } = await probed();
    lease.release();
    await expect(run(powerUpS9(board, clock))).rejects.toMatchObject({ code: "LEASE_EXPIRED" });
    expect(pic.commands).toEqual(["1500", "17", "1500", "17"]);
  });

  it("ends between two steps when it is called off", async () => {
    const { board, run, pic, clock } = await probed();
    const stop = new AbortController();
    const up = powerUpS9(board, clock, { signal: stop.signal }).catch((error: unknown) => error);
    await clock.advance(2000);
    expect(pic.output).toBe(true);
    stop.abort(new Error("enough"));
    expect(await run(up)).toMatchObject({ message: "enough" });
    expect(pic.output).toBe(false);
  });
});

describe("fans", () => {
  const fansAt = (speeds: readonly (number | null)[]) => {
    const asked: number[] = [];
    const fans: Fans = { setPercent: async (percent) => void asked.push(percent), rpm: async () => speeds };
    return { fans, asked };
  };

  it("are set where the host controls them, and the slowest is reported", async () => {
    const { fans, asked } = fansAt([5640, 6000]);
    const { board } = await probed({ options: { fans } });
    await board.setFanPercent(60);
    expect(asked).toEqual([60]);
    expect((await board.read()).readings.fanRpm).toBe(5640);
  });

  it.each([
    [[0, 6000], 0],
    [[6000, null], null],
    [[null, 6000], null],
    [[], null],
  ])("%j read %s", async (speeds, expected) => {
    const { board } = await probed({ options: { fans: fansAt(speeds).fans } });
    const { readings, failed } = await board.read();
    expect(readings.fanRpm).toBe(expected);
    expect(failed.includes("fanRpm")).toBe(expected === null);
  });

  it("that fail to answer are unknown", async () => {
    const fans: Fans = { setPercent: async () => {}, rpm: () => Promise.reject(new DriverError("LINK_LOST", "gone", "")) };
    const { board } = await probed({ options: { fans } });
    expect(await board.read()).toMatchObject({ readings: { fanRpm: null }, failed: expect.arrayContaining(["fanRpm"]) });
  });

  it("where the host has no control only full speed is taken, and their speed is unknown but no failure", async () => {
    const { board, log } = await probed();
    await board.setFanPercent(100);
    expect(log.at(-1)).toContain("not under this host's control");
    await expect(board.setFanPercent(60)).rejects.toMatchObject({ code: "FAN_UNCONTROLLED" });
    const { readings, failed } = await board.read();
    expect(readings.fanRpm).toBeNull();
    expect(failed).not.toContain("fanRpm");
  });

  it.each([-1, 101, Number.NaN])("%d percent is none", async (percent) => {
    const { board } = await probed();
    await expect(board.setFanPercent(percent)).rejects.toMatchObject({ code: "SETPOINT_REFUSED" });
  });
});

describe("readings", () => {
  const sensorAt = (boardC: number, chipC: number, manufacturer = 0x55) =>
    new RegisterBus(
      [
        [
          0x4c,
          [
            [0x00, boardC + 64],
            [0x01, chipC + 64],
            [0x02, 0],
            [0x03, 4],
            [0x10, 0],
            [0x15, 0],
            [0xfe, manufacturer],
            [0xff, 0],
          ],
        ],
      ],
      0xff,
    );

  async function withSensors() {
    const set = await probed();
    const outlet = sensorAt(67, 78);
    const middle = sensorAt(55, 72);
    await set.board.attachSensor(31, middle);
    await set.board.attachSensor(61, outlet);
    return { ...set, outlet, middle };
  }

  it("are the hottest chip's and the hottest spot's, and nothing that no sensor measures", async () => {
    const { board, clock } = await withSensors();
    expect(await board.read()).toEqual({
      readings: {
        atNs: clock.nowNs(),
        coreVoltageMv: null,
        inputVoltageMv: null,
        inputCurrentMa: null,
        powerMw: null,
        chipTempC: 78,
        boardTempC: 67,
        regulatorTempC: null,
        fanRpm: null,
      },
      failed: [],
    });
  });

  it("a sensor gets the factory's offset for its chip", async () => {
    const { outlet, middle } = await withSensors();
    expect(outlet.written).toContain("4c:11=fb");
    expect(middle.written).toContain("4c:11=fb");
    const { board } = await probed();
    const elsewhere = sensorAt(50, 60);
    await board.attachSensor(7, elsewhere);
    expect(elsewhere.written).toContain("4c:11=00");
  });

  it("an open diode is named, and the chip taken as the board's plus 15 C", async () => {
    const { board, outlet, log } = await withSensors();
    outlet.devices.get(0x4c)?.set(0x02, 0x04);
    expect(await board.read()).toMatchObject({ readings: { chipTempC: 82, boardTempC: 67 }, failed: ["chip 61 diode"] });
    expect(log.at(-1)).toContain("SENSOR_OPEN");
  });

  it("without the sensor at the outlet the temperature is unknown, whatever the cooler one says", async () => {
    const { board, outlet, middle } = await withSensors();
    outlet.failure = new DriverError("I2C_BUS", "busy", "");
    expect(await board.read()).toMatchObject({
      readings: { chipTempC: null, boardTempC: null },
      failed: ["chip 61 sensor", "chipTempC", "boardTempC"],
    });
    outlet.failure = null;
    middle.failure = new DriverError("I2C_BUS", "busy", "");
    expect(await board.read()).toMatchObject({ readings: { chipTempC: 78 }, failed: ["chip 31 sensor"] });
  });

  it("before any sensor was found, and after the board was switched off, are unknown", async () => {
    const { board } = await probed();
    expect(await board.read()).toMatchObject({ readings: { chipTempC: null, boardTempC: null }, failed: ["chipTempC", "boardTempC"] });
    const after = await withSensors();
    await after.run(after.board.coreOff());
    expect(await after.board.read()).toMatchObject({ readings: { chipTempC: null } });
  });

  it("a link that is gone is not a reading", async () => {
    const { board, outlet } = await withSensors();
    outlet.failure = new DriverError("LINK_LOST", "gone", "");
    await expect(board.read()).rejects.toMatchObject({ code: "LINK_LOST" });
  });

  it("a chip without a sensor is SENSOR_MISSING", async () => {
    const { board } = await probed();
    await expect(board.attachSensor(5, new RegisterBus([], 0xff))).rejects.toMatchObject({ code: "SENSOR_MISSING" });
  });
});
