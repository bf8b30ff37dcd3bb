import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DriverError } from "../../common/errors.ts";
import { Lease } from "./lease.ts";
import { PicHeartbeat } from "./pic-heartbeat.ts";
import { Pic16f1704 } from "./pic16f1704.ts";
import { decodePicFrame, PIC_COMMANDS, PIC_FLUSH, type PicCommandName, picFrame } from "./pic16f1704-commands.ts";
import { FakePic, FakePicBus } from "./testing/fake-pic.test-support.ts";
import { haveS9Vectors, type S9Vector, s9Vector, s9Vectors } from "./testing/s9-vectors.test-support.ts";
import { VirtualClock } from "./testing/virtual-clock.test-support.ts";

function setUp() {
  const clock = new VirtualClock();
  const fake = new FakePic(clock);
  const bus = new FakePicBus([[0x56, fake]]);
  const pic = new Pic16f1704({ bus, clock, address: 0x56 });
  return { clock, fake, bus, pic, run: <T>(promise: Promise<T>) => clock.settle(promise) };
}

describe("PIC frames", () => {
  const commands: Record<string, PicCommandName> = {
    set_voltage: "setVoltage",
    enable_voltage: "enable",
    heartbeat: "heartbeat",
    get_voltage: "getVoltage",
    jump_from_loader_to_app: "jumpToApplication",
    set_flash_pointer: "setFlashPointer",
  };
  const isFrame = ({ name, bytes }: S9Vector) => bytes[0] === 0x55 && name !== "pic_flush_before_reset";

  describe.skipIf(!haveS9Vectors)("recorded", () => {
    it.each(
      s9Vectors("pic_")
        .filter(isFrame)
        .map((vector) => [vector.name, vector] as const),
    )("%s, both ways", (_, { bytes, decoded }) => {
      const frame = decodePicFrame(bytes);
      expect(frame?.name).toBe(commands[String(decoded.cmd)] ?? "readFlash");
      expect(picFrame(frame?.name as PicCommandName, [...(frame?.data ?? [])])).toEqual(bytes);
    });

    it("the flush", () => {
      expect(PIC_FLUSH).toEqual(s9Vector("pic_flush_before_reset").bytes);
    });
  });

  it("of every command come back as they went in", () => {
    const anyCommand = fc.constantFrom(...(Object.keys(PIC_COMMANDS) as PicCommandName[])).chain((name) => {
      const { dataBytes } = PIC_COMMANDS[name];
      return fc.tuple(fc.constant(name), fc.array(fc.integer({ min: 0, max: 255 }), { minLength: dataBytes, maxLength: dataBytes }));
    });
    fc.assert(
      fc.property(anyCommand, ([name, data]) => {
        expect(decodePicFrame(picFrame(name, data))).toEqual({ name, data: Uint8Array.from(data) });
      }),
    );
  });

  it("refuse data that the command does not take", () => {
    expect(() => picFrame("setVoltage", [])).toThrow(RangeError);
    expect(() => picFrame("setVoltage", [256])).toThrow(RangeError);
    expect(() => picFrame("heartbeat", [0])).toThrow(RangeError);
  });

  it.each(["", "55aa", "aa5516", "55aa99", "55aa10", "55aa1606"])("%s is none", (hex) => {
    expect(decodePicFrame(Buffer.from(hex, "hex"))).toBeNull();
  });
});

