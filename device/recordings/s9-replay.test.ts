import { describe, expect, it } from "vitest";
import type { WireEvent } from "../../common/wire-recording.ts";
import { FaultTable } from "../../twin/faults.ts";
import { ReplayTwin } from "../../twin/replay/index.ts";
import { bytesOf } from "./bitaxe-session.test-support.ts";
import { S9_HEADER, s9Session } from "./s9-session.test-support.ts";
import { replayWire } from "./wire-replay.ts";

const CHECKS = 20;
const JOBS = 120;
const { events, runNs } = s9Session(4, CHECKS, JOBS);
const SUMMARY = { events: 0, losses: [], closed: true };
const replay = (of: readonly WireEvent[]) => replayWire({ header: S9_HEADER, events: of, summary: SUMMARY });
const whole = replay(events);

describe("a recording of an S9's wire, which has midstates and no headers", () => {
  it("verifies every nonce of the run, at its ideal time", () => {
    const run = bytesOf(events, "from-board").filter(({ tNs }) => tNs >= runNs);
    expect(run.length).toBeGreaterThan(100);
    expect(whole.jobs).toBe(JOBS);
    expect(whole.nonces).toEqual({ valid: run.length, invalid: 0, stale: 0, duplicate: 0, "unknown-job": 0 });
    for (const residual of whole.batch.residualNs) expect(Math.abs(residual)).toBeLessThan(1e6);
  });

  it("leaves out what the works of the core check yield", () => {
    expect(whole.openingNonces).toBeGreaterThan(10);
    expect(whole.batch.tNs.every((tNs) => tNs >= runNs)).toBe(true);
  });

  it("finds no nonce where a midstate is another", () => {
    const changed = events.map((event): WireEvent => {
      if (event.kind !== "bytes" || event.direction !== "to-board" || event.bytes.length !== 150) return event;
      // A job whose checksum no longer holds is no job.
      return { ...event, bytes: event.bytes.map((byte, i) => (i === 60 ? byte ^ 1 : byte)) };
    });
    const found = replay(changed);
    expect(found.nonces.valid).toBe(0);
    expect(found.strayBytes.toChips).toBeGreaterThan(0);
  });
});

describe("an S9 that replays its recording", () => {
  it("gives a host that is later and later the same nonces", () => {
    const twin = new ReplayTwin(S9_HEADER, events, "follow", new FaultTable());
    const noted: WireEvent[] = [events[0] as WireEvent];
    const listen = () => {
      for (const { tNs, bytes } of twin.takeOutputs())
        noted.push({
          kind: "bytes",
          tNs: BigInt(Math.round(tNs - ((bytes.length - 1) * 10e9) / 1_562_500)),
          port: "data",
          direction: "from-board",
          sigmaNs: 0,
          bytes,
        });
    };
    bytesOf(events, "to-board").forEach((event, i) => {
      twin.advance(Number(event.tNs) + i * 200_000);
      listen();
      noted.push({ ...event, tNs: BigInt(Math.round(twin.nowNs)) });
      twin.receiveData(event.bytes);
    });
    twin.advance(twin.nowNs + 1e9);
    listen();
    noted.sort((a, b) => (a.tNs < b.tNs ? -1 : a.tNs > b.tNs ? 1 : 0));
    const found = replay(noted);
    expect(found.nonces).toEqual(whole.nonces);
    const keys = ({ batch }: typeof found) => Array.from(batch.nonce, (nonce, i) => `${batch.jobSeq[i]} ${nonce}`).sort();
    expect(keys(found)).toEqual(keys(whole));
    expect(twin.status).toMatchObject({ framesUnknown: 0, jobsSkipped: 0 });
  });
});
