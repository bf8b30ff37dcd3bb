import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitmix64 } from "../../common/random.ts";
import { HeaderWork, zeroBitsOf } from "./header-work.ts";
import { MINER_KINDS, type MinerKind } from "./miner-kinds.ts";
import { StratumMiner } from "./stratum-miner.ts";
import { readPool } from "./stratum-wire.ts";
import { type PathFaults, WIRED, WirelessPath } from "./wireless-path.ts";

const MS = 1_000_000n;
const job = (id: string, clean: boolean) =>
  JSON.stringify({
    id: null,
    method: "mining.notify",
    params: [id, "00".repeat(32), "aa", "bb", [], "20000000", "1703421a", "65000000", clean],
  });
const SUBSCRIBED = JSON.stringify({ id: 2, result: [[], "01020304", 4], error: null });
const KIND: MinerKind = { ...MINER_KINDS.s9, path: { latencyMs: 0, jitterMs: 0, loss: 0, batchMs: 0 }, deadTimeSdMs: 0 };

/** Submits of a miner that got `lines` at time 0, with the time each came, ms. */
function submits(kind: MinerKind, lines: readonly string[], seconds: number, seed = 1) {
  const miner = new StratumMiner(kind, { workScale: 32, random: splitmix64(seed) });
  miner.connect(0n);
  for (const line of [SUBSCRIBED, ...lines]) miner.receive(line, 0n);
  const found: { jobId: string; ms: number }[] = [];
  const endNs = BigInt(seconds * 1000) * MS;
  for (let at = miner.nextNs(); at !== null && at <= endNs; at = miner.nextNs())
    for (const line of miner.run(at)) {
      const { method, params } = JSON.parse(line) as { method: string; params: string[] };
      if (method === "mining.submit") found.push({ jobId: params[1] as string, ms: Number(at) / 1e6 });
    }
  return found;
}

describe("a twin of a networked miner", () => {
  it("finds shares at its hash rate over its ticket difficulty, and never during the dead time", () => {
    const found = submits(KIND, [job("1", true)], 30);
    const expected = (30 * KIND.hashRateHs) / 2 ** 40;
    expect(Math.abs(found.length - expected)).toBeLessThan(4 * Math.sqrt(expected));
    expect(found[0]?.ms).toBeGreaterThan(KIND.deadTimeMs);
  });

  it("goes on at another rate when its clock is set anew, and what it had searched stays searched", () => {
    const miner = new StratumMiner(KIND, { workScale: 32, random: splitmix64(2) });
    miner.connect(0n);
    for (const line of [SUBSCRIBED, job("1", true)]) miner.receive(line, 0n);
    const nonces: string[] = [];
    const until = (ms: bigint) => {
      const found = miner.run(ms * MS).map((line) => JSON.parse(line) as { method: string; params: string[] });
      const submitted = found.filter(({ method }) => method === "mining.submit");
      nonces.push(...submitted.map(({ params }) => `${params[2]} ${params[4]} ${params[5] ?? ""}`));
      return submitted.length;
    };
    const fast = until(20_000n);
    miner.setHashRate(KIND.hashRateHs / 4, 20_000n * MS);
    const slow = until(40_000n);
    const expected = (20 * KIND.hashRateHs) / 2 ** 40;
    expect(Math.abs(fast - expected)).toBeLessThan(4 * Math.sqrt(expected));
    expect(Math.abs(slow - expected / 4)).toBeLessThan(4 * Math.sqrt(expected / 4));
    expect(new Set(nonces).size).toBe(nonces.length);
  });

  it("asks for the pool's difficulty where that is more than its chips' own", () => {
    const set = JSON.stringify({ id: null, method: "mining.set_difficulty", params: [1024] });
    const found = submits(KIND, [set, job("1", true)], 30).length;
    const expected = (30 * KIND.hashRateHs) / 2 ** 42;
    expect(Math.abs(found - expected)).toBeLessThan(4 * Math.sqrt(expected));
  });

  it("goes on with prefetched work after a share, and drops all it has for a clean job", () => {
    expect(submits(KIND, [job("1", true), job("2", false)], 5).map(({ jobId }) => jobId)).toEqual(expect.arrayContaining(["1", "2"]));
    const found = submits(KIND, [job("1", true), job("2", false)], 5);
    expect(found.filter(({ jobId }) => jobId === "1")).toHaveLength(1);
    expect(new Set(submits(KIND, [job("1", true), job("2", false), job("3", true)], 5).map(({ jobId }) => jobId))).toEqual(new Set(["3"]));
  });

  it("does the same again with the same seed", () => {
    const again = () => submits({ ...KIND, path: { latencyMs: 2, jitterMs: 3, loss: 0.1, batchMs: 102.4 } }, [job("1", true)], 10, 4);
    expect(again()).toEqual(again());
    expect(again()).not.toEqual(submits(KIND, [job("1", true)], 10, 5));
  });

  it("goes on with the work it has when the pool sends rubbish", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(() => readPool(line)).not.toThrow();
      }),
    );
    expect(readPool('{"method":"mining.notify","params":["1","zz"]}')).toBeNull();
    expect(submits(KIND, [job("1", true), "{", '{"method":"mining.notify","params":[]}'], 2).length).toBeGreaterThan(5);
  });
});

