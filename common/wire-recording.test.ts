import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockWriter, encodeHeader, type WireEvent, type WireHeader, WireReader } from "./wire-recording.ts";

const HEADER: WireHeader = {
  origin: "twin",
  board: "bitaxe-ultra",
  chips: 1,
  workScale: 20,
  software: "test",
  startedWallMs: 1_700_000_000_000,
  notes: { firstJobSeq: 0 },
};

const port = fc.constantFrom("data" as const, "control" as const);
const tNs = fc.bigInt({ min: -(2n ** 40n), max: 2n ** 62n });
const event: fc.Arbitrary<WireEvent> = fc.oneof(
  fc.record({
    kind: fc.constant("bytes" as const),
    tNs,
    port,
    direction: fc.constantFrom("to-board" as const, "from-board" as const),
    sigmaNs: fc.nat(),
    bytes: fc.uint8Array({ maxLength: 200 }),
  }),
  fc.record({
    kind: fc.constant("bytes" as const),
    tNs,
    port,
    direction: fc.constant("from-board" as const),
    sigmaNs: fc.nat(),
    stray: fc.constant(true as const),
    bytes: fc.uint8Array({ maxLength: 11 }),
  }),
  fc.record({ kind: fc.constant("baud" as const), tNs, port, baud: fc.nat() }),
  fc.record({ kind: fc.constantFrom("stray" as const, "dropped" as const), tNs, port, count: fc.nat() }),
);
const blocks = fc.array(fc.array(event, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });

function fileOf(groups: readonly (readonly WireEvent[])[]): { file: Uint8Array; ends: number[] } {
  const writer = new BlockWriter();
  const parts = [encodeHeader(HEADER)];
  const ends = [parts[0]?.length ?? 0];
  for (const group of groups) {
    for (const one of group) writer.add(one);
    parts.push(writer.take() as Uint8Array);
    ends.push((ends.at(-1) as number) + (parts.at(-1) as Uint8Array).length);
  }
  return { file: Buffer.concat(parts), ends };
}

function headerOf(text: string): Uint8Array {
  const out = Buffer.alloc(16 + text.length);
  out.set(encodeHeader(HEADER).subarray(0, 8));
  out.writeUInt32LE(text.length, 8);
  out.write(text, 12);
  out.writeUInt32LE(crc32(text), 12 + text.length);
  return out;
}

function readAll(file: Uint8Array, piece = file.length) {
  const reader = new WireReader();
  const events: WireEvent[] = [];
  for (let at = 0; at < file.length; at += piece) events.push(...reader.push(file.slice(at, at + piece)));
  const { events: rest, summary } = reader.end();
  return { header: reader.header, events: [...events, ...rest], summary };
}

const plain = (events: readonly WireEvent[]) => events.map((one) => ("bytes" in one ? { ...one, bytes: [...one.bytes] } : one));

