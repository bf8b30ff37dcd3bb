import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../../common/bytes.ts";
import { byteNs } from "../line.ts";
import { S9_PARAMETERS } from "../parameters.ts";
import { chainInactive, jobFrame, read, S9VirtualHost, setAddress, write } from "../s9-virtual-host.ts";

/** What the chain says to the frames of vectors/bm1387.json; writes and damaged frames are in bm1387-vectors.test.ts. */
interface Vector {
  readonly name: string;
  readonly direction: string;
  readonly bytes: string;
  readonly decoded: {
    readonly kind?: string;
    readonly broadcast?: boolean;
    readonly midstates?: number;
    readonly valid_nonces?: readonly { readonly midstate_idx: number; readonly nonce_wire: string }[];
  };
}

const path = resolve(process.env.ASIC_SPECS ?? "../shared", "vectors/bm1387.json");
const vectors = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { vectors: Vector[] }).vectors : [];
const toChain = vectors.filter(({ direction }) => direction === "host->chain");
const bytesOf = ({ bytes }: Vector) => fromHex(bytes) as Uint8Array;
const ofKind = (kind: string) => toChain.filter(({ decoded }) => decoded.kind === kind);

/** specs/bm1387.md 1.3 to 1.5, bit by bit: six bytes, then the three bits of the type. */
function answer(payload: readonly number[], type: number): string {
  let crc = 0x1f;
  const bits = payload.flatMap((byte) => Array.from({ length: 8 }, (_, bit) => (byte >> (7 - bit)) & 1));
  for (const bit of [...bits, type >> 2, (type >> 1) & 1, type & 1]) {
    const feedback = (crc >> 4) ^ bit;
    crc = ((crc << 1) & 0x1f) ^ (feedback === 1 ? 5 : 0);
  }
  return toHex(Uint8Array.of(...payload, (type << 5) | crc));
}

const word = (value: number) => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
const registerAnswer = (value: number) => answer([...word(value), 0, 0], 0);

/** What a chip holds after reset, specs/bm1387.md 2: PLL locked at 200 MHz, Misc of a live dump, all others 0. */
const RESET: Readonly<Record<number, number>> = { 12: 0x8040_0222, 28: 0x4020_1a00 };

function say(host: S9VirtualHost, ...frames: Uint8Array[]): string[] {
  host.send(...frames);
  return host.run(60).map((frame) => toHex(frame.bytes));
}

function released(chips: number, workScale = 26): S9VirtualHost {
  const host = new S9VirtualHost({ chips, workScale });
  host.powerUp();
  host.release();
  return host;
}

describe.skipIf(toChain.length === 0)("every frame to a chain in vectors/bm1387.json (needs ../shared)", () => {
  it("is of one of the kinds tested here or in bm1387-vectors.test.ts", () => {
    const counts = ["read_register", "chain_inactive", "set_address", "write_register", "job"].map((kind) => ofKind(kind).length);
    expect(counts).toEqual([7, 1, 61, 32, 16]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(toChain.length);
  });

  it.each(ofKind("read_register"))("$name: each chip that is meant says its value, in chain order", (vector) => {
    const host = released(63);
    host.enumerate();
    host.run(100);
    const [, , target, register] = bytesOf(vector) as unknown as [number, number, number, number];
    const value = (address: number) => (register === 0 ? 0x1387_9000 | address : (RESET[register] ?? 0));
    const meant = vector.decoded.broadcast ? Array.from({ length: 63 }, (_, chip) => 4 * chip) : [target];
    expect(say(host, bytesOf(vector))).toEqual(meant.map((address) => registerAnswer(value(address))));
  });

  it.each(ofKind("set_address"))("$name: no answer; the first chip that waits for an address has it", (vector) => {
    const host = released(2);
    const address = bytesOf(vector)[2] as number;
    const inactive = bytesOf(ofKind("chain_inactive")[0] as Vector);
    expect(say(host, inactive, bytesOf(vector))).toEqual([]);
    expect(say(host, read(0))).toEqual([registerAnswer(0x1387_9000 | address), registerAnswer(0x1387_9000)]);
    expect(say(host, read(0, address))).toHaveLength(address === 0 ? 2 : 1);
  });
});

/** The busy work comes with four ids: the second of its nonces, which takes a second to reach, is searched for with one. */
const known = ofKind("job").flatMap((vector) => {
  const nonces = [...new Set((vector.decoded.valid_nonces ?? []).map(({ nonce_wire }) => nonce_wire))];
  const again = /^job1_busy_id(?!00)/.test(vector.name);
  return (again ? nonces.slice(0, 1) : nonces).map((nonce) => ({ name: vector.name, nonce, vector }));
});

describe.skipIf(known.length === 0)("with every candidate hashed (workScale 0), works whose nonces are all known (needs ../shared)", () => {
  // The lists are complete: from the address that the nonce begins with up to the nonce, nothing else may come (specs/bm1387.md 6).
  it.each(known)("$name: $nonce when the counter says, with each midstate that has it, and none before it", ({ nonce, vector }) => {
    const job = bytesOf(vector);
    const midstates = vector.decoded.midstates as number;
    const bigEndian = Number.parseInt(nonce, 16);
    const address = bigEndian >>> 24;
    const counter = (bigEndian >>> 7) - (address << 17);
    const indices = (vector.decoded.valid_nonces ?? []).filter(({ nonce_wire }) => nonce_wire === nonce).map((each) => each.midstate_idx);

    const host = released(1, 0);
    // Clock off, all cores open, line at 3.125 MBd; then the work, and the clock.
    host.send(chainInactive(), setAddress(address), write(0x0c, 0), write(0x1c, 0x0020_8080));
    host.run(10);
    host.setBaud(3_125_000);
    const opening = jobFrame({ id: 0, tail: new Uint8Array(12).fill(0xff), midstates: [new Uint8Array(32)] });
    for (let core = 0; core < 114; core++) host.send(opening);
    host.run(25);
    host.send(job);
    host.run(1);
    const clock = write(0x0c, 0x0068_0221);
    const startNs = host.arrivalNs(clock.length) + S9_PARAMETERS.chain.pllLockS * 1e9;
    host.send(clock);
    const lastNs = startNs + ((counter + 1) * midstates * 1e3) / 650;
    const frames = host.run((lastNs + indices.length * 7 * byteNs(3_125_000) - host.board.nowNs) / 1e6);
    const expected = indices.map((index, solution) =>
      answer([...(fromHex(nonce) as Uint8Array), solution, ((job[2] as number) + index) & 0x7f], 4),
    );
    expect(frames.map(({ bytes }) => toHex(bytes))).toEqual(expected);
    const dueNs = startNs + ((counter * midstates + (indices[0] as number)) * 1e3) / 650;
    expect(Math.round((((frames[0]?.startNs ?? 0) - dueNs) * 650) / 1e3)).toBe(0);
  });
});
