/** Stratum V1 as a miner's firmware has it, from the protocol alone: nothing here is shared with the drivers' server. */

/** Numbers as the header has them; hashes and coinbase as bytes. */
export interface PoolJob {
  readonly id: string;
  /** Header bytes 4..35. */
  readonly prevHash: Buffer;
  readonly coinb1: Buffer;
  readonly coinb2: Buffer;
  readonly branches: readonly Buffer[];
  /** LBRY: header bytes 68..99; null in a job for Bitcoin. */
  readonly claim: Buffer | null;
  readonly version: number;
  readonly nbits: number;
  readonly ntime: number;
  readonly clean: boolean;
}

export type PoolMessage =
  | { readonly kind: "job"; readonly job: PoolJob }
  | { readonly kind: "difficulty"; readonly difficulty: number }
  | { readonly kind: "extranonce"; readonly extranonce1: Buffer; readonly extranonce2Bytes: number }
  | { readonly kind: "answer"; readonly id: number; readonly result: unknown; readonly error: unknown };

const HEX = /^(?:[0-9a-f]{2})*$/i;
const bytes = (text: unknown): Buffer => {
  if (typeof text !== "string" || !HEX.test(text)) throw new TypeError("no hex");
  return Buffer.from(text, "hex");
};
const number = (text: unknown): number => bytes(text).readUInt32BE(0);

/** The previous hash travels as eight words, each with its bytes turned round. */
function header32(text: unknown): Buffer {
  const hash = bytes(text);
  if (hash.length !== 32) throw new TypeError("no hash");
  return hash.swap32();
}

/** null for what a miner does not know or cannot read: firmware goes on with the work it has. */
export function readPool(line: string): PoolMessage | null {
  try {
    const message = JSON.parse(line) as { id?: unknown; method?: unknown; params?: unknown[]; result?: unknown; error?: unknown };
    const said = message.params ?? [];
    // LBRY has one parameter more, the claim trie's root behind the previous hash.
    const isLbry = message.method === "mining.notify" && said.length === 10;
    const params = isLbry ? [...said.slice(0, 2), ...said.slice(3)] : said;
    switch (message.method) {
      case "mining.notify":
        return {
          kind: "job",
          job: {
            id: String(params[0]),
            prevHash: header32(params[1]),
            coinb1: bytes(params[2]),
            coinb2: bytes(params[3]),
            branches: (params[4] as unknown[]).map(bytes),
            claim: isLbry ? header32(said[2]) : null,
            version: number(params[5]),
            nbits: number(params[6]),
            ntime: number(params[7]),
            clean: params[8] === true,
          },
        };
      case "mining.set_difficulty":
        return { kind: "difficulty", difficulty: Number(params[0]) };
      case "mining.set_extranonce":
        return { kind: "extranonce", extranonce1: bytes(params[0]), extranonce2Bytes: Number(params[1]) };
      case undefined:
        return { kind: "answer", id: Number(message.id), result: message.result, error: message.error };
      default:
        return null;
    }
  } catch {
    return null;
  }
}

export const call = (id: number, method: string, params: readonly unknown[]): string => `${JSON.stringify({ id, method, params })}\n`;
