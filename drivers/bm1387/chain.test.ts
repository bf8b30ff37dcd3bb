import { afterEach, describe, expect, test } from "vitest";
import type { HeaderFields } from "../../common/block-header.ts";
import { DriverError } from "../../common/errors.ts";
import { type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { JumpingClock } from "../bm13xx/testing/jumping-clock.ts";
import { Bm1387Chain, type BringUpOptions } from "./chain.ts";
import { decodeHostFrame } from "./frames.ts";
import { chipAddress, hashCountingNumber, hashRate, miscControl, pll, pllWordFor, startNonceOffset, ticketMask } from "./registers.ts";
import { FakeChain, type Faults } from "./testing/fake-chain.ts";
import { nonceResponse, registerResponse } from "./testing/responses.ts";

/** Every hash is as good as it needs to be at a work scale of 32. */
const verify = (headers: Uint8Array) => {
  const n = headers.length / 80;
  return { zeroBits: new Uint16Array(n), difficultyLog2: new Float32Array(n) };
};

const chains: Bm1387Chain[] = [];
afterEach(() => {
  for (const chain of chains.splice(0)) chain.detach();
});

function rig(chips: number, faults: Faults = {}, present = chips) {
  const clock = new JumpingClock();
  const link = new FakeChain(clock, present, faults);
  const steps: string[] = [];
  const bringUp = async (options: Partial<BringUpOptions> = {}) => {
    const chain = await Bm1387Chain.bringUp(link, {
      clock,
      verify,
      expectedChips: chips,
      frequencyMhz: 650,
      ticketDifficulty: 64,
      workScale: 38,
      onProgress: (step) => steps.push(step),
      ...options,
    });
    chains.push(chain);
    return chain;
  };
  return { clock, link, bringUp, steps };
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

const fields: HeaderFields = {
  version: 0x2000_0000,
  prevHash: new Uint8Array(32),
  merkleRoot: new Uint8Array(32).fill(7),
  ntime: 1,
  nbits: 2,
};

function collect(chain: Bm1387Chain): NonceBatch[] {
  const batches: NonceBatch[] = [];
  chain.onNonces((batch) => batches.push(batch));
  return batches;
}

describe("bring-up", () => {
  test("of 63 chips: addresses by 4, clock, rate, cores and ticket are as asked, and nothing of it counts in the run", async () => {
    const { link, bringUp, steps } = rig(63);
    const chain = await bringUp({ firstJobSeq: 5 });
    expect(link.chips.map((chip) => chip.address)).toEqual(Array.from({ length: 63 }, (_, at) => at * 4));
    expect(new Set(link.chips.map((chip) => chip.open))).toEqual(new Set([114]));
    expect(new Set(link.chips.map((chip) => chip.registers.get(0x0c)))).toEqual(new Set([0x8068_0221]));
    expect(new Set(link.chips.map((chip) => chip.registers.get(0x18)))).toEqual(new Set([0xfc]));
    expect(new Set(link.chips.map((chip) => chip.registers.get(0x1c)))).toEqual(new Set([0x4020_8180]));
    expect([link.baud, link.responseLength]).toEqual([1_562_500, 7]);
    expect([chain.chips, chain.frequencyMhz, chain.ticketDifficulty, chain.midstates, chain.chipId]).toEqual([63, 650, 64, 4, 0x1387]);
    expect(chain.workPeriodNs / 1000).toBeCloseTo(2903.6, 0);
    expect(chain.counters().nonces).toEqual({ valid: 0, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 });
    expect(chain.nextJobSeq).toBe(5);
    expect(steps[0]).toBe("host at 115200 baud");
    expect(steps.filter((step) => step === "chain inactive")).toHaveLength(3);
    const hex = link.written;
    expect(hex[0]).toBe("5405000019");
    expect(hex.slice(1, 4)).toEqual(Array(3).fill("5505000010"));
    expect(hex).toContain("5809001c0020818019");
    expect(hex.indexOf("5809001c0020818019")).toBeGreaterThan(hex.findIndex((frame) => frame.startsWith("5809000c")));
    expect(hex.filter((frame) => frame.startsWith("219610")).length).toBeGreaterThanOrEqual(114);
  });

  test("of two chips: addresses 128 apart, one midstate, each with its own clock, at 3.125 Mbaud", async () => {
    const { link, bringUp } = rig(2);
    const chain = await bringUp({ frequencyMhz: [200, 300], midstates: 1, baud: 3_125_000 });
    expect(chain.addresses).toEqual([0, 128]);
    expect(link.chips.map((chip) => chip.registers.get(0x0c))).toEqual([0x8040_0241, 0x8060_0241]);
    expect(chain.frequenciesMhz).toEqual([200, 300]);
    expect(chain.frequencyMhz).toBe(300);
    expect(chain.workPeriodNs).toBeCloseTo((0.9 * 2 ** 24 * 1000) / 300, 0);
    expect(link.written.map((hex) => hex.slice(0, 16))).toContain("5809001c00208080");
    expect((await chain.sendJob(fields)).frequencyMhz).toBe(300);
  });

  test("stays at 115200 when told to, with the divider of that rate", async () => {
    const { link, bringUp } = rig(1);
    await bringUp({ baud: null, checkCores: false });
    expect(link.baud).toBe(115_200);
    expect(link.chips[0]?.registers.get(0x1c)).toBe(0x4020_9a80);
  });

  test("bears reads that are lost on the wire", async () => {
    await rig(3, { loseReads: 2 }).bringUp();
  });

  test.each([
    ["CHIP_MISSING", 63, 0, {}],
    ["CHAIN_SHORT", 63, 14, {}],
    ["CHAIN_LONG", 3, 4, {}],
    ["WRONG_CHIP", 1, 1, { id: 0x1385 }],
    ["WRONG_CHIP", 1, 1, { id: 0x1397 }],
    ["ADDRESS_COLLISION", 3, 3, { misheard: { place: 2, address: 0 } }],
    ["READBACK_MISMATCH", 3, 3, { misheard: { place: 2, address: 9 } }],
    ["READBACK_MISMATCH", 2, 2, { unlocked: 1 }],
    ["READBACK_MISMATCH", 2, 2, { stuck: { 24: 0xff } }],
    ["BAUD_UNSTABLE", 2, 2, { goodBaud: 200_000 }],
    ["RESPONSE_TIMEOUT", 3, 3, { mute: { register: 0x0c, place: 1 } }],
    ["CORES_CLOSED", 3, 3, { coresOf: (place: number) => (place === 1 ? 2 : 114) }],
    ["CORES_CLOSED", 63, 63, { coresOf: () => 60 }],
  ] as const)("%s: %i chips asked, %i there, %j", async (code, asked, present, faults) => {
    const { link, bringUp } = rig(asked, faults as Faults, present);
    expect((await refusal(bringUp())).code).toBe(code);
    expect(link.listeners).toBe(0);
  });

  test("a short chain names the last good chip, a wrong one what it is, a collision who, silence whom, and closed cores where", async () => {
    const contextOf = async (chips: number, faults: Faults, present = chips) =>
      (await refusal(rig(chips, faults, present).bringUp())).context;
    expect(await contextOf(63, {}, 14)).toMatchObject({ expected: 63, found: 14, lastGood: 13 });
    expect((await refusal(rig(1, { id: 0x1385 }).bringUp())).message).toContain("BM1385");
    expect(await contextOf(3, { misheard: { place: 2, address: 0 } })).toMatchObject({ address: 0, chips: [0, 2] });
    expect(await contextOf(3, { mute: { register: 0x0c, place: 1 } })).toMatchObject({ silent: [1] });
    expect(await contextOf(2, { unlocked: 1 })).toMatchObject({ chip: 1, read: "0x00680221" });
    expect(await contextOf(3, { coresOf: (place) => (place === 1 ? 0 : 114) })).toMatchObject({ chips: [1] });
  });

  test("cores that open at the second try only are opened again", async () => {
    const { link, bringUp } = rig(2, { coresOf: (_, opening) => (opening < 4 ? 0 : 114) });
    await bringUp();
    expect(link.openings).toBe(4);
    expect(link.chips.map((chip) => chip.open)).toEqual([114, 114]);
  });

  test("what cannot be is refused before anything is written", async () => {
    for (const wrong of [
      { expectedChips: 65 },
      { expectedChips: 0 },
      { frequencyMhz: 50 },
      { frequencyMhz: [650] },
      { ticketDifficulty: 0.5 },
      { baud: 9600 },
    ]) {
      const { link, bringUp } = rig(2);
      expect((await refusal(bringUp(wrong))).code).toBe("SETPOINT_REFUSED");
      expect(link.written).toEqual([]);
    }
    const { link, bringUp } = rig(2);
    expect((await refusal(bringUp({ versionMask: 0x2000 }))).code).toBe("VALUE_REFUSED");
    expect([link.written, link.listeners]).toEqual([[], 0]);
  });

  test("ends with the signal's reason, or with the link", async () => {
    const abort = new AbortController();
    const { bringUp } = rig(2);
    await expect(
      bringUp({ signal: abort.signal, onProgress: (step) => step === "check addresses" && abort.abort(new Error("enough")) }),
    ).rejects.toThrow("enough");
    const { link, bringUp: again } = rig(2);
    const up = again({ onProgress: (step) => step === "check addresses" && link.lose() });
    expect((await refusal(up)).code).toBe("LINK_LOST");
  });
});

describe("set-points", () => {
  test("a clock for all is ramped in steps of 25 MHz by broadcast and read back", async () => {
    const { link, bringUp } = rig(3);
    const chain = await bringUp({ frequencyMhz: 200, checkCores: false });
    const before = link.written.length;
    const steps: number[] = [];
    expect(await chain.setFrequency(268.75, { onStep: (mhz) => steps.push(mhz) })).toBe(268.75);
    expect(steps).toEqual([225, 250, 268.75]);
    expect(link.written.slice(before).filter((hex) => hex.startsWith("5809000c"))).toHaveLength(3);
    expect(link.chips.map((chip) => chip.registers.get(0x0c))).toEqual(Array(3).fill((pllWordFor(268.75) | 0x8000_0000) >>> 0));
    const settled = link.written.length;
    await chain.setFrequency(268.75);
    expect(link.written.slice(settled)).toEqual(["5405000c00"]);
  });

  test("a clock for one chip leaves the others alone, and sets the pace when it is the fastest", async () => {
    const { link, bringUp } = rig(3);
    const chain = await bringUp({ checkCores: false });
    const before = link.written.length;
    expect(await chain.setFrequency(700, { chip: 1 })).toBe(700);
    expect(chain.frequenciesMhz).toEqual([650, 700, 650]);
    expect(chain.frequencyMhz).toBe(700);
    expect(link.written.slice(before).every((hex) => hex.startsWith("480955") || hex.startsWith("440555"))).toBe(true);
    expect((await refusal(chain.setFrequency(700, { chip: 3 }))).code).toBe("SETPOINT_REFUSED");
    expect(await chain.setFrequencies([600, 700, 625])).toEqual([600, 700, 625]);
    expect((await refusal(chain.setFrequencies([600]))).code).toBe("SETPOINT_REFUSED");
    expect(await chain.setFrequency(500)).toBe(500);
    expect(chain.frequenciesMhz).toEqual([500, 500, 500]);
  });

  test("an aborted ramp stays where it is, and the next one starts from there", async () => {
    const { link, bringUp } = rig(2);
    const chain = await bringUp({ frequencyMhz: 200, checkCores: false });
    const abort = new AbortController();
    const ramp = chain.setFrequency(400, { signal: abort.signal, onStep: (mhz) => mhz === 250 && abort.abort(new Error("enough")) });
    await expect(ramp).rejects.toThrow("enough");
    expect(chain.frequencyMhz).toBe(250);
    expect(await chain.setFrequency(200)).toBe(200);
    expect(link.chips.map((chip) => chip.registers.get(0x0c))).toEqual([0x8040_0241, 0x8040_0241]);
  });

  test("out of reach: refused before anything is written", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp({ checkCores: false });
    const before = link.written.length;
    expect((await refusal(chain.setFrequency(50))).code).toBe("SETPOINT_REFUSED");
    expect((await refusal(chain.setFrequency(2000, { chip: 0 }))).code).toBe("SETPOINT_REFUSED");
    expect((await refusal(chain.setTicketDifficulty(0))).code).toBe("SETPOINT_REFUSED");
    expect(link.written).toHaveLength(before);
  });

  test("the ticket is rounded down and read back from all", async () => {
    const { link, bringUp } = rig(2);
    const chain = await bringUp({ checkCores: false });
    expect(await chain.setTicketDifficulty(1000)).toBe(512);
    expect(chain.ticketLog2).toBe(9);
    expect(link.chips.map((chip) => chip.registers.get(0x18))).toEqual([0x80ff, 0x80ff]);
    link.faults.stuck = { 24: 0 };
    expect((await refusal(chain.setTicketDifficulty(64))).code).toBe("READBACK_MISMATCH");
    expect(chain.ticketLog2).toBe(6);
  });

  test("registers the chain relies on are set by their own methods only", async () => {
    const { link, bringUp } = rig(2);
    const chain = await bringUp({ checkCores: false });
    for (const register of [pll, ticketMask, miscControl, chipAddress]) {
      expect((await refusal(chain.writeRegister(register, 1))).code).toBe("VALUE_REFUSED");
    }
    await chain.writeRegister(hashCountingNumber, 0, { address: 128 });
    await chain.writeRegister(startNonceOffset, 5);
    expect(link.written.slice(-2).map((hex) => hex.slice(0, -2))).toEqual(["4809801400000000", "5809001000000005"]);
    expect((await refusal(chain.writeRegister(hashCountingNumber, 0, { address: 1 }))).code).toBe("VALUE_REFUSED");
  });

  test("shutting down stops a ramp and brings every chip to 100 MHz without raising any", async () => {
    const { link, bringUp } = rig(3);
    const chain = await bringUp({ frequencyMhz: [200, 600, 300], checkCores: false });
    const before = link.written.length;
    const ramp = refusal(chain.setFrequency(700));
    expect(await chain.shutDownSequence()).toMatchObject({ completed: true, frequencyMhz: 100, reason: null });
    expect((await ramp).code).toBe("SHUTTING_DOWN");
    expect(chain.frequenciesMhz).toEqual([100, 100, 100]);
    const toFirst = link.written.slice(before).filter((hex) => hex.startsWith("4809000c"));
    expect(toFirst.map((hex) => hex.slice(8, 16)).every((word) => Number.parseInt(word, 16) < pllWordFor(200))).toBe(true);
    expect((await refusal(chain.setFrequency(200))).code).toBe("SHUTTING_DOWN");
  });

  test("shutting down never rejects and never takes longer than it may", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp({ checkCores: false });
    expect(await chain.shutDownSequence({ budgetMs: 50 })).toMatchObject({ completed: false, reason: { code: "SHUT_DOWN_SLOW" } });
    link.lose();
    expect(await chain.shutDownSequence()).toMatchObject({ completed: false, reason: { code: "LINK_LOST" } });
  });
});

