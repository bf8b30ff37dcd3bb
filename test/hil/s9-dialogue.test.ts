/** Word by word with the twin of an S9 hash board on a real pseudo-terminal: rows of works, switched by the native thread. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { JobRecord } from "../../common/block-header.ts";
import { hostClock } from "../../common/clock.ts";
import { type NonceBatch, STATUS } from "../../common/nonce-batch.ts";
import { configSchema } from "../../device/config/schema.ts";
import type { Chain, Hardware, Work, WorkDialogue, WorkDialogueOptions } from "../../device/hardware/hardware.ts";
import { openHardware, SERIAL_PORTS } from "../../device/hardware/open.ts";
import { syntheticHeaders } from "../../device/jobs.ts";
import type { Exchange } from "../../drivers/bm13xx/exchange.ts";
import { Lease } from "../../drivers/boards/lease.ts";
import { monotonicRawNs } from "../../drivers/native/index.ts";
import type { WireRecord } from "../../drivers/transport/traced-link.ts";
import { type S9Twin, startS9Twin } from "../../twin/index.ts";

const CHIPS = 8;
const MIDSTATES = 4;
const SET_POINT = { coreVoltageMv: 8800, frequencyMhz: 600, ticketDifficulty: 1 };
const clock = hostClock(monotonicRawNs);
const headers = syntheticHeaders(3);

let twin: S9Twin;
let hardware: Hardware;
let chain: Chain;
let work: Work;
const jobs: JobRecord[] = [];
const wire: WireRecord[] = [];
const nonces: NonceBatch[] = [];
const failures: unknown[] = [];
let renewing: NodeJS.Timeout;

beforeAll(async () => {
  twin = await startS9Twin({ seed: 5, chips: CHIPS });
  const { controlPath: control, dataPath: data, workScale } = twin;
  const config = configSchema.parse({ origin: "twin", board: { kind: "s9-hashboard", control, data, workScale, chips: CHIPS } });
  const lease = new Lease(clock, 600_000);
  lease.acquire();
  hardware = await openHardware(config, { clock, ports: SERIAL_PORTS, lease, say: () => {}, trace: (entry) => wire.push(entry) });
  const { signal } = new AbortController();
  await hardware.board.probe();
  await hardware.powerUp(SET_POINT, signal);
  chain = await hardware.bringUp({ setPoint: SET_POINT, firstJobSeq: 0, onProgress: () => {}, signal });
  chain.onNonces((batch) => nonces.push(batch));
  const failed = (error: unknown) => failures.push(error);
  work = hardware.workFor(chain, { jobs: (sent) => jobs.push(...sent), failed, note: () => {} });
  work.start();
  renewing = setInterval(() => work.renewLease(10_000), 50);
}, 240_000);

afterAll(async () => {
  clearInterval(renewing);
  work?.stop();
  chain?.detach();
  await hardware?.powerDown();
  await hardware?.close();
  await twin?.stop();
});

function begin(options: Partial<WorkDialogueOptions>): { dialogue: WorkDialogue; exchanges: Exchange[] } {
  const exchanges: Exchange[] = [];
  if (!work.startDialogue) throw new Error("this board has no dialogue");
  const dialogue = work.startDialogue({ depth: 8, deadlineMs: 20_000, onExchange: (exchange) => exchanges.push(exchange), ...options });
  return { dialogue, exchanges };
}

const offer = (dialogue: WorkDialogue, count: number) => Array.from({ length: count }, () => dialogue.offer(headers.next().value));

test("each word begins after an answer to the one before was read, and its answer is a valid nonce of one of its works", {
  timeout: 240_000,
}, async () => {
  await vi.waitFor(() => expect(jobs.length).toBeGreaterThan(20), 60_000);
  const { dialogue, exchanges } = begin({});
  jobs.length = 0;
  wire.length = 0;
  const offered = offer(dialogue, 8);
  await vi.waitFor(() => expect(exchanges).toHaveLength(8), 60_000);
  dialogue.stop();
  expect(exchanges.map(({ word }) => word)).toEqual(offered);

  const valid = new Map(
    nonces.flatMap((batch) =>
      Array.from(batch.jobSeq, (jobSeq, i) => [`${batch.nonce[i]} ${batch.versionBits[i]}`, jobSeq] as const).filter(
        (_, i) => batch.status[i] === STATUS.valid,
      ),
    ),
  );
  exchanges.forEach(({ record, answer, beganNs }, i) => {
    const answered = valid.get(`${answer?.nonce} ${answer?.versionBits}`) ?? -1;
    const next = exchanges[i + 1]?.record.jobSeq ?? Number.POSITIVE_INFINITY;
    expect(answered).toBeGreaterThanOrEqual(record.jobSeq);
    expect(answered).toBeLessThan(next);
    expect(answer?.delayNs).toBeGreaterThan(0);
    expect(answer?.difficultyLog2).toBeGreaterThanOrEqual(-twin.workScale - 0.01);
    if (i > 0) expect(beganNs).toBeGreaterThanOrEqual(exchanges[i - 1]?.answer?.readNs as bigint);
  });
  // Works of one word share all but version and time; each stands in the trace as it left.
  const rows = jobs.filter(({ jobSeq }) => jobSeq < (exchanges.at(-1)?.record.jobSeq ?? 0));
  for (const job of rows) {
    const own = exchanges.findLast(({ record }) => record.jobSeq <= job.jobSeq);
    expect(Buffer.compare(job.merkleRoot, own?.record.merkleRoot ?? Buffer.alloc(0))).toBe(0);
  }
  const traced = wire.filter(({ direction, bytes }) => direction === "to-chip" && bytes[0] === 0x21);
  expect(traced.length).toBeGreaterThanOrEqual(rows.length);
  expect(traced.slice(0, rows.length).map(({ bytes }) => bytes[2])).toEqual(rows.map(({ jobSeq }) => (jobSeq * MIDSTATES) % 128));
  expect(failures).toEqual([]);
});

test("a word without an answer is given up at its deadline, its works following one another until then", { timeout: 240_000 }, async () => {
  const { dialogue, exchanges } = begin({ leastDifficulty: 2 ** 40, deadlineMs: 150 });
  offer(dialogue, 2);
  await vi.waitFor(() => expect(exchanges).toHaveLength(2), 60_000);
  const { works, deadlines } = dialogue.counters();
  expect(deadlines).toBe(2);
  // One per 0.9 x 4 x 2^22 counts of eight chips at 600 MHz, 25 ms.
  expect(works).toBeGreaterThan(4);
  for (const { answer, endNs, record } of exchanges) {
    expect(answer).toBeNull();
    expect(Number(endNs - record.sentNs) / 1e6).toBeGreaterThanOrEqual(150);
  }
  dialogue.stop();
});

test("the pump goes on after a dialogue, numbers counting on; while one has the chain no other can", { timeout: 240_000 }, async () => {
  const { dialogue, exchanges } = begin({});
  expect(() => begin({})).toThrow(expect.objectContaining({ code: "DIALOGUE_REFUSED" }));
  offer(dialogue, 1);
  await vi.waitFor(() => expect(exchanges).toHaveLength(1), 60_000);
  jobs.length = 0;
  dialogue.stop();
  dialogue.stop();
  await vi.waitFor(() => expect(jobs.length).toBeGreaterThan(20), 60_000);
  expect(jobs[0]?.jobSeq).toBeGreaterThan(exchanges[0]?.record.jobSeq ?? Number.POSITIVE_INFINITY);
  const [first] = jobs;
  expect(jobs.map(({ jobSeq }) => jobSeq)).toEqual(jobs.map((_, i) => (first?.jobSeq ?? 0) + i));
  expect(failures).toEqual([]);
});
