/** A short session with a Bitaxe twin in virtual time, as a recorder would have noted it. */
import type { WireEvent, WireHeader } from "../../common/wire-recording.ts";
import { encodeJob } from "../../drivers/bm1366/job.ts";
import { pllWordFor } from "../../drivers/bm1366/registers.ts";
import { byteNs } from "../../twin/line.ts";
import { FAST_BAUD, read, VirtualHost, write } from "../../twin/virtual-host.ts";
import { syntheticHeaders } from "../jobs.ts";

export const SESSION_HEADER: WireHeader = {
  origin: "twin",
  board: "bitaxe-ultra",
  chips: 1,
  workScale: 20,
  software: "test",
  startedWallMs: 0,
  notes: {},
};

export interface Session {
  readonly events: readonly WireEvent[];
  readonly jobs: number;
}

/** `jobs` jobs of 200 ms each, with a read after each and a new clock before every third. Times begin at 0, when the chips run. */
export function bitaxeSession(seed: number, jobs: number): Session {
  const host = new VirtualHost({ seed, workScale: SESSION_HEADER.workScale });
  host.bringUp(400);
  const zeroNs = host.bitaxe.nowNs;
  const events: WireEvent[] = [{ kind: "baud", tNs: 0n, port: "data", baud: Math.round(FAST_BAUD) }];
  const at = (tNs: number) => BigInt(Math.round(tNs - zeroNs));
  const send = (frame: Uint8Array) => {
    events.push({ kind: "bytes", tNs: at(host.bitaxe.nowNs), port: "data", direction: "to-board", sigmaNs: 0, bytes: frame });
    host.send(frame);
  };
  const listen = (ms: number) => {
    for (const { startNs, bytes } of host.run(ms)) {
      const tNs = at(startNs + byteNs(FAST_BAUD));
      events.push({ kind: "bytes", tNs, port: "data", direction: "from-board", sigmaNs: 0, bytes });
    }
  };
  const headers = syntheticHeaders(seed);
  send(write(0xa4, 0x9000_ffff));
  send(write(0x08, pllWordFor(400)));
  send(write(0x10, host.countingNumber(400)));
  listen(5);
  for (let job = 0; job < jobs; job++) {
    if (job % 3 === 2) send(write(0x08, pllWordFor(400 + 25 * (job % 2))));
    listen(5);
    send(encodeJob((8 * (job + 1)) % 128, headers.next().value));
    listen(150);
    send(read(0x08));
    listen(45);
  }
  events.sort((a, b) => (a.tNs < b.tNs ? -1 : a.tNs > b.tNs ? 1 : 0));
  return { events, jobs };
}

export type BytesEvent = Extract<WireEvent, { kind: "bytes" }>;

export function bytesOf(events: readonly WireEvent[], direction: BytesEvent["direction"]): BytesEvent[] {
  return events.filter((event): event is BytesEvent => event.kind === "bytes" && event.direction === direction);
}