describe("PIC16F1704", () => {
  it("starts: flush, reset, factory data from the loader, application", async () => {
    const { fake, pic, bus, clock, run } = setUp();
    const frequencies = new Uint8Array(128);
    frequencies[1] = 0x7d;
    frequencies[3] = 74;
    const badCores = new Uint8Array(64);
    badCores[0] = 0x23;
    badCores[29] = 0x06;
    fake.store(0x0fa0, frequencies);
    fake.store(0x0f80, badCores);
    const data = await run(pic.restart());
    expect(data.frequencies?.chipMhz[0]).toBe(650);
    expect(data.badCores?.[29]).toBe(6);
    expect(fake.commands).toEqual(["00", "07", "010f80", ...Array(4).fill("03"), "010fa0", ...Array(8).fill("03"), "06", "17"]);
    expect(clock.slept).toEqual([500, 100]);
    expect(bus.transactions.every((text) => /^56(r|w ..)$/.test(text))).toBe(true);
  });

  it("that bears no factory data starts without", async () => {
    const { pic, run } = setUp();
    expect(await run(pic.restart())).toEqual({ frequencies: null, badCores: null });
  });

  it.each([
    [8800, "106d", 8798],
    [9400, "1006", 9403],
    [7950, "10fe", 7947],
  ])("sets %i mV by its code and reads the code back", async (askedMv, command, appliedMv) => {
    const { pic, fake, run, clock } = setUp();
    expect(Math.round(await run(pic.setVoltageMv(askedMv)))).toBe(appliedMv);
    expect(fake.commands).toEqual(["00", command, "18"]);
    expect(clock.slept).toEqual([100]);
    expect(Math.round(await run(pic.voltageMv()))).toBe(appliedMv);
  });

  it("a code that reads back as another is VOLTAGE_READBACK", async () => {
    const { pic, fake, run } = setUp();
    fake.codeSays = 0x42;
    await expect(run(pic.setVoltageMv(8800))).rejects.toMatchObject({
      code: "VOLTAGE_READBACK",
      context: { written: 109, readBack: 0x42 },
    });
  });

  it("switches on and off, beats, and knows the sensors' offsets", async () => {
    const { pic, fake, run } = setUp();
    await run(pic.setOutput(true));
    expect(fake.output).toBe(true);
    await run(pic.heartbeat());
    await run(pic.setOutput(false));
    expect(fake.output).toBe(false);
    expect(fake.commands).toEqual(["00", "1501", "16", "1500"]);
    expect(await run(pic.temperatureOffsets())).toEqual([
      { chip: 61, offsetC: -5 },
      { chip: 31, offsetC: -5 },
    ]);
  });

  it("waits through fourteen missing acknowledges, 100 ms each", async () => {
    const { pic, fake, run, clock } = setUp();
    fake.deafFor = 14;
    await run(pic.heartbeat());
    expect(fake.commands).toEqual(["00", "16"]);
    expect(clock.slept).toEqual(Array(14).fill(100));
  });

  it("that never acknowledges is PIC_MISSING", async () => {
    const { pic, bus, run, clock } = setUp();
    bus.pics.clear();
    await expect(run(pic.heartbeat())).rejects.toMatchObject({ code: "PIC_MISSING", message: expect.stringContaining("0x56") });
    expect(clock.nowMs).toBe(1400);
  });

  it("whose application does not start is PIC_IN_LOADER, with what to do", async () => {
    const { pic, fake, run } = setUp();
    fake.applicationWorks = false;
    await expect(run(pic.restart())).rejects.toMatchObject({ code: "PIC_IN_LOADER", hint: expect.stringContaining("12 V") });
  });

  it.each([0x00, 0x56, 0x5e, 0xff])("of version %i is PIC_VERSION", async (version) => {
    const { pic, fake, run } = setUp();
    fake.version = version;
    await expect(run(pic.restart())).rejects.toMatchObject({ code: "PIC_VERSION", context: { version } });
  });

  it("other failures of the bus are passed on at once", async () => {
    const { pic, bus, run, clock } = setUp();
    bus.failures.push(new DriverError("I2C_BUS", "arbitration lost", ""));
    await expect(run(pic.heartbeat())).rejects.toMatchObject({ code: "I2C_BUS" });
    expect(clock.slept).toEqual([]);
  });

  it("after a frame that broke off anywhere, the next command is understood", async () => {
    for (let bytesSent = 0; bytesSent < 4; bytesSent++) {
      const { pic, bus, fake, run } = setUp();
      await run(pic.heartbeat());
      bus.failures.push(...Array<null>(bytesSent).fill(null), new DriverError("I2C_BUS", "arbitration lost", ""));
      await expect(run(pic.setVoltageMv(8800))).rejects.toMatchObject({ code: "I2C_BUS" });
      expect(Math.round(await run(pic.setVoltageMv(9000)))).toBe(8998);
      expect(fake.code).toBe(75);
    }
  });

  it("commands given at the same time do not mix", async () => {
    const { pic, fake, run } = setUp();
    await run(Promise.all([pic.setVoltageMv(9000), pic.heartbeat(), pic.setOutput(true), pic.heartbeat()]));
    expect([...fake.commands].sort()).toEqual(["00", "104b", "1501", "16", "16", "18"]);
  });
});

