import { describe, expect, it } from "vitest";
import { fromHex } from "../../common/bytes.ts";
import { countByStatus } from "../../common/nonce-batch.ts";
import { effectiveDifficulty } from "./effective-difficulty.ts";
import { LastValues } from "./last-values.ts";
import { STRATUM_LIMITS } from "./limits.ts";
import { MODE_TIMES, type StratumMode } from "./mode.ts";
import { StratumSession } from "./session.ts";
import { headerOfShare } from "./share.ts";
import { batchOf, type ShareRow } from "./share-rows.ts";
import { syntheticTemplates } from "./template.ts";
import { GENERAL_PURPOSE_BITS } from "./version-rolling.ts";

interface Said {
  id: unknown;
  method?: string;
  params?: unknown[];
  result?: unknown;
  error?: unknown[] | null;
}

/** A conversation whose hashes have as many zero bits as the test wants. */
function conversation(mode: StratumMode, { ticketLog2 = 3, workScale = 0 } = {}) {
  const said: Said[] = [];
  const rows: ShareRow[] = [];
  const closed: string[] = [];
  const headers: Uint8Array[] = [];
  let [nowNs, jobs, seqs] = [1_000_000n, 0, 0];
  const state = { zeroBits: 40 };
  const session = new StratumSession(
    5,
    {
      mode,
      ticketLog2,
      workScale,
      times: MODE_TIMES,
      suggestions: [-4, 10],
      versionMask: GENERAL_PURPOSE_BITS,
      limits: STRATUM_LIMITS,
      templates: syntheticTemplates(1, 3),
    },
    {
      nowNs: () => nowNs,
      wallMs: () => 1_700_000_000_000,
      verify: (header) => {
        headers.push(header);
        return { zeroBits: Uint16Array.of(state.zeroBits), difficultyLog2: Float32Array.of(state.zeroBits - 32) };
      },
      send: (text) =>
        said.push(
          ...text
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Said),
        ),
      close: (reason) => closed.push(reason),
      share: (row) => rows.push(row),
      nextJob: () => jobs++,
      nextSeq: () => seqs++,
    },
  );
  const ask = (method: string, params: unknown[]) => session.line(JSON.stringify({ id: 9, method, params }), nowNs);
  return {
    session,
    said,
    rows,
    closed,
    headers,
    state,
    ask,
    pass: (ms: number) => {
      nowNs += BigInt(ms) * 1_000_000n;
      session.tick();
    },
    start() {
      ask("mining.configure", [["version-rolling"], { "version-rolling.mask": "1fffe000" }]);
      ask("mining.subscribe", ["miner"]);
      ask("mining.authorize", ["w", "x"]);
    },
    jobs: () => said.filter(({ method }) => method === "mining.notify").map(({ params }) => params as unknown[]),
    submit(job: unknown[] | undefined, nonce: number, bits = "00002000", extranonce2 = "00000001") {
      ask("mining.submit", ["w", job?.[0] ?? "none", extranonce2, job?.[7] ?? "00000000", nonce.toString(16).padStart(8, "0"), bits]);
      return said.at(-1);
    },
  };
}

describe("a stale share", () => {
  it("is one that a pool would still take as long as no job replaced all others", () => {
    const extra = (mode: StratumMode) => {
      const c = conversation(mode);
      c.start();
      const [job] = c.jobs();
      c.submit(job, 1);
      c.submit(job, 2);
      return c.rows.map(({ judged, dropped }) => [judged.verdict, dropped]);
    };
    // Two shares for the first job: prefetched work follows it, and does not replace it; a single word's successor does.
    expect(extra("prefetch")).toEqual([
      ["valid", false],
      ["stale", false],
    ]);
    expect(extra("swh")).toEqual([
      ["valid", false],
      ["stale", true],
    ]);
  });
});

