import { describe, expect, test } from "vitest";
import { toHex } from "../../common/bytes.ts";
import { decodeHostFrame, encodeCommand, encodeJobFrame } from "../bm13xx/frames.ts";
import { decodeResponse } from "../bm13xx/response.ts";
import { haveVectors, isNegative, number, type Vector, vectors } from "../bm13xx/testing/vectors.ts";
import { decodeJob, encodeJob } from "./job.ts";
import { decodeNonce } from "./nonce.ts";
import { coreRegisterControl, fastUart, pll0, ticketMask, uartRelay, versionRolling } from "./registers.ts";

const named = (list: readonly Vector[]) => list.map((vector) => [vector.name, vector] as const);
const bm13xx = vectors.filter((vector) => vector.chip?.startsWith("BM13"));
const fromHost = bm13xx.filter((vector) => vector.direction === "host->chip");
const fromChip = bm13xx.filter((vector) => vector.direction === "chip->host" && !vector.name.startsWith("resync_"));
const commands = fromHost.filter((vector) => vector.decoded.command !== "job" && !isNegative(vector));
const jobs = fromHost.filter((vector) => vector.decoded.command === "job" && !isNegative(vector));
const negatives = [...fromHost, ...fromChip].filter(isNegative);

describe.skipIf(!haveVectors)("vectors", () => {
  test("are all here", () => {
    expect(commands.length).toBeGreaterThan(150);
    expect(jobs.length).toBeGreaterThan(5);
    expect(negatives.length).toBeGreaterThanOrEqual(5);
    expect(fromChip.length).toBeGreaterThan(40);
  });

  test.each(named(negatives))("%s is refused", (_, { bytes, direction }) => {
    expect(direction === "host->chip" ? decodeHostFrame(bytes) : decodeResponse(bytes)).toEqual({ refused: "crc" });
  });

  test.each(named(commands))("%s decodes to its command, and that encodes to its bytes", (_, { bytes, decoded }) => {
    const command = decodeHostFrame(bytes);
    if ("refused" in command || command.kind === "job") return expect.fail("no command");
    expect(toHex(encodeCommand(command))).toBe(toHex(bytes));
    if (command.kind === "chain-inactive") return expect(decoded.command).toBe("chain_inactive");
    if (command.kind === "set-address") return expect(command.address).toBe(number(decoded.new_address));
    expect(`${command.kind}_register`).toBe(decoded.command);
    expect(command.register).toBe(number(decoded.register));
    expect(command.address).toBe(decoded.broadcast ? null : number(decoded.chip_address));
    if (command.kind === "write") checkValue(command.register, command.value, decoded);
  });

  test.each(named(jobs))("%s decodes to its job, and that encodes to its bytes", (_, { bytes, decoded }) => {
    const frame = decodeHostFrame(bytes);
    if ("refused" in frame || frame.kind !== "job") return expect.fail("no job");
    expect(frame.lengthByte).toBe(decoded.length);
    if (decoded.length_is_true) expect(toHex(encodeJobFrame(frame.payload))).toBe(toHex(bytes));
    if (decoded.format !== "full header") return expect(decodeJob(bytes)).toEqual({ refused: "type" });
    const job = decodeJob(bytes);
    if ("refused" in job) return expect.fail(job.refused);
    expect(job).toMatchObject({
      wireId: number(decoded.job_header),
      midstates: decoded.num_midstates,
      startingNonce: number(decoded.starting_nonce),
      fields: { nbits: number(decoded.nbits), ntime: number(decoded.ntime), version: number(decoded.version) },
    });
    expect(toHex(job.fields.merkleRoot)).toBe(decoded.merkle_root_internal);
    expect(toHex(job.fields.prevHash)).toBe(decoded.prev_hash_internal);
    if (decoded.length_is_true && job.wireId % 8 === 0) expect(toHex(encodeJob(job.wireId, job.fields))).toBe(toHex(bytes));
  });

  test.each(named(fromChip.filter((vector) => !isNegative(vector))))("%s decodes to its response", (_, { bytes, decoded, chip }) => {
    const response = decodeResponse(bytes);
    if ("refused" in response) return expect.fail(response.refused);
    expect(response.kind).toBe(decoded.kind);
    if (response.kind === "register") {
      return expect(response).toMatchObject({
        value: number(decoded.value),
        address: number(decoded.chip_address),
        register: number(decoded.register),
      });
    }
    expect(response).toMatchObject({
      nonce: number(decoded.nonce_header),
      nonceBe: number(decoded.nonce_be),
      byte6: decoded.byte6,
      resultHeader: number(decoded.result_header),
    });
    if (chip !== "BM1366") return;
    expect(decodeNonce(response, 1)).toMatchObject({
      core: decoded.core,
      smallCore: decoded.small_core,
      addr8: decoded.addr8,
      jobId: number(decoded.job_id),
      versionField: number(decoded.version_field),
      versionBits: number(decoded.version_bits),
    });
  });
});

/** The meaning of a written value, where the vector spells it out. */
function checkValue(register: number, value: number, decoded: Vector["decoded"]): void {
  expect(value).toBe(number(decoded.value));
  if (register === pll0.address && decoded.pll !== undefined) {
    const { fb_div, ref_div, postdiv1, postdiv2 } = decoded.pll as Record<string, number>;
    expect(pll0.decode(value)).toMatchObject({ fbDiv: fb_div, refDiv: ref_div, postDiv1: postdiv1, postDiv2: postdiv2 });
  }
  if (register === ticketMask.address && decoded.difficulty !== undefined) {
    expect(2 ** (ticketMask.decode(value).log2Difficulty ?? Number.NaN)).toBe(decoded.difficulty);
  }
  if (register === versionRolling.address && decoded.version_mask !== undefined) {
    expect(versionRolling.decode(value).mask * 8192).toBe(number(decoded.version_mask));
  }
  if (register === fastUart.address && decoded.bt8d !== undefined) expect(fastUart.decode(value).divider).toBe(decoded.bt8d);
  if (register === uartRelay.address && decoded.gap_cnt !== undefined) expect(uartRelay.decode(value).gapCount).toBe(decoded.gap_cnt);
  if (register === coreRegisterControl.address && decoded.core_reg !== undefined) {
    const core = decoded.core_reg as Record<string, unknown>;
    expect(coreRegisterControl.decode(value)).toEqual({
      execute: core.do_cmd === 1,
      coreId: core.core_id,
      write: core.write === 1,
      register: core.core_reg_id,
      value: number(core.value),
    });
  }
}
