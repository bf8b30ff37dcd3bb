import { spawnSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { FaultTable } from "./faults.ts";
import { type PortArrival, PtyFrontEnd, splitArrivals } from "./front-end-pty.ts";
import type { PacedTwin } from "./paced-twin.ts";

// Writes numbered pieces of four bytes to the two ports in turn, and prints when it wrote each (CLOCK_MONOTONIC_RAW, ns).
const CLIENT = `
import os, sys, time
ports = [os.open(path, os.O_RDWR | os.O_NOCTTY) for path in sys.argv[1:3]]
for i in range(int(sys.argv[3])):
    os.write(ports[i % 2], i.to_bytes(4, "big"))
    print(time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW))
    time.sleep(0.01)
`;

interface Fed {
  readonly port: "control" | "data";
  readonly tNs: number;
  readonly bytes: Uint8Array;
}

/** Remembers what it was fed, and when by its own clock. */
class RecordingTwin implements PacedTwin {
  nowNs = 0;
  readonly faults = new FaultTable();
  readonly chain = { running: true };
  readonly fed: Fed[] = [];
  readonly advancedTo: number[] = [];

  setHostBaud(): void {}
  receiveControl(bytes: Uint8Array): void {
    this.fed.push({ port: "control", tNs: this.nowNs, bytes });
  }
  receiveData(bytes: Uint8Array): void {
    this.fed.push({ port: "data", tNs: this.nowNs, bytes });
  }
  advance(toNs: number): void {
    this.advancedTo.push(toNs);
    this.nowNs = toNs;
  }
  takeOutputs(): [] {
    return [];
  }
}

let frontEnd: PtyFrontEnd | null = null;

afterEach(async () => {
  await frontEnd?.close();
  frontEnd = null;
});

/** Number of the piece and when the twin got it, in the order in which it did. */
function piecesOf(fed: readonly Fed[], port: Fed["port"]): { piece: number; tNs: number }[] {
  const own = fed.filter((one) => one.port === port);
  return own.flatMap(({ tNs, bytes }) => {
    const buffer = Buffer.from(bytes);
    return Array.from({ length: buffer.length / 4 }, (_, i) => ({ piece: buffer.readUInt32BE(4 * i), tNs }));
  });
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

describe("a front end whose event loop is late", () => {
  it("feeds the twin what arrived meanwhile at the times of arrival, all of it, never backwards", () => {
    const twin = new RecordingTwin();
    frontEnd = new PtyFrontEnd(twin);
    const pieces = 40;
    // No JavaScript runs here until the client has ended: ten times the 50 ms that a bad pause of the collector takes.
    const client = spawnSync("python3", ["-c", CLIENT, frontEnd.controlPath, frontEnd.dataPath, String(pieces)], { encoding: "utf8" });
    const sentNs = client.stdout.trim().split("\n").map(BigInt);
    expect(sentNs).toHaveLength(pieces);
    expect(twin.fed).toHaveLength(0);
    for (let i = 0; i < 2; i++) frontEnd.catchUp();

    const control = piecesOf(twin.fed, "control");
    const data = piecesOf(twin.fed, "data");
    expect(control.map(({ piece }) => piece)).toEqual(Array.from({ length: pieces / 2 }, (_, i) => 2 * i));
    expect(data.map(({ piece }) => piece)).toEqual(Array.from({ length: pieces / 2 }, (_, i) => 2 * i + 1));
    expect(twin.advancedTo).toEqual([...twin.advancedTo].sort((a, b) => a - b));

    // Each piece against the one before it, which came by the other port. Medians: the kernel may hand some over late. Fed all at once they
    // would be off by the whole gap between them.
    const fedNs = [...control, ...data].sort((a, b) => a.piece - b.piece).map(({ tNs }) => tNs);
    const gapsNs = fedNs.slice(1).map((tNs, i) => ({
      fed: tNs - (fedNs[i] as number),
      sent: Number((sentNs[i + 1] as bigint) - (sentNs[i] as bigint)),
    }));
    const errorNs = median(gapsNs.map(({ fed, sent }) => Math.abs(fed - sent)));
    expect(errorNs).toBeLessThan(median(gapsNs.map(({ sent }) => sent)) / 2);
  });
});

describe("arrivals at two ports that are taken one after the other", () => {
  const arrival = (port: PortArrival["port"], tNs: bigint): PortArrival => ({ port, tNs, baud: 115_200, bytes: new Uint8Array(1) });

  it("are put in order of time, control first where the times are the same", () => {
    const arrivals = [arrival("control", 10n), arrival("control", 30n), arrival("data", 5n), arrival("data", 30n)];
    const { due, later } = splitArrivals(arrivals, 30n);
    expect(due.map(({ port, tNs }) => [port, tNs])).toEqual([
      ["data", 5n],
      ["control", 10n],
      ["control", 30n],
      ["data", 30n],
    ]);
    expect(later).toEqual([]);
  });

  it("wait when they came after the first port was asked, so that its older bytes still go first", () => {
    const first = splitArrivals([arrival("data", 8n), arrival("data", 12n)], 10n);
    expect(first.due.map(({ tNs }) => tNs)).toEqual([8n]);
    const second = splitArrivals([...first.later, arrival("control", 11n)], 20n);
    expect(second.due.map(({ port }) => port)).toEqual(["control", "data"]);
  });
});
