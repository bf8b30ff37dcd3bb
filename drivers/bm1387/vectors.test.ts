import { describe, expect, test } from "vitest";
import { toHex } from "../../common/bytes.ts";
import { number, type Vector } from "../bm13xx/testing/vectors.ts";
import { decodeHostFrame, encodeCommand } from "./frames.ts";
import { encodeJob, openCoreWork } from "./job.ts";
import { coreNumber, decodeNonce } from "./nonce.ts";
import {
  baudOfDivider,
  chipAddress,
  generalI2c,
  hashRate,
  hashRateGhs,
  mhzOfPllWord,
  miscControl,
  pll,
  registerAt,
  ticketMask,
} from "./registers.ts";
import { decodeResponse } from "./response.ts";
import { nonceResponse, registerResponse } from "./testing/responses.ts";
import { haveVectors, isNegative, vectorNamed, vectors } from "./testing/vectors.ts";

const named = (list: readonly Vector[]) => list.map((vector) => [vector.name, vector] as const);
const fromHost = vectors.filter((vector) => vector.direction === "host->chain");
const fromChain = vectors.filter((vector) => vector.direction === "chain->host");
const commands = fromHost.filter((vector) => vector.decoded.kind !== "job" && !isNegative(vector));
const jobs = fromHost.filter((vector) => vector.decoded.kind === "job" && !isNegative(vector));
const replies = fromChain.filter((vector) => vector.decoded.kind !== "nonce_only" && !isNegative(vector));
const bareNonces = fromChain.filter((vector) => vector.decoded.kind === "nonce_only");
const negatives = [...fromHost, ...fromChain].filter(isNegative);
const hexNumber = (value: unknown) => Number.parseInt(String(value), 16);

describe.skipIf(!haveVectors)("vectors", () => {
  test("are all here", () => {
    expect(commands.length).toBeGreaterThan(100);
    expect(jobs.length).toBeGreaterThan(15);
    expect(replies.length).toBeGreaterThan(100);
    expect(bareNonces.length).toBeGreaterThan(4);
    expect(negatives.length).toBeGreaterThan(0);
  });

  test.each(named(negatives))("%s is refused", (_, { bytes, direction }) => {
    expect(direction === "host->chain" ? decodeHostFrame(bytes) : decodeResponse(bytes)).toEqual({ refused: "crc" });
  });

  test.each(named(commands))("%s decodes to its command, and that encodes to its bytes", (_, { bytes, decoded }) => {
    const command = decodeHostFrame(bytes);
    if ("refused" in command || command.kind === "job") return expect.fail("no command");
    expect(toHex(encodeCommand(command))).toBe(toHex(bytes));
    expect(bytes.at(-1)).toBe(decoded.crc5);
    if (command.kind === "chain-inactive") return expect(decoded.kind).toBe("chain_inactive");
    if (command.kind === "set-address") return expect(command.address).toBe(decoded.chip_addr);
    expect(`${command.kind}_register`).toBe(decoded.kind);
    expect(command.address).toBe(decoded.broadcast ? null : decoded.chip_addr);
    if (command.kind === "read") return expect(command.register).toBe(decoded.reg);
    checkValue(command.register, command.value, decoded);
  });

  test.each(named(jobs))("%s decodes to its work, and that encodes to its bytes", (_, { bytes, decoded }) => {
    const frame = decodeHostFrame(bytes);
    if ("refused" in frame || frame.kind !== "job") return expect.fail("no job");
    const { work } = frame;
    expect(toHex(encodeJob(work))).toBe(toHex(bytes));
    expect(work).toMatchObject({ wireId: decoded.job_id, nbits: number(decoded.nbits), ntime: number(decoded.ntime), startNonce: 0 });
    expect(toHex(work.merkleTail)).toBe(decoded.merkle_tail_wire);
    expect(work.midstates.map(toHex)).toEqual((decoded.midstate_H0_H7 as string[]).map((words) => words.replaceAll(" ", "")));
  });

  test.each([1, 4] as const)("the work that opens cores, %i midstates", (midstates) => {
    expect(toHex(encodeJob(openCoreWork(0, midstates)))).toBe(toHex(vectorNamed(`job${midstates}_opencore_bosminer_id00`).bytes));
  });

  test.each(named(replies))("%s decodes to its answer, and that is its bytes", (_, { bytes, decoded }) => {
    const response = decodeResponse(bytes);
    if ("refused" in response) return expect.fail(response.refused);
    expect(`${response.kind}_response`).toBe(decoded.kind);
    if (response.kind === "register") {
      expect(response.value).toBe(hexNumber(decoded.value));
      if (decoded.address !== undefined)
        expect(chipAddress.decode(response.value)).toEqual({ id: 0x1387, revision: 0x90, address: decoded.address });
      return expect(toHex(registerResponse(response.value))).toBe(toHex(bytes));
    }
    expect(response).toMatchObject({ nonce: number(decoded.nonce_le_u32), solution: decoded.b4_solution, id: decoded.job_id });
    const { core, counter, slice, impossibleCore } = decodeNonce(response, 63);
    expect({ core, counter, slice, impossibleCore }).toEqual({
      core: decoded.core,
      counter: number(decoded.counter25),
      slice: Math.min(62, number(decoded.chip_index)),
      impossibleCore: false,
    });
    if (decoded.hw_chip_of_two !== undefined) expect(decodeNonce(response, 2).slice).toBe(decoded.hw_chip_of_two);
    return expect(toHex(nonceResponse(counter, core, response.id, response.solution))).toBe(toHex(bytes));
  });

  test.each(named(bareNonces))("%s: chip and core", (_, { bytes, decoded }) => {
    const origin = decodeNonce({ nonceBe: new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) }, 64);
    expect([origin.slice, origin.core]).toEqual([decoded.chip_index, decoded.core]);
    expect(origin.impossibleCore).toBe(coreNumber(number(decoded.core)) === null);
  });

  test("the chip's hash rate in GH/s", () => {
    const response = decodeResponse(vectorNamed("rsp_hashrate_72276").bytes);
    if ("refused" in response || response.kind !== "register") return expect.fail("no register");
    expect(hashRateGhs(hashRate.decode(response.value).rate)).toBeCloseTo(72.276, 3);
  });

  test("the I2C words of the open firmware's unit tests", () => {
    expect(generalI2c.decode(hexNumber(toHex(vectorNamed("i2c_emu_read").bytes)))).toEqual({
      busy: false,
      error: false,
      execute: true,
      device: 0x34 >> 1,
      write: false,
      register: 0x57,
      value: 0,
    });
    expect(generalI2c.encode({ execute: true, device: 0x18 >> 1, write: true, register: 0x11, value: 0xfe })).toBe(0x0119_11fe);
  });
});

