import { encodeJob, type MidstateCount, workOf } from "../bm1387/job.ts";
import { fieldsOfHeader, workOfWord } from "../bm1387/word-works.ts";
import { DIALOGUE_EVENT, type Dialogue, type DialogueJob, type DialogueOptions, type SentFrame, type WorkPump } from "../native/index.ts";
import { type ChipLink, FRAME_STRIDE, type FrameBatch } from "./chip-link.ts";

/** Ids on the wire have 7 bits. specs/bm1387.md 1.5 */
const WIRE_IDS = 128;

/** One thing that crossed the wire, as the log sees it. `tNs` as in FrameBatch, or when a write was taken by the kernel. */
export interface WireRecord {
  readonly tNs: bigint;
  readonly direction: "to-chip" | "from-chip";
  readonly bytes: Uint8Array;
  /** How many frames before this one could not be kept until they were told; none when absent. */
  readonly droppedBefore?: number;
}

/**
 * The same link, with every write, every frame and every job that its work pump writes also told to `record`. Bytes that belong to no frame are
 * counted by the link, not told. What a pump wrote is told in batches, about ten times a second and before the answers that came after it.
 */
export function tracedLink(link: ChipLink, record: (entry: WireRecord) => void): ChipLink {
  // A link is an object of a class: taken out of it, its methods would not know it.
  const startWorkPump = link.startWorkPump?.bind(link);
  const startDialogue = link.startDialogue?.bind(link);
  let pump: WorkPump | null = null;
  let dropped = 0;
  const tellSent = (frames: readonly SentFrame[], lost: number) => {
    for (const { tNs, bytes } of frames) {
      record({ tNs, direction: "to-chip", bytes, ...(dropped > 0 ? { droppedBefore: dropped } : {}) });
      dropped = 0;
    }
    dropped += lost;
  };
  const tell = (batch: FrameBatch) => {
    pump?.drain();
    for (let i = 0; i < batch.count; i++) {
      const at = i * FRAME_STRIDE;
      const bytes = batch.bytes.slice(at + 1, at + 1 + (batch.bytes[at] as number));
      record({ tNs: batch.tNs[i] as bigint, direction: "from-chip", bytes });
    }
  };
  const untell = link.onFrames(tell);
  return {
    path: link.path,
    get baud() {
      return link.baud;
    },
    async write(bytes, deadlineMs) {
      const tNs = await link.write(bytes, deadlineMs);
      record({ tNs, direction: "to-chip", bytes: bytes.slice() });
      return tNs;
    },
    setBaud: (baud) => link.setBaud(baud),
    setResponseLength: (length) => link.setResponseLength(length),
    onFrames: (listener) => link.onFrames(listener),
    ...(link.onBytes ? { onBytes: (listener) => (link.onBytes as NonNullable<ChipLink["onBytes"]>)(listener) } : {}),
    onLost: (listener) => link.onLost(listener),
    counters: () => link.counters(),
    ...(startWorkPump
      ? {
          startWorkPump: (options) => {
            const { onFrames } = options;
            const started = startWorkPump({
              ...options,
              onFrames: (frames, lost) => {
                tellSent(frames, lost);
                onFrames?.(frames, lost);
              },
            });
            pump = started;
            return started;
          },
        }
      : {}),
    ...(startDialogue ? { startDialogue: (options) => tracedDialogue(startDialogue, options, record) } : {}),
    async close() {
      untell();
      await link.close();
    },
  };
}

/** Jobs of a dialogue are told when they have left, which is later than they were prepared. */
function tracedDialogue(
  start: (options: DialogueOptions) => Dialogue,
  options: DialogueOptions,
  record: (entry: WireRecord) => void,
): Dialogue {
  const jobs = new Map<number, DialogueJob>();
  const dialogue = start({
    ...options,
    onEvents: (events) => {
      for (let i = 0; i < events.count; i++) {
        const [kind, word] = [events.kind[i], events.word[i] as number];
        const job = jobs.get(word);
        if (!job) continue;
        if (kind === DIALOGUE_EVENT.sent || kind === DIALOGUE_EVENT.work)
          record({
            tNs: events.tNs[i] as bigint,
            direction: "to-chip",
            bytes: frameOf(job, events.jobSeq[i] as number, events.index[i] as number),
          });
        // A single job is told once, a row of works until it is over.
        if (!job.works || kind === DIALOGUE_EVENT.answered || kind === DIALOGUE_EVENT.deadline) jobs.delete(word);
      }
      options.onEvents(events);
    },
  });
  return {
    renew: (ttlMs) => dialogue.renew(ttlMs),
    prepare: (job) => {
      const taken = dialogue.prepare(job);
      if (taken) jobs.set(job.jobSeq, job);
      return taken;
    },
    drain: () => dialogue.drain(),
    counters: () => dialogue.counters(),
    stop: () => dialogue.stop(),
  };
}

/** The frame of a job, or of a work of its row, which the native thread makes when it leaves. */
function frameOf({ frame, header, versions, works }: DialogueJob, jobSeq: number, index: number): Uint8Array {
  if (!works) return frame;
  const midstates = versions.length as MidstateCount;
  const fields = fieldsOfHeader(header);
  const { ntime, versionBits } = workOfWord({ fields, versionMask: works.versionMask, midstates }, index);
  const work = workOf(
    (jobSeq * midstates) % WIRE_IDS,
    { ...fields, ntime },
    versionBits.map((bits) => (fields.version | bits) >>> 0),
  );
  return encodeJob(work);
}
