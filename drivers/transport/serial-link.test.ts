import { fstatSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { toHex } from "../../common/bytes.ts";
import { DriverError } from "../../common/errors.ts";
import {
  jobFrameBytes,
  type LowLatencyAnswer,
  monotonicRawNs,
  type PumpEnd,
  type WorkPump,
  type WorkPumpOptions,
  type WorkTemplate,
} from "../native/index.ts";
import { FRAME_STRIDE } from "./chip-link.ts";
import type { LatencyFlag } from "./low-latency.ts";
import type { PortKind } from "./port-kind.ts";
import { openSerialLink, type SerialLinkOptions } from "./serial-link.ts";
import { Pty, until } from "./testing/pty.test-support.ts";

const open: { end(): Promise<void> }[] = [];
afterEach(async () => {
  while (open.length > 0) await open.pop()?.end();
});

async function linked(baud = 115_200, options: Partial<SerialLinkOptions> = {}) {
  const pty = await Pty.open();
  open.push(pty);
  const warnings: string[] = [];
  const link = await openSerialLink(pty.path, { baud, onWarning: (text) => warnings.push(text), ...options });
  open.push({ end: () => link.close() });
  return { pty, link, warnings };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof DriverError ? error.code : `not a DriverError: ${error}`),
  );

/** The answer of a BM1366 to a chip-id read before version rolling is on. specs/bm1366.md 1.7 */
const CHIP_ID = "aa551366000000000c";
/** More than a pseudo-terminal holds. */
const FLOOD = new Uint8Array(1 << 17);

describe("a serial link", () => {
  it("sends in the order of the calls and says when", async () => {
    const { pty, link } = await linked();
    const before = monotonicRawNs();
    const [first, second] = await Promise.all([link.write(Uint8Array.of(1, 2)), link.write(Uint8Array.of(3))]);
    expect(before <= first && first <= second && second <= monotonicRawNs()).toBe(true);
    await until(() => pty.received === "010203");
  });

  it("hands over frames with their time, and counts", async () => {
    const { pty, link } = await linked();
    const frames: { hex: string; tNs: bigint }[] = [];
    link.onFrames((batch) => {
      for (let i = 0; i < batch.count; i++) {
        const [length = 0, ...bytes] = batch.bytes.subarray(i * FRAME_STRIDE, (i + 1) * FRAME_STRIDE);
        frames.push({ hex: toHex(Uint8Array.from(bytes.slice(0, length))), tNs: batch.tNs[i] as bigint });
      }
    });
    const before = monotonicRawNs();
    await pty.tell(`write 00${CHIP_ID}`);
    await until(() => frames.length === 1);
    expect(frames[0]?.hex).toBe(CHIP_ID);
    expect(frames[0]?.tNs).toBeGreaterThan(before - 10_000_000n);
    expect(frames[0]?.tNs).toBeLessThan(monotonicRawNs());
    expect(link.counters()).toMatchObject({ frames: 1, bytesRead: 10, discardedBytes: 1, overruns: 0 });
  });

  it("sends what was written at the old rate before it changes the rate, and what comes later after it", async () => {
    const { pty, link } = await linked();
    const order: string[] = [];
    await Promise.all([
      link.write(Uint8Array.of(0xa1)).then(() => order.push("old")),
      link.setBaud(1_000_000).then(() => order.push("rate")),
      link.write(Uint8Array.of(0xb2)).then(() => order.push("new")),
    ]);
    expect(order).toEqual(["old", "rate", "new"]);
    expect(link.baud).toBe(1_000_000);
    expect(await pty.tell("line")).toBe("line 0 1");
    await until(() => pty.received === "a1b2");
  });

  it("refuses a rate the port cannot run at, and stays at the old one", async () => {
    const { pty, link } = await linked();
    expect(await codeOf(link.setBaud(0))).toBe("BAUD_REFUSED");
    expect(link.baud).toBe(115_200);
    await link.write(Uint8Array.of(0x11));
    await until(() => pty.received === "11");
  });

  it("leaves the modem lines up when it closes, so that adapters do not reset the board", async () => {
    const { pty, warnings } = await linked();
    expect(await pty.tell("line")).toBe("line 0 0");
    expect(warnings.filter((text) => text.includes("hang-up"))).toEqual([]);
  });

  it("closes more than once, refuses work afterwards, and was not lost", async () => {
    const { link } = await linked();
    const lost: Error[] = [];
    link.onLost((reason) => lost.push(reason));
    await Promise.all([link.close(), link.close()]);
    await link.close();
    expect(await codeOf(link.write(Uint8Array.of(1)))).toBe("LINK_LOST");
    expect(await codeOf(link.setBaud(1_000_000))).toBe("LINK_LOST");
    expect(() => link.setResponseLength(11)).toThrow(DriverError);
    expect(link.counters().frames).toBe(0);
    expect(lost).toEqual([]);
  });

  it("gives the port back when it closes: the same process can open it again", async () => {
    const { pty, link } = await linked();
    await link.close();
    const again = await openSerialLink(pty.path, { baud: 115_200 });
    await again.write(Uint8Array.of(0x55));
    await until(() => pty.received === "55");
    await again.close();
  });
});

