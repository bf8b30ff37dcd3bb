/** What a recording holds is what crossed a real pseudo-terminal: every byte of both directions, garbage included. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { hostClock } from "../../common/clock.ts";
import type { WireEvent } from "../../common/wire-recording.ts";
import { scanFrames } from "../../drivers/native/index.ts";
import type { ResponseLength } from "../../drivers/transport/chip-link.ts";
import { openSerialLink } from "../../drivers/transport/serial-link.ts";
import { configSchema } from "../config/schema.ts";
import { openFarEnd } from "./far-end.test-support.ts";
import { readWireFile } from "./read-wire.ts";
import { recordingPorts } from "./recording-ports.ts";
import { openWireRecorder } from "./wire-recorder.ts";
import { replayWire } from "./wire-replay.ts";

const CONFIG = configSchema.parse({
  rig: "bench",
  origin: "twin",
  board: { kind: "bitaxe-ultra", control: "c", data: "d", workScale: 20 },
});
/** specs/bm1366.md 1.8, specs/bm1387.md 1.4: answers in all lengths. */
const FRAMES = ["aa55136600000000000005", "aa551366000000000c", "138790f400001c"].map((hex) => Buffer.from(hex, "hex"));

/** On a busy machine. */
const PATIENCE = { timeout: 20_000 };

const clock = hostClock();
const folder = mkdtempSync(path.join(tmpdir(), "round-trip-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

type Act =
  | { readonly by: "host"; readonly bytes: Uint8Array }
  | { readonly by: "chips"; readonly bytes: Uint8Array }
  | { readonly length: ResponseLength };

const noise = fc.uint8Array({ minLength: 1, maxLength: 40 });
const frame = fc.constantFrom(...FRAMES);
/** Frames, noise, frames cut short, and preambles that begin none. */
const chips = fc
  .array(
    fc.oneof(
      frame,
      noise,
      fc.tuple(frame, fc.nat(10)).map(([whole, cut]) => whole.subarray(0, Math.max(1, cut))),
      fc.constant(Buffer.of(0xaa)),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((parts) => Buffer.concat(parts));
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ by: fc.constant("chips" as const), bytes: chips }) },
  { weight: 2, arbitrary: fc.record({ by: fc.constant("host" as const), bytes: noise }) },
  { weight: 1, arbitrary: fc.record({ length: fc.constantFrom<ResponseLength>(7, 9, 11, "either") }) },
);

const joined = (events: readonly WireEvent[], direction: string) =>
  Buffer.concat(events.flatMap((event) => (event.kind === "bytes" && event.direction === direction ? [event.bytes] : []))).toString("hex");

async function crossed(acts: readonly Act[]) {
  const far = await openFarEnd();
  const file = path.join(folder, `${files++}.awr`);
  const recorder = await openWireRecorder(file, CONFIG, clock);
  const ports = recordingPorts(
    {
      openLink: (port, baud, onWarning) => openSerialLink(port, { baud, onWarning }),
      openControl: () => Promise.reject(new Error("no control port")),
    },
    recorder,
    clock,
  );
  const sent: Uint8Array[] = [];
  try {
    const link = await ports.openLink(far.path, 1_000_000, () => {});
    const frames = { count: 0 };
    link.onFrames((batch) => {
      frames.count += batch.count;
    });
    for (const each of acts) {
      if ("length" in each) link.setResponseLength(each.length);
      else if (each.by === "host") await link.write(each.bytes);
      else {
        sent.push(each.bytes);
        await far.send(each.bytes);
      }
    }
    const bytes = sent.reduce((sum, piece) => sum + piece.length, 0);
    await expect.poll(() => link.counters().bytesRead, PATIENCE).toBe(bytes);
    const written = acts.reduce((sum, each) => sum + ("by" in each && each.by === "host" ? each.bytes.length : 0), 0);
    await expect.poll(async () => (await far.heard()).length, PATIENCE).toBe(written);
    await link.close();
    const heard = await far.heard();
    await recorder.close();
    return { ...(await readWireFile(file)), sent: Buffer.concat(sent), heard: Buffer.from(heard), frames: frames.count };
  } finally {
    far.close();
  }
}

describe("a recording of a serial link", () => {
  test("holds every byte of both directions in its order, and tells frames from bytes of none", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 25 }), async (acts) => {
        const wire = await crossed(acts);
        const { events, summary } = wire;
        expect(summary.closed).toBe(true);
        expect(joined(events, "from-board")).toBe(wire.sent.toString("hex"));
        expect(joined(events, "to-board")).toBe(wire.heard.toString("hex"));
        const fromBoard = events.flatMap((event) => (event.kind === "bytes" && event.direction === "from-board" ? [event] : []));
        const whole = fromBoard.filter(({ stray }) => stray === undefined);
        for (const { bytes } of whole) expect(scanFrames(bytes, bytes.length as ResponseLength).offsets).toEqual(Uint32Array.of(0));
        // What the driver was told is a part of what was recorded: the last frames may have come while the link closed.
        expect(whole.length).toBeGreaterThanOrEqual(wire.frames);
        expect(events.filter(({ kind }) => kind === "stray")).toEqual([]);
        const strayBytes = fromBoard.reduce((sum, { stray, bytes }) => sum + (stray ? bytes.length : 0), 0);
        // More where a frame's length is not the one that the board's own commands set: a replay goes by those.
        expect(replayWire(wire).strayBytes.fromChips).toBeGreaterThanOrEqual(strayBytes);
        expect(fromBoard.every(({ sigmaNs }) => sigmaNs > 0)).toBe(true);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  }, 120_000);
});