describe("reads", () => {
  test("of all chips come in chain order with their addresses; of one, its own", async () => {
    const { link, bringUp } = rig(3);
    const chain = await bringUp({ checkCores: false });
    for (const [place, chip] of link.chips.entries()) chip.registers.set(hashRate.address, 1000 + place);
    const seen: number[] = [];
    chain.onRegister((answer) => seen.push(answer.value));
    expect(await chain.readRegister(hashRate)).toMatchObject([
      { address: 0, register: 8, value: 1000 },
      { address: 85, register: 8, value: 1001 },
      { address: 170, register: 8, value: 1002 },
    ]);
    expect(await chain.readRegister(hashRate, { address: 170 })).toMatchObject([{ address: 170, value: 1002 }]);
    expect(seen).toEqual([1000, 1001, 1002, 1002]);
  });

  test("two asked for at once each get their own answers", async () => {
    const { bringUp } = rig(2);
    const chain = await bringUp({ checkCores: false });
    const [masks, clocks] = await Promise.all([chain.readRegister(ticketMask), chain.readRegister(pll)]);
    expect(masks.map((answer) => answer.value)).toEqual([0xfc, 0xfc]);
    expect(clocks.map((answer) => answer.value)).toEqual([0x8068_0221, 0x8068_0221]);
  });

  test("one stray answer among those of all chips does not shift them: they are read again", async () => {
    const { link, bringUp } = rig(3);
    const chain = await bringUp({ checkCores: false });
    link.faults.strays = [0xdead_beef];
    expect((await chain.readRegister(pll)).map((answer) => answer.value)).toEqual(Array(3).fill(0x8068_0221));
  });

  test("an answer that came unasked is waited out before the next question", async () => {
    const { clock, link, bringUp } = rig(1);
    const chain = await bringUp({ checkCores: false });
    link.deliver([registerResponse(0xdead_beef)]);
    expect(chain.counters().unsolicitedAnswers).toBe(1);
    void clock.sleep(5).then(() => link.deliver([registerResponse(0xdead_beef)]));
    expect(await chain.readRegister(pll, { address: 0 })).toMatchObject([{ value: 0x8068_0221 }]);
  });

  test("two chips under one address are told from one", async () => {
    const { link, bringUp } = rig(2);
    const chain = await bringUp({ checkCores: false });
    for (const chip of link.chips) chip.address = 128;
    expect((await refusal(chain.readRegister(pll, { address: 128 }))).code).toBe("ADDRESS_COLLISION");
    expect((await refusal(chain.readRegister(pll, { address: 0 }))).code).toBe("RESPONSE_TIMEOUT");
  });

  test("counters: the chip's own rate, and what its nonces say; null for a chip that is silent", async () => {
    const { link, bringUp } = rig(2);
    const chain = await bringUp({ checkCores: false });
    for (const chip of link.chips) chip.registers.set(hashRate.address, 4308);
    const { wireId } = await chain.sendJob(fields);
    link.deliver([nonceResponse(5, 0, wireId), nonceResponse(2 ** 24 + 1, 3, wireId + 1)]);
    expect(await chain.pollCounters()).toMatchObject([
      { chip: 0, address: 0, errorCount: 0, totalCount: 64, domains: [] },
      { chip: 1, address: 128, errorCount: 0, totalCount: 64 },
    ]);
    link.faults.mute = { register: hashRate.address, place: 1 };
    const [first, second] = await chain.pollCounters();
    expect(first?.hashRateGhs).toBeCloseTo(72.276, 3);
    expect(second).toMatchObject({ totalCount: null, errorCount: null, hashRateGhs: null });
    link.chips.length = 0;
    expect((await refusal(chain.pollCounters())).code).toBe("RESPONSE_TIMEOUT");
  });
});

