import { describe, expect, it } from "vitest";
import { allocateNonces, type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { JumpingClock } from "../../drivers/bm13xx/testing/jumping-clock.ts";
import type { WorkPass } from "../hardware/work-pass.ts";
import type { Session } from "../session.ts";
import { WorkReplayer } from "./work-replayer.ts";

/** A work each millisecond; the passes of a chain that answers with these (work from the pass's first on, nonce, status), so late after the work began. */
function replaying(answers: readonly { work: number; nonce: number; status?: number; lateMs?: number }[], passes: { count: number }) {
  const clock = new JumpingClock();
  let listener: (batch: NonceBatch) => void = () => {};
  let listening = 0;
  const session = {
    clock,
    rig: {
      faulted: new AbortController().signal,
      async workAgain(): Promise<WorkPass> {
        const firstSeq = 1000 * ++passes.count;
        const beganNs = clock.nowNs();
        for (const { work, nonce, status = STATUS.valid, lateMs = 0.5 } of answers)
          void clock.sleep(work + lateMs).then(() => {
            const batch = allocateNonces(1);
            batch.jobSeq[0] = firstSeq + work;
            batch.nonce[0] = nonce;
            batch.status[0] = status;
            listener(batch);
          });
        const startedNs = (seq: number) => beganNs + BigInt(seq - firstSeq) * 1_000_000n;
        return {
          firstSeq,
          gapNs: 1_000_000,
          safeShare: 0.3,
          isSafe: (nonce) => nonce < 100,
          startedNs: (seq) => (startedNs(seq) - 3_000_000n <= clock.nowNs() ? startedNs(seq) : null),
        };
      },
    },
    onNonces(told: typeof listener) {
      listening++;
      listener = told;
      return () => listening--;
    },
  } as unknown as Session;
  return { replayer: new WorkReplayer(session, 10), clock, listening: () => listening };
}

const rowsOf = (batch: NonceBatch) => Array.from({ length: batch.length }, (_, i) => [(batch.jobSeq[i] as number) % 1000, batch.nonce[i]]);

describe("a replay of works", () => {
  it("holds what the first works gave, as many as fit into its time, and nothing of those before or after", async () => {
    const passes = { count: 0 };
    const { replayer } = replaying(
      [
        { work: -1, nonce: 1 },
        { work: 0, nonce: 2 },
        { work: 9, nonce: 3 },
        { work: 10, nonce: 4 },
      ],
      passes,
    );
    for (let i = 0; i < 3; i++)
      expect(rowsOf(await replayer.replay())).toEqual([
        [0, 2],
        [9, 3],
      ]);
    expect(passes.count).toBe(3);
    expect(replayer.safeShare).toBe(0.3);
  });

  it("leaves out what a chip comes to just before the next work, but no answer that does not verify", async () => {
    const { replayer } = replaying(
      [
        { work: 2, nonce: 99 },
        { work: 2, nonce: 100 },
        { work: 3, nonce: 101, status: STATUS.invalid },
      ],
      { count: 0 },
    );
    expect(rowsOf(await replayer.replay())).toEqual([
      [2, 99],
      [3, 101],
    ]);
  });

  it("waits for answers that a busy host hands over late, until one to a later work has come", async () => {
    const late = replaying([{ work: 9, nonce: 3, lateMs: 900 }], { count: 0 });
    expect(rowsOf(await late.replayer.replay())).toEqual([[9, 3]]);
    const prompt = replaying([{ work: 12, nonce: 3 }], { count: 0 });
    const beganNs = prompt.clock.nowNs();
    await prompt.replayer.replay();
    expect(Number(prompt.clock.nowNs() - beganNs) / 1e6).toBeLessThan(30);
  });

  it("listens to nothing any more when it is stopped", () => {
    const { replayer, listening } = replaying([], { count: 0 });
    expect(listening()).toBe(1);
    replayer.stop();
    expect(listening()).toBe(0);
  });
});