/** Tests other bits than a difficulty would: no mask of ours. specs/bm1387.md 2.2 */
const VENDOR_TICKET = 0x3f;

/** The meaning of a written value, where the vector spells it out. */
function checkValue(register: number, value: number, decoded: Vector["decoded"]): void {
  expect(value).toBe(hexNumber(decoded.value));
  const declared = registerAt(register) ?? expect.fail(`no register ${register}`);
  // Whatever is recorded can be written from its fields again.
  if (value !== VENDOR_TICKET) expect(declared.encode(declared.decode(value) as never)).toBe(value);
  if (register === pll.address) {
    expect(pll.decode(value)).toEqual({
      locked: decoded.lock_bit31 === 1,
      fbDiv: decoded.fbdiv,
      refDiv: decoded.refdiv,
      postDiv1: decoded.postdiv1,
      postDiv2: decoded.postdiv2,
    });
    expect(mhzOfPllWord(value)).toBeCloseTo(number(decoded.MHz), 2);
  }
  if (register === ticketMask.address) expect(ticketMask.decode(value).log2Difficulty).toBe(value === VENDOR_TICKET ? null : decoded.ones);
  if (register === miscControl.address) {
    expect(miscControl.decode(value)).toEqual({
      notSetBaud: decoded.not_set_baud === 1,
      invertClko: decoded.inv_clko === 1,
      i2cBus: decoded.i2c_bus,
      gateBlock: decoded.gate_block === 1,
      rfsSda0: decoded.rfs_sda0 === 1,
      baudDiv: decoded.baud_div,
      multiMidstate: decoded.mmen === 1,
      tfs: decoded.tfs,
    });
    expect(baudOfDivider(number(decoded.baud_div))).toBeCloseTo(number(decoded.baud_rate), 1);
  }
  if (register === generalI2c.address) {
    const i2c = generalI2c.decode(value);
    expect(i2c).toMatchObject({
      busy: decoded.busy === 1,
      execute: decoded.do_command === 1,
      write: decoded.dir === "write",
      value: decoded.data,
    });
    expect(i2c.device * 2 + (i2c.write ? 1 : 0)).toBe(decoded.addr8_nonstandard);
    expect(i2c.register).toBe(decoded.reg);
  }
}
