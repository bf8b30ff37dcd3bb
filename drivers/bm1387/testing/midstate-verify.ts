import type { Verify } from "../../bm13xx/verify.ts";
import { compress } from "../midstate.ts";

const INITIAL = Uint32Array.from([0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]);

function padded(bytes: Uint8Array, totalBytes: number): Uint8Array {
  const block = new Uint8Array(64);
  block.set(bytes);
  block[bytes.length] = 0x80;
  new DataView(block.buffer).setUint32(60, totalBytes * 8);
  return block;
}

function digest(state: Uint32Array): Uint8Array {
  const out = new Uint8Array(32);
  state.forEach((word, at) => {
    new DataView(out.buffer).setUint32(at * 4, word);
  });
  return out;
}

/**
 * Verifies nonces of captured jobs, of which only midstates are known: the start of each header stands for the midstate that `stateOf` its version
 * gives, instead of being hashed.
 */
export function verifyFromMidstates(stateOf: (version: number) => Uint8Array): Verify {
  return (headers) => {
    const n = headers.length / 80;
    const zeroBits = new Uint16Array(n);
    const difficultyLog2 = new Float32Array(n);
    for (let at = 0; at < n; at++) {
      const header = headers.subarray(at * 80, at * 80 + 80);
      const midstate = stateOf(new DataView(header.buffer, header.byteOffset).getUint32(0, true));
      const inner = Uint32Array.from({ length: 8 }, (_, word) => new DataView(midstate.buffer, midstate.byteOffset).getUint32(word * 4));
      compress(inner, padded(header.subarray(64), 80));
      const outer = INITIAL.slice();
      compress(outer, padded(digest(inner), 32));
      const number = BigInt(`0x${Buffer.from(digest(outer).reverse()).toString("hex")}`);
      zeroBits[at] = 256 - number.toString(2).length;
      difficultyLog2[at] = Math.log2(0xffff) + 208 - Math.log2(Number(number));
    }
    return { zeroBits, difficultyLog2 };
  };
}
