import { createHash } from "node:crypto";

/** Double-hashes headers with Node's SHA-256: the reference the native verifier is to agree with. */
export function verifyByNode(headers: Uint8Array): { zeroBits: Uint16Array; difficultyLog2: Float32Array } {
  const n = headers.length / 80;
  const zeroBits = new Uint16Array(n);
  const difficultyLog2 = new Float32Array(n);
  for (let at = 0; at < n; at++) {
    const inner = createHash("sha256")
      .update(headers.subarray(at * 80, (at + 1) * 80))
      .digest();
    const display = createHash("sha256").update(inner).digest().reverse();
    const number = BigInt(`0x${display.toString("hex")}`);
    zeroBits[at] = 256 - number.toString(2).length;
    // Difficulty is 0xFFFF * 2^208 / hash; 64 leading bits are plenty for a float.
    const scale = Math.max(0, number.toString(2).length - 64);
    difficultyLog2[at] = Math.log2(0xffff) + 208 - (Math.log2(Number(number >> BigInt(scale))) + scale);
  }
  return { zeroBits, difficultyLog2 };
}
