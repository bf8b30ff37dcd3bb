import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { haveVectors, isNegative, vectorNamed, vectors } from "../bm13xx/testing/vectors.ts";
import { explainBytes } from "./explain.ts";

const explain = (hex: string, direction: "to-chip" | "from-chip") => explainBytes(fromHex(hex) ?? expect.fail("no hex"), direction);

test.each([
  ["55aa520500000a", "read all: CHIP_ID (00)"],
  ["55aa5305000003", "chain inactive"],
  ["55aa40052a0019", "set address 2A"],
  ["55aa51090014000000ff08", "write all: TICKET_MASK 000000FF (log2Difficulty 8)"],
  ["55aa4109002c007c000303", "write chip 00: UART_RELAY 007C0003 (gapCount 124, responseRelay, commandRelay)"],
  ["55aa5109000850c202401c", "write all: PLL0 50C20240 (enabled, vcoHigh, fbDiv 194, refDiv 2, postDiv1 5, postDiv2 1)"],
  ["55aa5109003c8000802019", "write all: CORE_REGISTER_CONTROL 80008020 (execute, coreId 0, write, register 0, value 20) CLOCK_DELAY_CTRL"],
])("to the chip: %s", (hex, text) => {
  expect(explain(hex, "to-chip")).toEqual([`-> ${hex}  ${text}`]);
});

test.each([
  ["aa551366002a2a00000019", "chip 2A answers: CHIP_ID 1366002A (id 1366, coreNum 0, address 2A)"],
  [
    "aa55136600000000 0c".replace(" ", ""),
    "chip 00 answers: CHIP_ID 13660000 (id 1366, coreNum 0, address 0) (9 bytes: version rolling is off)",
  ],
  ["aa55083928a9032b000396", "nonce A9283908 for job 28: core 4.3, address 1C, counter 03928A9, version bits 00006000, hint 3"],
])("from the chip: %s", (hex, text) => {
  expect(explain(hex, "from-chip")).toEqual([`<- ${hex}  ${text}`]);
});

test.each([
  ["55aa4005c0000f", "to-chip", "7 bytes of no frame: checksum is 0F, should be 16"],
  ["55aa50050000", "to-chip", "6 bytes of no frame: cut short"],
  ["55aa500500001c", "to-chip", "7 bytes of no frame: bad type"],
  ["aa55136600000000000000", "from-chip", "11 bytes of no frame: neither its first 11 nor its first 9 bytes pass the checksum"],
  ["55aa520500000a", "from-chip", "7 bytes of no frame: the preamble is that of the other direction"],
  ["00", "from-chip", "1 byte of no frame"],
] as const)("no frame: %s %s", (hex, direction, text) => {
  expect(explain(hex, direction).join()).toContain(text);
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
  test("a stream that lost bytes: both whole frames are found between the strays", () => {
    const lines = explainBytes(vectorNamed("resync_stream_issue268").bytes, "from-chip");
    expect(lines.map((line) => line.split("  ")[0])).toEqual([
      "<- 53045e1b2e8f",
      "<- aa556c0075ca00460cd686",
      "<- aa559201d266020c28209d",
      "<- aa557a02ee",
    ]);
  });

  test("a job names its header", () => {
    const { bytes, decoded } = vectorNamed("bm1366_capture_job28");
    const text = explainBytes(bytes, "to-chip").join("\n");
    expect(text).toContain("job 28: version 20000000, ntime 64AF16E0, nbits 192495F8");
    expect(text).toContain(String(decoded.merkle_root_display));
    expect(text).toContain(String(decoded.prev_hash_display));
  });

  test("every recorded frame is one frame, every negative one none", () => {
    for (const vector of vectors) {
      if (!vector.chip?.startsWith("BM13") || vector.name.startsWith("resync")) continue;
      const lines = explainBytes(vector.bytes, vector.direction === "host->chip" ? "to-chip" : "from-chip");
      expect([vector.name, lines.some((line) => line.includes("of no frame"))]).toEqual([vector.name, isNegative(vector)]);
    }
  });
});