describe("a serial link on an adapter that holds bytes back", () => {
  const usb: PortKind = { kind: "usb", driver: "ftdi_sio", latencyTimerFile: null, usbMbps: 12 };
  const flag = (state: LowLatencyAnswer["state"], calls: string[]): LatencyFlag => ({
    ask: (fd) => {
      calls.push(`ask ${fstatSync(fd).isCharacterDevice()}`);
      return { state, errno: 0 };
    },
    end: (fd) => {
      calls.push(`end ${fstatSync(fd).isCharacterDevice()}`);
      return 0;
    },
  });

  it("asks for low latency when it opens and takes that back when it closes, the port still open", async () => {
    const calls: string[] = [];
    const { link } = await linked(115_200, { kindOf: async () => usb, latencyFlag: flag("granted", calls) });
    expect(calls).toEqual(["ask true"]);
    await link.close();
    expect(calls).toEqual(["ask true", "end true"]);
  });

  it("takes it back when the link cannot be made after all", async () => {
    const calls: string[] = [];
    const pty = await Pty.open();
    open.push(pty);
    const broken = Object.defineProperty({ ...usb }, "usbMbps", {
      get: () => {
        throw new DriverError("LINK_LOST", "gone", "plug it in");
      },
    });
    const opening = openSerialLink(pty.path, { baud: 115_200, kindOf: async () => broken, latencyFlag: flag("granted", calls) });
    expect(await codeOf(opening)).toBe("LINK_LOST");
    expect(calls).toEqual(["ask true", "end true"]);
  });

  it("says how much less exact its time-stamps are", async () => {
    const sigmas: number[] = [];
    for (const kindOf of [undefined, async () => usb]) {
      const calls: string[] = [];
      const { pty, link } = await linked(1_000_000, { ...(kindOf && { kindOf }), latencyFlag: flag("absent", calls) });
      link.onFrames((batch) => sigmas.push(...batch.sigmaNs));
      const seen = sigmas.length;
      await pty.tell(`write ${CHIP_ID}`);
      await until(() => sigmas.length > seen);
    }
    // A USB frame of 1 ms over the square root of twelve.
    expect(sigmas[0]).toBeLessThan(100_000);
    expect(sigmas[1]).toBeGreaterThan(288_000);
  });
});