describe("heartbeat", () => {
  async function powered() {
    const set = setUp();
    await set.run(set.pic.setOutput(true));
    const lease = new Lease(set.clock, 3000);
    lease.acquire();
    const lost: DriverError[] = [];
    const logged: string[] = [];
    const heartbeat = new PicHeartbeat({
      beat: () => set.pic.heartbeat(),
      lease,
      clock: set.clock,
      onLost: (reason) => lost.push(reason),
      log: (text) => logged.push(text),
    });
    const beats = () => set.fake.commands.filter((text) => text === "16").length;
    return { ...set, lease, lost, logged, heartbeat, beats };
  }

  it("beats each second while the lease is renewed, and the board stays powered", async () => {
    const { clock, lease, lost, fake, beats } = await powered();
    for (let second = 0; second < 30; second++) {
      await clock.advance(1000);
      lease.renew();
    }
    expect(beats()).toBeGreaterThanOrEqual(30);
    expect([fake.output, lost]).toEqual([true, []]);
  });

  it("ends with the lease, and the PIC powers the board down by itself", async () => {
    const { clock, lost, fake, beats } = await powered();
    await clock.advance(4000);
    const last = beats();
    expect(lost).toMatchObject([{ code: "HEARTBEAT_LOST", message: expect.stringContaining("lease") }]);
    expect(fake.output).toBe(true);
    await clock.advance(10_000);
    expect(beats()).toBe(last);
    expect(fake.output).toBe(false);
    expect(lost).toHaveLength(1);
  });

  it("does not go on in another's term", async () => {
    const { clock, lease, lost } = await powered();
    lease.acquire();
    await clock.advance(1000);
    expect(lost).toMatchObject([{ code: "HEARTBEAT_LOST" }]);
  });

  it("survives a bus that fails for some seconds", async () => {
    const { clock, lease, lost, logged, bus, fake } = await powered();
    await clock.advance(500);
    bus.failures.push(new DriverError("I2C_BUS", "stuck", ""), new DriverError("I2C_BUS", "stuck", ""));
    for (let second = 0; second < 5; second++) {
      await clock.advance(1000);
      lease.renew();
    }
    expect(logged).toEqual([expect.stringContaining("I2C_BUS"), expect.stringContaining("I2C_BUS")]);
    expect([fake.output, lost]).toEqual([true, []]);
  });

  it("that the PIC has not taken for ten seconds is HEARTBEAT_LOST, once", async () => {
    const { clock, lease, lost, bus } = await powered();
    bus.pics.clear();
    for (let second = 0; second < 20; second++) {
      await clock.advance(1000);
      lease.renew();
    }
    expect(lost).toMatchObject([{ code: "HEARTBEAT_LOST", cause: { code: "PIC_MISSING" } }]);
  });

  it("that was stopped is not lost", async () => {
    const { clock, heartbeat, lost, beats } = await powered();
    await clock.advance(1500);
    heartbeat.stop();
    const last = beats();
    await clock.advance(20_000);
    expect([beats(), lost]).toEqual([last, []]);
  });
});
