import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex } from "../../common/bytes.ts";
import { haveS9Vectors, s9Vector, s9Vectors } from "../boards/testing/s9-vectors.test-support.ts";
import { VirtualClock } from "../boards/testing/virtual-clock.test-support.ts";
import { FRAME_STRIDE, type FrameBatch } from "./chip-link.ts";
import { crc5, FakeFpga } from "./testing/fake-fpga.test-support.ts";
import { openZynqFpga, type ZynqFpgaOptions } from "./zynq-fpga.ts";
import { fpgaBaud, fpgaBaudValue, workTimeTicks } from "./zynq-fpga-registers.ts";
import { commandWords, nextExtendedId, nonceFrame, replyFrame, splitHostFrames, workWords } from "./zynq-fpga-words.ts";

const bytes = (text: string) => fromHex(text) as Uint8Array;
const READ_ADDRESSES = bytes("5405000019");
const PLL_650 = bytes("4809000c0068022102");
const CHIP_F4 = bytes("138790f400001c");
const NONCE = bytes("20aad8e03f4990");

function setUp(options: Partial<ZynqFpgaOptions> = {}, fpga = new FakeFpga()) {
  const clock = new VirtualClock();
  const link = openZynqFpga({ path: "chain6", registers: fpga, clock, baud: 115_740, midstates: 4, workPeriodMs: 2.904, ...options });
  const batches: FrameBatch[] = [];
  link.onFrames((batch) => batches.push(batch));
  const frames = () =>
    batches.flatMap(({ count, bytes: all }) =>
      Array.from({ length: count }, (_, i) => Buffer.from(all.subarray(i * FRAME_STRIDE, (i + 1) * FRAME_STRIDE)).toString("hex")),
    );
  return { fpga, clock, link, batches, frames, run: <T>(promise: Promise<T>) => clock.settle(promise) };
}

/** A job with this id and so many midstates of the byte `fill`; its checksum is left to the core. */
const job = (id: number, midstates: number, fill = 0x11) =>
  Uint8Array.from([0x21, 22 + 32 * midstates, id, midstates, ...Array(4).fill(0), ...Array(12 + 32 * midstates).fill(fill), 0, 0]);

describe.skipIf(!haveS9Vectors)("recorded words", () => {
  const words = (decoded: Readonly<Record<string, unknown>>, key = "fifo_words") => (decoded[key] as string[] | undefined)?.map(Number);

  it.each(["fpga_cmd_tx_5B", "fpga_cmd_tx_9B"])("%s, to the FIFO and out on the wire", async (name) => {
    const { decoded } = s9Vector(name);
    const frame = bytes(String(decoded.uart));
    const [command] = splitHostFrames(frame);
    expect(command && commandWords(command)).toEqual(words(decoded));
    const { link, fpga, run } = setUp();
    await run(link.write(frame));
    expect(fpga.sent).toEqual([decoded.uart]);
  });

  it("a job of four midstates, to the FIFO and out on the wire", async () => {
    const { decoded } = s9Vector("fpga_work_tx_job4_31");
    const wire = s9Vector(String(decoded.uart_vector)).bytes;
    const [frame] = splitHostFrames(wire);
    expect(frame && workWords(frame, 0x31)).toEqual(words(decoded));
    const { link, fpga, run } = setUp();
    await run(link.write(wire));
    expect(fpga.sent).toEqual([Buffer.from(wire).toString("hex")]);
  });

  it.each(
    s9Vectors("")
      .filter(({ name, bytes: reply }) => (name.startsWith("rsp_") || name.startsWith("nonce_")) && reply.length === 7)
      .flatMap((vector) => {
        const found = words(vector.decoded, "fpga_rx_words") ?? words(vector.decoded, "fpga_rx_words_idext0");
        return found === undefined ? [] : [[vector.name, vector, found] as const];
      }),
  )("%s, from the wire through the FIFO", async (_, { bytes: reply }, [first = 0, second = 0]) => {
    expect(((reply[6] as number) & 0x80) === 0 ? replyFrame(first, second) : nonceFrame(first, second)).toEqual(reply);
    const { fpga, clock, frames } = setUp();
    fpga.receive(reply);
    await clock.advance(3);
    expect(frames()).toEqual([`07${Buffer.from(reply).toString("hex")}00000000`]);
  });

  it.each(s9Vectors("fpga_ext_id_").map((vector) => [vector.name, vector] as const))("%s", (_, { decoded }) => {
    const fpga = new FakeFpga();
    fpga.lastId = Number(decoded.last_sent_ext_id);
    expect(fpga.extendedId(Number(decoded.rx_job_id))).toBe(Number(decoded.extended_id));
  });

  it.each(s9Vectors("fpga_workrx_").map((vector) => [vector.name, vector] as const))("%s", (_, { decoded }) => {
    const frame = nonceFrame(0, Number(decoded.word2));
    const midstates = Number(decoded.midstates);
    expect(frame[4]).toBe(decoded.solution_idx);
    expect((frame[5] as number) & (midstates - 1)).toBe(decoded.midstate_idx);
    expect(frame[6]).toBe(Number(decoded.crc_byte));
    // The chip's seven bits of the work's id.
    expect((frame[5] as number) & ~(midstates - 1)).toBe((Number(decoded.work_id) * midstates) & 0x7f);
  });
});

