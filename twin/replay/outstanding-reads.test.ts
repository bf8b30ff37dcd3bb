import { describe, expect, it } from "vitest";
import { type Asked, OutstandingReads } from "./outstanding-reads.ts";

const asked = (tNs: bigint): Asked => ({ tNs, answers: [] });
const value = (tNs: bigint, byte: number) => ({ tNs, restNs: 10, bytes: Uint8Array.of(byte) });
const bytes = ({ answers }: Asked) => answers.map((answer) => answer.bytes[0]);

describe("values and the reads they answer", () => {
  it("belong to the oldest read that still waits, whatever was sent in between", () => {
    const reads = new OutstandingReads();
    const [a, b] = [asked(0n), asked(50n)];
    reads.ask(a, 2);
    reads.ask(b, 1);
    for (const [i, tNs] of [100n, 200n, 300n].entries()) reads.see(value(tNs, i));
    expect([bytes(a), bytes(b)]).toEqual([[0, 1], [2]]);
    expect(a.answers.map(({ afterNs }) => afterNs)).toEqual([110, 210]);
  });

  it("that were seen before their read was dated wait for it", () => {
    const reads = new OutstandingReads();
    const late = asked(1000n);
    reads.see(value(900n, 7));
    reads.ask(late, 2);
    reads.see(value(1100n, 8));
    expect(bytes(late)).toEqual([7, 8]);
    expect(late.answers.map(({ afterNs }) => afterNs)).toEqual([10, 110]);
  });

  it("nobody asked for are no answer to a read long after", () => {
    const reads = new OutstandingReads();
    const later = asked(1_000_000_000n);
    reads.see(value(0n, 7));
    reads.ask(later, 1);
    expect(bytes(later)).toEqual([]);
  });

  it("of a chip that never answered are not waited for, for ever", () => {
    const reads = new OutstandingReads();
    const [silent, next] = [asked(0n), asked(400_000_000n)];
    reads.ask(silent, 1);
    reads.ask(next, 1);
    reads.see(value(400_001_000n, 9));
    expect([bytes(silent), bytes(next)]).toEqual([[], [9]]);
  });
});