describe("the I2C bus behind a chip", () => {
  test("reads and writes a register by inverted addresses, with multi-midstate mode kept and open cores left open", async () => {
    const { link, bringUp } = rig(63);
    const chain = await bringUp({ checkCores: false });
    const chip = link.chips[61] ?? expect.fail("no chip");
    chip.devices.set(
      0x98,
      new Map([
        [0xfe, 0x55],
        [0, 87],
      ]),
    );
    const bus = chain.i2c(61);
    expect(chain.i2c(61)).toBe(bus);
    expect([...(await bus.writeRead(0x4c, Uint8Array.of(0), 1))]).toEqual([87]);
    await bus.write(0x4c, Uint8Array.of(9, 4));
    expect(chip.devices.get(0x98)?.get(9)).toBe(4);
    expect(chip.registers.get(0x1c)).toBe(0x4020_41e0);
    expect(chip.open).toBe(114);
    expect(link.written).toContain("4809f420019800000b");
    expect(link.written).toContain("4809f4200199090400");
    expect(link.written.filter((hex) => hex.startsWith("4809f41c"))).toEqual(["4809f41c402041e017"]);
    expect([...(await bus.read(0x4c, 1))]).toEqual([87]);
  });

  test("nobody there is a missing acknowledge; a byte 0xFF of somebody is a byte", async () => {
    const { link, bringUp } = rig(2);
    const chain = await bringUp({ checkCores: false });
    link.chips[0]?.devices.set(
      0x98,
      new Map([
        [0xfe, 0x55],
        [0x11, 0xff],
      ]),
    );
    const bus = chain.i2c(0);
    expect([...(await bus.writeRead(0x4c, Uint8Array.of(0x11), 1))]).toEqual([0xff]);
    expect((await refusal(bus.writeRead(0x4d, Uint8Array.of(0), 1))).code).toBe("I2C_NAK");
    expect((await refusal(bus.writeRead(0x4d, Uint8Array.of(0xfe), 1))).code).toBe("I2C_NAK");
  });

  test("answers that are lost are asked for again; a chip that gives none is named", async () => {
    const { link, bringUp } = rig(2);
    const chain = await bringUp({ checkCores: false });
    link.chips[1]?.devices.set(0x98, new Map([[0, 87]]));
    const bus = chain.i2c(1);
    link.faults.loseReads = 2;
    expect([...(await bus.read(0x4c, 1))]).toEqual([87]);
    link.faults.loseReads = 3;
    expect((await refusal(bus.read(0x4c, 1))).code).toBe("RESPONSE_TIMEOUT");
  });

  test("what is no one-byte transfer is refused; a chip that stays busy or answers for another is named", async () => {
    const { link, bringUp } = rig(2);
    const chain = await bringUp({ checkCores: false });
    const bus = chain.i2c(1);
    for (const wrong of [bus.write(0x4c, Uint8Array.of(1)), bus.read(0x4c, 2), bus.writeRead(0x4c, Uint8Array.of(1, 2), 1)]) {
      expect((await refusal(wrong)).code).toBe("I2C_SHAPE");
    }
    link.faults.stuck = { 32: 0x8000_0000 };
    expect((await refusal(bus.read(0x4c, 1))).code).toBe("I2C_STUCK");
    link.faults.stuck = { 32: 0x0134_5731 };
    expect((await refusal(bus.read(0x4c, 1))).code).toBe("I2C_STUCK");
    expect(() => chain.i2c(2)).toThrow(DriverError);
  });
});

