import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WireEvent } from "../../common/wire-recording.ts";
import { FaultTable } from "../../twin/faults.ts";
import { type ReplayPace, ReplayTwin } from "../../twin/replay/index.ts";
import { bitaxeSession, bytesOf, SESSION_HEADER } from "./bitaxe-session.test-support.ts";
import { replayWire } from "./wire-replay.ts";

const BYTE_NS = 10e9 / 1_041_667;
const { events } = bitaxeSession(9, 6);
const twinOf = (pace: ReplayPace = "follow", of: readonly WireEvent[] = events) =>
  new ReplayTwin(SESSION_HEADER, of, pace, new FaultTable());

/** Plays the host's part: the recorded writes, each so much later than recorded, cut into pieces. Returns what a recorder would note. */
function follow(twin: ReplayTwin, lateNs: (write: number) => number, piece = 1000): WireEvent[] {
  const noted: WireEvent[] = [events[0] as WireEvent];
  const listen = () => {
    for (const { tNs, bytes } of twin.takeOutputs())
      noted.push({
        kind: "bytes",
        tNs: BigInt(Math.round(tNs - (bytes.length - 1) * BYTE_NS)),
        port: "data",
        direction: "from-board",
        sigmaNs: 0,
        bytes,
      });
  };
  bytesOf(events, "to-board").forEach((write, i) => {
    const tNs = Math.max(twin.nowNs, Number(write.tNs) + lateNs(i));
    twin.advance(tNs);
    listen();
    noted.push({ ...write, tNs: BigInt(Math.round(tNs)) });
    for (let at = 0; at < write.bytes.length; at += piece) twin.receiveData(write.bytes.slice(at, at + piece));
  });
  twin.advance(twin.nowNs + 1e9);
  listen();
  return noted.sort((a, b) => Number(a.tNs - b.tNs));
}

const key = (of: readonly WireEvent[]) =>
  bytesOf(of, "from-board")
    .map(({ tNs, bytes }) => `${tNs} ${Buffer.from(bytes).toString("hex")}`)
    .sort();
const replay = (of: readonly WireEvent[]) =>
  replayWire({ header: SESSION_HEADER, events: of, summary: { events: 0, losses: [], closed: true } });

describe("a twin that replays a recording", () => {
  it("says exactly what was recorded, when it was, to a host that writes as it did", () => {
    const noted = follow(twinOf(), () => 0);
    const [a, b] = [key(noted), key(events)];
    expect(a.map((line) => line.split(" ")[1])).toEqual(b.map((line) => line.split(" ")[1]));
    const apart = bytesOf(noted, "from-board").map(({ tNs }, i) => Math.abs(Number(tNs - (bytesOf(events, "from-board")[i]?.tNs ?? 0n))));
    expect(Math.max(...apart)).toBeLessThanOrEqual(1);
  });

  it("gives a late host the same verified nonces at the same times after their jobs, however its writes are cut", () => {
    const recorded = replay(events);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30_000_000 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 100 }),
        (late, piece) => {
          let sumNs = 0;
          const found = replay(follow(twinOf(), (i) => (sumNs += late[i % late.length] as number), piece));
          const rows = ({ batch }: typeof found) =>
            Array.from(
              batch.nonce,
              (nonce, i) => `${batch.jobSeq[i]} ${nonce} ${batch.versionBits[i]} ${batch.residualNs[i]?.toFixed(-1 + 1)}`,
            ).sort();
          expect(found.nonces["unknown-job"] + found.nonces.invalid + found.nonces.duplicate).toBe(0);
          expect(rows(found).map((row) => row.split(" ").slice(0, 3))).toEqual(rows(recorded).map((row) => row.split(" ").slice(0, 3)));
        },
      ),
      { numRuns: 20 },
    );
  });

  it("keeps residuals to the nanosecond when every write is as much late", () => {
    const [a, b] = [replay(events), replay(follow(twinOf(), () => 5e9))];
    const steady = (residuals: Float64Array) =>
      [...residuals].map((residual) => (Number.isNaN(residual) ? null : Math.round(residual / 10)));
    const differ = steady(a.batch.residualNs).filter((residual, i) => Math.abs((residual ?? 0) - (steady(b.batch.residualNs)[i] ?? 0)) > 1);
    expect(differ).toEqual([]);
  });

  it("does not answer what was never asked, and goes on with what was", () => {
    const twin = twinOf();
    twin.receiveData(Uint8Array.of(0x55, 0xaa, 0x52, 0x05, 0x00, 0x77, 0x00));
    twin.advance(1e9);
    expect(twin.takeOutputs()).toEqual([]);
    expect(twin.status).toMatchObject({ framesUnknown: 1, framesFollowed: 0 });
    const noted = follow(twin, () => 2e9);
    expect(bytesOf(noted, "from-board")).toHaveLength(bytesOf(events, "from-board").length);
  });

  it("of a host that leaves a job out leaves out that job's nonces, and says so", () => {
    const twin = twinOf();
    const jobs = bytesOf(events, "to-board").filter(({ bytes }) => bytes.length === 88);
    for (const { bytes } of jobs.slice(2)) twin.receiveData(bytes);
    expect(twin.status).toMatchObject({ jobsSkipped: 2, jobsRecorded: 6, framesFollowed: 4 });
  });

  it("by the clock says everything at its recorded time, whatever the host does", () => {
    const twin = twinOf("clock");
    twin.receiveData(Uint8Array.of(1, 2, 3));
    twin.advance(1e12);
    const outputs = twin.takeOutputs();
    const recorded = bytesOf(events, "from-board");
    expect(outputs).toHaveLength(recorded.length);
    outputs.forEach(({ tNs, bytes }, i) => {
      expect(bytes).toEqual(recorded[i]?.bytes);
      expect(Math.abs(tNs - (bytes.length - 1) * BYTE_NS - Number(recorded[i]?.tNs))).toBeLessThan(1);
    });
  });

  it("answers bridge requests under the ids of those who ask", () => {
    const at = (tNs: bigint, direction: "to-board" | "from-board", ...bytes: number[]): WireEvent => ({
      kind: "bytes",
      tNs,
      port: "control",
      direction,
      sigmaNs: 0,
      bytes: Uint8Array.from(bytes),
    });
    const twin = twinOf("follow", [
      at(0n, "to-board", 6, 0, 9, 0, 6, 0),
      at(1_000n, "from-board", 1, 0, 9),
      at(2_000n, "from-board", 1),
      at(3_000n, "to-board", 6, 0, 10, 0, 6, 0),
      at(4_000n, "from-board", 1, 0, 10, 0),
    ]);
    const ask = (id: number, command = 0) => {
      twin.receiveControl(Uint8Array.of(6, 0, id, 0, 6, command));
      twin.advance(twin.nowNs + 5e6);
      return twin.takeOutputs().map(({ bytes }) => [...bytes]);
    };
    expect(ask(77)).toEqual([[1, 0, 77, 1]]);
    expect(ask(78)).toEqual([[1, 0, 78, 0]]);
    // What was recorded last is what it goes on to say.
    expect(ask(79)).toEqual([[1, 0, 79, 0]]);
    expect(ask(80, 5)).toEqual([[4, 0, 80, 0x11]]);
  });
});
