import type { HeaderFields } from "../../common/block-header.ts";
import type { MidstateCount } from "./job.ts";

/** What all works of a word have in common. */
export interface Word {
  /** The version without the bits that a miner may change. */
  readonly fields: HeaderFields;
  readonly versionMask: number;
  readonly midstates: MidstateCount;
}

/**
 * The work number `index` of a word, as drivers/native/word_works.h makes it: the version bits of each midstate, which are other ones in each work, and
 * when the mask has no more, the next second.
 */
export function workOfWord({ fields, versionMask, midstates }: Word, index: number): { ntime: number; versionBits: readonly number[] } {
  const places = Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => ((versionMask >>> bit) & 1) === 1);
  const worksPerSecond = Math.floor(Math.min(2 ** places.length, 2 ** 32 - 1) / midstates);
  const first = (index % worksPerSecond) * midstates;
  return {
    ntime: fields.ntime + Math.floor(index / worksPerSecond),
    versionBits: Array.from({ length: midstates }, (_, midstate) => scattered(first + midstate, places)),
  };
}

/** The bits of a number at these places, lowest to lowest. */
function scattered(value: number, places: readonly number[]): number {
  return places.reduce((bits, place, at) => bits | (((value >>> at) & 1) << place), 0) >>> 0;
}

/** The fields of 80 bytes as they are hashed. */
export function fieldsOfHeader(header: Uint8Array): HeaderFields {
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  return {
    version: view.getUint32(0, true),
    prevHash: header.slice(4, 36),
    merkleRoot: header.slice(36, 68),
    ntime: view.getUint32(68, true),
    nbits: view.getUint32(72, true),
  };
}
