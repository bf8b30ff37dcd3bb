import { toHex } from "../../common/bytes.ts";
import { NONCE_STATUSES } from "../../common/nonce-batch.ts";
import type { PlantedRecording } from "./planted-recording.ts";

/** Columns of the three files of a planted recording, and what they mean; docs/planted-effects.md shows the same table. */
export const COLUMNS = {
  nonces: {
    t_ns: "end of the answer's first byte, ns since the recording's zero",
    chip: "position in the chain, from 0",
    core: "core number as the nonce carries it",
    nonce: "header bytes 76..79, little-endian, hexadecimal",
    version_bits: "rolled bits of the version, in place, hexadecimal",
    job: "job number, in the order they were sent",
    status: "valid, invalid, stale, duplicate or unknown-job, from hashing the header again",
    difficulty_log2: "log2 of the difficulty of the hash",
    residual_ns: "observed less ideal time; empty where the sweep has no ideal time",
  },
  jobs: {
    job: "job number",
    sent_ns: "when the host had written the last byte",
    mhz: "core clock",
    ticket_log2: "log2 of the difficulty asked for",
    version: "without the rolled bits, hexadecimal",
    prev_hash: "hexadecimal, internal order",
    merkle_root: "hexadecimal, internal order",
    ntime: "hexadecimal",
    nbits: "hexadecimal",
  },
  drive: {
    step: "counted from 0",
    t_ns: "when the set-point was written",
    mhz: "core clock from then on",
    u: "the same, as a number from 0 to 1 of the range",
  },
} as const;

export type FileKind = keyof typeof COLUMNS;

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}

function csv(kind: FileKind, rows: readonly string[]): string {
  return `${[Object.keys(COLUMNS[kind]).join(","), ...rows].join("\n")}\n`;
}

/** The three files of a recording as text. */
export function recordingFiles({ nonces, jobs, drive }: PlantedRecording): Record<FileKind, string> {
  const rows = Array.from({ length: nonces.length }, (_, i) => {
    const residual = nonces.residualNs[i] as number;
    return [
      nonces.tNs[i],
      nonces.chip[i],
      nonces.core[i],
      hex32(nonces.nonce[i] as number),
      hex32(nonces.versionBits[i] as number),
      nonces.jobSeq[i],
      NONCE_STATUSES[nonces.status[i] as number],
      (nonces.difficultyLog2[i] as number).toFixed(4),
      Number.isNaN(residual) ? "" : Math.round(residual),
    ].join(",");
  });
  return {
    nonces: csv("nonces", rows),
    jobs: csv(
      "jobs",
      jobs.map(({ jobSeq, sentNs, frequencyMhz, ticketLog2, version, prevHash, merkleRoot, ntime, nbits }) =>
        [
          jobSeq,
          sentNs,
          frequencyMhz.toFixed(6),
          ticketLog2,
          hex32(version),
          toHex(prevHash),
          toHex(merkleRoot),
          hex32(ntime),
          hex32(nbits),
        ].join(","),
      ),
    ),
    drive: csv(
      "drive",
      drive.map(({ tNs, mhz, u }, step) => [step, Math.round(tNs), mhz.toFixed(6), u.toFixed(6)].join(",")),
    ),
  };
}
