/** A dialogue on a serial link, with the lease and the trace that a rig puts around it. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { sealResponse } from "../bm13xx/testing/responses.ts";
import { DialoguePeer } from "../native/dialogue-peer.test-support.ts";
import { DIALOGUE_EVENT, type DialogueEvents, type DialogueJob, type DialogueOptions } from "../native/index.ts";
import type { ChipLink } from "./chip-link.ts";
import { openSerialLink } from "./serial-link.ts";
import { tracedLink, type WireRecord } from "./traced-link.ts";

const job = (jobSeq: number): DialogueJob => {
  const frame = new Uint8Array(88).fill(jobSeq);
  frame[4] = jobSeq * 8;
  const checks = { header: new Uint8Array(80), versions: [0], zeroBits: 0, answers: 1, deadlineMs: 10_000 };
  return { jobSeq, wireId: jobSeq * 8, frame, ...checks };
};
const answerTo = (jobSeq: number) => sealResponse([1, 2, 3, 4, 0, jobSeq * 8, 0, 0], 4);

let peer: DialoguePeer;
let link: ChipLink;

async function open(answered: readonly number[]): Promise<void> {
  peer = await DialoguePeer.open({
    answers: Object.fromEntries(answered.map((seq) => [seq * 8, answerTo(seq)])),
    thinkMs: 5,
    frameBytes: 88,
  });
  link = await openSerialLink(peer.path, { baud: 115_200 });
  link.setResponseLength(11);
}

function begin(on: ChipLink, extra: Partial<DialogueOptions> = {}) {
  const kinds: string[] = [];
  const onEvents = (events: DialogueEvents) => {
    for (let i = 0; i < events.count; i++) kinds.push(`${events.kind[i]} ${events.jobSeq[i]}`);
  };
  const dialogue = on.startDialogue?.({ format: "full-header", depth: 4, onEvents, onEnd: () => {}, ...extra });
  if (!dialogue) throw new Error("a serial link carries a dialogue");
  return { dialogue, kinds };
}

afterEach(async () => {
  await link.close();
  await peer.hangUp();
});

describe("a dialogue on a serial link", () => {
  test("is traced: each job when it left, ahead of its answer", async () => {
    await open([1, 2]);
    const wire: WireRecord[] = [];
    const { dialogue, kinds } = begin(tracedLink(link, (entry) => wire.push(entry)));
    for (const seq of [1, 2, 3]) dialogue.prepare(job(seq));
    dialogue.renew(10_000);
    await vi.waitFor(() => expect(kinds).toContain(`${DIALOGUE_EVENT.sent} 3`), 10_000);
    const crossed = wire.map(({ direction, bytes, tNs }) => ({ direction, id: bytes[direction === "to-chip" ? 4 : 7], tNs }));
    expect(crossed.filter(({ direction }) => direction === "to-chip").map(({ id }) => id)).toEqual([8, 16, 24]);
    const inTime = crossed.toSorted((a, b) => Number(a.tNs - b.tNs));
    expect(inTime.map(({ direction, id }) => `${direction} ${id}`)).toEqual([
      "to-chip 8",
      "from-chip 8",
      "to-chip 16",
      "from-chip 16",
      "to-chip 24",
    ]);
  });

  test("ends with the link: nothing leaves any more", async () => {
    await open([1]);
    const { dialogue, kinds } = begin(link);
    dialogue.prepare(job(1));
    dialogue.renew(10_000);
    await vi.waitFor(() => expect(kinds).toHaveLength(2), 10_000);
    await link.close();
    dialogue.prepare(job(2));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await peer.report()).ids).toEqual([8]);
    expect(() => begin(link)).toThrow(expect.objectContaining({ code: "LINK_LOST" }));
  });

  test("goes with a port that is pulled", async () => {
    await open([1]);
    const lost: string[] = [];
    link.onLost((reason) => lost.push((reason as Error & { code: string }).code));
    const { dialogue, kinds } = begin(link);
    dialogue.prepare(job(1));
    dialogue.renew(10_000);
    await vi.waitFor(() => expect(kinds).toHaveLength(2), 10_000);
    await peer.hangUp();
    await vi.waitFor(() => expect(lost).toEqual(["LINK_LOST"]), 10_000);
    expect(() => begin(link)).toThrow(expect.objectContaining({ code: "LINK_LOST" }));
  });
});
