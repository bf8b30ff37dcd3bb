/** A session with a twin in virtual time, for what takes minutes on a board: no network, a record that goes afterwards unless it is given a folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { splitmix64 } from "../../common/random.ts";
import type { Config } from "../../device/config/schema.ts";
import { Session } from "../../device/session.ts";
import type { TwinOnBench } from "../../device/simulation/board-truth.ts";
import { EventLog } from "../../device/simulation/event-log.ts";
import { VirtualBoard } from "../../device/simulation/virtual-board.ts";
import { VirtualHostClocks, VirtualProcess } from "../../device/simulation/virtual-process.ts";
import { VirtualTime } from "../../device/simulation/virtual-time.ts";
import { createHub } from "../../telemetry/hub.ts";
import { openStore } from "../../telemetry/store/client.ts";
import type { Store } from "../../telemetry/store/store.ts";
import { FaultTable } from "../../twin/index.ts";

export interface VirtualRun {
  /** From a folder for its record. */
  readonly configOf: (storePath: string) => Config;
  readonly make: (faults: FaultTable) => TwinOnBench;
  readonly seed: number;
  readonly mostMinutes: number;
  /** Of the record; it is left there. */
  readonly folder?: string;
  /** The process ends as soon as this is so, at once and with nothing closed. */
  readonly killedWhen?: () => boolean;
  /** What is done once the board is up. */
  readonly work: (session: Session, signal: AbortSignal) => Promise<void>;
}

/** Brings the board up, does the work and switches off. Rejects with what went wrong, or when the time is over. */
export async function virtualRun({
  configOf,
  make,
  seed,
  mostMinutes,
  folder: kept,
  killedWhen = () => false,
  work,
}: VirtualRun): Promise<void> {
  const folder = kept ?? mkdtempSync(path.join(tmpdir(), "asic-bench-"));
  const time = new VirtualTime(splitmix64(seed * 2 + 1));
  const clocks = new VirtualHostClocks(time);
  const process = new VirtualProcess(time, clocks, splitmix64(seed * 2 + 2));
  const board = new VirtualBoard({
    time,
    clocks,
    faults: new FaultTable(),
    make: (_, faults) => make(faults),
    log: new EventLog(() => time.nowNs),
    random: splitmix64(seed * 2 + 3),
    onJob: () => {},
  });
  const config = configOf(path.join(folder, "telemetry.db"));
  let over = false;
  let failure: unknown = null;
  const stop = new AbortController();
  const record: Store[] = [];
  const story = async () => {
    const store = await openStore({ path: config.store.path, commitIntervalMs: 1000, clock: process, inProcess: true });
    record.push(store);
    const hub = createHub({ rig: config.rig, origin: config.origin, software: "bench", startedWallMs: 0 }, () => process.wallMs());
    const ports = {
      openControl: async (port: string) => board.openControl(port, process),
      openLink: async (port: string, baud: number) => board.openLink(port, baud, process),
    };
    const session = new Session({ config, clock: process, ports, store, hub });
    const signal = AbortSignal.any([stop.signal, session.rig.faulted]);
    try {
      await session.rig.open();
      await session.rig.bringUp(signal);
      await work(session, signal);
    } finally {
      await session.rig.shutDown("done", { ramp: false });
      await session.recorder.end("finished");
      await session.rig.end();
      await store.close();
    }
  };
  const ended = story()
    .catch((error: unknown) => {
      failure = error;
    })
    .finally(() => {
      over = true;
    });
  const late = () => time.nowNs > mostMinutes * 60e9;
  await time.pass(
    () => over || late() || killedWhen(),
    (error) => {
      failure ??= error;
    },
  );
  if (!over && killedWhen()) {
    process.end();
    for (const store of record) await store.close();
    return;
  }
  if (!over) failure ??= new Error(`not done after ${mostMinutes} virtual minutes`);
  if (over) await ended;
  process.end();
  if (kept === undefined) rmSync(folder, { recursive: true, force: true });
  if (failure !== null) throw failure;
}
