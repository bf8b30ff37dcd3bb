/** BIP 310: the miner asks for bits of the header's version that it may change; the server grants those it has to give. */

/** Bits that BIP 320 leaves to miners. */
export const GENERAL_PURPOSE_BITS = 0x1fff_e000;

export interface RollingAnswer {
  readonly mask: number;
  /** Result of mining.configure. */
  readonly reply: Readonly<Record<string, unknown>>;
}

/** Every extension asked for gets an answer; only version-rolling gets a yes. `offered` is what the server can give. */
export function negotiate(extensions: readonly string[], parameters: Readonly<Record<string, unknown>>, offered: number): RollingAnswer {
  const reply: Record<string, unknown> = Object.create(null);
  let mask = 0;
  for (const extension of extensions) {
    if (extension !== "version-rolling") {
      reply[extension] = false;
      continue;
    }
    const asked = parameters["version-rolling.mask"] ?? "ffffffff";
    const readable = typeof asked === "string" && /^[0-9a-fA-F]{1,8}$/.test(asked);
    mask = readable ? (Number.parseInt(asked, 16) & offered) >>> 0 : 0;
    reply[extension] = mask !== 0;
    if (mask !== 0) reply["version-rolling.mask"] = mask.toString(16).padStart(8, "0");
  }
  return { mask, reply };
}

/** The header's version of a share: BIP 310, mining.submit. null when it changes bits that were not granted. */
export function rolledVersion(version: number, mask: number, bits: number): number | null {
  if ((bits & ~mask) !== 0) return null;
  return ((version & ~mask) | bits) >>> 0;
}
