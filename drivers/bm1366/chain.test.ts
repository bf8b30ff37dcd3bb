import { afterEach, describe, expect, test } from "vitest";
import type { HeaderFields } from "../../common/block-header.ts";
import { fromHex } from "../../common/bytes.ts";
import { DriverError } from "../../common/errors.ts";
import { countByStatus, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import type { Exchange } from "../bm13xx/exchange.ts";
import { JumpingClock } from "../bm13xx/testing/jumping-clock.ts";
import { registerResponse, sealResponse } from "../bm13xx/testing/responses.ts";
import { verifyByNode } from "../bm13xx/testing/verify.ts";
import { Bm1366Chain, type BringUpOptions } from "./chain.ts";
import { hashCountingNumber, pll0, softResetControl, ticketMask, totalCount, uartRelay } from "./registers.ts";
import { FakeChain, type Faults } from "./testing/fake-chain.ts";

const chains: Bm1366Chain[] = [];
afterEach(() => {
  for (const chain of chains.splice(0)) chain.detach();
});

function rig(chips: number, faults: Faults = {}) {
  const clock = new JumpingClock();
  const link = new FakeChain(clock, chips, faults);
  const bringUp = async (options: Partial<BringUpOptions> = {}) => {
    const chain = await Bm1366Chain.bringUp(link, {
      clock,
      verify: verifyByNode,
      expectedChips: chips,
      frequencyMhz: 62.5,
      ticketDifficulty: 256,
      ...options,
    });
    chains.push(chain);
    return chain;
  };
  return { clock, link, bringUp };
}

async function refusal(promise: Promise<unknown>): Promise<DriverError> {
  const reason = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(reason instanceof DriverError)) return expect.fail(`no DriverError but ${String(reason)}`);
  expect(reason.hint).not.toBe("");
  return reason;
}

/** The job of specs/bm1366.md 4.5, example 1, and its first nonce. */
const exampleJob: HeaderFields = {
  version: 0x2000_0000,
  prevHash: fromHex("c25721d4e8be8ef8ccfe036f478a5e7c5857dda2659049100c00000000000000") ?? new Uint8Array(),
  merkleRoot: fromHex("322885c74474ede0bfba1b1d8d70ed9b7b42acc90fffdf3fcbdaf23ff3c00910") ?? new Uint8Array(),
  ntime: 0x64af_16e0,
  nbits: 0x1924_95f8,
};
const exampleNonce = (wireId: number) => sealResponse([0x08, 0x39, 0x28, 0xa9, 0x03, wireId | 3, 0, 3], 4);

