import { createHash } from "node:crypto";
import { headerJob, zeroBits } from "../s9-header-jobs.ts";
import { jobFrame as jobFrameS9, read as readS9, S9VirtualHost, write as writeS9 } from "../s9-virtual-host.ts";
import { type HostJob, jobFrame, read, VirtualHost, write } from "../virtual-host.ts";
import type { TwinBoard } from "./fault.ts";
import type { FaultSpec } from "./spec.ts";
import { FaultTable } from "./table.ts";

export interface Nonce {
  readonly chip: number;
  readonly core: number;
  readonly text: string;
  readonly valid: boolean;
  /** Of the job that was the last one sent. */
  readonly current: boolean;
}

/** A chain of either kind of chip, brought up, in the terms that both share. */
export interface AnyChain {
  readonly faults: FaultTable;
  nowMs(): number;
  /** Address bytes of the answers to a broadcast read of the chip id, in their order. */
  addresses(): number[];
  /** Chip ids in the same answers. */
  chipIds(): number[];
  addressOf(chip: number): number;
  /** Works on one job after the other for `ms`, five times as long on an S9. */
  mine(ms: number): Nonce[];
  /** A chip's register, or null when it does not answer; the PLL register is "pll", the ticket mask "ticket". */
  register(chip: number, name: "pll" | "ticket"): number | null;
  writeTicket(value: number): void;
  /** Writes the clock it has once more. */
  writePll(): void;
  wait(ms: number): { readonly nonce: boolean; readonly bytes: Uint8Array }[];
  /** RST low and high again, and the whole bring-up. */
  resetAndBringUp(): void;
}

export const CHIPS = 4;

export function chainOf(board: TwinBoard, faults: readonly FaultSpec[] = [], seed = 1): AnyChain {
  return board === "s9" ? s9Chain(faults, seed) : ultraChain(faults, seed);
}

const job = (id: number): HostJob => ({
  id,
  version: 0x2000_0000,
  prevHash: new Uint8Array(32).fill(3),
  merkleRoot: new Uint8Array(32).fill(id + 1),
  ntime: 0x6642_1bdf,
  nbits: 0x1703_4219,
});

/** Do the header's first eight bits of hash vanish? The twin asks for 32 - 24. */
function verifies({ version, prevHash, merkleRoot, ntime, nbits }: HostJob, bytes: Uint8Array): boolean {
  const header = new Uint8Array(80);
  const view = new DataView(header.buffer);
  view.setUint32(0, (version | (new DataView(bytes.buffer, bytes.byteOffset).getUint16(8) << 13)) >>> 0, true);
  header.set(prevHash, 4);
  header.set(merkleRoot, 36);
  view.setUint32(68, ntime, true);
  view.setUint32(72, nbits, true);
  header.set(bytes.subarray(2, 6), 76);
  return createHash("sha256").update(createHash("sha256").update(header).digest()).digest()[31] === 0;
}

function ultraChain(specs: readonly FaultSpec[], seed: number): AnyChain {
  const faults = new FaultTable(specs, "bitaxe-ultra");
  const host = new VirtualHost({ chips: CHIPS, faults, seed });
  host.bringUp(485, 1.25);
  const interval = 256 / CHIPS;
  let id = 0;
  const words = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(2);
  return {
    faults,
    nowMs: () => host.bitaxe.nowNs / 1e6,
    chipIds: () => {
      host.send(read(0));
      return host.run(3).map(({ bytes }) => words(bytes) >>> 16);
    },
    addressOf: (chip) => chip * interval,
    addresses: () => {
      host.send(read(0));
      return host.run(3).map(({ bytes }) => bytes[6] as number);
    },
    mine: (ms) => {
      const nonces: Nonce[] = [];
      for (let left = ms; left > 0; left -= 100) {
        id = (id + 8) & 0x78;
        host.send(jobFrame(job(id)));
        for (const { bytes } of host.run(100)) {
          if (bytes.length !== 11 || ((bytes[10] as number) & 0x80) === 0) continue;
          const nonceBe = words(bytes);
          const chip = Math.floor(((nonceBe >>> 17) & 0xff) / interval);
          const own = (bytes[7] as number) & 0xf8;
          nonces.push({
            chip,
            core: nonceBe >>> 25,
            text: `${own} ${nonceBe} ${bytes[8]} ${bytes[9]}`,
            valid: verifies(job(own), bytes),
            current: own === id,
          });
        }
      }
      return nonces;
    },
    register: (chip, name) => {
      host.send(read(name === "pll" ? 0x08 : 0x14, chip * interval));
      const frame = host.run(3).find(({ bytes }) => ((bytes.at(-1) as number) & 0x80) === 0);
      return frame === undefined ? null : words(frame.bytes);
    },
    writeTicket: (value) => host.send(write(0x14, value)),
    writePll: () => host.setMhz(485),
    wait: (ms) => host.run(ms).map(({ bytes }) => ({ nonce: ((bytes.at(-1) as number) & 0x80) !== 0, bytes })),
    resetAndBringUp: () => {
      host.setReset(false);
      host.run(20);
      host.bringUp(485, 1.25);
    },
  };
}

function s9Chain(specs: readonly FaultSpec[], seed: number): AnyChain {
  const faults = new FaultTable(specs, "s9");
  const host = new S9VirtualHost({ chips: CHIPS, faults, seed });
  host.bringUp();
  let work = 0;
  return {
    faults,
    nowMs: () => host.board.nowNs / 1e6,
    chipIds: () => {
      host.send(readS9(0));
      return host.run(5).map(({ bytes }) => ((bytes[0] as number) << 8) | (bytes[1] as number));
    },
    addressOf: (chip) => chip * 4,
    addresses: () => {
      host.send(readS9(0));
      return host.run(5).map(({ bytes }) => bytes[3] as number);
    },
    mine: (ms) => {
      const nonces: Nonce[] = [];
      // A BM1387 finds 17 of its nonces a second (specs/bm1387.md 3.6), a BM1366 of the twin a few times as many.
      for (let left = 5 * ms; left > 0; left -= 2.9) {
        work++;
        const seedOf = (midstateId: number) => work - ((((work - midstateId / 4) % 32) + 32) % 32);
        const id = (work * 4) & 0x7f;
        host.send(jobFrameS9(headerJob(work, 4, id)));
        for (const { bytes } of host.run(2.9)) {
          if (bytes.length !== 7 || ((bytes[6] as number) & 0x80) === 0) continue;
          const nonceBe = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
          const own = (bytes[5] as number) & ~3;
          const of = headerJob(seedOf(own), 4, own);
          const valid = zeroBits(of, (bytes[5] as number) & 3, nonceBe) >= 32 - 26;
          nonces.push({ chip: nonceBe >>> 26, core: nonceBe & 0x7f, text: `${bytes[5]} ${nonceBe}`, valid, current: own === id });
        }
      }
      return nonces;
    },
    register: (chip, name) => {
      host.send(readS9(name === "pll" ? 0x0c : 0x18, chip * 4));
      const frame = host.run(2).find(({ bytes }) => ((bytes.at(-1) as number) & 0x80) === 0);
      return frame === undefined ? null : new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getUint32(0);
    },
    writeTicket: (value) => host.send(writeS9(0x18, value)),
    writePll: () => host.setMhz(650),
    wait: (ms) => host.run(ms).map(({ bytes }) => ({ nonce: ((bytes.at(-1) as number) & 0x80) !== 0, bytes })),
    resetAndBringUp: () => {
      host.setReset(false);
      host.run(20);
      host.setBaud(115_740);
      host.bringUp();
    },
  };
}