describe("rates", () => {
  it.each([
    [115_740, 53],
    [1_562_500, 3],
    [3_125_000, 1],
  ])("%i baud is divisor %i", (baud, value) => {
    expect(fpgaBaudValue(baud)).toBe(value);
    expect(Math.abs(fpgaBaud(value) - baud)).toBeLessThan(1);
  });

  it("of every divisor come back to it", () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 0xfff }), (value) => fpgaBaudValue(fpgaBaud(value)) === value));
  });

  it("the work period is in clock ticks", () => {
    expect(workTimeTicks(0.7259)).toBe(36_295);
    for (const ms of [0, 336, Number.NaN]) expect(() => workTimeTicks(ms)).toThrow(RangeError);
  });
});

describe("opening the FPGA", () => {
  it("resets it, sets it up, and enables it last", () => {
    const { fpga, link } = setUp();
    // 145200 ticks of 20 ns; divisor 53; four midstates.
    expect(fpga.accesses).toEqual(["0008=5", "1008=3", "2008=1", "3008=2", "0014=23730", "0010=35", "0008=c"]);
    expect(Math.round(link.baud)).toBe(115_741);
  });

  it.each([0x0080_1000, 0x0090_2000, 0xffff_ffff, 0x0000_c51e])(
    "another core (version %i) is FPGA_UNKNOWN, and nothing is written to it",
    (version) => {
      const fpga = new FakeFpga();
      fpga.version = version;
      expect(() => setUp({}, fpga)).toThrow(expect.objectContaining({ code: "FPGA_UNKNOWN" }));
      expect(fpga.accesses).toEqual([]);
    },
  );

  it("registers that cannot be reached are LINK_LOST", () => {
    const fpga = new FakeFpga();
    fpga.failure = new Error("SIGBUS");
    expect(() => setUp({}, fpga)).toThrow(expect.objectContaining({ code: "LINK_LOST", message: expect.stringContaining("SIGBUS") }));
  });
});

