/** From the last byte of an answer to the first byte of the next job: the native dialogue against a serialport loop, on the same pseudo-terminal. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync } from "node:fs";
import { SerialPort } from "serialport";
import { sealResponse } from "../drivers/bm13xx/testing/responses.ts";
import { DialoguePeer } from "../drivers/native/dialogue-peer.test-support.ts";
import { DIALOGUE_EVENT, type DialogueJob, startCapture } from "../drivers/native/index.ts";
import { type Bench, type BenchCase, lessIsBetter } from "./harness/bench.ts";
import { askAsCapture } from "./harness/capture-requests.ts";
import { IDLE, LOADED, loadEventLoop } from "./harness/event-loop-load.ts";
import { quantile } from "./harness/quantile.ts";

const FRAME_BYTES = 88;
const RESPONSE_BYTES = 11;
const IDS = 16;
const DEPTH = 14;
const TURNS = 300;
const REPEATS = 5;
/** How long the chips' end thinks: jobs pass faster than the load's period, and at no fixed phase to it. */
const THINK_MS = 3;

const idOf = (seq: number) => (seq * 8) % 128;
const ANSWERS = Object.fromEntries(
  Array.from({ length: IDS }, (_, seq) => [idOf(seq), sealResponse([1, 2, 3, 4, 0, idOf(seq) | 5, 0, 0], 4)]),
);

function frameOf(seq: number): Uint8Array {
  const frame = new Uint8Array(FRAME_BYTES).fill(0x33);
  frame[4] = idOf(seq);
  return frame;
}

/** Turn-arounds that the far end saw, ns. */
type Measure = (peer: DialoguePeer) => Promise<void>;

const ours: Measure = async (peer) => {
  const fd = openSync(peer.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  const capture = startCapture(fd, { baud: 1_041_667, responseLength: RESPONSE_BYTES, onFrames: () => {}, onEnd: () => {} });
  let prepared = 0;
  let answered = 0;
  let stop = () => {};
  const header = new Uint8Array(80);
  const jobOf = (seq: number): DialogueJob => ({
    jobSeq: seq,
    wireId: idOf(seq),
    frame: frameOf(seq),
    header,
    versions: [0],
    zeroBits: 0,
    answers: 1,
    deadlineMs: 10_000,
  });
  await new Promise<void>((done) => {
    const dialogue = capture.startDialogue({
      format: "full-header",
      depth: DEPTH,
      onEvents: ({ count, kind }) => {
        for (let i = 0; i < count; i++) if (kind[i] === DIALOGUE_EVENT.answered) answered++;
        while (dialogue.prepare(jobOf(prepared))) prepared++;
        if (answered > TURNS) done();
      },
      onEnd: () => done(),
    });
    stop = () => dialogue.stop();
    while (dialogue.prepare(jobOf(prepared))) prepared++;
    dialogue.renew(60_000);
  });
  // A dialogue that goes on keeps the process alive, its capture or not.
  stop();
  capture.stop();
  closeSync(fd);
};

const serialport: Measure = async (peer) => {
  const port = await new Promise<SerialPort>((resolve, reject) => {
    const opened = new SerialPort({ path: peer.path, baudRate: 1_041_667 }, (error) => (error ? reject(error) : resolve(opened)));
  });
  let seq = 0;
  let pending = Buffer.alloc(0);
  await new Promise<void>((done) => {
    port.on("data", (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= RESPONSE_BYTES) {
        const answersIt = ((pending[7] ?? 0) & 0xf8) === idOf(seq);
        pending = pending.subarray(RESPONSE_BYTES);
        if (answersIt) port.write(frameOf(++seq));
      }
      if (seq > TURNS) done();
    });
    port.write(frameOf(seq));
  });
  await new Promise((resolve) => port.close(resolve));
};

/** Reads and writes, in a process of its own, at real-time priority where that is permitted: what pseudo-terminal and machine take by themselves. */
const BARE_LOOP = `
import os, sys, tty
try: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(40))
except OSError: pass
fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
tty.setraw(fd)
frames = [bytes.fromhex(f) for f in sys.argv[3:]]
turns, seq, pending = int(sys.argv[2]), 0, b""
os.write(fd, frames[0])
while seq <= turns:
    pending += os.read(fd, 4096)
    while len(pending) >= 11:
        pending = pending[11:]
        seq += 1
        os.write(fd, frames[seq % len(frames)])
`;

const bare: Measure = async (peer) => {
  const frames = Array.from({ length: IDS }, (_, seq) => Buffer.from(frameOf(seq)).toString("hex"));
  const child = spawn("python3", ["-c", BARE_LOOP, peer.path, String(TURNS), ...frames], { stdio: "inherit" });
  await once(child, "exit");
};

async function turnsOf(measure: Measure, asked: boolean): Promise<number[]> {
  const withdraw = asked ? askAsCapture() : () => {};
  const peer = await DialoguePeer.open({ answers: ANSWERS, thinkMs: THINK_MS, frameBytes: FRAME_BYTES });
  try {
    await measure(peer);
    return [...(await peer.report()).turns];
  } finally {
    await peer.hangUp();
    withdraw();
  }
}

async function compare(loaded: boolean): Promise<BenchCase[]> {
  const release = loaded ? loadEventLoop() : () => {};
  const [native, script, askedScript, floor]: [number[], number[], number[], number[]] = [[], [], [], []];
  try {
    for (let i = 0; i < REPEATS; i++) {
      native.push(...(await turnsOf(ours, true)));
      // On the machine as its user finds it, and with what the capture asks of the kernel.
      script.push(...(await turnsOf(serialport, false)));
      askedScript.push(...(await turnsOf(serialport, true)));
      floor.push(...(await turnsOf(bare, true)));
    }
  } finally {
    release();
  }
  const label = loaded ? LOADED : IDLE;
  return [0.5, 0.99].map((q) =>
    lessIsBetter(`turn-around p${q * 100}, ${label}`, "us", quantile(native, q) / 1000, quantile(script, q) / 1000, {
      "serialport with requests": Math.round(quantile(askedScript, q) / 1000),
      bareLoop: Math.round(quantile(floor, q) / 1000),
      turns: native.length,
      target: loaded ? (q === 0.5 ? "3x" : "10x") : q === 0.5 ? "2x" : "4x",
    }),
  );
}

export const bench: Bench = {
  about: "dialogue: last byte of the answer to first byte of the next job, native against a serialport loop, event loop loaded and idle",
  run: async () => [...(await compare(true)), ...(await compare(false))],
};
