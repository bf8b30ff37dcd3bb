import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { depthOf, parseBounded } from "./bounded-json.ts";
import { STRATUM_LIMITS } from "./limits.ts";
import { LineReader } from "./line-reader.ts";
import { parseRequest, REQUESTS } from "./messages.ts";
import { negotiate, rolledVersion } from "./version-rolling.ts";

const parse = (value: unknown) => parseRequest(typeof value === "string" ? value : JSON.stringify(value), STRATUM_LIMITS);

describe("lines of a stream", () => {
  it("are the same however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => !text.includes("\n") && text.trim() !== "")),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        (texts, cuts) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
          const reader = new LineReader(4096);
          const seen: string[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = cuts[i % cuts.length] as number;
            const { lines, fault } = reader.push(bytes.subarray(at, at + size));
            expect(fault).toBeNull();
            seen.push(...lines);
            at += size;
          }
          expect(seen).toEqual(texts.map((text) => text.trim()));
          expect(reader.pendingBytes).toBe(0);
        },
      ),
    );
  });

  it("longer than allowed are a fault, whether they end or not, and what came before still counts", () => {
    const reader = new LineReader(8);
    expect(reader.push(Buffer.from("12345678\n"))).toEqual({ lines: ["12345678"], fault: null });
    expect(reader.push(Buffer.from("ok\n123456789\n"))).toEqual({ lines: ["ok"], fault: "line-too-long" });
    const drip = new LineReader(8);
    for (let i = 0; i < 8; i++) expect(drip.push(Buffer.from("x")).fault).toBeNull();
    expect(drip.push(Buffer.from("x")).fault).toBe("line-too-long");
  });

  it("that are no UTF-8 are a fault", () => {
    expect(new LineReader(64).push(Buffer.of(0xff, 0xfe, 0x0a)).fault).toBe("not-text");
  });
});

describe("a line from a miner", () => {
  it("too deep for its limit is not even parsed", () => {
    expect(parse(`{"id":1,"method":"mining.subscribe","params":${"[".repeat(2000)}`)).toEqual({ fault: "too-deep" });
    expect(depthOf('{"a":"[[[[\\"[[","b":[1]}')).toBe(2);
  });

  it("is refused for its depth exactly when brackets outside of texts nest too deep", () => {
    const piece = fc.constantFrom("[", "]", "{", "}", '"', "\\", ",", ":", "1", "a");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 0, max: 6 }), (pieces, maxDepth) => {
        const text = pieces.join("");
        expect("fault" in parseBounded(text, maxDepth) && (parseBounded(text, maxDepth) as { fault: string }).fault === "too-deep").toBe(
          depthOf(text) > maxDepth,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["{", "not-json"],
    ["17", "not-a-request"],
    ['{"id":{},"method":"mining.submit"}', "not-a-request"],
    ['{"id":1,"method":"mining.submit","params":{"a":1}}', "bad-params"],
    ['{"id":1,"method":"mining.submit","params":["w","j","0","00000000","00000000"]}', "bad-params"],
    ['{"id":1,"method":"mining.submit","params":["w","j","00000000","00000000","0000000g"]}', "bad-params"],
    ['{"id":1,"method":"mining.suggest_difficulty","params":[-1]}', "bad-params"],
  ])("%s is a fault: %s", (line, fault) => {
    expect(parse(line)).toEqual({ fault });
  });

  it("names its parameters", () => {
    expect(parse({ id: 4, method: "mining.submit", params: ["w", "1f", "AA000000", "69637392", "8b7746ab", "00c00000"] })).toEqual({
      id: 4,
      method: "mining.submit",
      params: { worker: "w", jobId: "1f", extranonce2: "aa000000", ntime: 0x69637392, nonce: 0x8b7746ab, versionBits: 0x00c00000 },
    });
    expect(parse({ id: 1, method: "mining.subscribe", params: [] })).toMatchObject({ params: { agent: null } });
    expect(parse({ id: 1, method: "mining.subscribe", params: ["cpuminer/2.5", "session"] })).toMatchObject({
      params: { agent: "cpuminer/2.5" },
    });
  });

  it("that answers something asks for nothing, and an unknown method is named", () => {
    expect(parse({ id: 1, result: true, error: null })).toBeNull();
    expect(parse({ id: 1, method: "mining.hack", params: [] })).toEqual({ id: 1, method: "unknown", params: { name: "mining.hack" } });
    expect(parse({ id: 1, method: "constructor", params: [] })).toMatchObject({ method: "unknown" });
  });

  it("of any content is a request, an answer or a named fault, and never throws", () => {
    const method = fc.oneof(fc.constantFrom(...Object.keys(REQUESTS)), fc.string());
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.record({ id: fc.jsonValue(), method, params: fc.jsonValue() }).map((v) => JSON.stringify(v)),
        ),
        (line) => {
          const parsed = parse(line);
          expect(parsed === null || "fault" in parsed || "method" in parsed).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("version rolling (BIP 310)", () => {
  it("grants what both sides have, and says no to other extensions", () => {
    const { mask, reply } = negotiate(["version-rolling", "minimum-difficulty"], { "version-rolling.mask": "00fff000" }, 0x1fff_e000);
    expect(mask).toBe(0x00ff_e000);
    expect({ ...reply }).toEqual({ "version-rolling": true, "version-rolling.mask": "00ffe000", "minimum-difficulty": false });
    expect({ ...negotiate(["version-rolling"], { "version-rolling.mask": "00000001" }, 0x1fff_e000).reply }).toEqual({
      "version-rolling": false,
    });
    expect(negotiate(["version-rolling"], { "version-rolling.mask": 7 }, 0x1fff_e000).mask).toBe(0);
    expect(negotiate(["__proto__"], {}, 0x1fff_e000).mask).toBe(0);
  });

  it("changes granted bits only", () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), fc.nat(0xffff_ffff), (version, mask, bits) => {
        const rolled = rolledVersion(version, mask, bits);
        if ((bits & ~mask) !== 0) expect(rolled).toBeNull();
        else {
          expect(((rolled as number) & ~mask) >>> 0).toBe((version & ~mask) >>> 0);
          expect(((rolled as number) & mask) >>> 0).toBe((bits & mask) >>> 0);
        }
      }),
    );
  });
});