describe("writing", () => {
  it("splits what it is given into frames, in order", async () => {
    const { link, fpga, run } = setUp({ midstates: 1 });
    await run(link.write(Uint8Array.from([...READ_ADDRESSES, ...PLL_650, ...job(0x10, 1), ...READ_ADDRESSES])));
    expect(fpga.sent.map((text) => text.slice(0, 6))).toEqual(["540500", "480900", "213610", "540500"]);
  });

  it.each(["00", "54", "540500", "540500001900", "55aa5205", "21360001"])("%s is no frame: refused, nothing sent", async (text) => {
    const { link, fpga, run } = setUp();
    await expect(run(link.write(bytes(text)))).rejects.toMatchObject({ code: "FRAME_UNKNOWN" });
    expect(fpga.sent).toEqual([]);
  });

  it("a job of another number of midstates is refused", async () => {
    const { link, run } = setUp({ midstates: 4 });
    await expect(run(link.write(job(0x10, 1)))).rejects.toMatchObject({ code: "JOB_MIDSTATES", context: { midstates: 4, other: 1 } });
  });

  it("every command that is a frame comes out with the checksum it had", async () => {
    const frame = fc
      .tuple(
        fc.constantFrom(0x41, 0x44, 0x48, 0x54, 0x55, 0x58),
        fc.constantFrom(5, 9),
        fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 }),
      )
      .map(([header, length, rest]) => {
        const body = [header, length, ...rest].slice(0, length - 1);
        return Uint8Array.from([...body, crc5(body)]);
      });
    await fc.assert(
      fc.asyncProperty(frame, async (command) => {
        const { link, fpga, run } = setUp();
        await run(link.write(command));
        expect(fpga.sent).toEqual([Buffer.from(command).toString("hex")]);
      }),
      { numRuns: 50 },
    );
  });

  it("waits for room in the FIFO, and goes on when there is some", async () => {
    const { link, fpga, run, clock } = setUp({ midstates: 1 });
    fpga.stuck = true;
    for (let i = 0; i < 170; i++) await run(link.write(job(i & 0x7f, 1)));
    const waiting = link.write(job(0x7f, 1));
    await clock.advance(500);
    fpga.stuck = false;
    fpga.flush();
    await run(waiting);
    expect(fpga.sent).toHaveLength(171);
  });

  it("into a FIFO that stays full is WRITE_TIMEOUT, and the link is dead", async () => {
    const { link, fpga, run, clock } = setUp({ midstates: 1 });
    const lost: Error[] = [];
    link.onLost((reason) => lost.push(reason));
    fpga.stuck = true;
    for (let i = 0; i < 170; i++) await run(link.write(job(i & 0x7f, 1)));
    const startMs = clock.nowMs;
    await expect(run(link.write(job(0x7f, 1), 200))).rejects.toMatchObject({ code: "WRITE_TIMEOUT" });
    expect(clock.nowMs - startMs).toBeGreaterThanOrEqual(200);
    await expect(run(link.write(READ_ADDRESSES))).rejects.toMatchObject({ code: "LINK_LOST" });
    expect(lost).toMatchObject([{ code: "WRITE_TIMEOUT" }]);
  });

  it("gives each job an id that counts its returns, so that a late reply finds the right one", async () => {
    const { link, fpga, run } = setUp();
    const sent: number[] = [];
    for (let i = 0; i < 100; i++) {
      await run(link.write(job((i * 4) & 0x7f, 4)));
      sent.push(fpga.lastId);
    }
    expect(new Set(sent).size).toBe(100);
    // A reply to the job before the last one that has just been sent.
    for (const late of sent.slice(-32)) expect(fpga.extendedId(late & 0x7f)).toBe(late);
  });

  it("ids rise by their count exactly when the seven bits do not", () => {
    expect(nextExtendedId(null, 0x31)).toBe(0x31);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0x7f }), (previous, jobId) => {
        const next = nextExtendedId(previous, jobId);
        expect(next & 0x7f).toBe(jobId);
        expect(((next >> 7) - (previous >> 7)) & 0x1ff).toBe(jobId > (previous & 0x7f) ? 0 : 1);
      }),
    );
  });
});