describe("a serial link with a work pump", () => {
  const template: WorkTemplate = {
    version: 0x2000_0000,
    versionMask: 0,
    prevHash: new Uint8Array(32),
    ntime: 1,
    nbits: 2,
    coinbasePrefix: new Uint8Array(40),
    extranonce2Bytes: 4,
    coinbaseSuffix: new Uint8Array(40),
    branches: [],
  };
  const JOB_HEX = 2 * jobFrameBytes(1);

  async function pumping() {
    const { pty, link } = await linked(1_000_000);
    const ends: PumpEnd[] = [];
    const seqs = new Set<number>();
    const pump = link.startWorkPump?.({
      format: 1,
      periodNs: 1_000_000,
      template,
      onJobs: ({ jobSeq }) => {
        for (const seq of jobSeq) seqs.add(seq);
      },
      onLeaseExpired: () => {},
      onEnd: (end) => ends.push(end),
    }) as WorkPump;
    pump.renew(60_000);
    await until(() => pty.received.length > 10 * JOB_HEX);
    return { pty, link, pump, ends, seqs };
  }

  it("sends other writes whole, between two jobs", async () => {
    const { pty, link, pump } = await pumping();
    const command = "5405000019";
    for (let i = 0; i < 20; i++) await link.write(Uint8Array.from([0x54, 0x05, 0, 0, 0x19]));
    pump.stop();
    await until(() => pty.received.length === pump.counters().jobs * JOB_HEX + 20 * command.length);
    let commands = 0;
    for (let at = 0; at < pty.received.length; ) {
      const isCommand = pty.received.startsWith(command, at);
      expect(isCommand || pty.received.startsWith("2136", at)).toBe(true);
      commands += isCommand ? 1 : 0;
      at += isCommand ? command.length : JOB_HEX;
    }
    expect(commands).toBe(20);
    // Too slow for the pump's jobs, which no longer come.
    await link.setBaud(115_200);
  });

  it("sends other writes whole, between two jobs, also when the port was full of half a job", async () => {
    const { pty, link, pump } = await pumping();
    const command = "5405000019";
    const STALLS = 8;
    for (let i = 0; i < STALLS; i++) {
      const { writeWaits } = pump.counters();
      await pty.tell("stall");
      await until(() => pump.counters().writeWaits > writeWaits);
      const written = link.write(Uint8Array.from([0x54, 0x05, 0, 0, 0x19]), 60_000);
      await pty.tell("resume");
      await written;
    }
    pump.stop();
    const whole = () => pump.counters().jobs * JOB_HEX + STALLS * command.length;
    await until(() => pty.received.length >= whole());
    for (let at = 0; at < whole(); ) {
      const isCommand = pty.received.startsWith(command, at);
      expect(isCommand || pty.received.startsWith("2136", at), `at ${at}`).toBe(true);
      at += isCommand ? command.length : JOB_HEX;
    }
  });

  it("stops it when it closes, hands over its last jobs, and gives the port back", async () => {
    const { pty, link, pump, ends, seqs } = await pumping();
    await link.close();
    expect(seqs.size).toBe(pump.counters().jobs);
    expect(ends).toEqual([]);
    const again = await openSerialLink(pty.path, { baud: 115_200 });
    await again.close();
    expect(() => link.startWorkPump?.({} as WorkPumpOptions)).toThrow(expect.objectContaining({ code: "LINK_LOST" }));
  });

  it("loses link and pump together", async () => {
    const { pty, link, pump } = await pumping();
    const lost: Error[] = [];
    link.onLost((reason) => lost.push(reason));
    await pty.tell("hang");
    await until(() => lost.length > 0);
    const { jobs } = pump.counters();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pump.counters().jobs).toBe(jobs);
    expect(lost).toHaveLength(1);
  });
});

describe("a serial link that is lost", () => {
  it("while idle, says so once, to late listeners too, and is dead", async () => {
    const { pty, link } = await linked();
    const lost: Error[] = [];
    link.onLost((reason) => lost.push(reason));
    await pty.tell("hang");
    await until(() => lost.length > 0);
    expect(lost[0]).toMatchObject({ code: "LINK_LOST" });
    expect(await codeOf(link.write(Uint8Array.of(1)))).toBe("LINK_LOST");
    link.onLost((reason) => lost.push(reason));
    expect(lost).toHaveLength(2);
    expect(lost[0]).toBe(lost[1]);
  });

  it("in the middle of a change of rate, is a loss and not a refusal of the rate", async () => {
    const { pty, link } = await linked();
    const hung = pty.tell("hang");
    let outcome = "no error";
    while (outcome === "no error") outcome = await codeOf(link.setBaud(1_000_000));
    expect(outcome).toBe("LINK_LOST");
    await hung;
  });

  it("in the middle of a write, fails that write and all that wait behind it", async () => {
    const { pty, link } = await linked();
    await pty.tell("stall");
    const writes = [codeOf(link.write(FLOOD, 20_000)), codeOf(link.write(Uint8Array.of(1), 20_000)), codeOf(link.setBaud(1_000_000))];
    await new Promise((resolve) => setTimeout(resolve, 50));
    await pty.tell("hang");
    expect(await Promise.all(writes)).toEqual(["LINK_LOST", "LINK_LOST", "LINK_LOST"]);
  });
});

describe("a serial link whose other end does not read", () => {
  it("fails the write at its deadline and is dead: half a frame is on the line", async () => {
    const { pty, link } = await linked();
    const lost: Error[] = [];
    link.onLost((reason) => lost.push(reason));
    await pty.tell("stall");
    const stuck = codeOf(link.write(FLOOD, 60));
    const waiting = codeOf(link.write(Uint8Array.of(1), 20_000));
    expect(await stuck).toBe("WRITE_TIMEOUT");
    expect(await waiting).toBe("LINK_LOST");
    expect(lost).toHaveLength(1);
    expect(lost[0]).toMatchObject({ code: "WRITE_TIMEOUT" });
  });

  it("never sends a write that missed its deadline in the queue, and goes on", async () => {
    const { pty, link } = await linked();
    const rate = link.setBaud(1_000_000);
    expect(await codeOf(link.write(Uint8Array.of(0xee), 10))).toBe("WRITE_TIMEOUT");
    await rate;
    await link.write(Uint8Array.of(0x77));
    await until(() => pty.received.length > 0);
    expect(pty.received).toBe("77");
  });
});
