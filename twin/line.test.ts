import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitmix64 } from "../common/random.ts";
import { byteNs, garble, HostLine, ResponseLine, ratesAgree } from "./line.ts";

const frame = (tag: number) => Uint8Array.from({ length: 11 }, () => tag);

describe("the wire back to the host", () => {
  it("carries whole frames, one after the other, at the line's rate", () => {
    const line = new ResponseLine(1);
    for (let i = 0; i < 3; i++) line.queue(0, { readyNs: 0, bytes: frame(i), nonce: true });
    const one = 11 * byteNs(115_200);
    expect(line.advance(1e9, 115_200).map((output) => [output.tNs, output.bytes[0]])).toEqual([
      [one, 0],
      [2 * one, 1],
      [3 * one, 2],
    ]);
  });

  it("falls to the chip nearest the host when several wait, and to nobody before a frame is ready", () => {
    const line = new ResponseLine(3);
    line.queue(2, { readyNs: 100, bytes: frame(2), nonce: true });
    line.queue(1, { readyNs: 200, bytes: frame(1), nonce: true });
    line.queue(0, { readyNs: 300, bytes: frame(0), nonce: true });
    expect(line.advance(1e9, 1e6).map((output) => [output.bytes[0], output.tNs])).toEqual([
      [2, 110_100],
      [0, 220_100],
      [1, 330_100],
    ]);
  });

  it("gives the same whether time passes at once or in steps", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(2), fc.nat(1_000_000)), { maxLength: 30 }),
        fc.integer({ min: 1000, max: 400_000 }),
        (frames, stepNs) => {
          const sorted = [...frames].sort((a, b) => a[1] - b[1]);
          const whole = new ResponseLine(3);
          for (const [chip, readyNs] of sorted) whole.queue(chip, { readyNs, bytes: frame(chip), nonce: true });
          const stepped = new ResponseLine(3);
          const outputs = [];
          let queued = 0;
          for (let tNs = 0; tNs < 1e7; tNs += stepNs) {
            for (; queued < sorted.length && (sorted[queued]?.[1] ?? 0) <= tNs; queued++) {
              const [chip, readyNs] = sorted[queued] as [number, number];
              stepped.queue(chip, { readyNs, bytes: frame(chip), nonce: true });
            }
            outputs.push(...stepped.advance(tNs, 1e6));
          }
          expect(outputs).toEqual(whole.advance(1e7, 1e6));
        },
      ),
    );
  });

  it("loses frames that a chip cannot hold any more, and says so", () => {
    const line = new ResponseLine(1);
    for (let i = 0; i < 100; i++) line.queue(0, { readyNs: 0, bytes: frame(i), nonce: true });
    expect(line.advance(1e12, 1e6)).toHaveLength(64);
    expect(line.lost).toBe(36);
  });
});

describe("the wire to the chips", () => {
  it("delivers each byte when its stop bit ends, behind those sent before", () => {
    const line = new HostLine();
    line.send(0, Uint8Array.of(1, 2), 1e6);
    line.send(5000, Uint8Array.of(3), 1e6);
    const times: [number, number | undefined][] = [];
    while (line.nextNs < Number.POSITIVE_INFINITY) times.push([line.nextNs, line.take()?.byte]);
    expect(times).toEqual([
      [10_000, 1],
      [20_000, 2],
      [30_000, 3],
    ]);
  });
});

describe("rates", () => {
  it("agree between 1 M and 1.0417 M, and not between 115200 and 1 M", () => {
    expect(ratesAgree(1e6, 25e6 / 24)).toBe(true);
    expect(ratesAgree(115_200, 25e6 / 216)).toBe(true);
    expect(ratesAgree(115_200, 1e6)).toBe(false);
  });

  it("that disagree never let a byte through unchanged", () => {
    const random = splitmix64(1);
    for (let i = 0; i < 2000; i++) {
      const byte = garble(i & 0xff, random);
      expect(byte).not.toBe(i & 0xff);
      if (byte !== null) expect(byte).toBeLessThan(256);
    }
  });
});
