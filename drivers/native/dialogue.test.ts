import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { sealResponse } from "../bm13xx/testing/responses.ts";
import { addon } from "./addon.ts";
import { DialoguePeer } from "./dialogue-peer.test-support.ts";
import {
  type Capture,
  type CaptureEnd,
  DIALOGUE_EVENT,
  type Dialogue,
  type DialogueEvents,
  type DialogueJob,
  startCapture,
} from "./index.ts";
import { captureThreads } from "./pty.test-support.ts";

const ADDON = createRequire(import.meta.url).resolve("#native/drivers");
const FRAME_BYTES = 88;
const IDS = 16;

const idOf = (jobSeq: number) => (jobSeq * 8) % 128;

/** Where a full-header job has its id: after the preamble, the header byte and the length byte. specs/bm1366.md 1.4, 4.1 */
function job(jobSeq: number, change: Partial<DialogueJob> = {}): DialogueJob {
  const frame = new Uint8Array(FRAME_BYTES).fill(jobSeq);
  frame[4] = idOf(jobSeq);
  return {
    jobSeq,
    wireId: idOf(jobSeq),
    frame,
    header: new Uint8Array(80),
    versions: [0x2000_0000],
    zeroBits: 0,
    answers: 1,
    deadlineMs: 60_000,
    ...change,
  };
}

const answerTo = (id: number) => sealResponse([1, 2, 3, 4, 0, id | 5, 0, 0], 4);
const ALL_ANSWERS = Object.fromEntries(Array.from({ length: IDS }, (_, seq) => [idOf(seq), answerTo(idOf(seq))]));

let peer: DialoguePeer;
let fd: number;
let capture: Capture;
let dialogue: Dialogue;
let events: { kind: number; jobSeq: number; tNs: bigint; turnNs: bigint }[];
let ends: CaptureEnd[];

function note(batch: DialogueEvents): void {
  for (let i = 0; i < batch.count; i++)
    events.push({
      kind: batch.kind[i] as number,
      jobSeq: batch.jobSeq[i] as number,
      tNs: batch.tNs[i] as bigint,
      turnNs: batch.turnNs[i] as bigint,
    });
}

