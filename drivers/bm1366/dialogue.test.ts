import { describe, expect, test, vi } from "vitest";
import type { HeaderFields, JobRecord } from "../../common/block-header.ts";
import { type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import type { ChainDialogueOptions, Exchange } from "../bm13xx/exchange.ts";
import { frameBatch } from "../bm13xx/testing/frame-batch.ts";
import { nonceResponse } from "../bm13xx/testing/responses.ts";
import { DIALOGUE_EVENT, type Dialogue, type DialogueEvents, type DialogueJob, type DialogueOptions } from "../native/dialogue.ts";
import { FRAME_STRIDE } from "../transport/chip-link.ts";
import { JobDialogue } from "./dialogue.ts";
import { Intake } from "./intake.ts";

const FIELDS: HeaderFields = {
  version: 0x2000_0000,
  prevHash: new Uint8Array(32).fill(1),
  merkleRoot: new Uint8Array(32).fill(2),
  ntime: 3,
  nbits: 4,
};
const MASK = 0x1fff_e000;

/** A dialogue with everything but a thread: what was prepared, and what is to be told. */
function rehearsal(options: Partial<ChainDialogueOptions> = {}) {
  const prepared: DialogueJob[] = [];
  const queued: DialogueEvents[] = [];
  const nonces: NonceBatch[] = [];
  const exchanges: Exchange[] = [];
  const sent: JobRecord[] = [];
  const ends: string[] = [];
  let native: DialogueOptions | null = null;
  let room = 99;
  const stopNative = vi.fn();
  const dialogue: Dialogue = {
    renew: vi.fn(),
    prepare: (job) => {
      if (room-- <= 0) return false;
      prepared.push(job);
      return true;
    },
    drain: () => {
      for (const events of queued.splice(0)) native?.onEvents(events);
    },
    counters: vi.fn(),
    stop: stopNative,
  };
  const intake = new Intake({
    verify: (headers) => ({
      zeroBits: new Uint16Array(headers.length / 80).fill(40),
      difficultyLog2: new Float32Array(headers.length / 80).fill(8),
    }),
    chips: 1,
    firstJobSeq: 7,
    accept: () => false,
  });
  intake.nonceListeners.add((batch) => nonces.push(batch));
  const chain = new JobDialogue(
    {
      intake,
      chips: 1,
      baud: () => 1_000_000,
      describe: (fields) => ({ ...fields, ticketLog2: 3, workScale: 1, frequencyMhz: 485, hashCountingNumber: 5000 }),
      versionMask: () => MASK,
      start: (given) => {
        native = given;
        return dialogue;
      },
      onStop: () => {},
    },
    {
      depth: 4,
      deadlineMs: 100,
      onSent: (record) => sent.push(record),
      onExchange: (exchange) => exchanges.push(exchange),
      onEnd: ({ code }) => ends.push(code),
      ...options,
    },
  );
  const event = (kind: number, jobSeq: number, tMs: number, frame?: Uint8Array): DialogueEvents => {
    const bytes = new Uint8Array(FRAME_STRIDE);
    if (frame) bytes.set([frame.length, ...frame]);
    const tNs = BigInt64Array.of(BigInt(tMs) * 1_000_000n);
    const turnNs = BigInt64Array.of(BigInt(tMs) * 1_000_000n + 500_000n);
    const answers = Uint8Array.of(kind === DIALOGUE_EVENT.answered ? 1 : 0);
    const seq = Uint32Array.of(jobSeq);
    const index = new Uint32Array(1);
    return { count: 1, kind: Uint8Array.of(kind), word: seq, jobSeq: seq, index, tNs, turnNs, sigmaNs: Uint32Array.of(9), answers, bytes };
  };
  return {
    chain,
    intake,
    prepared,
    queued,
    nonces,
    exchanges,
    sent,
    ends,
    event,
    stopNative,
    end: () => native?.onEnd({ code: "EIO", message: "gone" }),
    full: () => {
      room = 0;
    },
  };
}

const answer = (wireId: number, nonceBe: number) => nonceResponse(nonceBe, 0, wireId, 0x0012);

describe("a dialogue with a chain", () => {
  test("jobs have numbers and ids of their own while they wait, and are checked by what the ticket asks for", () => {
    const { chain, prepared, full } = rehearsal({ answers: 2 });
    expect([chain.offer(FIELDS), chain.offer(FIELDS), chain.offer(FIELDS)]).toEqual([7, 8, 9]);
    expect(prepared.map(({ wireId }) => wireId)).toEqual([8, 16, 24]);
    expect(prepared[0]).toMatchObject({ zeroBits: 34, answers: 2, deadlineMs: 100, versions: [0x2000_0000] });
    expect(prepared[0]?.frame[4]).toBe(8);
    const picky = rehearsal({ leastDifficulty: 64 });
    picky.chain.offer(FIELDS);
    expect(picky.prepared[0]?.zeroBits).toBe(37);
    full();
    expect(chain.offer(FIELDS)).toBeNull();
    expect(chain.waiting).toBe(3);
  });

  test("each answer is judged by the jobs as they stood when it came, however late it is looked at", () => {
    const { chain, intake, queued, nonces, exchanges, sent, event } = rehearsal();
    for (let i = 0; i < 4; i++) chain.offer(FIELDS);
    const frames = [answer(8, 0x1000_0001), answer(16, 0x2200_0005), answer(24, 0x3300_0007)];
    // This thread slept through three answers: frames and events come at once.
    queued.push(event(DIALOGUE_EVENT.sent, 7, 1));
    frames.forEach((frame, i) => {
      queued.push(event(DIALOGUE_EVENT.answered, 7 + i, 10 * (i + 1), frame), event(DIALOGUE_EVENT.sent, 8 + i, 10 * (i + 1) + 1));
    });
    intake.take(frameBatch(frames, [10_000_000n, 20_000_000n, 30_000_000n]));
    const statuses = nonces.flatMap((batch) => Array.from(batch.status));
    expect(statuses).toEqual([STATUS.valid, STATUS.valid, STATUS.valid]);
    expect(nonces.flatMap((batch) => Array.from(batch.jobSeq))).toEqual([7, 8, 9]);
    expect(sent.map(({ jobSeq, sentNs }) => [jobSeq, sentNs])).toEqual([
      [7, 1_000_000n],
      [8, 11_000_000n],
      [9, 21_000_000n],
      [10, 31_000_000n],
    ]);
    expect(exchanges.map((exchange) => exchange.answer?.delayNs)).toEqual([9e6, 9e6, 9e6]);
    expect(exchanges[1]).toMatchObject({ endNs: 20_500_000n, answers: 1, record: { jobSeq: 8, ticketLog2: 3, frequencyMhz: 485 } });
    expect(exchanges[1]?.answer).toMatchObject({ nonce: 0x0500_0022, core: 0x11, versionBits: 0x12 << 13, difficultyLog2: 8, sigmaNs: 9 });
    expect(exchanges[1]?.answer?.residualNs).toBe(nonces[1]?.residualNs[0]);
    expect(exchanges[1]?.answer?.residualNs).not.toBeNaN();
  });

  test("a word that nobody answers has no answer, and an end", () => {
    const { chain, queued, exchanges, event, intake } = rehearsal();
    chain.offer(FIELDS);
    queued.push(event(DIALOGUE_EVENT.sent, 7, 1), event(DIALOGUE_EVENT.deadline, 7, 101));
    intake.take(frameBatch([answer(64, 1)], 1n));
    expect(exchanges).toMatchObject([{ answer: null, answers: 0, endNs: 101_000_000n }]);
  });

  test("what did not leave by its end is forgotten, and its number given to the next job", () => {
    const { chain, queued, event, intake, stopNative } = rehearsal();
    chain.offer(FIELDS);
    chain.offer(FIELDS);
    queued.push(event(DIALOGUE_EVENT.sent, 7, 1));
    intake.take(frameBatch([answer(64, 1)], 1n));
    chain.stop();
    expect(stopNative).toHaveBeenCalledOnce();
    expect(intake.jobs.next).toMatchObject({ jobSeq: 8, wireId: 16 });
    expect(chain.waiting).toBe(0);
  });

  test("a port that takes nothing more ends it with its reason", () => {
    const { end, ends, stopNative } = rehearsal();
    end();
    expect(ends).toEqual(["DIALOGUE_ENDED"]);
    expect(stopNative).toHaveBeenCalledOnce();
  });

  test.each([0, 15, 1.5])("%d jobs cannot wait: their ids would come round", (depth) => {
    expect(() => rehearsal({ depth })).toThrow(expect.objectContaining({ code: "DIALOGUE_REFUSED" }));
  });
});
