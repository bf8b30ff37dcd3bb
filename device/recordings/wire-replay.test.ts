import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { STATUS } from "../../common/nonce-batch.ts";
import { BlockWriter, encodeHeader, type WireEvent } from "../../common/wire-recording.ts";
import { bitaxeSession, bytesOf, SESSION_HEADER } from "./bitaxe-session.test-support.ts";
import { readReplayable, readWireFile } from "./read-wire.ts";
import { replayWire } from "./wire-replay.ts";

const SUMMARY = { events: 0, losses: [], closed: true };
const JOBS = 8;
const { events } = bitaxeSession(5, JOBS);
const replay = (of: readonly WireEvent[]) => replayWire({ header: SESSION_HEADER, events: of, summary: SUMMARY });
const whole = replay(events);

describe("a wire recording put through the drivers", () => {
  it("verifies every nonce on it, at its ideal time", () => {
    const answers = bytesOf(events, "from-board");
    expect(answers.length).toBeGreaterThan(100);
    expect(whole.chipFrames).toBe(answers.length);
    expect(whole.jobs).toBe(JOBS);
    expect(whole.registerAnswers).toBe(JOBS);
    expect(whole.nonces).toMatchObject({ invalid: 0, duplicate: 0, "unknown-job": 0 });
    expect(whole.nonces.valid + whole.nonces.stale).toBe(answers.length - JOBS);
    // A clock change in a job leaves its nonces without an ideal time.
    const residuals = [...whole.batch.residualNs].filter((residual) => !Number.isNaN(residual));
    expect(residuals.length).toBeGreaterThan(answers.length / 2);
    for (const residual of residuals) expect(Math.abs(residual)).toBeLessThan(200_000);
  });

  it("is of origin recording, whatever was recorded", () => {
    expect([whole.origin, whole.recordedFrom]).toEqual(["recording", "twin"]);
  });

  it("gives the same answer each time, and another for another recording", () => {
    expect(replay(events).digest).toBe(whole.digest);
    expect(replay(bitaxeSession(6, JOBS).events).digest).not.toBe(whole.digest);
  });

  it("does not care how bytes were cut into events", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 }), (cuts) => {
        const cut = events.flatMap((event, i): WireEvent[] => {
          if (event.kind !== "bytes" || event.direction !== "from-board") return [event];
          const at = Math.min(cuts[i % cuts.length] as number, event.bytes.length - 1);
          const laterNs = BigInt(Math.round((at * 10e9) / 1_041_667));
          return [
            { ...event, bytes: event.bytes.slice(0, at) },
            { ...event, tNs: event.tNs + laterNs, bytes: event.bytes.slice(at) },
          ];
        });
        const again = replay(cut);
        expect([...again.batch.nonce]).toEqual([...whole.batch.nonce]);
        expect([...again.batch.tNs]).toEqual([...whole.batch.tNs]);
        expect(again.nonces).toEqual(whole.nonces);
      }),
      { numRuns: 10 },
    );
  });

  it("loses only what was damaged: a frame with a wrong bit is stray bytes or an invalid nonce, never a valid one", () => {
    const answers = bytesOf(events, "from-board");
    fc.assert(
      fc.property(fc.nat(answers.length - 1), fc.integer({ min: 16, max: 63 }), (which, bit) => {
        const hit = answers[which];
        const damaged = events.map((event): WireEvent => {
          if (event !== hit || event.kind !== "bytes") return event;
          const bytes = event.bytes.slice();
          bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
          return { ...event, bytes };
        });
        const found = replay(damaged);
        const verified = (status: Uint8Array) => status.filter((s) => s === STATUS.valid || s === STATUS.stale).length;
        expect(verified(found.batch.status)).toBeGreaterThanOrEqual(verified(whole.batch.status) - 1);
        expect(verified(found.batch.status)).toBeLessThanOrEqual(verified(whole.batch.status));
      }),
      { numRuns: 20 },
    );
  });

  it("without the job its nonces are of no job", () => {
    const jobless = events.filter((event) => !(event.kind === "bytes" && event.direction === "to-board" && event.bytes.length === 88));
    const found = replay(jobless);
    expect(found.jobs).toBe(0);
    expect(found.nonces["unknown-job"]).toBe(found.batch.length);
  });
});

describe("a wire recording as a file", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "wire-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "session.awr");
  const writer = new BlockWriter();
  const blocks: Uint8Array[] = [encodeHeader(SESSION_HEADER)];
  events.forEach((event, i) => {
    writer.add(event);
    if (i % 50 === 49) blocks.push(writer.take() as Uint8Array);
  });
  blocks.push(writer.take() as Uint8Array);

  it("replays as it was recorded", async () => {
    writeFileSync(file, Buffer.concat(blocks));
    expect(replayWire(await readReplayable(file)).digest).toBe(whole.digest);
  });

  it("cut off in the middle replays up to there, and says that it was", async () => {
    writeFileSync(file, Buffer.concat(blocks).subarray(0, -20));
    const { batch, lostBytes, closed } = replayWire(await readReplayable(file));
    expect([...batch.nonce]).toEqual([...whole.batch.nonce].slice(0, batch.length));
    expect(batch.length).toBeGreaterThan(whole.batch.length - 60);
    expect(lostBytes).toBe((blocks.at(-1) as Uint8Array).length - 20);
    expect(closed).toBe(false);
  });

  it("that is not there is named", async () => {
    await expect(readWireFile(path.join(folder, "none.awr"))).rejects.toMatchObject({ code: "RECORDING_MISSING" });
  });
});
