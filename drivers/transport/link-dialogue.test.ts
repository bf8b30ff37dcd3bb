import { describe, expect, test } from "vitest";
import { frameBatch } from "../bm13xx/testing/frame-batch.ts";
import { JumpingClock } from "../bm13xx/testing/jumping-clock.ts";
import { nonceResponse, registerResponse } from "../bm13xx/testing/responses.ts";
import { DIALOGUE_EVENT, type DialogueEvents, type DialogueJob } from "../native/dialogue.ts";
import type { ChipLink, FrameBatch } from "./chip-link.ts";
import { startLinkDialogue } from "./link-dialogue.ts";

const KINDS = Object.keys(DIALOGUE_EVENT);

const job = (jobSeq: number, change: Partial<DialogueJob> = {}): DialogueJob => ({
  jobSeq,
  wireId: jobSeq * 8,
  frame: Uint8Array.of(jobSeq),
  header: new Uint8Array(80),
  versions: [0],
  zeroBits: 32,
  answers: 1,
  deadlineMs: 1000,
  ...change,
});

/** A link that keeps what was written; answers are put in by hand. Headers with an even nonce do not hash. */
function talk(depth = 4) {
  const clock = new JumpingClock();
  const listeners = new Set<(batch: FrameBatch) => void>();
  const written: number[] = [];
  const events: string[] = [];
  const ends: string[] = [];
  let broken: Error | null = null;
  const link = {
    async write(bytes: Uint8Array) {
      if (broken) throw broken;
      written.push(bytes[0] as number);
      return clock.nowNs();
    },
    onFrames(listener: (batch: FrameBatch) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as ChipLink;
  const verify = (headers: Uint8Array) => ({
    zeroBits: Uint16Array.of((headers[76] ?? 0) % 2 === 1 ? 32 : 0),
    difficultyLog2: new Float32Array(1),
  });
  const dialogue = startLinkDialogue(
    link,
    { clock, verify },
    {
      format: "full-header",
      depth,
      onEvents: ({ kind, jobSeq }: DialogueEvents) => events.push(`${KINDS[kind[0] ?? 9]} ${jobSeq[0]}`),
      onEnd: ({ code }) => ends.push(code),
    },
  );
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return {
    dialogue,
    clock,
    written,
    events,
    ends,
    settle,
    listeners,
    async frame(bytes: Uint8Array) {
      for (const listener of listeners) listener(frameBatch([bytes], clock.nowNs()));
      await settle();
    },
    breakWrites: () => {
      broken = new Error("gone");
    },
  };
}

/** The first byte of the nonce on the wire is the header's byte 76. */
const answer = (jobSeq: number, first: number) => nonceResponse((first << 24) >>> 0, 0, jobSeq * 8, 0);

describe("a dialogue over any link", () => {
  test("each job leaves upon a verified answer to the one before", async () => {
    const { dialogue, written, events, frame, settle } = talk();
    for (const seq of [1, 2, 3]) dialogue.prepare(job(seq));
    await settle();
    expect(written).toEqual([]);
    dialogue.renew(60_000);
    await settle();
    expect(written).toEqual([1]);
    await frame(answer(2, 1)); // another job's
    await frame(answer(1, 2)); // does not hash
    await frame(registerResponse(1, 0, 0));
    expect(written).toEqual([1]);
    await frame(answer(1, 1));
    expect(written).toEqual([1, 2]);
    await frame(answer(2, 3));
    expect(events).toEqual(["sent 1", "answered 1", "sent 2", "answered 2", "sent 3"]);
    expect(dialogue.counters()).toMatchObject({ sent: 3, answered: 2, strays: 1, unverified: 1, underruns: 0 });
    dialogue.stop();
  });

  test("several answers must differ", async () => {
    const { dialogue, written, frame, settle } = talk();
    dialogue.prepare(job(1, { answers: 2 }));
    dialogue.prepare(job(2));
    dialogue.renew(60_000);
    await settle();
    await frame(answer(1, 5));
    await frame(answer(1, 5));
    expect(written).toEqual([1]);
    expect(dialogue.counters().repeated).toBe(1);
    await frame(answer(1, 7));
    expect(written).toEqual([1, 2]);
    dialogue.stop();
  });

  test("silence ends at the deadline, and a late answer is nobody's", async () => {
    const { dialogue, events, frame, clock, settle } = talk();
    dialogue.prepare(job(1, { deadlineMs: 50 }));
    dialogue.prepare(job(2));
    dialogue.renew(60_000);
    await settle();
    const sentNs = clock.nowNs();
    while (!events.includes("sent 2")) await new Promise((resolve) => setImmediate(resolve));
    expect(events).toEqual(["sent 1", "deadline 1", "sent 2"]);
    expect(clock.nowNs() - sentNs).toBeGreaterThanOrEqual(50_000_000n);
    await frame(answer(1, 1));
    expect(dialogue.counters()).toMatchObject({ strays: 1, deadlines: 1 });
    dialogue.stop();
  });

  test("without a lease nothing leaves; with a new one it goes on", async () => {
    const { dialogue, written, frame, settle } = talk();
    for (const seq of [1, 2]) dialogue.prepare(job(seq));
    dialogue.renew(60_000);
    await settle();
    dialogue.renew(0);
    await frame(answer(1, 1));
    expect(written).toEqual([1]);
    expect(dialogue.counters().leaseExpiries).toBe(1);
    dialogue.renew(60_000);
    await settle();
    expect(written).toEqual([1, 2]);
    dialogue.stop();
  });

  test("an empty queue is counted once, and ends with the next job", async () => {
    const { dialogue, written, frame, settle } = talk(1);
    dialogue.renew(60_000);
    expect(dialogue.counters().underruns).toBe(0);
    expect([1, 2, 3].map((seq) => dialogue.prepare(job(seq)))).toEqual([true, true, false]);
    await settle();
    await frame(answer(1, 1));
    await frame(answer(2, 1));
    await frame(answer(2, 3));
    expect(dialogue.counters().underruns).toBe(1);
    dialogue.prepare(job(3));
    await settle();
    expect(written).toEqual([1, 2, 3]);
    dialogue.stop();
  });

  test("a write that fails ends it; after stop() nothing leaves and nobody listens", async () => {
    const broken = talk();
    broken.breakWrites();
    broken.dialogue.prepare(job(1));
    broken.dialogue.renew(60_000);
    await broken.settle();
    expect(broken.ends).toEqual(["WRITE_FAILED"]);
    const stopped = talk();
    stopped.dialogue.prepare(job(1));
    stopped.dialogue.prepare(job(2));
    stopped.dialogue.renew(60_000);
    await stopped.settle();
    stopped.dialogue.stop();
    await stopped.frame(answer(1, 1));
    expect(stopped.written).toEqual([1]);
    expect(stopped.listeners.size).toBe(0);
    expect(stopped.ends).toEqual([]);
  });
});