async function talkTo(answers: Readonly<Record<number, Uint8Array>>, { depth = 8, thinkMs = 1 } = {}): Promise<void> {
  events = [];
  ends = [];
  peer = await DialoguePeer.open({ answers, thinkMs, frameBytes: FRAME_BYTES });
  fd = openSync(peer.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  capture = startCapture(fd, { baud: 1_000_000, responseLength: 11, onFrames: () => {}, onEnd: (end) => ends.push(end) });
  dialogue = capture.startDialogue({ format: "full-header", depth, onEvents: note, onEnd: () => {} });
}

const eventsAtLeast = (count: number) => vi.waitFor(() => expect(events.length).toBeGreaterThanOrEqual(count), 60_000);

afterEach(async () => {
  dialogue.stop();
  capture.stop();
  closeSync(fd);
  await peer.hangUp();
});

test("jobs follow upon answers one at a time, while this thread is blocked", async () => {
  await talkTo(ALL_ANSWERS);
  for (let seq = 0; seq < 9; seq++) expect(dialogue.prepare(job(seq))).toBe(true);
  expect(dialogue.prepare(job(9))).toBe(false);
  dialogue.renew(60_000);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  // The first answer's frame is still in the capture: neither it nor what came after is told before that.
  dialogue.drain();
  expect(events.map(({ kind }) => kind)).toEqual([DIALOGUE_EVENT.sent]);
  await eventsAtLeast(18);
  expect(events.map(({ kind }) => kind)).toEqual(
    Array.from({ length: 18 }, (_, i) => (i % 2 === 0 ? DIALOGUE_EVENT.sent : DIALOGUE_EVENT.answered)),
  );
  expect(events.map(({ jobSeq }) => jobSeq)).toEqual(Array.from({ length: 18 }, (_, i) => i >> 1));
  for (let i = 2; i < 18; i += 2) expect(events[i]?.turnNs).toBeGreaterThanOrEqual(events[i - 1]?.turnNs as bigint);
  const { ids, turns } = await peer.report();
  expect(ids).toEqual(Array.from({ length: 9 }, (_, seq) => idOf(seq)));
  expect(turns).toHaveLength(8);
  expect(dialogue.counters()).toMatchObject({ sent: 9, answered: 9, underruns: 1, strays: 0, unverified: 0 });
});

test("a job that is not answered makes way at its deadline", async () => {
  await talkTo({ [idOf(1)]: answerTo(idOf(1)) });
  dialogue.prepare(job(0, { deadlineMs: 40 }));
  dialogue.prepare(job(1));
  dialogue.renew(60_000);
  await eventsAtLeast(4);
  expect(events.map(({ kind }) => kind)).toEqual([
    DIALOGUE_EVENT.sent,
    DIALOGUE_EVENT.deadline,
    DIALOGUE_EVENT.sent,
    DIALOGUE_EVENT.answered,
  ]);
  expect(Number((events[1]?.tNs ?? 0n) - (events[0]?.tNs ?? 0n)) / 1e6).toBeGreaterThanOrEqual(40);
});

test("nothing leaves before there is a lease, nor after stop()", async () => {
  await talkTo(ALL_ANSWERS, { thinkMs: 400 });
  for (let seq = 0; seq < 3; seq++) dialogue.prepare(job(seq));
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect((await peer.report()).ids).toEqual([]);
  dialogue.renew(60_000);
  await eventsAtLeast(1);
  dialogue.stop();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect((await peer.report()).ids).toEqual([idOf(0)]);
});

test("a port carries one dialogue at a time, and another after it", async () => {
  await talkTo(ALL_ANSWERS);
  const options = { format: "full-header", depth: 1, onEvents: note, onEnd: () => {} } as const;
  expect(() => capture.startDialogue(options)).toThrow(expect.objectContaining({ code: "DIALOGUE_REFUSED" }));
  dialogue.stop();
  expect(() => capture.startDialogue({ ...options, depth: 65 })).toThrow(expect.objectContaining({ code: "DIALOGUE_REFUSED" }));
  dialogue = capture.startDialogue(options);
  dialogue.prepare(job(0));
  dialogue.renew(60_000);
  await eventsAtLeast(2);
});

test.each([
  ["a frame of another length", { frame: new Uint8Array(87) }],
  ["half a header", { header: new Uint8Array(40) }],
  ["versions of midstates it does not have", { versions: [1, 2] }],
  ["no answer to wait for", { answers: 0 }],
  ["more answers than are kept apart", { answers: 65 }],
  ["no deadline", { deadlineMs: 0 }],
  ["a number that has more than 32 bits", { jobSeq: 2 ** 32 }],
])("a job with %s is refused", async (_, change) => {
  await talkTo({});
  expect(() => dialogue.prepare(job(0, change))).toThrow(TypeError);
});

test("a dialogue made of anything but a capture, whole options and a function is refused", async () => {
  await talkTo({});
  const { Dialogue } = addon();
  const Untyped = Dialogue as unknown as new (...args: unknown[]) => unknown;
  const options = { midstates: 0, depth: 1, firstSeq: 0 };
  const wake = () => {};
  const noCapture = Object.create(addon().Capture.prototype) as unknown;
  for (const args of [[], [{}, options, wake], [noCapture, options, wake], [null, options, wake], [1, 2, 3]])
    expect(() => new Untyped(...args)).toThrow(TypeError);
});

test.each([-1, 0.5, 60_001])("a lease of %d ms is refused", async (ttlMs) => {
  await talkTo({});
  expect(() => dialogue.renew(ttlMs)).toThrow(expect.objectContaining({ code: "BAD_LEASE" }));
});

test("a port that is pulled ends the capture; what happened before is still handed over", async () => {
  await talkTo(ALL_ANSWERS, { thinkMs: 0 });
  dialogue.prepare(job(0));
  dialogue.renew(60_000);
  await eventsAtLeast(2);
  await peer.hangUp();
  await vi.waitFor(() => expect(ends).toHaveLength(1), 60_000);
  dialogue.prepare(job(1));
  dialogue.stop();
  expect(events.filter(({ kind }) => kind === DIALOGUE_EVENT.answered)).toHaveLength(1);
});

test("a process that exits, or collects garbage, with dialogues about does not crash, whichever is stopped first", async () => {
  await talkTo(ALL_ANSWERS);
  dialogue.stop();
  capture.stop();
  const program = `
    const { Capture, Dialogue } = require(${JSON.stringify(ADDON)});
    const job = (jobSeq) => ({ jobSeq, wireId: jobSeq * 8, frame: Buffer.alloc(88, jobSeq * 8), header: Buffer.alloc(80), versions: new Uint32Array(1),
      zeroBits: 0, answers: 1, deadlineNs: 1e6, periodNs: 0, versionMask: 0 });
    for (let i = 0; i < 50; i++) {
      const capture = new Capture(3, 1000000, 11, () => capture.take());
      const dialogue = new Dialogue(capture, { midstates: 0, depth: 8, firstSeq: 0 }, () => dialogue.take());
      for (let seq = 0; seq < 8; seq++) dialogue.prepare(job(seq));
      dialogue.renew(60000);
      try { new Dialogue(capture, { midstates: 0, depth: 8, firstSeq: 0 }, () => {}); } catch {}
      const order = [() => capture.stop(), () => dialogue.stop()];
      if (i > 0) for (const stop of i % 2 ? order : order.reverse()) stop();
      if (i > 0) { dialogue.renew(1000); dialogue.prepare(job(9)); dialogue.take(); dialogue.counters(); }
    }
    global.gc();
    setImmediate(() => { global.gc(); process.exit(0); });`;
  const result = spawnSync(process.execPath, ["--expose-gc", "-e", program], { stdio: ["ignore", "pipe", "pipe", fd], encoding: "utf8" });
  expect(result.stderr).toBe("");
  expect(result.status).toBe(0);
});

test("a worker that is terminated in the middle of a dialogue takes it along", async () => {
  await talkTo(ALL_ANSWERS, { thinkMs: 1 });
  dialogue.stop();
  capture.stop();
  for (let round = 0; round < 4; round++) {
    const worker = new Worker(
      `const { workerData, parentPort } = require("node:worker_threads");
       const { Capture, Dialogue } = require(workerData.addon);
       const capture = new Capture(workerData.fd, 1000000, 11, () => capture.take());
       let seq = 0;
       const job = () => ({ jobSeq: seq, wireId: (seq++ * 8) % 128, frame: Buffer.alloc(88, ((seq - 1) * 8) % 128), header: Buffer.alloc(80),
         versions: new Uint32Array(1), zeroBits: 0, answers: 1, deadlineNs: 5e6, periodNs: 0, versionMask: 0 });
       const dialogue = new Dialogue(capture, { midstates: 0, depth: 8, firstSeq: 0 }, () => { dialogue.take(); dialogue.prepare(job()); dialogue.prepare(job()); });
       for (let i = 0; i < 8; i++) dialogue.prepare(job());
       dialogue.renew(60000);
       parentPort.postMessage("started");`,
      { eval: true, workerData: { addon: ADDON, fd } },
    );
    await once(worker, "message");
    await new Promise((resolve) => setTimeout(resolve, 20 + round));
    await worker.terminate();
    expect(captureThreads()).toBe(0);
  }
  expect((await peer.report()).ids.length).toBeGreaterThan(4);
});
