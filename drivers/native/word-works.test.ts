import { expect, test, vi } from "vitest";
import { headerBytes } from "../../common/block-header.ts";
import { toHex } from "../../common/bytes.ts";
import { encodeJob, workOf } from "../bm1387/job.ts";
import { workOfWord } from "../bm1387/word-works.ts";
import { startCapture } from "./index.ts";
import { JobPty } from "./job-pty.test-support.ts";

const FIELDS = {
  version: 0x2000_0000,
  prevHash: new Uint8Array(32).fill(1),
  merkleRoot: new Uint8Array(32).fill(2),
  ntime: 1000,
  nbits: 4,
};

test.each([1, 2, 4] as const)(
  "works of %i midstates leave as the drivers' own encoder makes them, numbered from the first on",
  async (midstates) => {
    const pty = await JobPty.open();
    const capture = startCapture(pty.fd, {
      baud: 1_562_500,
      responseLength: 7,
      onFrames: () => {},
      onEnd: () => {},
    });
    const dialogue = capture.startDialogue({ format: midstates, depth: 1, firstSeq: 50, onEvents: () => {}, onEnd: () => {} });
    try {
      // Three version bits: the second advances within the row.
      const versionMask = 0xe000;
      const length = 22 + 32 * midstates;
      dialogue.prepare({
        jobSeq: 0,
        wireId: 0,
        frame: new Uint8Array(length),
        header: headerBytes(FIELDS, 0),
        versions: Array<number>(midstates).fill(0),
        zeroBits: 0,
        answers: 1,
        deadlineMs: 60_000,
        works: { periodNs: 1_000_000, versionMask },
      });
      dialogue.renew(60_000);
      await vi.waitFor(() => expect(pty.received.length).toBeGreaterThan(20 * length), 60_000);
      for (let index = 0; index < 20; index++) {
        const { ntime, versionBits } = workOfWord({ fields: FIELDS, versionMask, midstates }, index);
        const versions = versionBits.map((bits) => (FIELDS.version | bits) >>> 0);
        const expected = encodeJob(workOf(((50 + index) * midstates) % 128, { ...FIELDS, ntime }, versions));
        expect(toHex(pty.received.subarray(index * length, (index + 1) * length))).toBe(toHex(expected));
      }
    } finally {
      dialogue.stop();
      capture.stop();
      await pty.close();
    }
  },
);
