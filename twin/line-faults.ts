import type { Random } from "../common/random.ts";
import type { FaultTable } from "./faults.ts";
import { garble, type LineOutput, ratesAgree } from "./line.ts";

/** What reaches a host at `hostBaud` of a frame: rates that disagree and the faults of the line spoil it. */
export function throughLine(output: LineOutput, hostBaud: number, faults: FaultTable, random: Random): Uint8Array {
  const understood = ratesAgree(output.baud, hostBaud);
  const drop = faults.value("drop-byte", output.tNs) ?? 0;
  const flip = faults.value("flip-bit", output.tNs) ?? 0;
  const insert = faults.value("insert-byte", output.tNs) ?? 0;
  if (understood && drop === 0 && flip === 0 && insert === 0) return output.bytes;
  const bytes: number[] = [];
  for (const sent of output.bytes) {
    if (random.next() < insert) bytes.push(Math.floor(random.next() * 256));
    const byte = understood ? sent : garble(sent, random);
    if (byte === null || random.next() < drop) continue;
    bytes.push(random.next() < flip ? byte ^ (1 << Math.floor(random.next() * 8)) : byte);
  }
  return Uint8Array.from(bytes);
}