describe("its headers", () => {
  it("hash to as many zero bits as a share claims, rebuilt without its code", () => {
    const message = readPool(job("1", true));
    if (message?.kind !== "job") throw new Error("no job");
    const work = new HeaderWork(message.job, Buffer.from("01020304", "hex"), 4, 0x1fff_e000, 77);
    const share = work.search(0, 1 << 16, 8);
    if (share === null) throw new Error("nothing found");
    const sha = (data: Uint8Array) => createHash("sha256").update(data).digest();
    const root = sha(sha(Buffer.from(`aa01020304${share.extranonce2}bb`, "hex")));
    const header = Buffer.alloc(80);
    header.writeUInt32LE((0x2000_0000 | share.versionBits) >>> 0, 0);
    root.copy(header, 36);
    header.writeUInt32LE(0x65000000, 68);
    header.writeUInt32LE(0x1703421a, 72);
    header.writeUInt32LE(share.nonce, 76);
    expect(sha(sha(header))[31]).toBe(0);
  });

  it("count zero bits from the end of the hash", () => {
    const hash = Buffer.alloc(32, 0xff);
    expect(zeroBitsOf(hash)).toBe(0);
    hash[31] = 0;
    hash[30] = 0x10;
    expect(zeroBitsOf(hash)).toBe(11);
    expect(zeroBitsOf(Buffer.alloc(32))).toBe(256);
  });
});

describe("a wireless path", () => {
  const arrivals = (faults: PathFaults, n = 2000) => {
    const path = new WirelessPath(faults, splitmix64(3));
    return Array.from({ length: n }, (_, i) => Number(path.arrivalNs(BigInt(i) * 1000n * MS) - BigInt(i) * 1000n * MS) / 1e6);
  };

  it("keeps order whatever is lost or held up", () => {
    const path = new WirelessPath({ latencyMs: 5, jitterMs: 50, loss: 0.3, batchMs: 0 }, splitmix64(1));
    const times = Array.from({ length: 500 }, (_, i) => path.arrivalNs(BigInt(i) * MS));
    expect(times.every((at, i) => i === 0 || at >= (times[i - 1] as bigint))).toBe(true);
  });

  it("sends a lost segment again after 200 ms and more", () => {
    const late = arrivals({ ...WIRED, loss: 0.25 }).filter((ms) => ms >= 200).length;
    expect(late / 2000).toBeGreaterThan(0.2);
    expect(late / 2000).toBeLessThan(0.3);
    expect(arrivals(WIRED).every((ms) => ms < 20)).toBe(true);
  });

  it("holds lines for the next beacon in power save", () => {
    const path = new WirelessPath({ latencyMs: 0, jitterMs: 0, loss: 0, batchMs: 100 }, splitmix64(1));
    expect([1n, 40n, 99n].map((ms) => Number(path.arrivalNs(ms * MS)) / 1e6)).toEqual([100, 100, 100]);
  });

  it("refuses what no network does", () => {
    for (const bad of [{ loss: 1 }, { latencyMs: -1 }, { batchMs: Number.NaN }])
      expect(() => new WirelessPath({ ...WIRED, ...bad }, splitmix64(1))).toThrow(expect.objectContaining({ code: "OPTION_OUT_OF_RANGE" }));
  });
});
