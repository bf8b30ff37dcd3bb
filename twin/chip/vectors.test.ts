import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { chainInactive, read, setAddress, VirtualHost, write } from "../virtual-host.ts";
import { crc5, crc16 } from "./crc.ts";
import { RESET_VALUES, ticketZeroBits } from "./registers.ts";

interface Vector {
  readonly name: string;
  readonly direction: string;
  readonly chip: string | null;
  readonly bytes: string;
  readonly decoded: { readonly crc_ok?: boolean; readonly command?: string; readonly register?: string; readonly value?: string };
}

const path = resolve(process.env.ASIC_SPECS ?? "../shared", "vectors/bm1366.json");
const vectors = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { vectors: Vector[] }).vectors : [];
const bytesOf = (vector: Vector) => fromHex(vector.bytes) as Uint8Array;
const toChip = vectors.filter((vector) => vector.direction === "host->chip" && vector.chip === "BM1366");

/** A powered chip with reset released, nothing said to it yet. */
function freshHost(chips = 1): VirtualHost {
  const host = new VirtualHost({ chips });
  host.setCoreVoltage(1.2);
  host.setReset(true);
  host.run(20);
  return host;
}

function answers(host: VirtualHost, ...frames: Uint8Array[]): string[] {
  host.send(...frames);
  return host.run(100).map((frame) => toHex(frame.bytes));
}

const rolling = write(0xa4, 0x9000_ffff);

describe("checksums", () => {
  it("give the check values of specs/bm1366.md 1.5", () => {
    const check = new TextEncoder().encode("123456789");
    expect(crc5(check)).toBe(0x0f);
    expect(crc16(check)).toBe(0x29b1);
  });
});

describe("chip id", () => {
  it("comes in 9 bytes after reset, and in 11 once version rolling is on", () => {
    const host = freshHost();
    expect(answers(host, read(0))).toEqual(["aa551366000000000c"]);
    expect(answers(host, rolling, read(0))).toEqual(["aa55136600000000000005"]);
  });

  it("goes back to 9 bytes when bit 31 of A4 is cleared", () => {
    expect(answers(freshHost(), rolling, write(0xa4, 0x0000_ffff), read(0))).toEqual(["aa551366000000000c"]);
  });

  it("is answered by every chip, and only by the chip that is addressed", () => {
    const host = freshHost(2);
    expect(answers(host, rolling, read(0))).toEqual(["aa55136600000000000005", "aa55136600000000000005"]);
    expect(answers(host, chainInactive(), setAddress(0), setAddress(0x80), read(0, 0x80))[0]?.slice(4, 14)).toBe("1366008080");
    expect(answers(host, read(0))).toHaveLength(2);
    expect(answers(host, read(0, 0x40))).toEqual([]);
  });

  it("keeps address 00 when chain inactive was never sent", () => {
    expect(answers(freshHost(), rolling, setAddress(0x80), read(0))).toEqual(["aa55136600000000000005"]);
  });
});

describe("registers", () => {
  it("read their reset values, PLL0 as locked, and 0 where nothing is listed", () => {
    const host = freshHost();
    host.send(rolling);
    for (const [register, value] of [...RESET_VALUES, [0x10, 0], [0x14, 0], [0xe3, 0]] as [number, number][]) {
      const expected = register === 0xa4 ? 0x9000_ffff : value;
      const [frame = ""] = answers(host, read(register));
      expect(Number.parseInt(frame.slice(4, 12), 16), `register ${register.toString(16)}`).toBe(expected >>> 0);
      expect(frame.slice(14, 16)).toBe(register.toString(16).padStart(2, "0"));
    }
  });

  it("ignore writes to the id and to the counters", () => {
    const host = freshHost();
    host.send(rolling, write(0x00, 0), write(0x8c, 77), write(0x4c, 77));
    expect(answers(host, read(0), read(0x8c), read(0x4c)).map((frame) => frame.slice(4, 12))).toEqual(["13660000", "00000000", "00000000"]);
  });

  it("give a core register back through 40", () => {
    const [frame = ""] = answers(freshHost(), rolling, write(0x3c, 0x8000_82aa), write(0x3c, 0x8000_02ff), read(0x40));
    expect(frame.slice(4, 12)).toBe("000000aa");
  });

  it("take a ticket mask with its bytes reversed (specs/bm1366.md 2.2)", () => {
    const cases = { 0: 0, 128: 1, 240: 4, 252: 6, 255: 8, 33023: 9, 49407: 10, 61695: 12, 65535: 16 };
    for (const [mask, bits] of Object.entries(cases)) expect(ticketZeroBits(Number(mask))).toBe(bits);
  });
});

describe.skipIf(vectors.length === 0)("recorded vectors (needs ../shared/vectors/bm1366.json)", () => {
  it("from the host are taken when their checksum holds and dropped when not", () => {
    for (const vector of toChip) {
      const host = freshHost();
      host.send(rolling);
      host.run(20);
      const before = host.bitaxe.chain.framesReceived;
      host.send(bytesOf(vector));
      host.run(50);
      const taken = host.bitaxe.chain.framesReceived - before;
      expect(taken, vector.name).toBe(vector.decoded.crc_ok === false ? 0 : 1);
    }
  });

  it("that write a register can be read back, addressed or broadcast", () => {
    const writes = toChip.filter((vector) => vector.decoded.command === "write_register" && vector.decoded.crc_ok === true);
    const skipped = new Set([0x00, 0x28]);
    let checked = 0;
    for (const vector of writes) {
      const bytes = bytesOf(vector);
      const [address, register] = [bytes[4] as number, bytes[5] as number];
      if (skipped.has(register)) continue;
      const host = freshHost();
      host.send(rolling, chainInactive(), setAddress(address), bytes);
      const [frame = ""] = answers(host, read(register, address));
      const written = new DataView(bytes.buffer).getUint32(6);
      const expected = register === 0x08 ? (written | 0x8000_0000) >>> 0 : written;
      expect(Number.parseInt(frame.slice(4, 12), 16), vector.name).toBe(expected);
      checked++;
    }
    expect(checked).toBeGreaterThan(100);
  });

  it("of register answers are what the chip says in that state", () => {
    const answer = (name: string) => vectors.find((vector) => vector.name === name)?.bytes;
    for (const address of [0x00, 0x2a, 0x54, 0x7e, 0xa8, 0xd2]) {
      const name = `reg_rsp_chip_id_addr_${address.toString(16).toUpperCase().padStart(2, "0")}`;
      expect(answers(freshHost(), rolling, chainInactive(), setAddress(address), read(0, address)), name).toEqual([answer(name)]);
    }
    expect(answers(freshHost(), read(0))).toEqual([answer("reg_rsp_chip_id_bm1366_9byte")]);
    expect(answers(freshHost(), rolling, read(0))).toEqual([answer("reg_rsp_chip_id_bm1366")]);
    expect(answers(freshHost(), rolling, read(0x28))).toEqual([answer("reg_rsp_fast_uart_reset")]);
  });

  it("accepts the full job with the length byte of stock firmware", () => {
    const vector = toChip.find((candidate) => candidate.name === "job_full_id21_s19xp_style") as Vector;
    const host = freshHost();
    host.send(rolling, bytesOf(vector), read(0));
    host.run(200);
    expect(host.bitaxe.chain.framesReceived).toBe(3);
  });
});
