import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { explainBytes } from "./explain.ts";
import { haveVectors, isNegative, vectorNamed, vectors } from "./testing/vectors.ts";

const explain = (hex: string, direction: "to-chip" | "from-chip", options = {}) =>
  explainBytes(fromHex(hex) ?? expect.fail("no hex"), direction, options);

test.each([
  ["5405000019", "read all: CHIP_ADDRESS (00)"],
  ["5505000010", "chain inactive"],
  ["410504000a", "set address 04"],
  ["4405f42009", "read chip F4: GENERAL_I2C (20)"],
  ["58090018000000fc06", "write all: TICKET_MASK 000000FC (log2Difficulty 6)"],
  ["580900180000003f00", "write all: TICKET_MASK 0000003F (log2Difficulty unknown (not a mask))"],
  ["4809000c0068022102", "write chip 00: PLL 00680221 (fbDiv 104, refDiv 2, postDiv1 2, postDiv2 1)"],
  ["5809001c0020818019", "write all: MISC_CONTROL 00208180 (invertClko, i2cBus 0, gateBlock, baudDiv 1, multiMidstate, tfs 0)"],
])("to the chip: %s", (hex, text) => {
  expect(explain(hex, "to-chip")).toEqual([`-> ${hex}  ${text}`]);
});

test("from the chip", () => {
  expect(explain("138790f400001c", "from-chip")).toEqual([
    "<- 138790f400001c  a chip answers: CHIP_ADDRESS 138790F4 (id 1387, revision 90, address F4)",
  ]);
  expect(explain("000010d4000007", "from-chip", { register: 8 })).toEqual([
    "<- 000010d4000007  a chip answers: HASH_RATE 000010D4 (rate 4308 x 2^24 H/s)",
  ]);
  expect(explain("000010d4000007", "from-chip")).toEqual(["<- 000010d4000007  a chip answers: 000010D4"]);
  expect(explain("20aad8e03f4990", "from-chip")).toEqual([
    "<- 20aad8e03f4990  nonce E0D8AA20 for job and midstate 49: core 96, address 20 (chip 8 of 63), counter 04155B1, solution 3F",
  ]);
});

test.each([
  ["138790f400001d", "from-chip", "no 7 of them pass the checksum"],
  ["138790", "from-chip", "cut short"],
  ["5405000018", "to-chip", "checksum is 18, should be 19"],
  ["540500", "to-chip", "cut short"],
  ["4809000c00", "to-chip", "cut short"],
  ["00", "to-chip", "1 byte of no frame"],
] as const)("no frame: %s %s", (hex, direction, text) => {
  expect(explain(hex, direction).join()).toContain(text);
});

test("strays between frames are told apart from them", () => {
  const lines = explain("ff" + "13879000000007" + "0102" + "138790040000" + "10", "from-chip");
  expect(lines.map((line) => line.split("  ")[0])).toEqual(["<- ff", "<- 13879000000007", "<- 0102", "<- 13879004000010"]);
});

test("any bytes at all are explained, and every byte is shown once", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom("to-chip" as const, "from-chip" as const), (bytes, direction) => {
      const shown = explainBytes(bytes, direction).map((line) => /^(?:->|<-) ([0-9a-f]+) /.exec(line)?.[1] ?? "");
      return shown.join("") === toHex(bytes);
    }),
  );
});

describe.skipIf(!haveVectors)("recorded bytes", () => {
  test("a job names its header's end and its midstates", () => {
    const lines = explainBytes(vectorNamed("job4_blk_48").bytes, "to-chip");
    expect(lines[0]).toContain("job 48: 4 midstates, ntime 5D17465B, nbits 1723792C, merkle tail e0e73343");
    expect(lines[1]).toContain("midstate 0 7cf30c02f7cb2156");
    expect(lines).toHaveLength(5);
  });

  test("every recorded frame is one frame, every negative one none", () => {
    for (const vector of vectors) {
      if (!["host->chain", "chain->host"].includes(vector.direction) || vector.decoded.kind === "nonce_only") continue;
      const lines = explainBytes(vector.bytes, vector.direction === "host->chain" ? "to-chip" : "from-chip");
      expect([vector.name, lines.some((line) => line.includes("of no frame"))]).toEqual([vector.name, isNegative(vector)]);
    }
  });
});