describe("jobs and nonces", () => {
  test("a job goes out with four versions, and its nonce says which", async () => {
    const { link, bringUp } = rig(63);
    const chain = await bringUp({ checkCores: false });
    const batches = collect(chain);
    const record = await chain.sendJob({ ...fields, version: 0x3fff_e000 });
    expect(record).toMatchObject({ jobSeq: 0, wireId: 0, version: 0x2000_0000, ticketLog2: 6, workScale: 38, frequencyMhz: 650 });
    const frame = decodeHostFrame(link.jobs.at(-1)?.bytes ?? new Uint8Array());
    expect(frame).toMatchObject({ kind: "job", work: { wireId: 0, nbits: 2, ntime: 1 } });
    // 650 counts of one microsecond, times four midstates.
    link.deliver([nonceResponse(8 * 2 ** 19 + 650, 96, 2)], record.sentNs + 1_000_000n);
    const [batch = expect.fail("no batch")] = batches;
    expect([batch.chip[0], batch.core[0], batch.versionBits[0], batch.jobSeq[0], batch.status[0]]).toEqual([
      8,
      96,
      0x4000,
      0,
      STATUS.valid,
    ]);
    expect(batch.residualNs[0]).toBeCloseTo(1e6 - (151 * 10e9) / 1_562_500 - 4000, -1);
  });

  test("version bits can be chosen, inside the mask", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp({ checkCores: false });
    const batches = collect(chain);
    await chain.sendJob(fields, { versionBits: [0x10_0000, 0x20_0000, 0x40_0000, 0x80_0000] });
    link.deliver([nonceResponse(1, 0, 3)]);
    expect(batches[0]?.versionBits[0]).toBe(0x80_0000);
    expect((await refusal(chain.sendJob(fields, { versionBits: [0, 1, 2, 3] }))).code).toBe("VALUE_REFUSED");
    expect((await refusal(chain.sendJob(fields, { versionBits: [0] }))).code).toBe("VALUE_REFUSED");
    expect((await refusal(chain.sendJob({ ...fields, merkleRoot: new Uint8Array(1) }))).code).toBe("VALUE_REFUSED");
    expect((await chain.sendJob(fields)).jobSeq).toBe(1);
  });

  test("a reserved job answers from the time it is said to be sent; one withdrawn takes its number with it", async () => {
    const { clock, link, bringUp } = rig(1);
    const chain = await bringUp({ checkCores: false });
    const batches = collect(chain);
    const first = chain.reserveJob(fields);
    const second = chain.reserveJob(fields);
    expect([first.record.jobSeq, second.record.jobSeq, second.record.wireId]).toEqual([0, 1, 4]);
    expect(first.frame).toHaveLength(150);
    expect(chain.jobSent(0, clock.nowNs())).toMatchObject({ jobSeq: 0, sentNs: clock.nowNs() });
    expect(chain.jobSent(0, clock.nowNs())).toBeNull();
    chain.withdrawJob(1);
    expect(chain.nextJobSeq).toBe(2);
    link.deliver([nonceResponse(1, 0, 0)], clock.nowNs() + 1_000_000n);
    expect(batches.map((batch) => [batch.jobSeq[0], batch.status[0]])).toEqual([[0, STATUS.valid]]);
  });

  test("a job that did not reach the line takes its number with it, and the one before goes on", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp({ checkCores: false });
    const first = await chain.sendJob(fields);
    const batches = collect(chain);
    link.lost = new DriverError("WRITE_TIMEOUT", "The line is stuck.", "Check it.");
    expect((await refusal(chain.sendJob(fields))).code).toBe("WRITE_TIMEOUT");
    link.lost = null;
    expect((await chain.sendJob(fields)).jobSeq).toBe(2);
    link.deliver([nonceResponse(1, 0, first.wireId)]);
    expect(batches.map((batch) => [batch.jobSeq[0], batch.status[0]])).toEqual([[0, STATUS.valid]]);
  });

  test("after a fresh job, or when told so, what older ones yield is stale", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp({ checkCores: false });
    const batches = collect(chain);
    const first = await chain.sendJob(fields);
    const second = await chain.sendJob(fields, { fresh: true });
    link.deliver([nonceResponse(1, 0, first.wireId), nonceResponse(1, 0, second.wireId)]);
    chain.retireJobs();
    link.deliver([nonceResponse(2, 0, second.wireId)]);
    expect(batches.flatMap((batch) => [...batch.status])).toEqual([STATUS.stale, STATUS.valid, STATUS.stale]);
  });

  test("a change of any clock takes the residual from jobs already sent", async () => {
    const { link, bringUp } = rig(2);
    const chain = await bringUp({ checkCores: false });
    const batches = collect(chain);
    const { wireId } = await chain.sendJob(fields);
    link.deliver([nonceResponse(1, 0, wireId)]);
    await chain.setFrequency(656.25, { chip: 1 });
    link.deliver([nonceResponse(2, 0, wireId)]);
    expect(batches.map((batch) => Number.isNaN(batch.residualNs[0]))).toEqual([false, true]);
  });

  test("what opened the cores, what is damaged and what no BM1387 could find is counted, not passed on as found", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp({ checkCores: false });
    const batches = collect(chain);
    const { wireId } = await chain.sendJob(fields);
    const before = chain.counters();
    const damaged = nonceResponse(1, 0, wireId);
    damaged[0] = 0xff;
    link.deliver([damaged, nonceResponse(1, 0, wireId + 64)]);
    const after = chain.counters();
    expect(after.frames - before.frames).toBe(2);
    expect(after.damagedFrames - before.damagedFrames).toBe(1);
    expect(after.openingNonces - before.openingNonces).toBe(1);
    expect(batches).toEqual([]);
    link.deliver([nonceResponse(1, 60, wireId)]);
    expect(chain.counters().impossibleCores).toBe(before.impossibleCores + 1);
  });

  test("after the port is gone every method says so; a closed chain waits for nothing and gives the port back", async () => {
    const { link, bringUp } = rig(1);
    const chain = await bringUp({ checkCores: false });
    link.lose();
    for (const call of [
      chain.sendJob(fields),
      chain.setFrequency(600),
      chain.readRegister(pll),
      chain.pollCounters(),
      chain.i2c(0).read(1, 1),
    ]) {
      expect((await refusal(call)).code).toBe("LINK_LOST");
    }
    await chain.close();
    expect([link.listeners, link.closed]).toEqual([0, true]);
  });
});