describe("changing the rate", () => {
  it("waits until everything has left", async () => {
    const { link, fpga, run, clock } = setUp();
    fpga.stuck = true;
    await run(link.write(READ_ADDRESSES));
    const changing = link.setBaud(1_562_500);
    await clock.advance(300);
    expect(fpga.baud).toBe(53);
    fpga.stuck = false;
    fpga.flush();
    await run(changing);
    expect([fpga.baud, link.baud]).toEqual([3, 1_562_500]);
  });

  it.each([0, 4_000_000, 5_000_000, 100, Number.NaN])("%d baud is refused, and the old rate stays", async (baud) => {
    const { link, fpga, run } = setUp();
    await expect(run(link.setBaud(baud))).rejects.toMatchObject({ code: "BAUD_REFUSED" });
    expect(fpga.baud).toBe(53);
  });

  it("follows a new work period, and knows only replies of seven bytes", () => {
    const { link, fpga } = setUp();
    link.setWorkPeriodMs(9.437);
    expect(fpga.workTime).toBe(471_850);
    link.setResponseLength(7);
    expect(() => link.setResponseLength(11)).toThrow(RangeError);
  });
});

describe("frames from the chain", () => {
  it("are found between damaged bytes, counted, and timed to the look that found them", async () => {
    const { fpga, clock, link, batches, frames } = setUp({ pollMs: 2 });
    await clock.advance(10);
    fpga.receive([0xff, 0x00, ...CHIP_F4, ...NONCE]);
    await clock.advance(2);
    expect(frames()).toEqual([`07${Buffer.from(CHIP_F4).toString("hex")}00000000`, `07${Buffer.from(NONCE).toString("hex")}00000000`]);
    expect(link.counters()).toEqual({ bytesRead: 16, frames: 2, discardedBytes: 2, overruns: 0 });
    const [batch] = batches;
    // Somewhere from 10 to 12 ms, less the 605 us that seven bytes take.
    expect(Number(batch?.tNs[0]) / 1e6).toBeCloseTo(11 - 0.605, 2);
    expect(batch?.sigmaNs[0]).toBe(Math.ceil(2e6 / Math.sqrt(12)));
  });

  it("that have only half arrived wait for the other half", async () => {
    const { fpga, clock, frames } = setUp();
    fpga.receive(CHIP_F4);
    const second = fpga.holdBackSecondWord();
    await clock.advance(5);
    expect(frames()).toEqual([]);
    fpga.giveSecondWord(second);
    await clock.advance(5);
    expect(frames()).toEqual([`07${Buffer.from(CHIP_F4).toString("hex")}00000000`]);
  });

  it("more than the FIFO holds are an overrun", async () => {
    const { fpga, clock, link } = setUp();
    for (let i = 0; i < 128; i++) fpga.receive(CHIP_F4);
    await clock.advance(1);
    expect(link.counters()).toMatchObject({ frames: 128, overruns: 1 });
  });
});

describe("the end", () => {
  it("a block that goes away is LINK_LOST for everyone, once", async () => {
    const { fpga, clock, link, run } = setUp();
    const lost: Error[] = [];
    link.onLost((reason) => lost.push(reason));
    fpga.failure = new Error("bus error");
    await clock.advance(10);
    expect(lost).toMatchObject([{ code: "LINK_LOST", message: expect.stringContaining("bus error") }]);
    await expect(run(link.write(READ_ADDRESSES))).rejects.toMatchObject({ code: "LINK_LOST" });
    link.onLost((reason) => lost.push(reason));
    expect(lost).toHaveLength(2);
    await link.close();
  });

  it("closing takes the core out of service, and no loss is reported", async () => {
    const { fpga, clock, link, run } = setUp();
    const lost: Error[] = [];
    link.onLost((reason) => lost.push(reason));
    await link.close();
    await link.close();
    expect(fpga.control).toBe(0);
    expect(fpga.accesses.filter((text) => text === "0008=0")).toHaveLength(1);
    fpga.receive(CHIP_F4);
    await clock.advance(10);
    expect([link.counters().frames, lost]).toEqual([0, []]);
    await expect(run(link.setBaud(1_562_500))).rejects.toMatchObject({ code: "LINK_LOST" });
  });
});