describe("bring-up", () => {
  test("one chip: enumerated, ramped, counting set, at the new rate, every step named", async () => {
    const { link, bringUp } = rig(1);
    const seen: string[] = [];
    const chain = await bringUp({
      onProgress: (step, done, total) => {
        seen.push(step);
        expect(done).toBe(seen.length);
        expect(done).toBeLessThanOrEqual(total);
      },
    });
    expect(chain).toMatchObject({ chips: 1, frequencyMhz: 62.5, ticketDifficulty: 256, hashCountingNumber: 0x666666 });
    expect(link.baud).toBe(1_041_667);
    expect(link.responseLength).toBe(11);
    expect(seen).toContain("core clock 56.25 MHz");
    expect(seen.at(-1)).toBe("check the new rate");
  });

  test("six chips get the addresses of specs/bm1366.md 3.3, and answer each for itself", async () => {
    const { link, bringUp } = rig(6);
    const chain = await bringUp();
    expect(link.chips.map((chip) => chip.address)).toEqual([0x00, 0x2a, 0x54, 0x7e, 0xa8, 0xd2]);
    const answers = await chain.readRegister(ticketMask);
    expect(answers.map((answer) => [answer.address, answer.value])).toEqual(chain.addresses.map((address) => [address, 0xff]));
    expect(await chain.readRegister(ticketMask, { address: 0x54 })).toHaveLength(1);
  });

  test("baud null stays at 115200", async () => {
    const { link, bringUp } = rig(1);
    await bringUp({ baud: null });
    expect(link.baud).toBe(115_200);
  });

  test("a lost answer or two do not stop it", async () => {
    await rig(3, { loseReads: 2 }).bringUp();
  });

  test.each([
    ["CHIP_MISSING", 0, {}, { expectedChips: 1 }, /Check that the core supply is on/],
    ["CHAIN_SHORT", 41, {}, { expectedChips: 63 }, /check the board after chip 41/],
    ["CHAIN_LONG", 3, {}, { expectedChips: 2 }, /Set the number of chips to 3/],
    ["WRONG_CHIP", 1, { id: 0x1370 }, {}, /driver of that chip/],
    ["WRONG_CHIP", 1, { id: 0x1397, short: true }, {}, /driver of that chip/],
    ["BAUD_UNSTABLE", 2, { goodBaud: 200_000 }, {}, /lower rate \(115200/],
    ["READBACK_MISMATCH", 2, { stuck: { 8: 0x40a8_0265 } }, {}, /link/],
    ["READBACK_MISMATCH", 2, { stuck: { 20: 0 } }, {}, /link/],
    ["READBACK_MISMATCH", 2, { stuck: { 16: 0x151c } }, {}, /link/],
    ["READBACK_MISMATCH", 3, { deafToAddress: 1 }, {}, /set-address was lost/],
    ["RESPONSE_TIMEOUT", 1, { mute: [0x08] }, {}, /Check supply/],
    ["RESPONSE_TIMEOUT", 3, { muteChip: 1 }, {}, /Check supply/],
    ["SETPOINT_REFUSED", 1, {}, { frequencyMhz: 4000 }, /from 43 to 2937 MHz/],
    ["SETPOINT_REFUSED", 1, {}, { baud: 6_250_000 }, /1041667/],
    ["SETPOINT_REFUSED", 1, {}, { ticketDifficulty: 0 }, /from 1/],
    ["SETPOINT_REFUSED", 1, {}, { expectedChips: 0 }, /number of chips/],
  ] as const)("%s with %d chips, %o, %o", async (code, chips, faults, options, hint) => {
    const { clock, link, bringUp } = rig(chips, faults as Faults);
    const error = await refusal(bringUp(options));
    expect(error.code).toBe(code);
    expect(error.hint).toMatch(hint);
    expect(link.listeners).toBe(0);
    expect(clock.sleepers).toBe(0);
    if (code === "SETPOINT_REFUSED") expect(link.written).toEqual([]);
  });

  test("errors carry the numbers: 41 of 63, which chip, what was wrote and read", async () => {
    expect((await refusal(rig(41).bringUp({ expectedChips: 63 }))).context).toMatchObject({ expected: 63, found: 41, lastGood: 41 });
    expect((await refusal(rig(1, { id: 0x1370 }).bringUp())).message).toContain("BM1370");
    const mismatch = await refusal(rig(2, { stuck: { 20: 0 } }).bringUp());
    expect(mismatch.context).toEqual({ register: "TICKET_MASK", wrote: "0x000000FF", read: "0x00000000", address: 0 });
    expect((await refusal(rig(2, { goodBaud: 200_000 }).bringUp())).context).toMatchObject({
      answered: 0,
      expected: 2,
      discardedBytes: 22,
    });
    expect((await refusal(rig(3, { muteChip: 1 }).bringUp())).context).toMatchObject({ silent: [85] });
  });

  test("aborting ends it with the signal's reason and leaves neither timers nor listeners", async () => {
    for (const stop of ["count chips", "core clock 56.25 MHz", "read back PLL0"]) {
      const { clock, link, bringUp } = rig(1);
      const abort = new AbortController();
      const reason = new Error("enough");
      await expect(bringUp({ signal: abort.signal, onProgress: (step) => step === stop && abort.abort(reason) })).rejects.toBe(reason);
      expect(clock.sleepers).toBe(0);
      expect(link.listeners).toBe(0);
    }
    const { clock, bringUp } = rig(0);
    const abort = new AbortController();
    const pending = bringUp({ expectedChips: 1, signal: abort.signal });
    const startMs = clock.wallMs();
    void clock.sleep(500).then(() => abort.abort(new Error("enough")));
    await expect(pending).rejects.toThrow("enough");
    expect(clock.wallMs() - startMs).toBe(500);
    expect(clock.sleepers).toBe(0);
  });

  test("a port that goes away while an answer is awaited ends it with LINK_LOST", async () => {
    const { clock, link, bringUp } = rig(0);
    const pending = bringUp({ expectedChips: 1 });
    const startMs = clock.wallMs();
    void clock.sleep(500).then(() => link.lose());
    expect((await refusal(pending)).code).toBe("LINK_LOST");
    expect(clock.wallMs() - startMs).toBe(500);
    expect(clock.sleepers).toBe(0);
  });
});

describe("set-points", () => {
  test("a change of clock is ramped, then the counting number follows the real clock", async () => {
    const { link, bringUp } = rig(2);
    const chain = await bringUp();
    const steps: number[] = [];
    expect(await chain.setFrequency(80, { onStep: (mhz) => steps.push(mhz) })).toBe(chain.frequencyMhz);
    expect(steps.slice(0, 2)).toEqual([68.75, 75]);
    expect(chain.frequencyMhz).toBeCloseTo(80, 1);
    expect(link.chips[1]?.registers.get(hashCountingNumber.address)).toBe(Math.trunc((2 ** 32 / 128 / 2) * (12.5 / chain.frequencyMhz)));
    const before = link.written.length;
    await chain.setFrequency(80);
    expect(link.written.slice(before).filter((hex) => hex.startsWith("55aa51090008"))).toEqual([]);
  });

  test("a clock out of reach is refused before anything is written", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp();
    const before = link.written.length;
    expect((await refusal(chain.setFrequency(20))).code).toBe("SETPOINT_REFUSED");
    expect(link.written).toHaveLength(before);
  });

  test("an aborted ramp stays where it is, with the counting number for that clock", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp();
    const abort = new AbortController();
    const ramp = chain.setFrequency(200, { signal: abort.signal, onStep: (mhz) => mhz === 100 && abort.abort(new Error("enough")) });
    await expect(ramp).rejects.toThrow("enough");
    expect(chain.frequencyMhz).toBe(100);
    expect(link.chips[0]?.registers.get(hashCountingNumber.address)).toBe(Math.trunc((2 ** 32 / 128) * (12.5 / 100)));
  });

  test("two set-points asked for at once do not mix", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp();
    await Promise.all([chain.setFrequency(75), chain.setFrequency(50)]);
    const words = link.written.filter((hex) => hex.startsWith("55aa51090008")).slice(-6);
    expect(words.map((hex) => pll0.describe(Number.parseInt(hex.slice(12, 20), 16)))).toHaveLength(6);
    expect(chain.frequencyMhz).toBe(50);
  });

  test("the ticket is rounded down, and what is in force is resolved", async () => {
    const chain = await rig(1).bringUp();
    expect(await chain.setTicketDifficulty(1000)).toBe(512);
    expect(chain.ticketLog2).toBe(9);
    expect((await refusal(chain.setTicketDifficulty(0.5))).code).toBe("SETPOINT_REFUSED");
  });

  test("answers of chips that are not on the chain, or that answer twice, do not end a read early", async () => {
    const { link, bringUp } = rig(2);
    const chain = await bringUp();
    link.beforeWriteEnds = () => link.deliver([0x33, 0, 0].map((address) => registerResponse(7, address, uartRelay.address)));
    expect((await chain.readRegister(uartRelay)).map((answer) => answer.address)).toEqual([0x00, 0x80]);
  });

  test("two reads asked for at once each get their own answers", async () => {
    const { bringUp } = rig(2);
    const chain = await bringUp();
    const [masks, clocks] = await Promise.all([chain.readRegister(ticketMask), chain.readRegister(pll0)]);
    expect(masks.map((answer) => answer.value)).toEqual([0xff, 0xff]);
    expect(clocks.map((answer) => answer.register)).toEqual([pll0.address, pll0.address]);
  });

  test("a job sent while the ticket is being lowered counts on the lower one already", async () => {
    const { bringUp } = rig(1);
    const chain = await bringUp({ ticketDifficulty: 65536 });
    const lowering = chain.setTicketDifficulty(16);
    await chain.readRegister(uartRelay);
    expect((await chain.sendJob(exampleJob)).ticketLog2).toBe(4);
    await lowering;
    const raising = chain.setTicketDifficulty(256);
    await chain.readRegister(uartRelay);
    await raising;
    expect((await chain.sendJob(exampleJob)).ticketLog2).toBe(8);
  });

  test("HASH_COUNTING_NUMBER can be set by hand until the next change of clock", async () => {
    const chain = await rig(1).bringUp();
    expect(await chain.setHashCountingNumber(0x151c)).toBe(0x151c);
    expect((await chain.sendJob(exampleJob)).hashCountingNumber).toBe(0x151c);
    await chain.setFrequency(75);
    expect(chain.hashCountingNumber).toBe(Math.trunc((2 ** 32 / 128) * (12.5 / 75)));
  });

  test("a pool's narrower version mask is written, read back and holds for the next job", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp();
    expect(await chain.setVersionMask(0x00ff_e001)).toBe(0x00ff_e000);
    expect(chain.versionMask).toBe(0x00ff_e000);
    expect(link.written.some((hex) => hex.startsWith("55aa510900a4900007ff"))).toBe(true);
    expect((await chain.sendJob({ ...exampleJob, version: 0x3f00_2000 })).version).toBe(0x3f00_0000);
    expect((await refusal(chain.setVersionMask(0x1fff))).code).toBe("VALUE_REFUSED");
  });

  test("registers the chain relies on are set by their own methods only", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp();
    for (const register of [pll0, hashCountingNumber, ticketMask, totalCount]) {
      expect((await refusal(chain.writeRegister(register, 1))).code).toBe("VALUE_REFUSED");
    }
    await chain.writeRegister(uartRelay, 0x0018_0003, { address: 0 });
    await chain.writeRegister(softResetControl, 0x0007_0000);
    expect(link.written.slice(-2).map((hex) => hex.slice(0, -2))).toEqual(["55aa4109002c00180003", "55aa510900a800070000"]);
  });

  test("counters come per chip; what was not answered is null, not 0", async () => {
    const { link, bringUp } = rig(2, { mute: [0x4c] });
    const chain = await bringUp();
    for (const [place, chip] of link.chips.entries()) for (let at = 0; at < 5; at++) chip.registers.set(0x88 + at, place * 10 + at);
    expect(await chain.pollCounters()).toEqual([
      { chip: 0, address: 0, errorCount: null, totalCount: 4, domains: [0, 1, 2, 3] },
      { chip: 1, address: 0x80, errorCount: null, totalCount: 14, domains: [10, 11, 12, 13] },
    ]);
    link.chips = [];
    expect((await refusal(chain.pollCounters())).code).toBe("RESPONSE_TIMEOUT");
  });

  test("shutting down stops a ramp under way and goes down to 50 MHz", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp();
    const ramp = refusal(chain.setFrequency(500));
    expect(await chain.shutDownSequence()).toMatchObject({ completed: true, frequencyMhz: 50, reason: null });
    expect((await ramp).code).toBe("SHUTTING_DOWN");
    expect(link.chips[0]?.registers.get(hashCountingNumber.address)).toBe(0x800000);
    expect((await refusal(chain.setFrequency(100))).code).toBe("SHUTTING_DOWN");
  });

  test("shutting down never rejects and never takes longer than it may", async () => {
    const { clock, link, bringUp } = rig(1);
    const chain = await bringUp({ frequencyMhz: 500 });
    const startMs = clock.wallMs();
    const result = await chain.shutDownSequence({ budgetMs: 2000 });
    expect(result).toMatchObject({ completed: false, reason: { code: "SHUT_DOWN_SLOW" } });
    expect(clock.wallMs() - startMs).toBeLessThan(2300);
    link.lose();
    expect(await chain.shutDownSequence()).toMatchObject({ completed: false, reason: { code: "LINK_LOST" } });
  });
});

