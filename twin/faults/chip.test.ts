import { describe, expect, it } from "vitest";
import { type AnyChain, chainOf, type Nonce } from "./chains.test-support.ts";
import { TWIN_BOARDS } from "./fault.ts";
import type { FaultName } from "./names.ts";

const all = [0, 1, 2, 3];

function byChip(nonces: readonly Nonce[]): number[] {
  return all.map((chip) => nonces.filter((nonce) => nonce.chip === chip).length);
}

/** Sets a fault and lets the physics take its next step. */
function strike(chain: AnyChain, name: FaultName, value?: number, chip?: number): void {
  const atMs = chain.nowMs();
  chain.faults.set({ name, atMs, ...(value === undefined ? {} : { value }), ...(chip === undefined ? {} : { chip }) });
  chain.wait(11);
}

function lift(chain: AnyChain, name: FaultName): void {
  chain.faults.clear(name);
  chain.wait(11);
}

describe.each(TWIN_BOARDS)("chips of %s", (board) => {
  const answering = (chain: AnyChain) => all.filter((chip) => chain.addresses().includes(chain.addressOf(chip)));

  it("without a fault all answer, all find, and every nonce is valid, of the job that runs, and found once", () => {
    const chain = chainOf(board);
    expect(answering(chain)).toEqual(all);
    const nonces = chain.mine(400);
    expect(Math.min(...byChip(nonces))).toBeGreaterThan(5);
    expect(nonces.filter(({ valid }) => !valid)).toEqual([]);
    expect(new Set(nonces.map(({ text }) => text)).size).toBe(nonces.length);
    // A job frame takes a third of its period on an S9's wire: what comes meanwhile is the one's before.
    expect(nonces.filter(({ current }) => current).length / nonces.length).toBeGreaterThan(0.5);
  });

  it("chip-dead: that chip is silent, and on an S9 those behind it; all are back when it ends", () => {
    const chain = chainOf(board);
    strike(chain, "chip-dead", 1);
    expect(answering(chain)).toEqual(board === "s9" ? [0] : [0, 2, 3]);
    lift(chain, "chip-dead");
    expect(answering(chain)).toEqual(all);
  });

  it("chips-missing: so many at the far end are silent", () => {
    const chain = chainOf(board);
    strike(chain, "chips-missing", 3);
    expect(answering(chain)).toEqual([0]);
    lift(chain, "chips-missing");
    expect(answering(chain)).toEqual(all);
  });

  it("chain-cut: nothing is heard from there on, and nothing heard there", () => {
    const chain = chainOf(board);
    strike(chain, "chain-cut", 2);
    expect(answering(chain)).toEqual([0, 1]);
    chain.writeTicket(0xff);
    chain.wait(5);
    lift(chain, "chain-cut");
    expect(all.map((chip) => chain.register(chip, "ticket"))).toEqual([0xff, 0xff, 0, 0]);
  });

  it("chip-stuck: one chip neither answers nor finds until a reset", () => {
    const chain = chainOf(board);
    strike(chain, "chip-stuck", 2);
    expect(answering(chain)).toEqual([0, 1, 3]);
    const counts = byChip(chain.mine(300));
    expect(counts[2]).toBe(0);
    expect(counts[3]).toBeGreaterThan(5);
    chain.resetAndBringUp();
    expect(answering(chain)).toEqual(all);
    expect(byChip(chain.mine(300))[2]).toBeGreaterThan(5);
  });

  it("chip-stuck: it is free when the fault ends, too", () => {
    const chain = chainOf(board);
    strike(chain, "chip-stuck", 2);
    expect(answering(chain)).toEqual([0, 1, 3]);
    lift(chain, "chip-stuck");
    expect(answering(chain)).toEqual(all);
  });

  it("nonce-repeat: its first nonce again and again, out of date after the next job", () => {
    const chain = chainOf(board);
    chain.mine(100);
    strike(chain, "nonce-repeat", 1);
    const nonces = chain.mine(400);
    const texts = nonces.map(({ text }) => text);
    const [repeated = "", ...others] = texts
      .filter((text, at) => texts.indexOf(text) !== at)
      .filter((text, at, seen) => seen.indexOf(text) === at);
    expect(others).toEqual([]);
    expect(texts.filter((text) => text === repeated).length).toBeGreaterThan(5);
    lift(chain, "nonce-repeat");
    chain.wait(50);
    expect(chain.mine(200).map(({ text }) => text)).not.toContain(repeated);
  });

  it("brown-out: one chip is back at address 0 and forgets its clock; the others keep theirs", () => {
    const chain = chainOf(board);
    const pll = chain.register(3, "pll");
    strike(chain, "brown-out", 2);
    expect(answering(chain)).toEqual([0, 1, 3]);
    expect(chain.register(3, "pll")).toBe(pll);
    expect(byChip(chain.mine(300))[2]).toBe(0);
    chain.resetAndBringUp();
    expect(answering(chain)).toEqual(all);
  });

  it("address-collision: two chips at one address, none at the next, and nonces found twice", () => {
    const chain = chainOf(board, [{ name: "address-collision", value: 2 }]);
    expect(chain.addresses()).toEqual([0, 1, 1, 3].map((chip) => chain.addressOf(chip)));
    const texts = chain.mine(300).map(({ text }) => text);
    expect(texts.length - new Set(texts).size).toBeGreaterThan(5);
  });

  it("pll-slow-lock: the lock bit is clear for so long, and no nonce is found meanwhile", () => {
    const chain = chainOf(board);
    strike(chain, "pll-slow-lock", 3000, 1);
    expect(chain.register(1, "pll")).toBeGreaterThan(0x7fff_ffff);
    chain.writePll();
    chain.wait(5);
    expect(all.map((chip) => (chain.register(chip, "pll") as number) > 0x7fff_ffff)).toEqual([true, false, true, true]);
    const counts = byChip(chain.mine(200));
    expect(counts[1]).toBe(0);
    expect(counts[2]).toBeGreaterThan(3);
    chain.wait(3000);
    expect(chain.register(1, "pll")).toBeGreaterThan(0x7fff_ffff);
    expect(byChip(chain.mine(300))[1]).toBeGreaterThan(5);
  });

  it("pll-never-locks: the same without an end, until the fault has one", () => {
    const chain = chainOf(board);
    strike(chain, "pll-never-locks", 1);
    chain.writePll();
    expect(byChip(chain.mine(400))[1]).toBe(0);
    expect(chain.register(1, "pll")).toBeLessThan(0x8000_0000);
    lift(chain, "pll-never-locks");
    expect(byChip(chain.mine(400))[1]).toBeGreaterThan(5);
    expect(chain.register(1, "pll")).toBeGreaterThan(0x7fff_ffff);
  });

  it("chip-wrong-id: every chip claims it, until the fault ends", () => {
    const chain = chainOf(board);
    const ids = () => chain.chipIds();
    const right = ids();
    expect(new Set(right).size).toBe(1);
    strike(chain, "chip-wrong-id", 0x1234);
    expect(ids()).toEqual([0x1234, 0x1234, 0x1234, 0x1234]);
    lift(chain, "chip-wrong-id");
    expect(ids()).toEqual(right);
  });

  it("bad-cores: half of one chip's cores find nothing", () => {
    const chain = chainOf(board);
    strike(chain, "bad-cores", 57, 2);
    const cores = (nonces: readonly Nonce[]) => new Set(nonces.filter(({ chip }) => chip === 2).map(({ core }) => core)).size;
    expect(cores(chain.mine(3000))).toBeLessThanOrEqual(57);
    lift(chain, "bad-cores");
    expect(cores(chain.mine(3000))).toBeGreaterThan(65);
  });

  it("baud-mismatch: a chip that missed the change of the rate neither hears nor is understood", () => {
    const chain = chainOf(board, [{ name: "baud-mismatch", value: 1 }]);
    expect(answering(chain)).toEqual([0, 2, 3]);
    chain.faults.clear("baud-mismatch");
    chain.resetAndBringUp();
    expect(answering(chain)).toEqual(all);
  });

  it("nonce-invalid: so many of one chip's nonces do not verify, with a sound checksum, and none of another's", () => {
    const chain = chainOf(board);
    chain.mine(100);
    strike(chain, "nonce-invalid", 0.5, 1);
    const nonces = chain.mine(2000);
    const invalid = byChip(nonces.filter(({ valid }) => !valid));
    const share = (invalid[1] as number) / (byChip(nonces)[1] as number);
    // A flipped bit may lie in the chip's own part of the nonce, and a hash in 2^8 is good by chance.
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.65);
    lift(chain, "nonce-invalid");
    chain.mine(100);
    expect(chain.mine(500).filter(({ valid }) => !valid)).toEqual([]);
  });

  it("nonce-late: the chip's nonces come when their job has been replaced", () => {
    const chain = chainOf(board);
    chain.mine(100);
    strike(chain, "nonce-late", board === "s9" ? 30 : 150, 1);
    chain.mine(300);
    const stale = byChip(chain.mine(600).filter(({ current }) => !current));
    const sound = byChip(chain.mine(600).filter(({ current }) => current));
    expect(stale[1]).toBeGreaterThan(10);
    expect(sound[1]).toBe(0);
    expect(sound[2]).toBeGreaterThan(10);
    lift(chain, "nonce-late");
    chain.wait(200);
    expect(byChip(chain.mine(600).filter(({ current }) => current))[1]).toBeGreaterThan(10);
  });

  it("stale-register: a write is not confirmed by the read-back of that chip", () => {
    const chain = chainOf(board);
    strike(chain, "stale-register", 2);
    const before = chain.register(2, "ticket");
    chain.writeTicket(0xfe);
    chain.wait(5);
    expect(all.map((chip) => chain.register(chip, "ticket"))).toEqual([0xfe, 0xfe, before, 0xfe]);
    lift(chain, "stale-register");
    expect(chain.register(2, "ticket")).toBe(0xfe);
  });

  it("unsolicited: so many register frames a second that nobody asked for", () => {
    const chain = chainOf(board);
    expect(chain.wait(1000)).toEqual([]);
    const fromMs = chain.nowMs();
    chain.faults.set({ name: "unsolicited", value: 20, chip: 3, atMs: fromMs, untilMs: fromMs + 1000 });
    const frames = chain.wait(2000);
    expect(frames.length).toBeGreaterThanOrEqual(19);
    expect(frames.length).toBeLessThanOrEqual(21);
    expect(frames.filter(({ nonce }) => nonce)).toEqual([]);
  });

  it("gives the same answers for one seed, and cares not how time is cut", () => {
    const run = (stepMs: number) => {
      const chain = chainOf(board, [], 3);
      const atMs = chain.nowMs();
      for (const [name, value] of [
        ["nonce-invalid", 0.5],
        ["nonce-late", 7],
        ["unsolicited", 50],
      ] as const)
        chain.faults.set({ name, value, chip: 1, atMs, untilMs: atMs + 500 });
      const texts: string[] = chain.mine(10).map(({ text }) => text);
      for (let left = 600; left > 0; left -= stepMs) texts.push(...chain.wait(stepMs).map(({ bytes }) => bytes.join()));
      return texts;
    };
    expect(run(600)).toEqual(run(0.5));
    expect(run(600).length).toBeGreaterThan(10);
  });
});
