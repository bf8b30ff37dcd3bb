/** Word by word with the twin of a Bitaxe on a real pseudo-terminal, through the native thread, the chain and the work of a rig. */
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
import { startTwin } from "../../twin/index.ts";

const SET_POINT = { coreVoltageMv: 1200, frequencyMhz: 100, ticketDifficulty: 1 };
const clock = hostClock(monotonicRawNs);
const headers = syntheticHeaders(3);

let twin: Awaited<ReturnType<typeof startTwin>>;
let hardware: Hardware;
let chain: Chain;
let work: Work;
const jobs: JobRecord[] = [];
const wire: WireRecord[] = [];
const nonces: NonceBatch[] = [];
const failures: unknown[] = [];

beforeAll(async () => {
  twin = await startTwin({ seed: 5 });
  const { controlPath: control, dataPath: data, workScale } = twin;
  const config = configSchema.parse({ origin: "twin", board: { kind: "bitaxe-ultra", control, data, workScale } });
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
}, 240_000);

afterAll(async () => {
  work?.stop();
  chain?.detach();
  await hardware?.close();
  await twin?.stop();
});

function begin(options: Partial<WorkDialogueOptions>): { dialogue: WorkDialogue; exchanges: Exchange[] } {
  const exchanges: Exchange[] = [];
  if (!work.startDialogue) throw new Error("this board has no dialogue");
  const dialogue = work.startDialogue({ depth: 8, deadlineMs: 20_000, onExchange: (exchange) => exchanges.push(exchange), ...options });
  return { dialogue, exchanges };
}

const offer = (dialogue: WorkDialogue, count: number) =>
  Array.from({ length: count }, () => dialogue.offer(headers.next().value) as number);

test("each job leaves after the answer to the one before, and its answer is a valid nonce of it", { timeout: 240_000 }, async () => {
  const { dialogue, exchanges } = begin({});
  jobs.length = 0;
  wire.length = 0;
  nonces.length = 0;
  const offered = offer(dialogue, 8);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(jobs, "nothing leaves before the lease is renewed").toEqual([]);
  work.renewLease(60_000);
  await vi.waitFor(() => expect(exchanges).toHaveLength(8), 60_000);
  expect(exchanges.map(({ record }) => record.jobSeq)).toEqual(offered);
  expect(jobs.map(({ jobSeq }) => jobSeq)).toEqual(offered);
  const verified = new Set(
    nonces.flatMap((batch) =>
      Array.from(batch.jobSeq, (jobSeq, i) =>
        batch.status[i] === STATUS.valid ? `${jobSeq} ${batch.nonce[i]} ${batch.versionBits[i]}` : "",
      ),
    ),
  );
  exchanges.forEach(({ record, answer, beganNs }, i) => {
    expect(verified).toContain(`${record.jobSeq} ${answer?.nonce} ${answer?.versionBits}`);
    expect(answer?.delayNs).toBeGreaterThan(0);
    expect(answer?.difficultyLog2).toBeGreaterThanOrEqual(-twin.workScale - 0.01);
    expect(record.sentNs).toBeGreaterThanOrEqual(beganNs);
    if (i > 0) expect(beganNs).toBeGreaterThanOrEqual(exchanges[i - 1]?.answer?.readNs as bigint);
  });
  expect(wire.filter(({ direction, bytes }) => direction === "to-chip" && bytes.length === 88)).toHaveLength(8);
  expect(dialogue.counters()).toMatchObject({ sent: 8, answered: 8, deadlines: 0, underruns: 1 });
  dialogue.stop();
  expect(failures).toEqual([]);
});

test("an answer must reach the difficulty asked for; without one the job is given up at its deadline", { timeout: 240_000 }, async () => {
  const { dialogue, exchanges } = begin({ leastDifficulty: 2 ** 40, deadlineMs: 150 });
  offer(dialogue, 2);
  work.renewLease(60_000);
  await vi.waitFor(() => expect(exchanges).toHaveLength(2), 60_000);
  for (const { record, answer, endNs } of exchanges) {
    expect(answer).toBeNull();
    expect(Number(endNs - record.sentNs) / 1e6).toBeGreaterThanOrEqual(150);
  }
  dialogue.stop();
});

test("the steady flow pauses for a dialogue and goes on after it, numbers counting on", { timeout: 240_000 }, async () => {
  const { dialogue, exchanges } = begin({});
  const [seq = 0] = offer(dialogue, 1);
  work.renewLease(60_000);
  await vi.waitFor(() => expect(exchanges).toHaveLength(1), 60_000);
  jobs.length = 0;
  await work.fresh();
  expect(jobs).toEqual([]);
  offer(dialogue, 1);
  dialogue.stop();
  dialogue.stop();
  await vi.waitFor(() => expect(exchanges.length + jobs.length).toBeGreaterThan(0), 60_000);
  jobs.length = 0;
  await work.fresh();
  expect(jobs).toHaveLength(1);
  expect(jobs[0]?.jobSeq).toBeGreaterThan(seq);
  expect(failures).toEqual([]);
});

test("while a dialogue has the chain no other can, and nothing is sent past it", async () => {
  const { dialogue } = begin({});
  expect(() => begin({})).toThrow(expect.objectContaining({ code: "DIALOGUE_REFUSED" }));
  dialogue.stop();
  const { dialogue: next } = begin({});
  next.stop();
});