describe("a session", () => {
  it("sends difficulty and a job once the miner is subscribed and authorized, and nothing before", () => {
    const c = conversation("swh");
    c.ask("mining.subscribe", []);
    expect(c.jobs()).toHaveLength(0);
    expect(c.submit(undefined, 1)?.error?.[0]).toBe(24);
    c.ask("mining.authorize", ["w", "x"]);
    expect(c.said.find(({ method }) => method === "mining.set_difficulty")?.params).toEqual([8]);
    expect(c.jobs()).toHaveLength(1);
    expect(c.jobs()[0]?.[8]).toBe(true);
    expect(c.said[0]?.result).toEqual([expect.anything(), "00000005", 4]);
  });

  it("hashes the header that the miner's own arithmetic gives", () => {
    const c = conversation("swh");
    c.start();
    const [job] = c.jobs();
    c.submit(job, 0xdeadbeef, "00c00000", "0a0b0c0d");
    const text = (i: number) => job?.[i] as string;
    const version = ((Number.parseInt(text(5), 16) & ~GENERAL_PURPOSE_BITS) | 0xc00000) >>> 0;
    const header = headerOfShare({
      version: version.toString(16),
      prevhash: text(1),
      coinb1: text(2),
      coinb2: text(3),
      extranonce1: "00000005",
      extranonce2: "0a0b0c0d",
      merkleBranch: job?.[4] as string[],
      ntime: text(7),
      nbits: text(6),
      nonce: "deadbeef",
    });
    expect(Buffer.from(c.headers[0] as Uint8Array)).toEqual(Buffer.from(header as Uint8Array));
    expect(fromHex(text(2))).not.toBeNull();
  });

  it("counts valid, invalid, below-target, stale, duplicate, unknown-job and refused apart", () => {
    const c = conversation("swh");
    c.start();
    const [first] = c.jobs();
    c.state.zeroBits = 31;
    expect(c.submit(first, 1)?.error?.[0]).toBe(23);
    c.state.zeroBits = 34;
    expect(c.submit(first, 2)?.error?.[0]).toBe(23);
    c.state.zeroBits = 35;
    expect(c.submit(first, 3)?.result).toBe(true);
    expect(c.submit(first, 3)?.error?.[0]).toBe(22);
    expect(c.submit(first, 4)?.error?.[0]).toBe(21);
    expect(c.submit(undefined, 5)?.error?.[0]).toBe(21);
    // Bits that were not granted, an extranonce2 of another length, and a time before the job's.
    expect(c.submit(first, 6, "00000001")?.error?.[0]).toBe(20);
    expect(c.submit(first, 6, "00002000", "01")?.error?.[0]).toBe(20);
    expect(c.submit([...(first ?? []).slice(0, 7), "00000001"], 6)?.error?.[0]).toBe(20);
    expect(c.session.counts).toEqual({ valid: 1, invalid: 1, "below-target": 1, stale: 1, duplicate: 1, "unknown-job": 1, refused: 3 });
    const { batch, jobs } = batchOf(c.rows, 5);
    expect(countByStatus(batch)).toEqual({ valid: 1, invalid: 2, stale: 1, duplicate: 1, "unknown-job": 1 });
    expect(jobs).toHaveLength(1);
    expect([...batch.sigmaNs]).toEqual([5, 5, 5, 5, 5, 5]);
  });

  it("in SWH lets the next job leave only after an answer or the deadline, and every job has a search space of its own", () => {
    const c = conversation("swh");
    c.start();
    c.state.zeroBits = 33;
    c.submit(c.jobs()[0], 1);
    c.pass(MODE_TIMES.answerMs - 1);
    expect(c.jobs()).toHaveLength(1);
    c.state.zeroBits = 40;
    c.submit(c.jobs()[0], 2);
    expect(c.jobs()).toHaveLength(2);
    c.pass(MODE_TIMES.answerMs);
    expect(c.jobs()).toHaveLength(3);
    expect(c.session.deadlines).toBe(1);
    expect(new Set(c.jobs().map((job) => job[2])).size).toBe(3);
    expect(c.session.answerMs.values()[0]).toBe(MODE_TIMES.answerMs - 1);
  });

  it("in prefetch has the next job at the miner before the answer, and takes answers to either", () => {
    const c = conversation("prefetch");
    c.start();
    expect(c.jobs().map((job) => job[8])).toEqual([true, false]);
    expect(c.submit(c.jobs()[0], 1)?.result).toBe(true);
    expect(c.jobs().map((job) => job[8])).toEqual([true, false, false]);
    expect(c.submit(c.jobs()[0], 2)?.error?.[0]).toBe(21);
    expect(c.submit(c.jobs()[2], 3)?.result).toBe(true);
    expect(c.submit(c.jobs()[1], 4)?.error?.[0]).toBe(21);
  });

  it("in a storm sends a job for every share, whatever it is worth, and by the clock", () => {
    const c = conversation("storm");
    c.start();
    c.state.zeroBits = 3;
    c.submit(c.jobs()[0], 1);
    expect(c.jobs()).toHaveLength(2);
    c.pass(MODE_TIMES.stormMs);
    expect(c.jobs()).toHaveLength(3);
    expect(c.jobs().every((job) => job[8] === true)).toBe(true);
    expect(c.session.handOverUs.count).toBe(1);
  });

  it("as a pool counts a job as unanswered only when nothing came for it until it was replaced", () => {
    const c = conversation("pool");
    c.start();
    c.submit(c.jobs()[0], 1);
    c.pass(MODE_TIMES.answerMs);
    expect([c.jobs().length, c.session.deadlines]).toEqual([2, 0]);
    c.pass(MODE_TIMES.answerMs);
    expect([c.jobs().length, c.session.deadlines]).toEqual([3, 1]);
  });

  it("gives a suggested difficulty as the power of two below, within bounds, with the next job", () => {
    const c = conversation("swh");
    c.start();
    c.ask("mining.suggest_difficulty", [100]);
    c.submit(c.jobs()[0], 1);
    c.ask("mining.suggest_difficulty", [1e9]);
    c.submit(c.jobs()[1], 1);
    expect(c.said.filter(({ method }) => method === "mining.set_difficulty").map(({ params }) => params?.[0])).toEqual([8, 64, 1024]);
  });

  it("ends with a reason at the first line that is none, and says nothing afterwards", () => {
    const c = conversation("swh");
    c.start();
    const before = c.said.length;
    c.session.line("{", 0n);
    c.ask("mining.subscribe", []);
    c.pass(MODE_TIMES.answerMs * 2);
    expect(c.closed).toEqual(["not-json"]);
    expect(c.said).toHaveLength(before);
  });
});

describe("effective difficulty", () => {
  it("names the power of two that the least difficulty points to, and none when two are possible", () => {
    const uniform = Float32Array.from({ length: 500 }, (_, i) => Math.log2(256 / ((i + 0.5) / 500)));
    expect(effectiveDifficulty(uniform)?.powerOfTwo).toBe(256);
    expect(
      effectiveDifficulty(
        uniform.map((x) => x - 32),
        32,
      )?.powerOfTwo,
    ).toBe(256);
    expect(effectiveDifficulty([Math.log2(300)])?.powerOfTwo).toBeNull();
    expect(effectiveDifficulty([])).toBeNull();
  });

  it("takes a share that the ticket mask lets through just below the power of two", () => {
    expect(effectiveDifficulty(new Array(1000).fill(Math.log2((256 * 65535) / 65536)))?.powerOfTwo).toBe(256);
  });
});

describe("the last values of a stream", () => {
  it("are in order, also when older ones have gone", () => {
    const last = new LastValues(3);
    for (const value of [1, 2, 3, 4, 5]) last.push(value);
    expect([...last.values()]).toEqual([3, 4, 5]);
    expect(last.count).toBe(5);
  });
});