describe("a wire recording", () => {
  it("gives back what went in, however the file is cut into pieces", () => {
    fc.assert(
      fc.property(blocks, fc.integer({ min: 1, max: 500 }), (groups, piece) => {
        const { events, header, summary } = readAll(fileOf(groups).file, piece);
        expect(plain(events)).toEqual(plain(groups.flat()));
        expect(header).toEqual(HEADER);
        expect(summary).toEqual({ events: groups.flat().length, losses: [], closed: false });
      }),
    );
  });

  it("cut off anywhere behind its header keeps every whole block and says how much was lost", () => {
    fc.assert(
      fc.property(blocks, fc.double({ min: 0, max: 1, noNaN: true }), (groups, where) => {
        const { file, ends } = fileOf(groups);
        const cut = (ends[0] as number) + Math.floor(where * (file.length - (ends[0] as number)));
        const whole = ends.filter((end) => end <= cut).length - 1;
        const { events, summary } = readAll(file.subarray(0, cut));
        expect(plain(events)).toEqual(plain(groups.slice(0, whole).flat()));
        const lost = cut - (ends[whole] as number);
        expect(summary.losses).toEqual(lost === 0 ? [] : [{ offset: ends[whole], bytes: lost, reason: "cut off" }]);
      }),
    );
  });

  it("with one byte wrong in a block loses that block alone", () => {
    fc.assert(
      fc.property(blocks, fc.nat(), fc.integer({ min: 1, max: 255 }), (groups, pick, flip) => {
        const { file, ends } = fileOf(groups);
        const at = (ends[0] as number) + (pick % (file.length - (ends[0] as number)));
        const hit = ends.findIndex((end) => end > at) - 1;
        const damaged = Uint8Array.from(file);
        damaged[at] = (damaged[at] as number) ^ flip;
        const { events, summary } = readAll(damaged);
        expect(plain(events)).toEqual(plain(groups.filter((_, i) => i !== hit).flat()));
        expect(summary.losses.reduce((sum, { bytes }) => sum + bytes, 0)).toBe((ends[hit + 1] as number) - (ends[hit] as number));
        expect(summary.losses[0]?.offset).toBe(ends[hit]);
      }),
    );
  });

  it("says when it was closed in order", () => {
    const end: WireEvent = { kind: "end", tNs: 5n, port: "data", count: 0 };
    expect(readAll(fileOf([[end]]).file).summary.closed).toBe(true);
  });

  it("is not complete, whatever its end says, when whole blocks are gone, came twice or follow it", () => {
    const step: WireEvent = { kind: "baud", tNs: 1n, port: "data", baud: 9600 };
    const end = (count: number): WireEvent => ({ kind: "end", tNs: 5n, port: "data", count });
    for (const piece of [1, 1000]) {
      const summaryOf = (...groups: WireEvent[][]) => readAll(fileOf(groups).file, piece).summary;
      expect(summaryOf([step, step], [step], [end(3)])).toEqual({ events: 4, losses: [], closed: true });
      expect(summaryOf([step, step], [end(3)])).toMatchObject({ closed: true, uncounted: 1 });
      expect(summaryOf([step, step], [step], [step], [end(3)])).toMatchObject({ closed: true, uncounted: -1 });
      expect(summaryOf([step], [end(1)], [step]).closed).toBe(false);
    }
  });

  it.each([
    ["nothing at all", new Uint8Array(0), "RECORDING_FORMAT"],
    ["another file", Buffer.from("timestamp,job_id\n1,2\n"), "RECORDING_FORMAT"],
    ["half a header", encodeHeader(HEADER).subarray(0, 30), "RECORDING_FORMAT"],
    ["a damaged header", encodeHeader({ ...HEADER }).map((byte, i) => (i === 40 ? byte ^ 1 : byte)), "RECORDING_FORMAT"],
    ["a header that says it is a gigabyte long", encodeHeader(HEADER).map((byte, i) => (i === 11 ? 0x40 : byte)), "RECORDING_FORMAT"],
    ["an origin that there is not", encodeHeader({ ...HEADER, origin: "mars" as "twin" }), "RECORDING_FORMAT"],
    ["a board that there is not", encodeHeader({ ...HEADER, board: "s21" as "s9-hashboard" }), "RECORDING_FORMAT"],
    ["no chip", encodeHeader({ ...HEADER, chips: 0 }), "RECORDING_FORMAT"],
    ["more chips than a chain can address", encodeHeader({ ...HEADER, chips: 257 }), "RECORDING_FORMAT"],
    ["a work scale beyond a hash of difficulty 1", encodeHeader({ ...HEADER, workScale: 33 }), "RECORDING_FORMAT"],
    ["a header of no object", headerOf("null"), "RECORDING_FORMAT"],
    ["a header that is no JSON", headerOf("{"), "RECORDING_FORMAT"],
    ["a later version", encodeHeader({ version: 9, ...HEADER, ...({ version: 9 } as object) } as WireHeader), "RECORDING_VERSION"],
  ])("%s is refused", (_, file, code) => {
    expect(() => readAll(file)).toThrow(expect.objectContaining({ code }));
  });
});
