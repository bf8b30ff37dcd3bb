import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { haveVectors, vectorNamed } from "../bm13xx/testing/vectors.ts";
import { type ExpectedAnswer, expectedAnswer } from "./bridge-commands.ts";
import { findAnswer, GENERATIONS, type Generation } from "./bridge-protocol.ts";
import { answerBytes } from "./testing/fake-control-port.test-support.ts";

const bytes = (text: string) => fromHex(text) ?? new Uint8Array();
const find = (
  hex: Uint8Array,
  expected: ExpectedAnswer,
  generation: Generation | "auto",
  silent = false,
  abandoned: ExpectedAnswer[] = [],
) => findAnswer(hex, expected, abandoned, generation, silent);
const gpioGet = (id: number) => expectedAnswer(id, "gpioGet", { pin: 0 });
const readBytes = (id: number, length: number) => expectedAnswer(id, "i2cRead", { address: 0x4c, length });

describe("bridge answers", () => {
  describe.skipIf(!haveVectors)("recorded", () => {
    it.each([
      ["ctl_v0_gpio_ok", gpioGet(0), "v0", "01"],
      ["ctl_v0_i2c_write_ok", expectedAnswer(1, "i2cWrite", { address: 0x4f, data: Uint8Array.of(0xde) }), "v0", "01"],
      ["ctl_v0_adc", expectedAnswer(0, "adcReadVdd", {}), "v0", "340c"],
      ["ctl_v1_ok", gpioGet(0x42), "v1", "01"],
    ] as const)("%s, both ways", (name, expected, generation, data) => {
      const vector = vectorNamed(name).bytes;
      const found = { kind: "found", answer: { kind: "data", data: bytes(data), generation }, end: vector.length };
      expect(find(vector, expected, generation)).toEqual(found);
      expect(find(vector, expected, "auto")).toEqual(found);
      expect(toHex(answerBytes(generation, expected.id, { data: bytes(data) }))).toBe(toHex(vector));
    });

    it("ctl_v1_err, both ways", () => {
      const vector = vectorNamed("ctl_v1_err").bytes;
      expect(find(vector, gpioGet(0x42), "v1")).toEqual({ kind: "found", answer: { kind: "error", code: 0x11, text: "" }, end: 4 });
      expect(toHex(answerBytes("v1", 0x42, { code: 0x11 }))).toBe(toHex(vector));
    });
  });

  const generation = fc.constantFrom(...GENERATIONS);
  const code = fc.constantFrom(0x10, 0x11, 0x12, 0xff);

  it("come out as they went in: any data, any generation, any later bytes", () => {
    fc.assert(
      fc.property(
        generation,
        fc.integer({ min: 0, max: 254 }),
        fc.uint8Array({ minLength: 2, maxLength: 255 }),
        fc.uint8Array(),
        (g, id, data, later) => {
          const wire = answerBytes(g, id, { data });
          const scan = find(Uint8Array.from([...wire, ...later]), readBytes(id, data.length), g);
          expect(scan).toEqual({ kind: "found", answer: { kind: "data", data, generation: g }, end: wire.length });
        },
      ),
    );
  });

  it("cut short are waited for, never guessed", () => {
    fc.assert(
      fc.property(generation, fc.uint8Array({ minLength: 5, maxLength: 40 }), fc.nat(), (g, data, cut) => {
        const wire = answerBytes(g, 7, { data });
        const part = wire.subarray(0, cut % wire.length);
        expect(find(part, readBytes(7, data.length), g, true)).toEqual({ kind: "more", from: 0, errorIfSilent: false });
      }),
    );
  });

  it("that are errors are known as such in every generation", () => {
    fc.assert(
      fc.property(generation, fc.integer({ min: 0, max: 254 }), code, fc.boolean(), (g, id, code, unparsed) => {
        const wire = answerBytes(g, unparsed ? 0xff : id, { code });
        expect(find(wire, gpioGet(id), g)).toEqual({ kind: "found", answer: { kind: "error", code, text: "" }, end: 4 });
        expect(find(wire, gpioGet(id), "auto")).toMatchObject({ kind: "found", answer: { kind: "error", code } });
      }),
    );
  });

  it("with an error text hand it over", () => {
    const wire = answerBytes("v1", 9, { code: 0xff, text: "regulator asleep" });
    expect(find(wire, gpioGet(9), "v1")).toMatchObject({
      answer: { kind: "error", code: 0xff, text: "regulator asleep" },
      end: wire.length,
    });
  });

  it("of four bytes in v0 are data when four more come, and an error only after silence", () => {
    const error = bytes("04000510");
    expect(find(error, readBytes(5, 4), "v0")).toEqual({ kind: "more", from: 0, errorIfSilent: true });
    expect(find(error, readBytes(5, 4), "v0", true)).toMatchObject({ kind: "found", answer: { kind: "error", code: 0x10 }, end: 4 });
    expect(find(bytes("04000510aabbcc"), readBytes(5, 4), "v0")).toMatchObject({ answer: { kind: "data", data: bytes("10aabbcc") } });
  });

  it("in generation total with one byte that looks like an error code are data only where the request says so", () => {
    const wrote16 = expectedAnswer(2, "i2cWrite", { address: 0x24, data: new Uint8Array(16) });
    const wrote2 = expectedAnswer(2, "i2cWrite", { address: 0x24, data: new Uint8Array(2) });
    expect(find(bytes("04000210"), wrote16, "total")).toMatchObject({ answer: { kind: "data" } });
    expect(find(bytes("04000210"), wrote2, "total")).toMatchObject({ answer: { kind: "error", code: 0x10 } });
    expect(find(bytes("04000201"), wrote2, "total")).toMatchObject({ answer: { kind: "data", data: bytes("01") } });
  });

  it("tell the three generations apart by the answer to a GPIO get", () => {
    for (const g of GENERATIONS) {
      for (const level of [0, 1]) {
        const scan = find(answerBytes(g, 0, { data: [level] }), gpioGet(0), "auto");
        expect(scan).toMatchObject({ kind: "found", answer: { kind: "data", generation: g, data: Uint8Array.of(level) } });
      }
    }
  });

  it("are found behind bytes that are none", () => {
    fc.assert(
      fc.property(generation, fc.uint8Array({ maxLength: 12 }).filter(neverLooksLikeFrame), (g, garbage) => {
        const wire = answerBytes(g, 0x42, { data: [1] });
        expect(find(Uint8Array.from([...garbage, ...wire]), gpioGet(0x42), g)).toMatchObject({
          answer: { kind: "data", data: bytes("01") },
        });
      }),
    );
  });

  it("to a request given up are stepped over whole, even when their data look like the answer that is awaited", () => {
    const awaited = answerBytes("v1", 8, { data: [1] });
    const decoy = answerBytes("v1", 8, { data: [0] });
    const late = answerBytes("v1", 7, { data: decoy });
    const wire = Uint8Array.from([...late, ...awaited]);
    expect(find(wire, gpioGet(8), "v1", false, [readBytes(7, decoy.length)])).toMatchObject({
      answer: { data: bytes("01") },
      end: wire.length,
    });
    expect(find(late.subarray(0, 5), gpioGet(8), "v1", false, [readBytes(7, decoy.length)])).toMatchObject({ kind: "more", from: 0 });
  });
});

/** Without a checksum a frame among garbage is a frame: keep the ids that matter out of it. */
function neverLooksLikeFrame(garbage: Uint8Array): boolean {
  return !garbage.includes(0x42) && !garbage.includes(0xff);
}
