import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import type { Clock } from "../../common/clock.ts";
import type { WireEvent } from "../../common/wire-recording.ts";
import type { WorkPump, WorkPumpOptions } from "../../drivers/native/work-pump.ts";
import type { ChipLink, FrameBatch } from "../../drivers/transport/chip-link.ts";
import type { ControlPort } from "../../drivers/transport/control-port.ts";
import { configSchema } from "../config/schema.ts";
import type { Ports } from "../hardware/open.ts";
import { frameBatch } from "../planted/frame-batch.ts";
import { readWireFile } from "./read-wire.ts";
import { recordingPorts } from "./recording-ports.ts";
import { openWireRecorder } from "./wire-recorder.ts";

const CONFIG = configSchema.parse({
  rig: "bench",
  origin: "twin",
  board: { kind: "bitaxe-ultra", control: "c", data: "d", workScale: 20 },
});

class SteppedClock implements Clock {
  now = 5_000_000_000n;
  nowNs(): bigint {
    return this.now;
  }
  wallMs(): number {
    return 1_700_000_000_000;
  }
  async sleep(): Promise<void> {}
}

/** Ports whose other end is the test. */
class FakePorts implements Ports {
  readonly clock: SteppedClock;
  discardedBytes = 0;
  frames: (batch: FrameBatch) => void = () => {};
  data: (bytes: Uint8Array) => void = () => {};
  pump: Omit<WorkPumpOptions, "baud"> | null = null;
  #baud = 115_200;

  constructor(clock: SteppedClock) {
    this.clock = clock;
  }