describe("jobs and nonces", () => {
  test("a dialogue on a link without a port: answers let the next job go, and nothing is sent past it", async () => {
    const { clock, link, bringUp } = rig(1);
    const chain = await bringUp({ ticketDifficulty: 1 });
    const before = await chain.sendJob(exampleJob);
    const exchanges: Exchange[] = [];
    const onEnd = () => expect.fail("it goes on");
    const dialogue = chain.startDialogue({ depth: 2, deadlineMs: 60_000, onExchange: (exchange) => exchanges.push(exchange), onEnd });
    expect((await refusal(chain.sendJob(exampleJob))).code).toBe("DIALOGUE_OPEN");
    expect([dialogue.offer(exampleJob), dialogue.offer(exampleJob)]).toEqual([before.jobSeq + 1, before.jobSeq + 2]);
    const sent = link.written.length;
    dialogue.renew(60_000);
    // The clock jumps to the deadline as soon as a timer could run: only what is already due may go on here.
    const settle = async () => {
      for (let i = 0; i < 20; i++) await Promise.resolve();
    };
    await settle();
    expect(link.written.length).toBe(sent + 1);
    // A nonce of the job before is late, not an answer; that of the first job lets the second go.
    link.deliver([exampleNonce(before.wireId)], clock.nowNs() + 1n);
    expect(dialogue.counters().strays).toBe(1);
    link.deliver([exampleNonce(before.wireId + 8)], clock.nowNs() + 2n);
    await settle();
    expect(link.written.length).toBe(sent + 2);
    expect(exchanges).toMatchObject([{ record: { jobSeq: before.jobSeq + 1 }, answers: 1, answer: { versionBits: 3 << 13 } }]);
    dialogue.stop();
    expect((await chain.sendJob(exampleJob)).jobSeq).toBe(before.jobSeq + 3);
    const left = chain.startDialogue({ depth: 2, deadlineMs: 60_000, onExchange: () => {}, onEnd });
    chain.detach();
    expect(link.listeners).toBe(0);
    expect(left.waiting).toBe(0);
  });

  test("a job goes out without the rolled bits, and its nonce comes back verified", async () => {
    const { clock, link, bringUp } = rig(1);
    const chain = await bringUp({ ticketDifficulty: 1 });
    const batches: NonceBatch[] = [];
    chain.onNonces((batch) => batches.push(batch));
    const record = await chain.sendJob({ ...exampleJob, version: 0x3fff_e000 });
    expect((await rig(1).bringUp({ versionMask: 0xffff_ffff })).versionMask).toBe(0x1fff_e000);
    expect(record).toMatchObject({ jobSeq: 0, wireId: 8, version: 0x2000_0000, ticketLog2: 0, frequencyMhz: 62.5, workScale: 0 });
    expect(record.sentNs).toBe(clock.nowNs());
    link.deliver([exampleNonce(record.wireId)], record.sentNs + 500_000_000n);
    expect(batches).toHaveLength(1);
    const [batch = expect.fail("no batch")] = batches;
    expect(countByStatus(batch)).toMatchObject({ valid: 1 });
    // Batch 0, so: time on the line, then position / clock.
    const expectedNs = 500e6 - (89 * 10e9) / 1_041_667 - (0x0839_28a9 & 0x1ff_ffff) * 16;
    expect(batch.residualNs[0]).toBeCloseTo(expectedNs, -1);
  });

  test("a nonce that comes before the job's write has returned still belongs to it, with its residual", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp({ ticketDifficulty: 1 });
    const batches: NonceBatch[] = [];
    chain.onNonces((batch) => batches.push(batch));
    link.beforeWriteEnds = () => link.deliver([exampleNonce(8)]);
    const record = await chain.sendJob(exampleJob);
    expect(batches.map((batch) => [batch.jobSeq[0], Number.isNaN(batch.residualNs[0])])).toEqual([[record.jobSeq, false]]);
  });

  test("jobs are numbered from 0 whatever their ids; a malformed one takes no number", async () => {
    const chain = await rig(1).bringUp();
    await expect(chain.sendJob({ ...exampleJob, prevHash: new Uint8Array(3) })).rejects.toBeInstanceOf(DriverError);
    const records = await Promise.all(Array.from({ length: 20 }, () => chain.sendJob(exampleJob)));
    expect(records.map((record) => record.jobSeq)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(records[16]?.wireId).toBe(8);
  });

  test("a change of clock takes the residual from jobs already sent; a lower ticket makes room for their easier nonces", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp({ ticketDifficulty: 65536 });
    const batches: NonceBatch[] = [];
    chain.onNonces((batch) => batches.push(batch));
    const { wireId } = await chain.sendJob(exampleJob);
    link.deliver([exampleNonce(wireId)]);
    await chain.setTicketDifficulty(8);
    link.deliver([exampleNonce(wireId)]);
    await chain.setFrequency(62.5);
    link.deliver([exampleNonce(wireId)]);
    await chain.setFrequency(70, { onStep: () => link.deliver([exampleNonce(wireId)]) });
    expect(batches.slice(0, 3).map((batch) => countByStatus(batch))).toMatchObject([{ invalid: 1 }, { valid: 1 }, { duplicate: 1 }]);
    expect(batches.map((batch) => Number.isNaN(batch.residualNs[0]))).toEqual([false, false, false, true, true]);
  });

  test("what is no nonce is counted, not passed on", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp();
    const before = chain.counters();
    const answers: number[] = [];
    const unsubscribe = chain.onRegister((answer) => answers.push(answer.register));
    const damaged = exampleNonce(8);
    damaged[3] = 0;
    link.deliver([damaged, registerResponse(1, 0, 0x78), registerResponse(1, 0, 0x40), exampleNonce(8)]);
    const after = chain.counters();
    expect(after.frames - before.frames).toBe(4);
    expect(after.damagedFrames - before.damagedFrames).toBe(1);
    expect(after.unknownRegisters - before.unknownRegisters).toBe(1);
    expect(after.unsolicitedAnswers - before.unsolicitedAnswers).toBe(1);
    expect(after.nonces).toMatchObject({ "unknown-job": 1, valid: 0 });
    expect(answers).toEqual([0x40]);
    unsubscribe();
    link.deliver([registerResponse(1, 0, 0x40)]);
    expect(answers).toEqual([0x40]);
  });

  test("a job that did not reach the line takes its number with it, and the one before goes on", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp({ ticketDifficulty: 1 });
    const first = await chain.sendJob(exampleJob);
    const batches: NonceBatch[] = [];
    chain.onNonces((batch) => batches.push(batch));
    link.lost = new DriverError("WRITE_TIMEOUT", "The line is stuck.", "Check it.");
    expect((await refusal(chain.sendJob(exampleJob))).code).toBe("WRITE_TIMEOUT");
    link.lost = null;
    expect((await chain.sendJob(exampleJob)).jobSeq).toBe(2);
    link.deliver([exampleNonce(first.wireId)]);
    expect(batches.map((batch) => [batch.jobSeq[0], batch.status[0]])).toEqual([[0, STATUS.valid]]);
  });

  test("after the port is gone every method says so, and a detached chain waits for nothing", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp();
    link.lose();
    for (const call of [chain.sendJob(exampleJob), chain.setFrequency(75), chain.readRegister(pll0), chain.pollCounters()]) {
      expect((await refusal(call)).code).toBe("LINK_LOST");
    }
    chain.detach();
    expect(link.listeners).toBe(0);
  });
});
