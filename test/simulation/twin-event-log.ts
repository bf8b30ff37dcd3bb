/**
 * The life of a twin that has a bit of everything, and all it says with the times. `twin-event-log.ts BOARD SEED` prints the SHA-256
 * of that log, for a test that wants a process of its own.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { toHex } from "../../common/bytes.ts";
import { splitmix64 } from "../../common/random.ts";
import { FaultTable } from "../../twin/faults.ts";
import type { PacedTwin } from "../../twin/paced-twin.ts";
import { headerJob } from "../../twin/s9-header-jobs.ts";
import { S9VirtualHost, jobFrame as s9JobFrame, read as s9Read, write as s9Write } from "../../twin/s9-virtual-host.ts";
import { jobFrame, read, VirtualHost } from "../../twin/virtual-host.ts";

export const BOARDS = ["bitaxe", "s9"] as const;
export type Board = (typeof BOARDS)[number];

/** One line for each frame that left a port: when its last bit did, which port, the bytes. Oldest first. */
export type EventLog = readonly string[];

/**
 * Collects what the twin says, whoever asks it; with a seed for the cuts, every advance is also cut into pieces of random length,
 * and the outputs are asked for after each.
 */
function tap(twin: PacedTwin, cutSeed: number | null): () => EventLog {
  const events: { tNs: number; line: string }[] = [];
  const advance = twin.advance.bind(twin);
  const takeOutputs = twin.takeOutputs.bind(twin);
  const cuts = cutSeed === null ? null : splitmix64(cutSeed);
  let kept: ReturnType<PacedTwin["takeOutputs"]> = [];
  const collect = () => {
    for (const output of takeOutputs()) {
      events.push({ tNs: output.tNs, line: `${output.tNs} ${output.port} ${toHex(output.bytes)}` });
      kept.push(output);
    }
  };
  twin.advance = (toNs) => {
    if (cuts !== null) {
      // From microseconds to a good part of the way.
      for (let atNs = twin.nowNs; ; ) {
        atNs += (toNs - twin.nowNs) * 10 ** (-3 * cuts.next()) + 1000;
        if (!(atNs < toNs)) break;
        advance(atNs);
        collect();
      }
    }
    advance(toNs);
  };
  twin.takeOutputs = () => {
    collect();
    const outputs = kept;
    kept = [];
    return outputs;
  };
  return () => {
    collect();
    return events.toSorted((a, b) => a.tNs - b.tNs || (a.line < b.line ? -1 : 1)).map(({ line }) => line);
  };
}

function spoiltLine(): FaultTable {
  return new FaultTable([
    { name: "drop-byte", value: 0.003 },
    { name: "flip-bit", value: 0.003 },
    { name: "insert-byte", value: 0.003 },
  ]);
}

/** Bring-up; jobs, register reads and sensor reads between them; a set-point at which hashes fail; a spoilt line. */
function bitaxeLog(seed: number, cutSeed: number | null): EventLog {
  const host = new VirtualHost({ chips: 2, seed, faults: spoiltLine() });
  const log = tap(host.bitaxe, cutSeed);
  host.bringUp(485);
  const bytes = (text: string) => new Uint8Array(createHash("sha256").update(text).digest());
  for (let i = 0; i < 8; i++) {
    const hashes = { prevHash: bytes(`${i} previous`), merkleRoot: bytes(`${i} merkle`) };
    host.send(jobFrame({ id: (8 * i) & 0x78, version: 0x2000_0000, ...hashes, ntime: i, nbits: 0x1924_95f8 }));
    host.run(171.3);
    host.send(read(0x8c), read(0x4c));
    host.control(0x05, 0x40, 0x4c, 0x00, 1);
    host.control(0x05, 0x40, 0x40, 0x01, 2);
    if (i === 3) host.setCoreVoltage(1.1);
    if (i === 5) host.setMhz(400);
    host.run(83.7);
  }
  return log();
}

function s9Log(seed: number, cutSeed: number | null): EventLog {
  const host = new S9VirtualHost({ chips: 21, seed, tailShare: 0.15, faults: spoiltLine() });
  const log = tap(host.board, cutSeed);
  host.bringUp(650);
  for (let i = 0; i < 60; i++) {
    host.send(s9JobFrame(headerJob(i % 8, 4, (4 * i) & 0x7f)));
    host.run(11.3);
    if (i % 10 === 0) {
      host.send(s9Read(0x0c), s9Write(0x1c, 0x4020_5ae0, 4 * 19), s9Write(0x20, 0x0198_0000, 4 * 19), s9Read(0x20, 4 * 19));
      host.control(0x09, 0x20);
    }
    if (i === 20) host.picCommand(0x10, 240);
  }
  return log();
}

export function eventLog(board: Board, seed: number, cutSeed: number | null = null): EventLog {
  return board === "bitaxe" ? bitaxeLog(seed, cutSeed) : s9Log(seed, cutSeed);
}

export function hashOf(log: EventLog): string {
  return createHash("sha256").update(log.join("\n")).digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [board, seed] = process.argv.slice(2);
  console.log(hashOf(eventLog(board === "s9" ? "s9" : "bitaxe", Number(seed))));
}