  async openLink(): Promise<ChipLink> {
    const listeners = new Set<(batch: FrameBatch) => void>();
    this.frames = (batch) => {
      for (const listener of listeners) listener(batch);
    };
    const ports = this;
    return {
      path: "d",
      get baud() {
        return ports.#baud;
      },
      write: async () => this.clock.now,
      setBaud: async (baud) => {
        this.#baud = baud;
      },
      setResponseLength: () => {},
      onFrames(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      onLost: () => () => {},
      counters: () => ({ bytesRead: 0, frames: 0, discardedBytes: this.discardedBytes, overruns: 0 }),
      startWorkPump(this: ChipLink, options) {
        // As a link of a class does: without itself it is lost.
        if (this.path !== "d") throw new Error("not called on the link");
        ports.pump = options;
        return {} as WorkPump;
      },
      close: async () => {},
    };
  }

  async openControl(): Promise<ControlPort> {
    return {
      path: "c",
      write: () => {},
      onData: (listener) => {
        this.data = listener;
      },
      onLost: () => {},
      close: async () => {},
    };
  }
}

const folder = mkdtempSync(path.join(tmpdir(), "recorder-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

async function recorded(act: (ports: Ports, fake: FakePorts, clock: SteppedClock) => Promise<void>) {
  const clock = new SteppedClock();
  const fake = new FakePorts(clock);
  const file = path.join(folder, `${files++}.awr`);
  const recorder = await openWireRecorder(file, CONFIG, clock);
  await act(recordingPorts(fake, recorder, clock), fake, clock);
  await recorder.close();
  return { file, ...(await readWireFile(file)) };
}

const quiet = () => {};
const hex = (event: WireEvent) => (event.kind === "bytes" ? Buffer.from(event.bytes).toString("hex") : event.kind);

describe("a recorder on the daemon's ports", () => {
  it("notes both directions of both ports, and rates, with times from its own zero", async () => {
    const { header, events, summary } = await recorded(async (ports, fake, clock) => {
      const link = await ports.openLink("d", 115_200, quiet);
      const control = await ports.openControl("c", quiet);
      control.onData(quiet);
      clock.now += 1000n;
      await link.write(Uint8Array.of(0x55, 0xaa));
      clock.now += 1000n;
      control.write(Uint8Array.of(6, 0, 1));
      clock.now += 1000n;
      fake.data(Uint8Array.of(1, 0, 1, 0));
      clock.now += 1000n;
      await link.setBaud(1_041_667);
      fake.frames(frameBatch([{ tNs: clock.now - 500n, bytes: Uint8Array.of(0xaa, 0x55, 1, 2, 3, 4, 5, 6, 7) }]));
      await link.close();
    });
    expect(header).toMatchObject({ origin: "twin", board: "bitaxe-ultra", chips: 1, workScale: 20, startedWallMs: 1_700_000_000_000 });
    expect(summary).toEqual({ events: 7, losses: [], closed: true });
    expect(
      events.map((event) => [
        Number(event.tNs),
        event.port,
        "direction" in event ? event.direction : "baud" in event ? event.baud : event.count,
        hex(event),
      ]),
    ).toEqual([
      [0, "data", 115_200, "baud"],
      [1000, "data", "to-board", "55aa"],
      [2000, "control", "to-board", "060001"],
      [3000, "control", "from-board", "01000100"],
      [3500, "data", "from-board", "aa5501020304050607"],
      [4000, "data", 1_041_667, "baud"],
      [4000, "data", 6, "end"],
    ]);
  });

  it("keeps what was written, not what its buffer holds later", async () => {
    const { events } = await recorded(async (ports) => {
      const link = await ports.openLink("d", 115_200, quiet);
      const buffer = Uint8Array.of(1, 2, 3);
      const written = link.write(buffer);
      buffer.fill(9);
      await written;
    });
    expect(events.map(hex)).toContain("010203");
  });

  it("says how many bytes belonged to no frame", async () => {
    const { events } = await recorded(async (ports, fake) => {
      const link = await ports.openLink("d", 115_200, quiet);
      fake.discardedBytes = 5;
      fake.frames(frameBatch([]));
      fake.discardedBytes = 7;
      await link.close();
    });
    expect(events.flatMap((event) => (event.kind === "stray" ? [event.count] : []))).toEqual([5, 2]);
  });

  it("has the frames that the work pump wrote, and how many it could not keep", async () => {
    let told = 0;
    const { events } = await recorded(async (ports, fake) => {
      const link = await ports.openLink("d", 115_200, quiet);
      link.startWorkPump?.({
        format: 2,
        periodNs: 1e6,
        template: {} as WorkPumpOptions["template"],
        onJobs: quiet,
        onFrames: (frames) => {
          told += frames.length;
        },
        onLeaseExpired: quiet,
        onEnd: quiet,
      });
      fake.pump?.onFrames?.([{ tNs: 5_000_000_700n, bytes: Uint8Array.of(0x21, 1) }], 3);
      fake.pump?.onFrames?.([{ tNs: 5_000_000_900n, bytes: Uint8Array.of(0x21, 2) }], 0);
    });
    expect(told).toBe(2);
    expect(
      events
        .map((event) => [Number(event.tNs), hex(event), event.kind === "dropped" ? event.count : 0])
        .filter(([, kind]) => kind !== "baud" && kind !== "end"),
    ).toEqual([
      [700, "2101", 0],
      [900, "dropped", 3],
      [900, "2102", 0],
    ]);
  });

  it("writes a block at least once a second, so that a killed daemon loses no more", async () => {
    const clock = new SteppedClock();
    const fake = new FakePorts(clock);
    const file = path.join(folder, "killed.awr");
    const recorder = await openWireRecorder(file, CONFIG, clock);
    const link = await recordingPorts(fake, recorder, clock).openLink("d", 115_200, quiet);
    for (let i = 0; i < 21; i++) {
      clock.now += 100_000_000n;
      await link.write(Uint8Array.of(i));
    }
    await expect.poll(() => readFileSync(file).length).toBeGreaterThan(300);
    const { events, summary } = await readWireFile(file);
    expect(events.filter((event) => event.kind === "bytes")).toHaveLength(20);
    expect(summary.closed).toBe(false);
    await recorder.close();
  });

  it("on a disk that has stopped leaves events out rather than fill the memory, and says how many", async () => {
    const [pipe, out] = [path.join(folder, "pipe"), path.join(folder, "slow.awr")];
    execFileSync("mkfifo", [pipe]);
    const disk = spawn("sh", ["-c", `exec 3<"$0"; read go; cat <&3 >"$1"`, pipe, out], { stdio: ["pipe", "ignore", "inherit"] });
    const clock = new SteppedClock();
    const recorder = await openWireRecorder(pipe, CONFIG, clock);
    const event = {
      kind: "bytes",
      tNs: clock.now,
      port: "data",
      direction: "to-board",
      sigmaNs: 0,
      bytes: new Uint8Array(60_000),
    } as const;
    const noted = 600;
    for (let i = 0; i < noted; i++) recorder.note(event);
    disk.stdin.end("go\n");
    await expect.poll(() => statSync(out, { throwIfNoEntry: false })?.size ?? 0, { timeout: 10_000 }).toBeGreaterThan(16e6);
    await setTimeout(300);
    recorder.note(event);
    await recorder.close();
    await new Promise((resolve) => disk.once("close", resolve));
    const { events, summary } = await readWireFile(out);
    const dropped = events.flatMap((one) => (one.kind === "dropped" ? [one.count] : []));
    expect(dropped).toHaveLength(1);
    expect(dropped[0]).toBeGreaterThan(100);
    expect(events.filter((one) => one.kind === "bytes").length + (dropped[0] ?? 0)).toBe(noted + 1);
    expect(summary).toMatchObject({ losses: [], closed: true });
  });

  it("in a folder that is not there is refused before anything starts", async () => {
    await expect(openWireRecorder(path.join(folder, "none/x.awr"), CONFIG, new SteppedClock())).rejects.toMatchObject({
      code: "RECORD_FILE",
    });
  });
});
